"""What an exchange must be like: the same patterns filter the journal and verify calls."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from mockserver.journal.entry import Entry

FORM = "application/x-www-form-urlencoded"
UNREADABLE = "(no JSON, or too long to be kept whole)"


class Difference(NamedTuple):
    """A member of a pattern that an exchange does not fit."""

    field: str
    expected: Any
    actual: Any


class EntryView:
    """An entry, its query and its body read at most once."""

    __slots__ = ("_body", "_query", "entry")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._query: Mapping[str, list[str]] | None = None
        self._body: Any = self

    @property
    def query(self) -> Mapping[str, list[str]]:
        """The texts of the query by name."""
        if self._query is None:
            self._query = _fields(self.entry.query)
        return self._query

    @property
    def body(self) -> Any:
        """The request's body as JSON, a form as an object of texts; else what says it is none."""
        if self._body is self:
            self._body = _read_body(self.entry)
        return self._body


Check = Callable[[Any, EntryView], Iterator[Difference]]


class Pattern:
    """What is wanted of an exchange, by the names of the control plane's contract."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self.wanted = {name: value for name, value in wanted.items() if name in _CHECKS}

    def fits(self, seen: EntryView) -> bool:
        """Tell whether an exchange is as wanted."""
        return next(self._differences(seen), None) is None

    def differences(self, seen: EntryView) -> list[Difference]:
        """Return all in which an exchange is not as wanted."""
        return list(self._differences(seen))

    def _differences(self, seen: EntryView) -> Iterator[Difference]:
        for name, value in self.wanted.items():
            yield from _CHECKS[name](value, seen)


def glob(pattern: str, text: str) -> bool:
    """Tell whether `text` is as `pattern`, in which `*` stands for any text; in linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    last = rest.pop()
    if len(text) < len(first) + len(last):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    place, end = len(first), len(text) - len(last)
    for part in rest:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _plain(name: str) -> Check:
    def check(expected: Any, seen: EntryView) -> Iterator[Difference]:
        actual = getattr(seen.entry, name)
        if actual != expected:
            yield Difference(name, expected, actual)

    return check


def _method(expected: str, seen: EntryView) -> Iterator[Difference]:
    if seen.entry.method != expected.upper():
        yield Difference("method", expected.upper(), seen.entry.method)


def _path(expected: str, seen: EntryView) -> Iterator[Difference]:
    if not glob(expected, seen.entry.path):
        yield Difference("path", expected, seen.entry.path)


def _status(expected: float | str, seen: EntryView) -> Iterator[Difference]:
    actual = str(seen.entry.status)
    wanted = expected if isinstance(expected, str) else str(int(expected))
    if actual[: len(wanted.rstrip("X"))] != wanted.rstrip("X"):
        yield Difference("status", expected, seen.entry.status)


def _job(expected: str, seen: EntryView) -> Iterator[Difference]:
    jobs = [touch.job for touch in seen.entry.touched]
    if expected not in jobs:
        yield Difference("job", expected, jobs)


def _fault(expected: str, seen: EntryView) -> Iterator[Difference]:
    words = {word for fault in seen.entry.faults for word in fault} or {"none"}
    if expected not in words and (expected != "any" or not seen.entry.faults):
        yield Difference("fault", expected, sorted(words))


def _query(expected: Mapping[str, str], seen: EntryView) -> Iterator[Difference]:
    for name, value in expected.items():
        actual = seen.query.get(name, [])
        if value not in actual:
            shown = actual[0] if len(actual) == 1 else actual or None
            yield Difference(f"query.{name}", value, shown)


def _body(expected: Any, seen: EntryView) -> Iterator[Difference]:
    yield from _compare("body", expected, seen.body)


def _compare(place: str, expected: Any, actual: Any) -> Iterator[Difference]:
    if not isinstance(expected, dict) or not isinstance(actual, dict):
        if not _equal(expected, actual):
            yield Difference(place, expected, actual)
        return
    for name, value in expected.items():
        if name in actual:
            yield from _compare(f"{place}.{name}", value, actual[name])
        else:
            yield Difference(f"{place}.{name}", value, None)


def _equal(one: Any, other: Any) -> bool:
    """Tell whether two are the same JSON; Python would take true for 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _read_body(entry: Entry) -> Any:
    if entry.request_length == 0:
        return None
    if entry.cut:
        return UNREADABLE
    if entry.request_headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        fields = _fields(entry.request_body.decode("latin-1"))
        return {name: texts[0] for name, texts in fields.items()}
    try:
        return orjson.loads(entry.request_body)
    except orjson.JSONDecodeError:
        return UNREADABLE


def _fields(text: str) -> Mapping[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    return fields


_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "vendor": _plain("vendor"),
        "operation": _plain("operation"),
        "caller": _plain("caller"),
        "verdict": _plain("verdict"),
        "method": _method,
        "path": _path,
        "status": _status,
        "job": _job,
        "fault": _fault,
        "query": _query,
        "body": _body,
    }
)
