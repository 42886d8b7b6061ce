"""The commands measure, print their tables and write what they say, on the real programs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.benchmarks.__main__ import main

pytestmark = pytest.mark.slow
SMALL = ("--rounds", "1", "--seconds", "0.1", "--warm", "0.1", "--connections", "2")


@pytest.fixture(autouse=True)
def soon_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warm up as always, but for so few answers that figures mean nothing."""
    monkeypatch.setattr("tests.benchmarks.warm.ENOUGH_ANSWERS", 10)


def bench(folder: Path, *arguments: str) -> Result:
    where = ("--out", str(folder / "out"), "--cache", str(folder / "cache"))
    return CliRunner().invoke(main, [*SMALL, *where, *arguments])


def written(folder: Path, name: str) -> dict:
    return json.loads((folder / "out" / name).read_text("utf-8"))


def test_peers_without_any_peer_compares_the_mock_with_the_ceiling(tmp_path: Path) -> None:
    done = bench(tmp_path, "--only", "mockserver", "--only", "Starlette", "peers")
    assert done.exit_code == 0, done.output
    assert "the bare ceiling" in done.stdout
    figures = written(tmp_path, "peers.json")
    assert set(figures["ratios"]["Starlette"]) >= {"polling", "creating", "first answer"}
    assert (tmp_path / "out/peers.svg").exists()
    assert (tmp_path / "cache/.gitignore").read_text("ascii") == "*\n"


def test_peers_without_the_mock_says_so_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.benchmarks.contenders.ours._PROGRAM", tmp_path / "mockserver")
    done = bench(tmp_path, "--only", "mockserver", "peers")
    assert done.exit_code == 1
    assert "LEFT OUT" in done.stderr
    assert "mockserver itself could not be measured" in done.stderr


def test_scale_shows_each_size_and_writes_the_curve(tmp_path: Path) -> None:
    done = bench(tmp_path, "scale", "--size", "20", "--size", "40")
    assert done.exit_code == 0, done.output
    (point,) = written(tmp_path, "scale-memory.json")["points"]
    assert point["size"] == 40
    assert set(point["cost"]) == {"polling", "a page", "creating"}
    assert (tmp_path / "out/scale-memory.svg").exists()


def test_waits_tells_seconds_of_each_round(tmp_path: Path) -> None:
    done = bench(tmp_path, "--only", "mockserver", "waits", "--part", "start")
    assert done.exit_code == 0, done.output
    assert "start to the first answer" in done.stdout
    (wait,) = written(tmp_path, "waits.json")["waits"]
    assert wait["processor_seconds"][0] > 0
    assert len(wait["seconds"]) == 1
    assert (tmp_path / "out/waits.svg").exists()


def test_tail_tells_each_number_of_connections_and_polls_beside_downloads(tmp_path: Path) -> None:
    small = ("--connections", "1", "--connections", "9", "--bytes", "5000000")
    done = bench(tmp_path, "--only", "mockserver", "tail", *small)
    assert done.exit_code == 0, done.output
    loads = written(tmp_path, "tail.json")["loads"]
    assert [(load["name"], load["connections"]) for load in loads] == [
        *(("mockserver", 1), ("2 workers, sqlite", 1)),
        *(("mockserver", 9), ("2 workers, sqlite", 9)),
        *(("polls alone", 2), ("polls beside 10 downloads", 2)),
    ]
    assert all(0 < one["samples"][0]["p50"] <= one["samples"][0]["p99"] for one in loads)
    assert (tmp_path / "out/tail.svg").exists()


def test_files_brings_the_same_bytes_from_two_servers(tmp_path: Path) -> None:
    done = bench(tmp_path, "files", "--bytes", "2000000")
    assert done.exit_code == 0, done.output
    figures = written(tmp_path, "files.json")
    assert figures["same_bytes"] is True
    assert [one["bytes"] >= 2_000_000 for one in figures["downloads"]] == [True] * 3
