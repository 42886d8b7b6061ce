"""Shapes of responses: what members and headers look like, without any value that identifies."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import orjson

from conformance.contract_queries import value_at
from conformance.http import NOT_JSON, RecordedResponse

MAX_DEPTH: Final = 7
MAX_VALUES: Final = 6
# Headers of a connection or of one moment, and those that depend on the size of a body.
IGNORED_HEADERS: Final = frozenset(
    {
        "age", "alt-svc", "connection", "content-encoding", "content-length", "date", "keep-alive",
        "proxy-connection", "server", "trailer", "transfer-encoding", "upgrade", "vary", "via",
    }
)  # fmt: skip
# Values that differ from response to response; only whether they are there is compared.
OPAQUE_HEADERS: Final = frozenset({"etag", "last-modified", "set-cookie", "expires", "retry-after"})
_MASKS: Final = (
    (re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"), "{uuid}"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:?\d\d(?::?\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"),
     "{time}"),
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]{8} GMT"), "{time}"),
    (re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-Za-z0-9_-]{12,}"), "{id}"),
    (re.compile(r"https?://[^/\s\"'>,;]+"), "{origin}"),
    (re.compile(r"\d+"), "{n}"),
)  # fmt: skip
_FORMATS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("empty", r""),
        ("uuid", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("uuid in capitals", r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"),
        ("32 hex digits", r"[0-9a-fA-F]{32}"),
        ("date-time in UTC (Z)", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("date-time in UTC (Z) with a fraction", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"),
        ("date-time with an offset", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:?\d\d"),
        ("date-time without an offset", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?"),
        ("date", r"\d{4}-\d\d-\d\d"),
        ("digits", r"-?\d+"),
        ("URL", r"https?://\S+"),
        ("path", r"/\S*"),
    )
)
_WORD: Final = re.compile(r"[A-Za-z0-9][\w.:-]{0,47}", re.ASCII)
_TYPES: Final = MappingProxyType(
    {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
)
_ID: Final = re.compile(r"[0-9a-fA-F-]{16,}|\d+")


def type_name(value: Any) -> str:
    """Return the JSON type of a value."""
    return "null" if value is None else _TYPES[type(value)]


def format_name(text: str) -> str:
    """Return what a string looks like: `uuid`, `date`, …; `text` where it is nothing of these."""
    return next((name for name, form in _FORMATS if form.fullmatch(text)), "text")


def mask(text: str) -> str:
    """Return a header's value with placeholders for ids, times, origins and numbers."""
    for pattern, placeholder in _MASKS:
        text = pattern.sub(placeholder, text)
    return text


def error_words(body: Any, request_text: str) -> tuple[str, ...]:
    """Return the members of an error body that are a code: `/code=not_found`.

    A word of the request that comes back is none, nor is what a moment or an id makes differ.
    """
    found = []
    for pointer, parent, name, value in walk(body):
        if isinstance(parent, dict) and isinstance(value, str | int) and value not in (True, False):
            text = str(value)
            looks_fixed = format_name(text) in {"text", "digits"} and len(text) < 32
            if _WORD.fullmatch(text) and looks_fixed and not _has_word(request_text, text):
                found.append(f"{pointer}/{_escape(name)}={text}")
    return tuple(sorted(dict.fromkeys(found))[:MAX_VALUES])


def _has_word(text: str, word: str) -> bool:
    """Return whether a text has a word, not only as a part of an id."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


def _escape(name: str) -> str:
    return "*" if _ID.fullmatch(name) else name.replace("~", "~0").replace("/", "~1")


def walk(body: Any, pointer: str = "", depth: int = 0) -> Iterator[tuple[str, Any, str, Any]]:
    """Yield (pointer of the parent, parent, name, value) of all members; items have the name *."""
    if depth > MAX_DEPTH:
        return
    if isinstance(body, dict):
        rows = [(name, value) for name, value in body.items() if isinstance(name, str)]
    else:
        rows = [("*", item) for item in body] if isinstance(body, list) else []
    for name, value in rows:
        yield pointer, body, name, value
        if isinstance(value, dict | list):
            yield from walk(value, f"{pointer}/{_escape(name)}", depth + 1)


@dataclass(slots=True)
class MemberShape:
    """A member in the objects that could have it: how often it has which type, and what form."""

    types: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Return the counts; too many different forms say nothing and are left out."""
        forms = self.forms if len(self.forms) <= MAX_VALUES else {}
        return {"types": dict(sorted(self.types.items())), "forms": dict(sorted(forms.items()))}


@dataclass(slots=True)
class ResponseShape:
    """The responses of one operation, status and state of the job.

    `enums` are the values that the contract lists, by pointer. `items` is the pointer of a list of
    jobs and `state` that of the state in each: jobs in different states have different members.
    `objects` counts the different objects at each place; one that is seen again counts once.
    """

    enums: Mapping[str, frozenset[Any]]
    items: str | None = None
    state: str | None = None
    responses: int = 0
    headers: dict[str, Counter[str]] = field(default_factory=dict)
    objects: Counter[str] = field(default_factory=Counter)
    members: dict[str, MemberShape] = field(default_factory=dict)
    bodies: Counter[str] = field(default_factory=Counter)
    _seen: set[tuple[str, bytes]] = field(default_factory=set)

    def add(self, response: RecordedResponse) -> None:
        """Add a response."""
        self.responses += 1
        for name, value in response.headers.items():
            if (key := name.lower()) not in IGNORED_HEADERS:
                shown = "" if key in OPAQUE_HEADERS else mask(value)
                self.headers.setdefault(key, Counter())[shown] += 1
        body = response.json
        if body is NOT_JSON:
            self.bodies["not JSON" if response.body else "none"] += 1
            return
        self.bodies[f"JSON {type_name(body)}"] += 1
        self._add_members("", "", body, 0)

    def _add_members(self, place: str, schema_place: str, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH or not isinstance(value, dict | list):
            return
        if isinstance(value, list):
            for item in value:
                label = self._label(schema_place, item)
                self._add(f"{place}/*{label}", f"{schema_place}/*", item, depth)
            return
        key = (place, orjson.dumps(value))
        if key in self._seen:
            return
        self._seen.add(key)
        self.objects[place] += 1
        for name, member in value.items():
            step = _escape(name)
            self._add(f"{place}/{step}", f"{schema_place}/{step}", member, depth)

    def _add(self, place: str, schema_place: str, value: Any, depth: int) -> None:
        shape = self.members.setdefault(place, MemberShape())
        shape.types[type_name(value)] += 1
        if isinstance(value, str):
            shape.forms[self._form(schema_place, value)] += 1
        self._add_members(place, schema_place, value, depth + 1)

    def _form(self, schema_place: str, value: str) -> str:
        known = self.enums.get(schema_place)
        if known is None:
            return format_name(value)
        return f"'{value}'" if value in known or _WORD.fullmatch(value) else "another text"

    def _label(self, schema_place: str, item: Any) -> str:
        if schema_place != self.items or self.state is None:
            return ""
        state = value_at(item, self.state)
        return f"[{state}]" if isinstance(state, str) and _WORD.fullmatch(state) else ""

    def to_json(self) -> dict[str, Any]:
        """Return the shape as JSON types, in a stable order."""
        return {
            "responses": self.responses,
            "headers": {name: _few(values) for name, values in sorted(self.headers.items())},
            "bodies": dict(sorted(self.bodies.items())),
            "objects": dict(sorted(self.objects.items())),
            "members": {place: shape.to_json() for place, shape in sorted(self.members.items())},
        }


def _few(values: Counter[str]) -> dict[str, int]:
    """Return the counts of a header's values; too many different ones only as their sum."""
    return dict(sorted(values.items())) if len(values) <= MAX_VALUES else {"": values.total()}
