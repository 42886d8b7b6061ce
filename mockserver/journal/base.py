"""Entries of a journal, one for each exchange, and the protocol of journals."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

import orjson
from msgspec import Struct
from msgspec.structs import asdict, astuple

MAX_BODY_BYTES = 4096
"""Maximum number of recorded bytes of a body."""

MAX_TEXT_LENGTH = 2048
"""How many characters of a path, a query or a reason are recorded."""


class Outcome(StrEnum):
    """What the contract says of an exchange.

    REFUSED: the mock answered with an error of the vendor. BROKEN: the response violates the
    contract, by an injected fault or by a defect of the mock.
    """

    OK = "ok"
    REFUSED = "refused"
    BROKEN = "broken"


class Fault(NamedTuple):
    """A fault that was injected into an exchange; `label` is `valid` or `violating`."""

    kind: str
    label: str


class JobTouch(Struct, frozen=True):
    """A job that an exchange read or changed: its state before (None: created) and after."""

    job: str
    before: str | None
    after: str


class Entry(Struct, frozen=True):
    """One exchange. `at` is virtual time in milliseconds, `took` real time in microseconds.

    `status` is None where nothing was sent. `reason` says more about a verdict that is not OK.
    Secrets are redacted and bodies truncated before an entry is created; `request_length` and
    `response_length` are the bytes of both bodies as they were (-1: unknown), `size` the
    approximate memory of the entry in bytes.
    """

    number: int
    at: int
    took: int
    method: str
    path: str
    query: str
    vendor: str | None
    operation: str | None
    caller: str | None
    status: int | None
    verdict: Outcome
    reason: str
    faults: tuple[Fault, ...]
    touched: tuple[JobTouch, ...]
    request_headers: Mapping[str, str]
    request_body: bytes
    request_length: int
    response_headers: Mapping[str, str]
    response_body: bytes
    response_length: int
    file: str | None
    size: int

    @property
    def cut(self) -> bool:
        """Whether the recorded body of the request is incomplete."""
        return not 0 <= self.request_length <= MAX_BODY_BYTES


def pack(entry: Entry) -> str:
    """Return an entry as text without its number, which the store assigns."""
    row = asdict(entry) | {
        "number": 0,
        "faults": [list(fault) for fault in entry.faults],
        "touched": [astuple(touch) for touch in entry.touched],
        "request_headers": dict(entry.request_headers),
        "request_body": entry.request_body.decode("latin-1"),
        "response_headers": dict(entry.response_headers),
        "response_body": entry.response_body.decode("latin-1"),
    }
    # A database's text holds no NUL, and neither does JSON, which escapes it.
    return orjson.dumps(row).decode()


def unpack(number: int, text: str) -> Entry:
    """Return the entry that `pack` wrote."""
    row = orjson.loads(text)
    return Entry(
        **row
        | {
            "number": number,
            "verdict": Outcome(row["verdict"]),
            "faults": tuple(Fault(*fault) for fault in row["faults"]),
            "touched": tuple(JobTouch(*touch) for touch in row["touched"]),
            "request_body": row["request_body"].encode("latin-1"),
            "response_body": row["response_body"].encode("latin-1"),
        }
    )


ENTRIES_SETTING = "--max-journal"
BYTES_SETTING = "--max-journal-bytes"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The maximum size of one journal."""

    entries: int = 1000
    bytes: int = 8 * 2**20


class Journal(Protocol):
    """The newest exchanges of one sandbox."""

    @property
    def scope(self) -> str:
        """Whose exchanges it has: of this `process`, or of all processes on the `store`."""

    @property
    def bounds(self) -> Bounds:
        """Its maximum size."""

    @property
    def last(self) -> int:
        """The number of the newest entry, which dropping and clearing do not reset."""

    @property
    def bytes(self) -> int:
        """Its approximate size in bytes."""

    @property
    def forgotten(self) -> int:
        """The number of entries dropped because of a bound since it was cleared."""

    @property
    def forgotten_by(self) -> tuple[str, ...]:
        """The settings whose bounds dropped entries since it was cleared."""

    def next_number(self) -> int:
        """Return the number of the next entry."""

    def add(self, entry: Entry, *, deferred: bool = False) -> None:
        """Add an entry; drop the oldest beyond the bounds.

        A deferred entry is written once the store is available; `flush` does not wait for it.
        """

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries, oldest first."""

    def clear(self) -> None:
        """Delete all entries; numbering continues."""

    def close(self) -> None:
        """Release its memory; later entries are ignored."""
