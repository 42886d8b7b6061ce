"""The registry from which requirements.yaml picks checks by name, and what a check is given."""

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
    name: str, *, writes: bool = False, roles: Sequence[str] = (), requests: int = 1
) -> Callable[[GeneratorFunction], GeneratorFunction]:
    """Register `f(case: ActiveCase, **arguments) -> Iterator[CheckResult]`.

    The function may raise `Untestable`, which becomes a skipped result.

    Args:
        name: the name in requirements.yaml.
        writes: it changes the target, so it is skipped where the target is read-only.
        roles: the credentials without which it is skipped.
        requests: about how many requests it sends, for `--dry-run`.
    """

    def decorate(function: GeneratorFunction) -> GeneratorFunction:
        _register(RegisteredCheck(name, CheckKind.ACTIVE, function, writes, tuple(roles), requests))
        return function

    return decorate


def load_checks(package: str = "conformance.checks") -> dict[str, RegisteredCheck]:
    """Import every module of `package` and return the checks by name."""
    folder = importlib.import_module(package)
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{package}.{module.name}")
    return dict(_REGISTRY)
