"""Makes the same seed give the same data, whatever else is loaded in the process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from hypothesis.internal.conjecture import providers


@contextmanager
def repeatable() -> Iterator[None]:
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
