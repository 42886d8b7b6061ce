"""What is to be known of a sandbox besides its records: how it started, and how it stands."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockserver.clock import ORIGIN, ClockSettings, ClockState, Mode
from mockserver.scenarios.scenario import InitialState
from mockserver.store.base import Conflict, Duplicate, Record, Records, Store


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """What a sandbox starts from, and returns to when it is reset.

    `told` says that the pace was asked for, so that no scenario changes it.
    """

    seed: int
    pace: ClockSettings
    scenario: str | None = None
    pace_is_explicit: bool = True


@dataclass(frozen=True, slots=True)
class SandboxState:
    """One sandbox as all processes share it.

    `place` is where the store has its records: each reset leads to another one, at once and for
    everybody. `used` is about when it was last asked for, in nanoseconds of the counter that the
    clock rests on. `faults` are rules as they were written, `expired` the digests of credentials.
    """

    start: SandboxConfig
    clock: ClockState
    namespace: str
    last_used: int
    faults: tuple[Mapping[str, Any], ...] = ()
    expired: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {
            "seed": self.start.seed,
            "pace": _from_pace(self.start.pace),
            "scenario": self.start.scenario,
            "told": self.start.pace_is_explicit,
            "hands": [_from_pace(self.clock.pace), self.clock.virtual_ms, self.clock.at_ns],
            "place": self.namespace,
            "used": self.last_used,
            "faults": list(self.faults),
            "expired": list(self.expired),
        }


def initial_state(
    start: SandboxConfig, place: str, ticks: int, beginning: InitialState
) -> SandboxState:
    """Return the world of a sandbox that starts now, without any faults yet."""
    pace = start.pace
    if not start.pace_is_explicit:
        speed = pace.speed if beginning.speed is None else beginning.speed
        pace = ClockSettings(beginning.mode or pace.mode, speed)
    anchor = ORIGIN if beginning.now is None else beginning.now
    return SandboxState(start, ClockState(pace, anchor, ticks), place, ticks)


def from_data(data: Mapping[str, Any]) -> SandboxState:
    """Return the world that `to_data` wrote."""
    pace, anchor, since = data["hands"]
    return SandboxState(
        start=SandboxConfig(data["seed"], _to_pace(data["pace"]), data["scenario"], data["told"]),
        clock=ClockState(_to_pace(pace), anchor, since),
        namespace=data["place"],
        last_used=data["used"],
        faults=tuple(data["faults"]),
        expired=tuple(data["expired"]),
    )


def _from_pace(pace: ClockSettings) -> list[Any]:
    return [pace.mode.value, pace.speed]


def _to_pace(data: list[Any]) -> ClockSettings:
    return ClockSettings(Mode(data[0]), data[1])


_KEPT_AS = "worlds"
_KIND = "world"
_ALL = "all"
_PAGE = 500

Update = Callable[[SandboxState], SandboxState]
Predicate = Callable[[SandboxState], bool]


class StateChange(NamedTuple):
    """How a world was, how it is, and the version that the store gave it."""

    before: SandboxState
    now: SandboxState
    version: int


class SandboxStateRepository:
    """Worlds by the names of their sandboxes; every change is one compare-and-swap."""

    def __init__(self, store: Store) -> None:
        self._records = Records(store, _KEPT_AS)

    def __len__(self) -> int:
        return self._records.count(_KIND, _ALL)

    def next_number(self) -> int:
        """Return how many sandboxes were ever named, this one among them."""
        return self._records.next_number(_KIND)

    def get(self, name: str) -> Record | None:
        """Return a world as it lies in the store, None if there is none."""
        return self._records.get(_KIND, name)

    def add(self, name: str, world: SandboxState) -> bool:
        """Add a world; return False, and do nothing, if somebody has."""
        try:
            self._records.insert(_KIND, name, _ALL, world.to_data())
        except Duplicate:
            return False
        return True

    def change(self, name: str, step: Update) -> StateChange | None:
        """Take a step from how a world is by now; None if there is no such world."""
        while record := self._records.get(_KIND, name):
            before = from_data(record.data)
            now = step(before)
            with suppress(Conflict):
                return StateChange(
                    before, now, self._records.replace(record, now.to_data()).version
                )
        return None

    def remove(self, name: str, if_so: Predicate | None = None) -> SandboxState | None:
        """Take a world away; return how it was, None if it had gone or is not `if_so`."""
        while record := self._records.get(_KIND, name):
            world = from_data(record.data)
            if if_so and not if_so(world):
                return None
            with suppress(Conflict):
                self._records.remove(record)
                return world
        return None

    def newest(self, limit: int) -> list[Record]:
        """Return at most `limit` worlds as they lie in the store, the newest first."""
        return self._records.page(_KIND, _ALL, limit=limit)

    def iter_all(self) -> Iterator[tuple[str, SandboxState]]:
        """Yield all worlds with their names, the oldest first."""
        after = 0
        while rows := self._records.page(_KIND, _ALL, after=after, limit=_PAGE, newest_first=False):
            yield from ((row.id, from_data(row.data)) for row in rows)
            after = rows[-1].number
