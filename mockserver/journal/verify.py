"""Was this called, how often, in which order? With what came closest where it was not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.errors import ApiError
from mockserver.journal.base import Journal
from mockserver.journal.matching import EntryView, Pattern

MOST_NUMBERS = 100
MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class Count:
    """How often a call must have been made."""

    least: int
    most: int | None

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least}"
        if self.least == self.most:
            return f"exactly {self.least}"
        return f"{self.least} to {self.most}" if self.least else f"at most {self.most}"

    def allows(self, count: int) -> bool:
        """Tell whether `count` is as often as it must be."""
        return count >= self.least and (self.most is None or count <= self.most)


@dataclass(frozen=True, slots=True)
class Expected:
    """A call that is expected."""

    pattern: Pattern
    count: Count

    def concerns(self, seen: EntryView) -> bool:
        """Tell whether an exchange can be meant at all: a preflight only if asked for."""
        asked = self.pattern.wanted.get("method", "").upper()
        return seen.entry.method != "OPTIONS" or asked == "OPTIONS"


def verify(journal: Journal, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return `VerificationResult` of the control plane's contract for a `Verification`.

    Raises:
        ApiError: 400, a count contradicts itself.
    """
    expected = [_read(place, call) for place, call in enumerate(asked["calls"])]
    kept = journal.entries()
    since = asked.get("since", 0)
    seen = [EntryView(entry) for entry in kept if entry.number >= since]
    complete = not journal.forgotten or bool(kept and kept[0].number <= since)
    found = [[one for one in seen if _fits(call, one)] for call in expected]
    ordered = _in_order(expected, found) if asked.get("order") else [None] * len(found)
    results = [
        _result(call, matching, seen, in_order)
        for call, matching, in_order in zip(expected, found, ordered, strict=True)
    ]
    return {
        "verified": all(result["verified"] for result in results),
        "complete": complete,
        "scope": journal.scope,
        "results": results,
    }


def _fits(call: Expected, seen: EntryView) -> bool:
    return call.concerns(seen) and call.pattern.fits(seen)


def _result(
    call: Expected, matching: list[EntryView], seen: Sequence[EntryView], in_order: bool | None
) -> dict[str, Any]:
    count = len(matching)
    return {
        "verified": call.count.allows(count) and in_order is not False,
        "count": count,
        "expected": str(call.count),
        "ordered": in_order,
        "numbers": [one.entry.number for one in matching[:MOST_NUMBERS]],
        "near": _near(call, seen) if count < call.count.least else [],
    }


def _in_order(expected: Sequence[Expected], found: Sequence[list[EntryView]]) -> list[bool | None]:
    """Tell of each call whether it came, as often as it must at least, after those before it."""
    verdicts: list[bool | None] = []
    last = 0
    for call, matching in zip(expected, found, strict=True):
        later = [one.entry.number for one in matching if one.entry.number > last]
        enough = len(later) >= call.count.least
        verdicts.append(enough)
        if enough and call.count.least:
            last = later[call.count.least - 1]
    return verdicts


def _near(call: Expected, seen: Sequence[EntryView]) -> list[dict[str, Any]]:
    """Return the exchanges that fit in most, the newest of equals first."""
    others = [
        (one, call.pattern.differences(one))
        for one in seen
        if call.concerns(one) and not call.pattern.fits(one)
    ]
    wanted = call.pattern.wanted.get("path", "")
    others.sort(
        key=lambda pair: (
            len(pair[1]),
            -_shared(wanted, pair[0].entry.path),
            -pair[0].entry.number,
        )
    )
    return [
        {
            "number": one.entry.number,
            "method": one.entry.method,
            "path": one.entry.path,
            "status": one.entry.status,
            "differs": [difference._asdict() for difference in differences],
        }
        for one, differences in others[:MOST_NEAR]
    ]


def _shared(one: str, other: str) -> int:
    """Return how many segments of two paths are the same."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return sum(a == b for a, b in pairs)


def _read(place: int, call: Mapping[str, Any]) -> Expected:
    asked = {name: int(value) for name, value in call.get("count", {}).items()}  # JSON: 1.0 is 1
    exactly, least, most = asked.get("exactly"), asked.get("min"), asked.get("max")
    field = f"calls[{place}].count"
    if exactly is not None:
        if least is not None or most is not None:
            raise _refuse(field, "has exactly beside min or max; write one or the other")
        least = most = exactly
    elif least is None:
        least = 1 if most is None else 0
    if most is not None and least > most:
        raise _refuse(field, "has a min above its max")
    return Expected(Pattern(call), Count(least, most))


def _refuse(field: str, reason: str) -> ApiError:
    return ApiError(400, f"{field} {reason}.", field=field, reason=reason)
