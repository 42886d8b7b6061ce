"""The references are made from the code, and what is written by hand in them is true of it."""

import re
from pathlib import Path

import pytest

from mockserver.config import OPTIONS
from specs import readme
from tests.repo._checkout import ROOT, files, name, text
from tests.repo._references import FILES, section

MOCK, SUITE = FILES
SOURCES = {
    package: "".join(text(path) for path in files(package) if path.suffix == ".py")
    for package in ("mockserver", "conformance")
}
IMPLICIT = re.compile(r'"\s*\n\s*f?"')  # where a literal goes on in the next line
ERRORS = re.compile(r"^\| (?:\d+ )?`(?P<text>[^`]+)`[^|]*\| [^|]+ \|$", re.MULTILINE)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_sections_are_fresh(file: Path) -> None:
    fresh = readme.update(text(file), section)
    assert fresh == text(file), "stale: run `python -m tests.repo._references`"


def test_each_setting_is_documented() -> None:
    assert set(re.findall(r"MOCKSERVER_[A-Z_]+", text(MOCK))) == {it.variable for it in OPTIONS}


def test_each_header_that_the_mock_reads_is_documented() -> None:
    read = {
        it.lower()
        for it in re.findall(r'"(x-mock-[a-z]+|prefer)"', SOURCES["mockserver"], re.IGNORECASE)
    }
    (table,) = re.findall(r"^## Request headers$(.*?)^## ", text(MOCK), re.MULTILINE | re.DOTALL)
    assert {it.lower() for it in re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)} == read


@pytest.mark.parametrize(
    ("package", "quoted"),
    [
        (file.relative_to(ROOT).parts[0], row["text"])
        for file in FILES
        for row in ERRORS.finditer(text(file).partition("## Errors")[2])
        if not row["text"].startswith("--")
    ],
)
def test_each_error_that_is_explained_is_raised(package: str, quoted: str) -> None:
    source = IMPLICIT.sub("", SOURCES[package])
    missing = [part for part in quoted.split("…") if part.strip("? .") not in source]
    assert not missing
