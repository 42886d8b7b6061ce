"""The state of a sandbox besides its records: how it starts, and where its clock and faults are."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockserver.clock import ORIGIN, ClockSettings, ClockState, Mode
from mockserver.scenarios import InitialState
from mockserver.store.base import Conflict, Duplicate, Record, Records, Store


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """What a sandbox starts with, also after a reset.

    `is_clock_explicit` says that `clock` was asked for, so that no scenario changes it; `now` is
    the virtual time of the start in milliseconds, None for that of the scenario.
    """

    seed: int
    clock: ClockSettings
    scenario: str | None = None
    is_clock_explicit: bool = True
    now: int | None = None


@dataclass(frozen=True, slots=True)
class SandboxState:
    """One sandbox as all processes share it.

    `namespace` is where the store has its records: each reset leads to another one, at once and
    for everybody. `last_used` is approximate, in nanoseconds of the counter of the clock. `faults`
    are rules as they were written, `expired` the digests of expired credentials.
    """

    config: SandboxConfig
    clock: ClockState
    namespace: str
    last_used: int
    faults: tuple[Mapping[str, Any], ...] = ()
    expired: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return the state as JSON types."""
        config, clock = self.config, self.clock
        return {
            "seed": config.seed,
            "clock_settings": _clock_data(config.clock),
            "scenario": config.scenario,
            "is_clock_explicit": config.is_clock_explicit,
            "start": config.now,
            "clock": [_clock_data(clock.settings), clock.virtual_ms, clock.at_ns],
            "namespace": self.namespace,
            "last_used": self.last_used,
            "faults": list(self.faults),
            "expired": list(self.expired),
        }


def initial_state(
    config: SandboxConfig, namespace: str, at_ns: int, scenario: InitialState
) -> SandboxState:
    """Return the state of a sandbox that starts at `at_ns` of the counter, without fault rules."""
    settings = config.clock
    if not config.is_clock_explicit:
        speed = settings.speed if scenario.speed is None else scenario.speed
        settings = ClockSettings(scenario.mode or settings.mode, speed)
    starts = (config.now, scenario.now, ORIGIN)
    start = next(start for start in starts if start is not None)
    return SandboxState(config, ClockState(settings, start, at_ns), namespace, at_ns)


def from_data(data: Mapping[str, Any]) -> SandboxState:
    """Return the state that `to_data` wrote."""
    settings, virtual_ms, at_ns = data["clock"]
    return SandboxState(
        config=SandboxConfig(
            seed=data["seed"],
            clock=_clock_settings(data["clock_settings"]),
            scenario=data["scenario"],
            is_clock_explicit=data["is_clock_explicit"],
            now=data["start"],
        ),
        clock=ClockState(_clock_settings(settings), virtual_ms, at_ns),
        namespace=data["namespace"],
        last_used=data["last_used"],
        faults=tuple(data["faults"]),
        expired=tuple(data["expired"]),
    )


def _clock_data(settings: ClockSettings) -> list[Any]:
    return [settings.mode.value, settings.speed]


def _clock_settings(data: list[Any]) -> ClockSettings:
    return ClockSettings(Mode(data[0]), data[1])


_NAMESPACE = "sandboxes"
_KIND = "state"
_GROUP = "all"
_PAGE_SIZE = 500

Update = Callable[[SandboxState], SandboxState]
Predicate = Callable[[SandboxState], bool]


class StateChange(NamedTuple):
    """A state before and after a change, and its new version in the store."""

    before: SandboxState
    after: SandboxState
    version: int


class SandboxStateRepository:
    """States by the ids of their sandboxes; every change is one compare-and-swap."""

    def __init__(self, store: Store) -> None:
        store.create(_NAMESPACE)
        self._records = Records(store, _NAMESPACE)

    def __len__(self) -> int:
        return self._records.count(_KIND, _GROUP)

    def next_number(self) -> int:
        """Return a number for a new sandbox, from 1; never the same twice."""
        return self._records.next_number(_KIND)

    def get(self, id_: str) -> Record | None:
        """Return the record of a state, None if there is no such sandbox."""
        return self._records.get(_KIND, id_)

    def add(self, id_: str, state: SandboxState) -> bool:
        """Add a state; return False, and do nothing, if the id is taken."""
        try:
            self._records.insert(_KIND, id_, _GROUP, state.to_data())
        except Duplicate:
            return False
        return True

    def change(self, id_: str, update: Update) -> StateChange | None:
        """Apply `update` to the current state; return None if there is no such sandbox."""
        while record := self._records.get(_KIND, id_):
            before = from_data(record.data)
            after = update(before)
            with suppress(Conflict):
                version = self._records.replace(record, after.to_data()).version
                return StateChange(before, after, version)
        return None

    def remove(self, id_: str, condition: Predicate | None = None) -> SandboxState | None:
        """Remove a state and return it; None if there is none, or `condition` is False for it."""
        while record := self._records.get(_KIND, id_):
            state = from_data(record.data)
            if condition is not None and not condition(state):
                return None
            with suppress(Conflict):
                self._records.remove(record)
                return state
        return None

    def newest(self, limit: int) -> list[Record]:
        """Return at most `limit` records of states, newest first."""
        return self._records.page(_KIND, _GROUP, limit=limit)

    def iter_all(self) -> Iterator[tuple[str, SandboxState]]:
        """Yield all states with their ids, oldest first."""
        after = 0
        while page := self._records.page(
            _KIND, _GROUP, after=after, limit=_PAGE_SIZE, newest_first=False
        ):
            yield from ((record.id, from_data(record.data)) for record in page)
            after = page[-1].number
