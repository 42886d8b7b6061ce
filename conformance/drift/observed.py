"""What a result says that its target does, by operation, status and state: for suggestions."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

Json = Any
Key = tuple[str, int]
_LABEL: Final = re.compile(r"\[([^\]]*)\]")
_SITUATION: Final = re.compile(r"job (\S+)(?: after (\S+))?")
_STATUS: Final = re.compile(r"\d{3}")
# An example of each form of text that a result tells apart, and the schema that asks for it.
_FORMS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = MappingProxyType(
    {
        "empty": ("", {}),
        "uuid": ("0f8fad5b-d9cb-469f-a165-70867728950e", {"format": "uuid"}),
        "uuid in capitals": (
            "0F8FAD5B-D9CB-469F-A165-70867728950E",
            {"pattern": "^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$"},
        ),
        "32 hex digits": ("0f8fad5bd9cb469fa16570867728950e", {"pattern": "^[0-9a-f]{32}$"}),
        "date-time in UTC (Z)": ("2026-03-01T00:00:00Z", {"format": "date-time"}),
        "date-time in UTC (Z) with a fraction": (
            "2026-03-01T00:00:00.000Z",
            {"format": "date-time"},
        ),
        "date-time with an offset": ("2026-03-01T00:00:00+00:00", {"format": "date-time"}),
        "date-time without an offset": ("2026-03-01T00:00:00", {}),
        "date": ("2026-03-01", {"format": "date"}),
        "digits": ("1", {"pattern": "^-?[0-9]+$"}),
        "URL": ("https://example.com/sample", {"format": "uri"}),
        "path": ("/sample", {}),
    }
)
_SAMPLES: Final[Mapping[str, Any]] = MappingProxyType({"boolean": True, "integer": 1, "number": 1})


@dataclass(frozen=True, slots=True)
class Case:
    """A request and its outcomes: how often which status, with which codes.

    `state` is that of its job on the wire, `after` what the run had done to the job.
    """

    operation: str
    request: str
    outcomes: Mapping[str, int]

    @property
    def statuses(self) -> frozenset[int]:
        """The statuses of the responses."""
        return frozenset(int(o[:3]) for o in self.outcomes if _STATUS.match(o))

    @property
    def parts(self) -> Sequence[str]:
        """The request's sender, role, job and peculiarities."""
        return self.request.split("; ")

    @property
    def job(self) -> tuple[str, str]:
        """The state of the request's job, and what was done to it before; empty without one."""
        for part in self.parts:
            if found := _SITUATION.fullmatch(part):
                return ("" if found[1] == "after" else found[1]), found[2] or ""
            if part.startswith("job after "):
                return "", part.removeprefix("job after ")
        return "", ""


@dataclass(slots=True)
class Shape:
    """A place in the bodies of one operation and status, seen in jobs of one state."""

    parents: int = 0
    types: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How often the member was there."""
        return self.types.total()


class Observed:
    """The behaviour of one side."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        behaviour = result["behaviour"]
        self.jobs: Mapping[str, Any] = behaviour["jobs"]
        self.cases = [Case(c["operation"], c["request"], c["outcomes"]) for c in behaviour["cases"]]
        self.responses: Sequence[Mapping[str, Any]] = behaviour["responses"]

    def keys(self) -> dict[Key, None]:
        """Return the operations and statuses that were seen."""
        return {(r["operation"], r["status"]): None for r in self.responses}

    def shapes(self, key: Key, place: str) -> dict[str, Shape]:
        """Return what is at a place of the bodies, by the state of the job."""
        parent, _, name = place.rpartition("/")
        found: dict[str, Shape] = defaultdict(Shape)
        for response in self.of(key):
            for at, count in response["objects"].items():
                if plain(at) == parent and name != "*":
                    found[_state(at, response)].parents += count
            for at, member in response["members"].items():
                if plain(at) == place:
                    shape = found[_state(at, response)]
                    shape.types.update(member["types"])
                    shape.forms.update(member["forms"])
        return dict(found)

    def below(self, keys: Sequence[Key], place: str) -> list[str]:
        """Return the names of the members of an object."""
        found = (
            plain(at).rpartition("/")
            for key in keys
            for response in self.of(key)
            for at in response["members"]
        )
        return sorted({name for parent, _, name in found if parent == place})

    def headers(self, key: Key, name: str) -> dict[str, tuple[Mapping[str, int], int]]:
        """Return the values of a header with their counts, and the responses, by state."""
        return {r["state"]: (r["headers"].get(name, {}), r["responses"]) for r in self.of(key)}

    def bodies(self, key: Key) -> Counter[str]:
        """Return how often the body was of which kind."""
        return Counter({k: n for r in self.of(key) for k, n in r["bodies"].items()})

    def words(self, key: Key, place: str) -> set[str]:
        """Return what error bodies have at a place; empty where a response has none there."""
        prefix = f"{place}="
        return {
            next((w.removeprefix(prefix) for w in outcome.split() if w.startswith(prefix)), "")
            for case in self.cases
            if case.operation == key[0]
            for outcome in case.outcomes
            if outcome.startswith(f"{key[1]}")
        }

    def states(self, operation: str) -> dict[str, None]:
        """Return the states that an operation shows, as they are on the wire."""
        responses = (r for r in self.responses if r["operation"] == operation)
        return {
            state: None
            for r in responses
            for state in (r["state"], *(w for at in r["members"] for w in _LABEL.findall(at)))
            if state
        }

    def of(self, key: Key) -> Iterator[Mapping[str, Any]]:
        """Yield the responses of an operation with a status, by state."""
        return (r for r in self.responses if (r["operation"], r["status"]) == key)


def plain(place: str) -> str:
    """Return a place without the states of a list's jobs."""
    return _LABEL.sub("", place)


def _state(place: str, response: Mapping[str, Any]) -> str:
    return next(iter(_LABEL.findall(place)), str(response["state"]))


def schema_of(observed: Observed, keys: Sequence[Key], place: str) -> dict[str, Any]:
    """Return a schema of what was seen at a place, with an example."""
    shapes = [s for key in keys for s in observed.shapes(key, place).values()]
    types: Counter[str] = sum((s.types for s in shapes), Counter())
    forms: Counter[str] = sum((s.forms for s in shapes), Counter())
    nullable = {"nullable": True} if types.pop("null", 0) else {}
    kind = next(iter(types), "string")
    if kind == "object":
        names = observed.below(keys, place)
        members = {name: schema_of(observed, keys, f"{place}/{name}") for name in names}
        return {"type": "object", **nullable, "properties": members, "required": names}
    if kind == "array":
        return {"type": "array", **nullable, "items": schema_of(observed, keys, f"{place}/*")}
    if kind != "string":
        return {"type": kind, **nullable, "example": _SAMPLES.get(kind)}
    form = next(iter(forms), "text")
    example, schema = _FORMS.get(form, (form.strip("'"), {}))
    return {"type": "string", **schema, **nullable, "example": example}


def renamed(behaviour: Json, words: Mapping[str, str]) -> Json:
    """Return a behaviour in which states have other names on the wire."""
    if not words:
        return behaviour
    any_word = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    within = re.compile(
        rf"(?<=job )(?:{any_word})(?![^ ;])|(?<=state=)(?:{any_word})(?!\S)"
        rf"|(?<=\[)(?:{any_word})(?=\])|(?<=')(?:{any_word})(?=')|(?<![^ ])(?:{any_word})(?= > |$)"
    )

    def change(value: Json) -> Json:
        if isinstance(value, dict):
            return {change(name): change(member) for name, member in value.items()}
        if isinstance(value, list):
            return [change(item) for item in value]
        if isinstance(value, str):
            return within.sub(lambda found: words[found[0]], value)
        return value

    return change(behaviour)


def with_status(behaviour: Json, operation: str, statuses: Mapping[int, int]) -> Json:
    """Return a behaviour in which an operation has other statuses."""
    changed = {str(old): str(new) for old, new in statuses.items()}

    def outcome(text: str) -> str:
        return changed.get(text[:3], text[:3]) + text[3:]

    return {
        **behaviour,
        "cases": [
            {**case, "outcomes": {outcome(o): n for o, n in case["outcomes"].items()}}
            if case["operation"] == operation
            else case
            for case in behaviour["cases"]
        ],
        "responses": [
            {**r, "status": statuses.get(r["status"], r["status"])}
            if r["operation"] == operation
            else r
            for r in behaviour["responses"]
        ],
    }


def round_seconds(least: float, most: float) -> float:
    """Return the roundest number of seconds between two bounds."""
    middle = (least + most) / 2
    for step in (86400, 3600, 600, 300, 60, 30, 10, 5, 1, 0.1):
        number = round(middle / step) * step
        if number > 0 and least <= number <= most:
            return round(number, 1)
    return round(middle, 1)
