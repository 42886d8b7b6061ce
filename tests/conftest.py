"""What every test may ask for: Hypothesis profiles, real programs, and an honest summary."""

import gc
import os
from collections import Counter
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import HealthCheck, settings

from specs import lint_cache
from tests._balancer import nginx
from tests._browser import browser, chromium
from tests._postgres import postgres_cluster, postgres_database, postgres_url
from tests._untested import summarise

__all__ = ["browser", "chromium", "nginx", "postgres_cluster", "postgres_database", "postgres_url"]

# `ci`: the same examples each time, no file of old failures, no verdict by a busy clock.
settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# `quick`: a quarter of them, for an answer while one is writing; `make test` has them all.
settings.register_profile("quick", settings.get_profile("ci"), max_examples=25)
# `search`: other examples each time, and more of them: HYPOTHESIS_PROFILE=search make test
settings.register_profile("search", settings.get_profile("ci"), derandomize=False, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# Nothing that is loaded or collected here is garbage; to look through it again and again while the
# tests run takes a sixth of their processor time.
gc.disable()

# A program with a home directory of its own would lint the contracts again, for three seconds.
os.environ[lint_cache.VARIABLE] = str(lint_cache.of_user().write)

_UNIT = Path(__file__).parent / "unit"
_MARKED_BY_FIXTURE = {"postgres_cluster": "postgres", "browser": "browser", "nginx": "nginx"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test by the system program that its fixtures need; bring the files into order."""
    for item in items:
        for fixture, marker in _MARKED_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
    # Processes take file after file and have to end together: what takes long comes first.
    tests = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    files = sorted(
        tests, key=lambda file: (_UNIT in file.parents, file not in slow, -tests[file], file)
    )
    place = {file: number for number, file in enumerate(files)}
    items.sort(key=lambda item: place[item.path])


def pytest_collection_finish() -> None:
    """Leave what is there by now out of all later searches for garbage, and search less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Name what this machine could not test."""
    summarise(terminalreporter)
