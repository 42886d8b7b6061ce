"""The facts of a job; its state is derived from them and never kept."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Schedule = tuple[tuple[str, int | None], ...]
"""States and how long each lasts, in milliseconds; None is for good."""

Transitions = tuple[tuple[str, int], ...]
"""States entered, each with its moment in milliseconds since the epoch."""


class Job(NamedTuple):
    """What is known of a job. All moments are virtual, in milliseconds since the epoch.

    `plan` is what happens if nobody interferes: from the last of `moves` on, or from `created_at`
    where there is none. `moves` tell all that happened up to the last interference (start, cancel,
    delete, an outcome decided by hand). `group` lists the job with its like; `outcome` is the
    state that was forced upon it. `version` is the store's, for compare-and-swap.
    """

    id: str
    vendor: str
    group: str
    account: str
    created_at: int
    schedule: Schedule
    transitions: Transitions = ()
    details: Mapping[str, Any] = {}
    outcome: str | None = None
    number: int = 0
    version: int = 0
