"""The house rules that a machine can see hold for every file."""

import re

import pytest

from tests.repo._checkout import ROOT, files, name, text

FOLDERS = {"specs", "mockserver", "conformance", "fixtures", "tests"}

# Written in pieces, so that this file does not hold what it forbids.
UNFINISHED = re.compile(r"\bTO" + r"DO\b|\bFIX" + r"ME\b|NotImplemented" + r"Error")
FOREIGN_PATHS = re.compile(
    r"(?<![\w.])/" + r"(?:work|root|home/\w+|Users/\w+|opt/wheels|opt/pypi)(?![\w-])"
    r"|\.\./" + r"shared\b"
)

PYTHON_FILES = [path for path in files() if path.suffix == ".py"]


def test_top_level_folders_are_the_agreed_ones() -> None:
    found = {name(path).split("/")[0] for path in files() if "/" in name(path)}
    assert {folder for folder in found if not folder.startswith(".")} <= FOLDERS


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = [
        f"{name(path)}:{number}: {line.strip()[:80]}"
        for path in files()
        for number, line in enumerate(text(path).splitlines(), 1)
        if FOREIGN_PATHS.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_python_file_is_unfinished() -> None:
    found = [
        f"{name(path)}:{number}: {line.strip()[:80]}"
        for path in PYTHON_FILES
        for number, line in enumerate(text(path).splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not found, "\n".join(found)


def test_every_folder_with_code_is_a_package() -> None:
    shipped = [path for path in PYTHON_FILES if not name(path).startswith(("tests/", "."))]
    folders = {path.parent for path in shipped} - {ROOT}  # the root holds the build's hook
    assert not [name(folder) for folder in folders if not (folder / "__init__.py").is_file()]


@pytest.mark.parametrize("package", ["mockserver", "conformance"])
def test_root_of_a_package_shows_what_it_does(package: str) -> None:
    assert (
        len([path for path in files(package) if re.fullmatch(rf"{package}/\w+\.py", name(path))])
        <= 14
    )


def test_fixtures_hold_data_only() -> None:
    assert not [name(path) for path in files("fixtures") if path.suffix == ".py"]


def test_changelog_has_an_unreleased_section() -> None:
    assert re.search(r"^## \[Unreleased\]$", text(ROOT / "CHANGELOG.md"), re.MULTILINE)


@pytest.mark.parametrize("folder", ["specs", "mockserver", "conformance"])
def test_no_test_lies_beside_the_code(folder: str) -> None:
    assert not [name(path) for path in files(folder) if path.name.startswith("test_")]
