"""Plans of jobs as files tell them: a state for good, or steps."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import isodate

from mockserver.jobs.model import Plan
from specs import Lifecycle, Step


def from_steps(steps: Iterable[Step]) -> Plan:
    """Return the plan that steps of a lifecycle tell."""
    return tuple(
        (step.state, None if step.seconds is None else round(step.seconds * 1000)) for step in steps
    )


def read_plan(lifecycle: Lifecycle, row: Mapping[str, Any]) -> Plan | None:
    """Return the plan of a job: `held` (a state for good), `plan` (steps), or None for neither.

    Raises:
        LookupError: a state is not known; the text names it and those that are.
    """
    if "held" in row:
        return ((read_state(lifecycle, row["held"]), None),)
    if "plan" not in row:
        return None
    return tuple(
        (
            read_state(lifecycle, step["state"]),
            read_duration(step["lasts"]) if "lasts" in step else None,
        )
        for step in row["plan"]
    )


def read_duration(text: str) -> int:
    """Return an ISO 8601 duration without years and months, in milliseconds."""
    duration = isodate.parse_duration(text)
    assert isinstance(duration, timedelta)
    return round(duration.total_seconds() * 1000)


def read_state(lifecycle: Lifecycle, name: str) -> str:
    """Return the name of a state.

    Raises:
        LookupError: there is no such state.
    """
    if name not in lifecycle.states:
        raise LookupError(f"there is no state {name!r}; known: {', '.join(lifecycle.states)}")
    return name
