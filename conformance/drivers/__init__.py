"""Drivers: each sends requests; whatever was sent, the run's evaluator gives the verdicts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from conformance.evaluation.evaluator import Evaluator
from conformance.settings import Effort
from conformance.target import Target
from conformance.target.client import Client
from specs import Contract

_LOCAL_CONSTANTS = "_get_local_constants"


@dataclass(frozen=True, slots=True)
class DriverCase:
    """One run of a driver.

    `operations` are the operationIds that it exercises. `evaluator` tells what violates the
    requirements of the run; where the run `shrinks`, a driver may look for a smaller example.
    """

    contract: Contract
    client: Client
    target: Target
    seed: int
    effort: Effort
    operations: Sequence[str]
    evaluator: Evaluator
    shrinks: bool


@contextmanager
def deterministic_hypothesis() -> Iterator[None]:
    """Keep Hypothesis from drawing constants of the modules that happen to be loaded.

    It takes numbers and texts from the source of every local module: a run from the command line,
    from pytest and the second of two runs would send different requests. There is no public switch
    for it, so what is private is looked up by name; where a release has none of it, the run goes on
    and only its requests vary.
    """
    providers: Any = import_module("hypothesis.internal.conjecture.providers")
    local_constants = getattr(providers, _LOCAL_CONSTANTS, None)
    constants = getattr(providers, "Constants", None)
    if local_constants is None or constants is None:
        yield
        return
    none = constants()
    setattr(providers, _LOCAL_CONSTANTS, lambda: none)
    _forget_constants(providers)
    try:
        yield
    finally:
        setattr(providers, _LOCAL_CONSTANTS, local_constants)
        _forget_constants(providers)


def _forget_constants(providers: Any) -> None:
    cache = getattr(getattr(providers, "CONSTANTS_CACHE", None), "cache", None)
    if cache is not None:
        cache.clear()
