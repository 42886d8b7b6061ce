"""What the seed data of fixtures may say of any job, and how it is checked."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import isodate

from mockserver.errors import SetupError
from mockserver.jobs.model import Plan
from specs import Lifecycle


def read_plan(lifecycle: Lifecycle, row: Mapping[str, Any], place: str) -> Plan | None:
    """Return the plan of a seeded job: `held` (a state for good), `plan` (steps), or neither.

    Raises:
        SetupError: a state is not known, or a duration is none; `place` says where.
    """
    if "held" in row:
        return ((read_state(lifecycle, row["held"], f"{place}/held"), None),)
    if "plan" not in row:
        return None
    return tuple(
        (
            read_state(lifecycle, step.get("state"), f"{place}/plan/{number}/state"),
            read_duration(step["lasts"], f"{place}/plan/{number}/lasts")
            if "lasts" in step
            else None,
        )
        for number, step in enumerate(row["plan"])
    )


def read_duration(text: Any, place: str) -> int:
    """Return an ISO 8601 duration of days, hours, minutes and seconds, in milliseconds.

    Raises:
        SetupError: it is none; `place` says where.
    """
    try:
        duration = isodate.parse_duration(text)
    except (isodate.ISO8601Error, TypeError) as error:
        raise SetupError(f"{place}: {text!r} is no duration such as PT5M") from error
    if not isinstance(duration, timedelta):
        raise SetupError(f"{place}: {text!r} has years or months, whose length is not known")
    return round(duration.total_seconds() * 1000)


def by_id(rows: Iterable[Mapping[str, Any]], key: str, place: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a list by their member `key`, as text.

    Raises:
        SetupError: a row has no such member, or two have the same.
    """
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        name = str(row.get(key, ""))
        if not name or name in found:
            raise SetupError(f"{place}/{number}/{key}: {name or 'nothing'!r} cannot name a row")
        found[name] = dict(row)
    return found


def read_state(lifecycle: Lifecycle, name: Any, place: str) -> str:
    """Return the name of a state.

    Raises:
        SetupError: there is no such state; `place` says where.
    """
    if name not in lifecycle.states:
        known = ", ".join(lifecycle.states)
        raise SetupError(f"{place}: there is no state {name!r}; known: {known}")
    return str(name)
