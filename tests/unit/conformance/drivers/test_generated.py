"""Generated requests: the same with and without the cache, which only what it wrote can fill."""

import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.drivers import engine, generated
from conformance.drivers.generated import GeneratedRequest, generated_requests
from conformance.http.request import HttpRequest
from specs import Contract, load
from tests.unit.conformance._tiny_vendor import contract as tiny

VARIABLE = "REPORT_CONTRACTS_CACHE"
# Schemathesis takes seconds to import.
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def requests(
    *operations: str, contract: Contract | None = None, seed: int = 1, examples: int = 3
) -> list[GeneratedRequest]:
    chosen = contract or tiny()
    names = operations or ("createJob", "getJob")
    return list(generated_requests(chosen, names, seed, examples, engine.generate))


def no_generation(*_: object) -> None:
    raise AssertionError("it was generated, not read")


@pytest.mark.parametrize("vendor", ["tiny", "talkdesk"])
def test_the_same_with_and_without_the_cache(
    folder: Path, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    contract = tiny() if vendor == "tiny" else load(vendor)
    names = tuple(contract.operations)[:2]
    first = requests(*names, contract=contract)
    assert len(list(folder.glob("*.requests"))) == 1
    assert {request.phase for request in first} >= {"coverage", "fuzzing"}
    with monkeypatch.context() as without:
        without.setenv(VARIABLE, "/dev/null")
        assert requests(*names, contract=contract) == first
    monkeypatch.setattr(engine, "generate", no_generation)
    assert requests(*names, contract=contract) == first


def test_what_it_depends_on_is_generated_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests()
    monkeypatch.setattr(engine, "generate", no_generation)
    other = tiny()
    other.openapi["paths"] = {**other.openapi["paths"], "/new": {}}
    changed: list[Callable[[], object]] = [
        lambda: requests(seed=2),
        lambda: requests(examples=4),
        lambda: requests("createJob"),
        lambda: requests(contract=other),
    ]
    for change in changed:
        with pytest.raises(AssertionError, match="not read"):
            change()
    monkeypatch.setattr(generated, "_version", lambda: "another version")
    with pytest.raises(AssertionError, match="not read"):
        requests()
    assert len(list(folder.iterdir())) == 1


def foreign(content: bytes) -> bytes:
    """Another program's file, compressed like ours."""
    return zlib.compress(b"title\n" + zlib.decompress(content).partition(b"\n")[2])


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda content: content[: len(content) // 2],
    "not compressed": zlib.decompress,
    "a byte changed": lambda content: zlib.compress(
        zlib.decompress(content).replace(b"createJob", b"createjob", 1)
    ),
    "foreign": foreign,
    "another format": lambda _: zlib.compress(b"[]"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_file_is_ignored_and_replaced(folder: Path, damage: str) -> None:
    first = requests()
    (file,) = folder.iterdir()
    good = file.read_bytes()
    file.write_bytes(DAMAGE[damage](good))
    assert requests() == first
    assert file.read_bytes() == good


def test_a_file_under_the_name_of_another_is_ignored(folder: Path) -> None:
    first = requests(seed=2)
    (other,) = folder.iterdir()
    content = other.read_bytes()
    one = requests(seed=1)
    (file,) = set(folder.iterdir()) - {other}
    file.write_bytes(content)
    assert requests(seed=1) == one != first


def test_the_oldest_files_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "MAX_FILES", 2)
    folder.mkdir()
    (folder / "of-the-lint").touch()
    for seed in (1, 2, 3):
        requests("getJob", seed=seed)
    assert len(list(folder.glob("*.requests"))) == 2
    assert (folder / "of-the-lint").exists()
    monkeypatch.setattr(engine, "generate", no_generation)
    assert requests("getJob", seed=3)


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)


@given(id_=TEXT, other=TEXT, page=TEXT)
def test_values_of_a_target_replace_generated_ones(id_: str, other: str, page: str) -> None:
    contract = tiny()
    operation = contract.operations["getJob"]
    request = HttpRequest("GET", "/jobs/x%2Fy", (("a", "b"),), raw_query="a=b")
    drawn = GeneratedRequest("getJob", "fuzzing", True, None, request, {"id": "x/y"})
    for value in (id_, other):
        bound = drawn.with_values(operation, {"id": value})
        assert unquote(bound.request.path) == f"/jobs/{value}"
        assert bound.path_parameters == {"id": value}
        assert bound.request.raw_query == "a=b"
    log = load("energycap").operations["listReportDistributions"]
    name = next(p["name"] for p in log.parameters if p["in"] == "query")
    replaced = drawn.with_values(log, {name: page}).with_values(log, {name: other})
    assert replaced.request.query == (("a", "b"), (name, other))
    assert parse_qsl(replaced.request.raw_query or "") == [("a", "b"), (name, other)]
    assert replaced.request.path == request.path
