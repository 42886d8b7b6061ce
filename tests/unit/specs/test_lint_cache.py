"""Contract files that have passed the lint are not linted again; any other content is."""

import subprocess
import sys
from pathlib import Path

import pytest

import specs
from specs import lint_cache

FILES = ("openapi.yaml", "lifecycle.yaml", "requirements.yaml")
LOADED = "import sys, specs; specs.load('talkdesk'); print('specs.lint' in sys.modules)"


def digest(folder: Path) -> str:
    return lint_cache.digest_of(folder.glob("*.yaml"))


def test_a_second_start_does_not_load_the_lint(tmp_path: Path) -> None:
    environment = {"REPORT_CONTRACTS_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", LOADED]
    starts = [
        subprocess.run(
            command, env=environment, cwd=specs.files.ROOT.parent, check=True, capture_output=True
        )
        for _ in range(2)
    ]
    assert [start.stdout.split() for start in starts] == [[b"True"], [b"False"]]


@pytest.mark.parametrize("file", FILES)
def test_a_changed_file_is_linted_again(contracts: Path, tmp_path: Path, file: str) -> None:
    cache = lint_cache.in_folder(tmp_path / "cache")
    specs.load("talkdesk", root=contracts, cache=cache)
    assert cache.has(digest(contracts / "talkdesk"))
    path = contracts / "talkdesk" / file
    path.write_text("vendor: talkdesk\n", encoding="utf-8")
    assert not cache.has(digest(contracts / "talkdesk"))
    for _ in range(2):  # what has failed is not recorded
        with pytest.raises(specs.SpecError, match=file):
            specs.load("talkdesk", root=contracts, cache=cache)


def test_the_name_of_the_folder_is_part_of_the_digest(contracts: Path) -> None:
    before = digest(contracts / "talkdesk")
    renamed = (contracts / "talkdesk").rename(contracts / "other")
    assert digest(renamed) != before


def test_bytes_moved_to_another_file_change_the_digest(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    digests = set()
    for first, second in (("ab", "c"), ("a", "bc"), ("abc", "")):
        one.write_text(first, encoding="utf-8")
        two.write_text(second, encoding="utf-8")
        digests.add(lint_cache.digest_of([two, one]))
    assert len(digests) == 3


def test_a_cache_folder_that_cannot_be_written_is_ignored(contracts: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = lint_cache.in_folder(tmp_path / "file" / "cache")
    assert specs.load("talkdesk", root=contracts, cache=cache).vendor == "talkdesk"


def test_a_file_that_cannot_be_read_is_named(contracts: Path) -> None:
    path = contracts / "talkdesk" / "openapi.yaml"
    path.unlink()
    path.mkdir()
    with pytest.raises(specs.SpecError, match=r"openapi\.yaml: file: .*directory"):
        specs.load("talkdesk", root=contracts)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"REPORT_CONTRACTS_CACHE": "/given", "XDG_CACHE_HOME": "/xdg"}, "/given"),
        ({"REPORT_CONTRACTS_CACHE": "", "XDG_CACHE_HOME": "/xdg"}, "/xdg/report-contracts"),
        ({"XDG_CACHE_HOME": "relative"}, "~/.cache/report-contracts"),
        ({}, "~/.cache/report-contracts"),
    ],
)
def test_cache_folder_of_the_user(environment: dict[str, str], folder: str) -> None:
    cache = lint_cache.of_user(environment)
    assert cache.write == Path(folder).expanduser()
    assert cache.read == (lint_cache.BUILT_IN, cache.write)


def test_without_a_home_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert lint_cache.of_user({}) == lint_cache.LintCache(read=(lint_cache.BUILT_IN,))
