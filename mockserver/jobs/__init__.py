"""The jobs of all vendors: stored facts, states derived over time, and administration."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Schedule = tuple[tuple[str, int | None], ...]
"""States and their durations in milliseconds; None for a terminal state."""

Transitions = tuple[tuple[str, int], ...]
"""States entered, each with its time in milliseconds since the epoch."""


class Job(Struct, frozen=True):
    """The stored facts of a job. Times are virtual, in milliseconds since the epoch.

    `schedule` applies from the last of `transitions` on, or from `created_at` if there is none.
    `transitions` is the history up to the last intervention (start, cancel, delete, forced
    outcome). `group` is the list that contains the job; `outcome` is the forced state, if any.
    `version` is the store's, for compare-and-swap.
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
