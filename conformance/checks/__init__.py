"""The checks, one registered function each; `load_checks` imports every module here."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from conformance.http import Exchange
from conformance.target import Fact
from specs import Contract


class Verdict(StrEnum):
    """The verdict on a requirement, from best to worst."""

    PASS = "PASS"
    SKIP = "SKIP"
    WARN = "WARN"
    ERROR = "ERROR"
    FAIL = "FAIL"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Verdict).index(self)

    @property
    def is_problem(self) -> bool:
        """True for WARN, ERROR and FAIL."""
        return self not in {Verdict.PASS, Verdict.SKIP}


MAX_REASON: Final = 600  # characters
WORST_FIRST: Final = tuple(reversed(Verdict))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One result of a check: passed (True), failed (False), or skipped (None) for the `reason`."""

    passed: bool | None
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()


def shorten(text: str) -> str:
    """Return a reason without its middle where it quotes a long value of the target."""
    if len(text) <= MAX_REASON:
        return text
    return f"{text[: MAX_REASON * 2 // 3]} … {text[-MAX_REASON // 3 :]}"


def passed(*exchanges: Exchange) -> CheckResult:
    """Return the result that the requirement holds."""
    return CheckResult(True, "", exchanges)


def failed(reason: str, *exchanges: Exchange) -> CheckResult:
    """Return the result that the requirement does not hold; `exchanges` are the evidence."""
    return CheckResult(False, shorten(reason), exchanges)


def result_of(error: str | None, *exchanges: Exchange) -> CheckResult:
    """Return that the requirement does not hold where there is an error, else that it holds."""
    return failed(error, *exchanges) if error else passed(*exchanges)


def skipped(reason: str) -> CheckResult:
    """Return the result that the requirement could not be tested, and why."""
    return CheckResult(None, shorten(reason))


class Responses(Enum):
    """The responses that an exchange check applies to.

    ANY is every response. COMPLETE are the complete ones to the operation's own method, with one
    of the argument `statuses` where the row gives it. SUCCESSFUL are those with a listed success
    or redirect unless `statuses` says otherwise. The check `complete_body` judges the incomplete.
    """

    ANY = "any"
    COMPLETE = "complete"
    SUCCESSFUL = "successful"


class CheckKind(StrEnum):
    """What a check works on: single exchanges, job histories, or requests of its own."""

    EXCHANGE = "exchange"
    HISTORY = "history"
    ACTIVE = "active"


_STATUSES: Final = inspect.Parameter(
    "statuses", inspect.Parameter.KEYWORD_ONLY, default=(), annotation=Sequence[int]
)


@dataclass(frozen=True, slots=True)
class RegisteredCheck:
    """A check by name.

    `responses` are those that an exchange check applies to. `otherwise` is the reason of the SKIP
    where a history check yields nothing; it may quote arguments (`{format}`). `writes` and
    `requests` let the plan skip an active check and estimate its cost.
    """

    name: str
    kind: CheckKind
    function: Callable[..., Any]
    responses: Responses = Responses.COMPLETE
    otherwise: str = ""
    writes: bool = False
    requests: int = 1
    facts: tuple[Fact, ...] = ()

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The arguments that requirements.yaml may give: all but the case."""
        own = dict(list(inspect.signature(self.function).parameters.items())[1:])
        if self.kind is CheckKind.EXCHANGE and self.responses is not Responses.ANY:
            own["statuses"] = _STATUSES
        return own

    def call(self, case: Any, arguments: Mapping[str, Any]) -> Any:
        """Call the function; `statuses` of an exchange check are in its case already."""
        is_exchange = self.kind is CheckKind.EXCHANGE
        own = {k: v for k, v in arguments.items() if not (is_exchange and k == _STATUSES.name)}
        return self.function(case, **own)

    def argument_error(self, arguments: dict[str, Any]) -> str | None:
        """Return what is wrong with `arguments`, or None."""
        parameters = self.parameters
        if unknown := sorted(arguments.keys() - parameters.keys()):
            takes = ", ".join(parameters) or "none"
            return f"the check {self.name!r} takes no argument {unknown[0]!r} (it takes: {takes})"
        missing = [
            name
            for name, parameter in parameters.items()
            if parameter.default is parameter.empty and name not in arguments
        ]
        return f"the check {self.name!r} needs the argument {missing[0]!r}" if missing else None


Function = TypeVar("Function", bound=Callable[..., Any])
ExchangeFunction = TypeVar("ExchangeFunction", bound=Callable[..., CheckResult | None])
GeneratorFunction = TypeVar("GeneratorFunction", bound=Callable[..., Iterator[CheckResult]])

_REGISTRY: dict[str, RegisteredCheck] = {}  # filled while the modules are imported, then only read


def _register(name: str, kind: CheckKind, **options: Any) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        if name in _REGISTRY:
            raise ValueError(f"duplicate check name {name!r}")
        _REGISTRY[name] = RegisteredCheck(name, kind, function, **options)
        return function

    return decorate


def exchange_check(
    name: str, *, responses: Responses = Responses.COMPLETE
) -> Callable[[ExchangeFunction], ExchangeFunction]:
    """Register `f(case: ExchangeCase, **arguments) -> CheckResult | None`; None: not applicable.

    It is called for the responses that `responses` selects.
    """
    return _register(name, CheckKind.EXCHANGE, responses=responses)


def history_check(name: str, *, otherwise: str) -> Callable[[GeneratorFunction], GeneratorFunction]:
    """Register `f(case: HistoryCase, **arguments) -> Iterator[CheckResult]`.

    `otherwise` is the reason why it is skipped where it yields nothing; `{name}` in it stands for
    an argument.
    """
    return _register(name, CheckKind.HISTORY, otherwise=otherwise)


def active_check(
    name: str, *, writes: bool = False, requests: int = 1, facts: Sequence[Fact] = ()
) -> Callable[[GeneratorFunction], GeneratorFunction]:
    """Register `f(case: ActiveCase, **arguments) -> Iterator[CheckResult]`.

    The function may raise `Untestable`, which becomes a skipped result. Where a row gives it the
    argument `role`, it is skipped without a credential for that role.

    Args:
        name: the name in requirements.yaml.
        writes: it changes the target, so it is skipped where the target is read-only.
        requests: about how many requests it sends, for `--dry-run`.
        facts: what it reads under `facts` in the target file.
    """
    return _register(name, CheckKind.ACTIVE, writes=writes, requests=requests, facts=tuple(facts))


def facts_of(contract: Contract, checks: Mapping[str, RegisteredCheck]) -> tuple[Fact, ...]:
    """Return the facts that the checks of a vendor's requirements read in the target file."""
    names = {r.check.name for r in contract.requirements if r.check}
    return tuple(fact for name in sorted(names) for fact in checks[name].facts)


def load_checks() -> dict[str, RegisteredCheck]:
    """Import every module of this package and return the checks by name."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{__package__}.{module.name}")
    return dict(_REGISTRY)
