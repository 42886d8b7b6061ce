"""What databases add: several processes see one truth, and what was acknowledged is never lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import ConfigurationError
from mockserver.store import open_store
from mockserver.store.base import Records, StoreUnavailable
from mockserver.store.sql import SqlStore
from tests.store.conftest import SHARED

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from mockserver.store.base import Records
from mockserver.store.sql import SqlStore
store = SqlStore(sys.argv[1])
store.create("a")
records = Records(store, "a")
for _ in range(int(sys.argv[2])):
    print(records.insert("job", lambda n: f"{sys.argv[3]}{n}", "g", {}).id, flush=True)
"""


def start(url: str, count: int, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, url, str(count), name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("backend", SHARED)
def test_what_was_acknowledged_survives_a_kill(url: str) -> None:
    with start(url, 1000, "x") as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(100)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += writer.stdout.read().split()
    store = SqlStore(url)
    rows = Records(store, "a").page("job", "g", limit=2000, newest_first=False)
    store.close()
    assert {row.id for row in rows} >= set(acknowledged)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


def in_another_thread(work: Callable[[], object]) -> object:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


@pytest.mark.parametrize("name", ["store.db", "store.db-wal", ""], ids=["file", "log", "folder"])
@pytest.mark.parametrize("replacement", [None, b"", b"no database"])
def test_what_no_path_leads_to_is_neither_read_nor_written(
    tmp_path: Path, name: str, replacement: bytes | None
) -> None:
    folder, away = tmp_path / "folder", tmp_path / "away"
    folder.mkdir()
    with closing(SqlStore(f"sqlite:///{folder}/store.db")) as store:
        store.create("a")
        records = Records(store, "a")
        kept = records.insert("job", "before", "g", {})
        (folder / name).rename(away)
        if replacement is not None:
            folder.mkdir(exist_ok=True)
            (folder / (name or "store.db")).write_bytes(replacement)
        calls = [
            lambda: records.get("job", "before"),
            lambda: records.insert("job", "meanwhile", "g", {}),
            store.check,
        ]
        for call in calls:
            for where in (in_another_thread, lambda work: work()):
                with pytest.raises(StoreUnavailable, match="was deleted or replaced"):
                    where(call)
        assert (folder / (name or "store.db")).exists() is (replacement is not None)
        if name == "" and replacement is not None:
            (folder / "store.db").unlink()
            folder.rmdir()
        away.replace(folder / name)
        assert in_another_thread(calls[0]) == calls[0]() == kept
        assert records.insert("job", "after", "g", {}).number == 2


def test_write_to_a_file_that_goes_meanwhile_is_not_acknowledged(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        store.create("a")

        def id_(number: int) -> str:  # asked for within the transaction
            file.unlink()
            return str(number)

        with pytest.raises(StoreUnavailable):
            Records(store, "a").insert("job", id_, "g", {})


@pytest.mark.parametrize("backend", SHARED)
def test_processes_share_numbers_and_records(url: str) -> None:
    writers = [start(url, 50, name) for name in "xy"]
    written = [name for writer in writers for name in writer.communicate()[0].split()]
    assert [writer.returncode for writer in writers] == [0, 0]
    store = SqlStore(url)
    rows = Records(store, "a").page("job", "g", limit=200, newest_first=False)
    store.close()
    assert sorted(row.id for row in rows) == sorted(written)
    assert [row.number for row in rows] == list(range(1, 101))


@pytest.mark.parametrize("backend", SHARED)
def test_a_second_store_finds_what_the_first_wrote(url: str) -> None:
    first, second = SqlStore(url), SqlStore(url)
    first.create("a")
    made = Records(first, "a").insert("job", "x", "g", {"n": 1})
    assert Records(second, "a").get("job", "x") == made
    first.close()
    second.close()


PASSWORDS = st.text(st.characters(codec="utf-8"), min_size=6, max_size=20)
SHAPES = st.sampled_from(
    [
        "postgresql:/u:{}@h/x",
        "postgresql:u:{}@h/x",
        "postgresql//u:{}@h/x",
        "://u:{}@h/x",
        "u:{}@h/x",
        "postgresql://u:{}@127.0.0.1:55x437/db",
        "postgresql://u:{}@127.0.0.1:99999999/db",
        "postgresql://u:{}@127.0.0.1:1/db",
        "postgres://u:{}@127.0.0.1:1/db",
        "postgresql://u:{}@@127.0.0.1:1/db",
        "postgresql://u:{}@[::1/db",
        "postgresql://127.0.0.1:1/db?password={}",
        "postgresql://127.0.0.1:1/db?user=u&password={}&sslmode=nonsense",
        "postgresql+nonsense://u:{}@127.0.0.1:1/db",
        "mysql://u:{}@h/x",
        "sqlite://u:{}@h/x",
        "sqlite://{}@/x",
    ]
)


@given(SHAPES, PASSWORDS)
def test_no_part_of_a_password_is_shown(shape: str, password: str) -> None:
    url = shape.format(password)
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    text = str(caught.value)
    assert "\n" not in text
    usual = _error_of(shape.format("x"))
    parts = {password[start : start + 4] for start in range(len(password) - 3)}
    assert not [part for part in parts if part in text and part not in usual]


def _error_of(url: str) -> str:
    """Return what is said of a URL whose password is of one letter, and what malformed ones get."""
    texts = []
    for bad in (url, "nonsense"):
        with pytest.raises(ConfigurationError) as caught:
            open_store(bad)
        texts.append(str(caught.value))
    return "\n".join(texts)


def test_postgres_is_postgresql(postgres_database: str) -> None:
    store = open_store(postgres_database.replace("postgresql://", "postgres://"))
    store.check()
    store.close()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("nonsense", "is malformed"),
        ("mysql://host/db", "is malformed"),
        ("sqlite://", "needs a file"),
        ("sqlite:///mock.db?mode=ro", "is malformed"),
        ("sqlite:///file:mock?mode=memory&uri=true", "is malformed"),
        ("sqlite:///mock\0.db", "is malformed"),
        ("sqlite+aiosqlite:////nowhere/at/all.db", "cannot be used"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////nowhere/at/all.db", "cannot be used"),
        ("postgresql://user:secret@127.0.0.1:1/db", "cannot be used"),
    ],
)
def test_a_url_that_cannot_work_is_named(bad: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        SqlStore(bad)
    assert str(caught.value).startswith("store: ")
    assert "secret" not in str(caught.value)
