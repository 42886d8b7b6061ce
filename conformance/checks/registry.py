"""The registry of checks by name, what a check is given, and which responses it applies to."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from conformance.http.exchange import Exchange, RecordedResponse
from conformance.target.client import Client
from conformance.target.config import Fact, Target
from conformance.target.tracker import JobHistory
from conformance.verdict import CheckResult
from specs import Contract, Requirement

# The statuses with which a server answers an operation that it does not have.
NOT_OFFERED: Final = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class ExchangeCase:
    """One answered exchange of the requirement's operation (of any, where it names none)."""

    contract: Contract
    requirement: Requirement
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class HistoryCase:
    """All jobs that the run has observed, and all exchanges."""

    contract: Contract
    requirement: Requirement
    jobs: Sequence[JobHistory]
    exchanges: Sequence[Exchange]


@dataclass(frozen=True, slots=True)
class ActiveCase:
    """A client with which a check sends requests for one requirement."""

    contract: Contract
    requirement: Requirement
    client: Client
    target: Target


class CheckKind(StrEnum):
    """What a check works on: single exchanges, job histories, or requests of its own."""

    EXCHANGE = "exchange"
    HISTORY = "history"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class RegisteredCheck:
    """A check by name.

    `writes`, `roles` and `requests` let the plan skip an active check and estimate its cost. An
    exchange check with `unanswered` also gets exchanges without a response (`response` is None).
    """

    name: str
    kind: CheckKind
    function: Callable[..., Any]
    writes: bool = False
    roles: tuple[str, ...] = ()
    requests: int = 1
    unanswered: bool = False
    facts: tuple[Fact, ...] = ()

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The arguments that requirements.yaml may give: all but the case."""
        return dict(list(inspect.signature(self.function).parameters.items())[1:])

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


ExchangeFunction = TypeVar("ExchangeFunction", bound=Callable[..., CheckResult | None])
GeneratorFunction = TypeVar("GeneratorFunction", bound=Callable[..., Iterator[CheckResult]])

_REGISTRY: dict[str, RegisteredCheck] = {}  # filled while the modules are imported, then only read


def _register(check: RegisteredCheck) -> None:
    if check.name in _REGISTRY:
        raise ValueError(f"duplicate check name {check.name!r}")
    _REGISTRY[check.name] = check


def exchange_check(
    name: str, *, unanswered: bool = False
) -> Callable[[ExchangeFunction], ExchangeFunction]:
    """Register `f(case: ExchangeCase, **arguments) -> CheckResult | None`; None: not applicable."""

    def decorate(function: ExchangeFunction) -> ExchangeFunction:
        _register(RegisteredCheck(name, CheckKind.EXCHANGE, function, unanswered=unanswered))
        return function

    return decorate


def history_check(name: str) -> Callable[[GeneratorFunction], GeneratorFunction]:
    """Register `f(case: HistoryCase, **arguments) -> Iterator[CheckResult]`."""

    def decorate(function: GeneratorFunction) -> GeneratorFunction:
        _register(RegisteredCheck(name, CheckKind.HISTORY, function))
        return function

    return decorate


def active_check(
    name: str,
    *,
    writes: bool = False,
    roles: Sequence[str] = (),
    requests: int = 1,
    facts: Sequence[Fact] = (),
) -> Callable[[GeneratorFunction], GeneratorFunction]:
    """Register `f(case: ActiveCase, **arguments) -> Iterator[CheckResult]`.

    The function may raise `Untestable`, which becomes a skipped result.

    Args:
        name: the name in requirements.yaml.
        writes: it changes the target, so it is skipped where the target is read-only.
        roles: the credentials without which it is skipped.
        requests: about how many requests it sends, for `--dry-run`.
        facts: what it reads under `facts` in the target file.
    """

    def decorate(function: GeneratorFunction) -> GeneratorFunction:
        _register(
            RegisteredCheck(
                name,
                CheckKind.ACTIVE,
                function,
                writes,
                tuple(roles),
                requests,
                facts=tuple(facts),
            )
        )
        return function

    return decorate


def facts_of(contract: Contract, checks: Mapping[str, RegisteredCheck]) -> tuple[Fact, ...]:
    """Return the facts that the checks of a vendor's requirements read in the target file."""
    names = {r.check.name for r in contract.requirements if r.check}
    return tuple(fact for name in sorted(names) for fact in checks[name].facts)


def load_checks(package: str = "conformance.checks") -> dict[str, RegisteredCheck]:
    """Import every module of `package` and return the checks by name."""
    folder = importlib.import_module(package)
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{package}.{module.name}")
    return dict(_REGISTRY)


MAX_URL_LENGTH: Final = 2000
# Segments of letters, digits and the punctuation of ids; none of dots alone.
_PLAIN_PATH: Final = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9._~@:+-]*)*")


def applicable_response(
    case: ExchangeCase, statuses: Sequence[int] = ()
) -> RecordedResponse | None:
    """Return the response if it is complete, to the operation's own method, with one of `statuses`.

    Without `statuses` any will do. Incomplete responses are left to the check `complete_body`.
    """
    exchange = case.exchange
    response = exchange.response
    if response is None or not response.complete or exchange.operation is None:
        return None
    # A gateway that rejects malformed bytes may not know the vendor's error body.
    if response.status >= 400 and _is_malformed(exchange):
        return None
    if exchange.request.method != case.contract.operations[exchange.operation].method:
        return None
    return response if not statuses or response.status in statuses else None


def successful_response(case: ExchangeCase) -> RecordedResponse | None:
    """Return the applicable response if it is a success or a listed redirect."""
    return applicable_response(case, expected_statuses(case))


def _is_malformed(exchange: Exchange) -> bool:
    """Return True for a URL or body that web servers and gateways may reject by themselves."""
    request = exchange.request
    try:
        (request.body or b"").decode()
    except UnicodeDecodeError:
        return True
    path = unquote(urlsplit(request.url).path)
    query_texts = (text for pair in request.query for text in pair)
    return (
        len(request.url) > MAX_URL_LENGTH
        or _PLAIN_PATH.fullmatch(path) is None
        or any(not text.isprintable() for text in query_texts)
    )


def expected_statuses(case: ExchangeCase, statuses: Sequence[int] = ()) -> Sequence[int]:
    """Return `statuses`, or the successes and redirects of the requirement's operation."""
    if statuses:
        return statuses
    operation = case.contract.operations[case.requirement.operation or ""]
    return tuple({200, 201, 202, *(s for s in operation.responses if s < 400)})


def is_echo(exchange: Exchange, error: jsonschema_rs.ValidationError) -> bool:
    """Return True for a number that is out of bounds only because it is the request's own.

    No source states the bounds of pages and offsets: they are those of our contract.
    """
    bounds = jsonschema_rs.ValidationErrorKind.Maximum | jsonschema_rs.ValidationErrorKind.Minimum
    asked = {value for _, value in exchange.request.query}
    return isinstance(error.kind, bounds) and str(error.instance) in asked


def is_sourced(response: Mapping[str, Any]) -> bool:
    """Return False for a response of the contract whose source is `assumed`."""
    return response.get("x-source") != "assumed"
