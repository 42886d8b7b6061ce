"""Patterns of exchanges: the same ones filter the journal and verify calls."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from mockserver.journal.base import MAX_TEXT_LENGTH, Entry
from mockserver.journal.redaction import REDACTED, WITHHELD

FORM = "application/x-www-form-urlencoded"
UNREADABLE = "(not JSON, or too long to be recorded completely)"


class Difference(NamedTuple):
    """A member of a pattern that an exchange does not match."""

    field: str
    expected: Any
    actual: Any


class EntryView:
    """An entry whose query and body are parsed at most once."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    @cached_property
    def query(self) -> Mapping[str, list[str]]:
        """The values of the query by parameter name."""
        return _parse_form(self.entry.query)

    @cached_property
    def body(self) -> Any:
        """The request's body as JSON, a form as an object of strings, or UNREADABLE."""
        return _read_body(self.entry)

    def is_uncertain(self, difference: Difference) -> bool:
        """Return True if there may be no such difference to what was sent: it was not recorded."""
        entry, part = self.entry, difference.field.partition(".")[0]
        if part == "body" and (entry.cut or entry.request_body == WITHHELD):
            return True
        if part in {"path", "query"} and len(getattr(entry, part)) >= MAX_TEXT_LENGTH:
            return True
        return REDACTED in str(difference.actual)


Check = Callable[[Any, EntryView], Iterator[Difference]]


class Pattern:
    """Conditions on an exchange, by member names of the control plane's contract."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.expected = {name: value for name, value in members.items() if name in _CHECKS}

    def matches(self, view: EntryView) -> bool:
        """Return True if the exchange has no difference."""
        return next(self.differences(view), None) is None

    def may_match(self, view: EntryView) -> bool:
        """Return True if only what was not recorded prevents a match."""
        differences = list(self.differences(view))
        return bool(differences) and all(map(view.is_uncertain, differences))

    def differences(self, view: EntryView) -> Iterator[Difference]:
        """Yield the members that the exchange does not match."""
        for name, value in self.expected.items():
            yield from _CHECKS[name](value, view)


def glob(pattern: str, text: str) -> bool:
    """Return True if `text` matches `pattern`, in which `*` is any text; in linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    last = rest.pop()
    if len(text) < len(first) + len(last):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for part in rest:
        position = text.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


def _equal_attribute(name: str) -> Check:
    def check(expected: Any, view: EntryView) -> Iterator[Difference]:
        actual = getattr(view.entry, name)
        if actual != expected:
            yield Difference(name, expected, actual)

    return check


def _method(expected: str, view: EntryView) -> Iterator[Difference]:
    if view.entry.method != expected.upper():
        yield Difference("method", expected.upper(), view.entry.method)


def _path(expected: str, view: EntryView) -> Iterator[Difference]:
    if not glob(expected, view.entry.path):
        yield Difference("path", expected, view.entry.path)


def _status(expected: float | str, view: EntryView) -> Iterator[Difference]:
    actual = str(view.entry.status)
    prefix = (expected if isinstance(expected, str) else str(int(expected))).rstrip("X")
    if not actual.startswith(prefix):
        yield Difference("status", expected, view.entry.status)


def _job(expected: str, view: EntryView) -> Iterator[Difference]:
    jobs = [touch.job for touch in view.entry.touched]
    if expected not in jobs:
        yield Difference("job", expected, jobs)


def _fault(expected: str, view: EntryView) -> Iterator[Difference]:
    injected = {word for fault in view.entry.faults for word in fault} or {"none"}
    if expected not in injected and (expected != "any" or not view.entry.faults):
        yield Difference("fault", expected, sorted(injected))


def _query(expected: Mapping[str, str], view: EntryView) -> Iterator[Difference]:
    for name, value in expected.items():
        actual = view.query.get(name, [])
        if value not in actual:
            shown = actual[0] if len(actual) == 1 else actual or None
            yield Difference(f"query.{name}", value, shown)


def _compare(path: str, expected: Any, actual: Any) -> Iterator[Difference]:
    if not isinstance(expected, dict) or not isinstance(actual, dict):
        if not _equal(expected, actual):
            yield Difference(path, expected, actual)
        return
    for name, value in expected.items():
        if name in actual:
            yield from _compare(f"{path}.{name}", value, actual[name])
        else:
            yield Difference(f"{path}.{name}", value, None)


def _equal(a: Any, b: Any) -> bool:
    """Return True if two JSON values are equal; in Python, true equals 1."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[name], b[name]) for name in a)
    return isinstance(a, bool) is isinstance(b, bool) and bool(a == b)


def _read_body(entry: Entry) -> Any:
    if entry.request_length == 0:
        return None
    if entry.cut:
        return UNREADABLE
    if entry.request_headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        form = _parse_form(entry.request_body.decode("latin-1"))
        return {name: values[0] for name, values in form.items()}
    try:
        return orjson.loads(entry.request_body)
    except orjson.JSONDecodeError:
        return UNREADABLE


def _parse_form(text: str) -> Mapping[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return values


_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "vendor": _equal_attribute("vendor"),
        "operation": _equal_attribute("operation"),
        "caller": _equal_attribute("caller"),
        "verdict": _equal_attribute("verdict"),
        "method": _method,
        "path": _path,
        "status": _status,
        "job": _job,
        "fault": _fault,
        "query": _query,
        "body": lambda expected, view: _compare("body", expected, view.body),
    }
)
