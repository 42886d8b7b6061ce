"""What is to be known of a sandbox besides its records: how it started, and how it stands."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockserver.clock import ORIGIN, Hands, Mode, Pace
from mockserver.scenarios.scenario import Beginning
from mockserver.store.base import Conflict, Duplicate, Record, Records, Store


@dataclass(frozen=True, slots=True)
class Start:
    """What a sandbox starts from, and returns to when it is reset.

    `told` says that the pace was asked for, so that no scenario changes it.
    """

    seed: int
    pace: Pace
    scenario: str | None = None
    told: bool = True


@dataclass(frozen=True, slots=True)
class World:
    """One sandbox as all processes share it.

    `place` is where the store has its records: each reset leads to another one, at once and for
    everybody. `used` is about when it was last asked for, in nanoseconds of the counter that the
    clock rests on. `faults` are rules as they were written, `expired` the digests of credentials.
    """

    start: Start
    hands: Hands
    place: str
    used: int
    faults: tuple[Mapping[str, Any], ...] = ()
    expired: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {
            "seed": self.start.seed,
            "pace": _from_pace(self.start.pace),
            "scenario": self.start.scenario,
            "told": self.start.told,
            "hands": [_from_pace(self.hands.pace), self.hands.anchor, self.hands.since],
            "place": self.place,
            "used": self.used,
            "faults": list(self.faults),
            "expired": list(self.expired),
        }


def begin(start: Start, place: str, ticks: int, beginning: Beginning) -> World:
    """Return the world of a sandbox that starts now, without any faults yet."""
    pace = start.pace
    if not start.told:
        speed = pace.speed if beginning.speed is None else beginning.speed
        pace = Pace(beginning.mode or pace.mode, speed)
    anchor = ORIGIN if beginning.now is None else beginning.now
    return World(start, Hands(pace, anchor, ticks), place, ticks)


def from_data(data: Mapping[str, Any]) -> World:
    """Return the world that `to_data` wrote."""
    pace, anchor, since = data["hands"]
    return World(
        start=Start(data["seed"], _to_pace(data["pace"]), data["scenario"], data["told"]),
        hands=Hands(_to_pace(pace), anchor, since),
        place=data["place"],
        used=data["used"],
        faults=tuple(data["faults"]),
        expired=tuple(data["expired"]),
    )


def _from_pace(pace: Pace) -> list[Any]:
    return [pace.mode.value, pace.speed]


def _to_pace(data: list[Any]) -> Pace:
    return Pace(Mode(data[0]), data[1])


_KEPT_AS = "worlds"
_KIND = "world"
_ALL = "all"
_PAGE = 500

Step = Callable[[World], World]
Test = Callable[[World], bool]


class Changed(NamedTuple):
    """How a world was, how it is, and the version that the store gave it."""

    before: World
    now: World
    version: int


class Worlds:
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

    def add(self, name: str, world: World) -> bool:
        """Add a world; return False, and do nothing, if somebody has."""
        try:
            self._records.insert(_KIND, name, _ALL, world.to_data())
        except Duplicate:
            return False
        return True

    def change(self, name: str, step: Step) -> Changed | None:
        """Take a step from how a world is by now; None if there is no such world."""
        while record := self._records.get(_KIND, name):
            before = from_data(record.data)
            now = step(before)
            with suppress(Conflict):
                return Changed(before, now, self._records.replace(record, now.to_data()).version)
        return None

    def remove(self, name: str, if_so: Test | None = None) -> World | None:
        """Take a world away; return how it was, None if it had gone or is not `if_so`."""
        while record := self._records.get(_KIND, name):
            world = from_data(record.data)
            if if_so and not if_so(world):
                return None
            with suppress(Conflict):
                self._records.remove(record)
                return world
        return None

    def latest(self, limit: int) -> list[Record]:
        """Return at most `limit` worlds as they lie in the store, the newest first."""
        return self._records.page(_KIND, _ALL, limit=limit)

    def every(self) -> Iterator[tuple[str, World]]:
        """Yield all worlds with their names, the oldest first."""
        after = 0
        while rows := self._records.page(_KIND, _ALL, after=after, limit=_PAGE, newest_first=False):
            yield from ((row.id, from_data(row.data)) for row in rows)
            after = rows[-1].number
