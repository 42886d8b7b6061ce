"""Verifies that calls were made, how often and in which order, by the entries of a journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.errors import ApiError
from mockserver.journal.base import Journal
from mockserver.journal.matching import EntryView, Pattern

MAX_NUMBERS = 100
"""Maximum number of matching exchanges in a result."""

MAX_NEAR_MISSES = 3


@dataclass(frozen=True, slots=True)
class Count:
    """How often a call must have been made; `max` None is any number."""

    min: int
    max: int | None

    def __str__(self) -> str:
        if self.max is None:
            return f"at least {self.min}"
        if self.min == self.max:
            return f"exactly {self.min}"
        return f"{self.min} to {self.max}" if self.min else f"at most {self.max}"

    def allows(self, count: int) -> bool:
        """Return True if `count` is within the bounds."""
        return count >= self.min and (self.max is None or count <= self.max)


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A call that is expected."""

    pattern: Pattern
    count: Count

    def considers(self, view: EntryView) -> bool:
        """Return True unless the exchange is an OPTIONS request and the call is not."""
        method: str = self.pattern.expected.get("method", "")
        return view.entry.method != "OPTIONS" or method.upper() == "OPTIONS"

    def matches(self, view: EntryView) -> bool:
        """Return True if the exchange is such a call."""
        return self.considers(view) and self.pattern.matches(view)

    def doubt(
        self, journal: Journal, views: Sequence[EntryView], count: int, *, complete: bool
    ) -> str | None:
        """Return why the journal cannot tell that there were no more calls than `count`.

        None if it can, or if no more calls would change the result.
        """
        if self.count.max is None and count >= self.count.min:
            return None
        if not complete:
            settings = " or ".join(journal.forgotten_by)
            return (
                f"there may have been more: the journal has forgotten {journal.forgotten} "
                f"exchanges; start the mock with a higher {settings}, or verify `since` a number"
            )
        cut = sum(self.considers(view) and self.pattern.may_match(view) for view in views)
        if cut:
            return (
                f"there may have been more: {cut} exchanges were too long or too secret to be "
                "recorded completely"
            )
        return None


def verify(journal: Journal, verification: Mapping[str, Any]) -> dict[str, Any]:
    """Return `VerificationResult` of the control plane's contract for a `Verification`.

    Raises:
        ApiError: 400, a count contradicts itself.
    """
    calls = [_read_call(index, call) for index, call in enumerate(verification["calls"])]
    entries = journal.entries()
    since = verification.get("since", 0)
    views = [EntryView(entry) for entry in entries if entry.number >= since]
    first = entries[0].number if entries else journal.last + 1
    complete = not journal.forgotten or first <= since
    matching = [[view for view in views if call.matches(view)] for call in calls]
    ordered = _in_order(calls, matching) if verification.get("order") else [None] * len(calls)
    results = [
        _result(
            call,
            matches,
            views,
            in_order,
            call.doubt(journal, views, len(matches), complete=complete),
        )
        for call, matches, in_order in zip(calls, matching, ordered, strict=True)
    ]
    return {
        "verified": all(result["verified"] for result in results),
        "complete": complete,
        "scope": journal.scope,
        "results": results,
    }


def _result(
    call: ExpectedCall,
    matching: list[EntryView],
    views: Sequence[EntryView],
    in_order: bool | None,
    doubt: str | None,
) -> dict[str, Any]:
    count = len(matching)
    is_as_expected = call.count.allows(count) and in_order is not False
    result = {
        "verified": is_as_expected and doubt is None,
        "count": count,
        "expected": str(call.count),
        "ordered": in_order,
        "numbers": [view.entry.number for view in matching[:MAX_NUMBERS]],
        "near": _near_misses(call, views) if count < call.count.min else [],
    }
    too_many = call.count.max is not None and count > call.count.max
    is_decided = too_many or in_order is False
    return result | {"reason": doubt} if doubt and not is_decided else result


def _in_order(
    calls: Sequence[ExpectedCall], matching: Sequence[list[EntryView]]
) -> list[bool | None]:
    """Return for each call whether it came, at least as often as it must, after those before it."""
    results: list[bool | None] = []
    last = 0
    for call, views in zip(calls, matching, strict=True):
        later = [view.entry.number for view in views if view.entry.number > last]
        is_enough = len(later) >= call.count.min
        results.append(is_enough)
        if is_enough and call.count.min:
            last = later[call.count.min - 1]
    return results


def _near_misses(call: ExpectedCall, views: Sequence[EntryView]) -> list[dict[str, Any]]:
    """Return the exchanges with the fewest differences, the newest of equals first."""
    others = [
        (view.entry, list(call.pattern.differences(view)))
        for view in views
        if call.considers(view) and not call.pattern.matches(view)
    ]
    path = call.pattern.expected.get("path", "")
    others.sort(
        key=lambda pair: (len(pair[1]), -_common_segments(path, pair[0].path), -pair[0].number)
    )
    return [
        {
            "number": entry.number,
            "method": entry.method,
            "path": entry.path,
            "status": entry.status,
            "differs": [difference._asdict() for difference in differences],
        }
        for entry, differences in others[:MAX_NEAR_MISSES]
    ]


def _common_segments(path: str, other: str) -> int:
    return sum(a == b for a, b in zip(path.split("/"), other.split("/"), strict=False))


def _read_call(index: int, call: Mapping[str, Any]) -> ExpectedCall:
    count = {name: int(value) for name, value in call.get("count", {}).items()}  # JSON: 1.0 is 1
    exactly, min_, max_ = count.get("exactly"), count.get("min"), count.get("max")
    field = f"calls[{index}].count"
    if exactly is not None:
        if min_ is not None or max_ is not None:
            raise ApiError.for_field(field, "has exactly beside min or max; use one or the other")
        min_ = max_ = exactly
    elif min_ is None:
        min_ = 1 if max_ is None else 0
    if max_ is not None and min_ > max_:
        raise ApiError.for_field(field, "has a min above its max")
    return ExpectedCall(Pattern(call), Count(min_, max_))
