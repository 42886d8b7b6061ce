"""tests/README.md names every file of tests, so that whoever asks what is proven finds it."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch

from tests.repo._checkout import ROOT, text

TESTS = ROOT / "tests"


def patterns() -> Iterator[str]:
    """Yield the second column's paths; one without a folder lies in that of the one before it."""
    for cell in re.findall(r"^\|[^|]*\|([^|]*)\|$", text(TESTS / "README.md"), re.MULTILINE):
        folder = ""
        for name in re.findall(r"`([^`]+)`", cell):
            path = name if "/" in name else f"{folder}/{name}"
            folder = path.rpartition("/")[0]
            start, _, more = path.partition("{")
            choice, _, end = more.partition("}")
            yield from (f"{start}{one}{end}" for one in choice.split(","))


def test_every_file_of_tests_is_named() -> None:
    known = [pattern + "*" * pattern.endswith("/") for pattern in patterns()]
    files = [path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")]
    assert [f for f in files if not any(fnmatch(f, pattern) for pattern in known)] == []


def test_every_name_stands_for_a_file() -> None:
    files = [path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")]
    named = [p + "*" * p.endswith("/") for p in patterns() if "test_" in p or p.endswith("/")]
    assert [p for p in named if not any(fnmatch(f, p) for f in files)] == []
