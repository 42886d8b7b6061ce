"""A rule: which requests a fault befalls, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.faults.kinds import LAYERS, OPTIONS, Kind, Label, Layer


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

    `nth`, `after` and `every` count the fitting requests from 1: only that one, those behind so
    many, those whose number it divides.
    """

    vendor: str | None = None
    operation: str | None = None
    method: str | None = None
    path: str | None = None
    role: str | None = None
    states: frozenset[str] | None = None
    nth: int | None = None
    after: int | None = None
    every: int | None = None

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

    def has_turn(self, number: int) -> bool:
        """Tell whether it is the turn of the fitting request of this number."""
        return (
            self.nth in (None, number)
            and (self.after is None or number > self.after)
            and (self.every is None or number % self.every == 0)
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
    contract says of a reply under it. `told` is the rule as it was written.
    """

    id: str
    match: Match
    fault: Fault
    times: int | None
    probability: float | None
    label: Label
    told: Mapping[str, Any]
