"""What a check is given, and the registry from which requirements.yaml picks checks by name."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from conformance.http.exchange import Exchange
from conformance.target.client import Client
from conformance.target.config import Target
from conformance.target.tracker import JobHistory
from conformance.verdict import CheckResult
from specs import Contract, Requirement


@dataclass(frozen=True, slots=True)
class ExchangeCase:
    """One answered exchange of the requirement's operation (of any, where it names none)."""

    contract: Contract
    requirement: Requirement
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class HistoryCase:
    """All jobs that the run has seen, and all exchanges."""

    contract: Contract
    requirement: Requirement
    jobs: Sequence[JobHistory]
    exchanges: Sequence[Exchange]


@dataclass(frozen=True, slots=True)
class ActiveCase:
    """A way to send requests for one requirement."""

    contract: Contract
    requirement: Requirement
    client: Client
    target: Target


class CheckKind(StrEnum):
    """How a check works: over single exchanges, over histories, or by requests of its own."""

    EXCHANGE = "exchange"
    HISTORY = "history"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class RegisteredCheck:
    """A check by name.

    `writes`, `roles` and `requests` let the plan skip a probe and tell its cost. A judge with
    `unanswered` is shown exchanges without an answer too (`received` is None).
    """

    name: str
    kind: CheckKind
    function: Callable[..., Any]
    writes: bool = False
    roles: tuple[str, ...] = ()
    requests: int = 1
    unanswered: bool = False

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The arguments that requirements.yaml may give: all but the case."""
        return dict(list(inspect.signature(self.function).parameters.items())[1:])

    def argument_error(self, arguments: dict[str, Any]) -> str | None:
        """Return what is wrong with `arguments`, or None."""
        known = self.parameters
        if unknown := sorted(arguments.keys() - known.keys()):
            takes = ", ".join(known) or "none"
            return f"the check {self.name!r} takes no argument {unknown[0]!r} (it takes: {takes})"
        missing = [
            name
            for name, parameter in known.items()
            if parameter.default is parameter.empty and name not in arguments
        ]
        return f"the check {self.name!r} needs the argument {missing[0]!r}" if missing else None


ExchangeFunction = TypeVar("ExchangeFunction", bound=Callable[..., CheckResult | None])
GeneratorFunction = TypeVar("GeneratorFunction", bound=Callable[..., Iterator[CheckResult]])

_REGISTRY: dict[str, RegisteredCheck] = {}  # filled while the modules are imported, then only read


def _register(check: RegisteredCheck) -> None:
    if check.name in _REGISTRY:
        raise ValueError(f"two checks are called {check.name!r}")
    _REGISTRY[check.name] = check


def exchange_check(
    name: str, *, unanswered: bool = False
) -> Callable[[ExchangeFunction], ExchangeFunction]:
    """Register `f(case: JudgeCase, **arguments) -> Judgement | None` (None: not concerned)."""

    def decorate(function: ExchangeFunction) -> ExchangeFunction:
        _register(RegisteredCheck(name, CheckKind.EXCHANGE, function, unanswered=unanswered))
        return function

    return decorate


def history_check(name: str) -> Callable[[GeneratorFunction], GeneratorFunction]:
    """Register `f(case: HistoryCase, **arguments) -> Iterator[Judgement]`."""

    def decorate(function: GeneratorFunction) -> GeneratorFunction:
        _register(RegisteredCheck(name, CheckKind.HISTORY, function))
        return function

    return decorate


def active_check(
    name: str, *, writes: bool = False, roles: Sequence[str] = (), requests: int = 1
) -> Callable[[GeneratorFunction], GeneratorFunction]:
    """Register `f(case: ProbeCase, **arguments) -> Iterator[Judgement]`.

    Args:
        name: the name in requirements.yaml.
        writes: it changes the target, so it is skipped where the target is read-only.
        roles: the credentials without which it is skipped.
        requests: about how many requests it sends, for `--dry-run`.
    """

    def decorate(function: GeneratorFunction) -> GeneratorFunction:
        check = RegisteredCheck(name, CheckKind.ACTIVE, function, writes, tuple(roles), requests)
        _register(check)
        return function

    return decorate


def load_checks(package: str = "conformance.checks") -> dict[str, RegisteredCheck]:
    """Import every module of `package` and return the checks by name."""
    folder = importlib.import_module(package)
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{package}.{module.name}")
    return dict(_REGISTRY)
