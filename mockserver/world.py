"""What is to be known of a sandbox besides its records: how it started, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.clock import ORIGIN, Hands, Mode, Pace
from mockserver.scenarios.scenario import Beginning


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
