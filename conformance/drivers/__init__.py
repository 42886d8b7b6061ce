"""Drivers: each sends requests, which the checks evaluate afterwards; none judges anything."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from hypothesis.internal.conjecture import providers

from conformance.settings import Effort
from conformance.target.client import Client
from conformance.target.config import Target
from specs import Contract


@dataclass(frozen=True, slots=True)
class DriverCase:
    """One run of a driver.

    `operations` are the operationIds that it is to exercise.
    """

    contract: Contract
    client: Client
    target: Target
    seed: int
    effort: Effort
    operations: Sequence[str]


@contextmanager
def deterministic_hypothesis() -> Iterator[None]:
    """Keep Hypothesis from using constants of the modules that happen to be loaded.

    It borrows numbers and texts from the source of every local module: a run from the command
    line, from pytest and the second of two runs would send different requests.
    """
    theirs: Any = providers
    empty = type(theirs.GLOBAL_CONSTANTS.integers)
    none = theirs.Constants(integers=empty(), floats=empty(), bytes=empty(), strings=empty())
    providers.CONSTANTS_CACHE.cache.clear()
    try:
        with patch.object(providers, "_get_local_constants", lambda: none):
            yield
    finally:
        providers.CONSTANTS_CACHE.cache.clear()
