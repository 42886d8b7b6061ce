"""A rule: which requests a fault befalls, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.faults.kinds import LAYERS, OPTIONS, Kind, Label, Layer
from mockserver.turns import Turns


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as rules see it.

    `operation` and `role` are None where the request got no further; `state` is that of the job
    that the request names, None where it names none.
    """

    vendor: str
    operation: str | None
    method: str
    path: str
    role: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests are meant: those that fit in all that is not None.

    `turns` are the numbers of the fitting requests, counted from 1, that are meant.
    """

    vendor: str | None = None
    operation: str | None = None
    method: str | None = None
    path: str | None = None
    role: str | None = None
    states: frozenset[str] | None = None
    turns: Turns = field(default_factory=Turns)

    def fits(self, seen: Seen) -> bool:
        """Tell whether a request is of the kind that is meant, whatever its number."""
        return (
            self.vendor in (None, seen.vendor)
            and self.operation in (None, seen.operation)
            and self.method in (None, seen.method)
            and (self.path is None or seen.path.startswith(self.path))
            and self.role in (None, seen.role)
            and (self.states is None or seen.state in self.states)
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind with its options; those that were not told have their usual value."""

    kind: Kind
    told: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, option: str) -> Any:
        return self.told.get(option, OPTIONS[self.kind][option])

    @property
    def layer(self) -> Layer:
        """Where the fault strikes."""
        return LAYERS[self.kind]

    @property
    def before(self) -> bool:
        """Whether the fault takes the place of handling the request."""
        return self.layer is Layer.REPLY and not self.told.get("handled", False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault with the requests that it befalls.

    `times` is how often at most; `probability` that of each turn. `label` is the worst that the
    contract says of a reply under it. `told` is the rule as it was written. What it counts, it
    counts by its `serial`, which no two rules of a sandbox have.
    """

    id: str
    match: Match
    fault: Fault
    times: int | None
    probability: float | None
    label: Label
    told: Mapping[str, Any]
    serial: int = 0
