"""All sandboxes of a store: found by name, made, put back, deleted, and expired when idle."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from threading import RLock
from time import monotonic_ns, time_ns

from mockserver.clock import ClockSettings, Mode, NanosecondCounter
from mockserver.config import SandboxLimits
from mockserver.errors import ApiError, ConfigurationError
from mockserver.faults.rules import initial_rules
from mockserver.ids import Ids
from mockserver.journal import Flush, journal_backend
from mockserver.sandbox.factory import ReadRule, ResolveScenario, SandboxFactory, with_fault_rules
from mockserver.sandbox.sandbox import DEFAULT, Sandbox
from mockserver.sandbox.state import (
    Predicate,
    SandboxConfig,
    SandboxState,
    SandboxStateRepository,
    from_data,
    initial_state,
)
from mockserver.scenarios.scenario import InitialState
from mockserver.store.base import Duplicate, Record, Records, Store

Fill = Callable[[Sandbox], None]
"""Puts the seed data of all vendors into an empty sandbox; it may meet one that is filled."""

Refresh = Callable[[], None]
"""Reads the fixtures again, if they have changed.

Raises:
    ConfigurationError: they cannot be used; the old ones stay.
"""

_FILLED = "filled"

_PARTS = 8
"""Into so many parts the time that a sandbox may be idle is divided, to note its last use."""


class _CacheEntry:
    """A sandbox as this process knows it."""

    __slots__ = ("filled", "sandbox", "version", "world")

    def __init__(self, sandbox: Sandbox, world: SandboxState, version: int) -> None:
        self.sandbox = sandbox
        self.world = world
        self.version = version
        self.filled = False


class SandboxRegistry:
    """The sandboxes; the default one is there from the start and for good.

    The store knows the world of each. Where other processes may change it, it is read again for
    every request, and the sandbox is made anew if it has changed. Seed data comes at the first use.
    """

    def __init__(  # noqa: PLR0913
        self,
        start: SandboxConfig,
        profile: str,
        store: Store,
        fill: Fill,
        read_rule: ReadRule,
        limits: SandboxLimits | None = None,
        ticks: NanosecondCounter | None = None,
        *,
        begin_of: ResolveScenario = lambda _scenario: InitialState({}),
        refresh: Refresh = lambda: None,
    ) -> None:
        self._start = start
        self._store = store
        self._shared = store.shared
        self._fill = fill
        self._limits = limits or SandboxLimits()
        # The counter of one process means nothing to another.
        self._ticks = ticks or (time_ns if self._shared else monotonic_ns)
        self._worlds = SandboxStateRepository(store)
        self._journals = journal_backend(store, self._limits.journal, self._limits.journals)
        self._begin_of = begin_of
        self._refresh = refresh
        self._maker = SandboxFactory(
            profile, store, self._worlds, self._journals, self._ticks, read_rule, begin_of
        )
        self._names = Ids(start.seed, DEFAULT)
        self._held: dict[str, _CacheEntry] = {}
        self._lock = RLock()
        self._grain = self._limits.idle_seconds * 1_000_000_000 // _PARTS
        self._looked = self._ticks()
        if self._worlds.get(DEFAULT) is None:
            self._worlds.add(DEFAULT, self._begin(DEFAULT, start))

    def __len__(self) -> int:
        return len(self._worlds)

    @property
    def flush(self) -> Flush | None:
        """What a reply has to wait for, so that the journal has it before its caller."""
        return self._journals.flush

    @property
    def default(self) -> Sandbox:
        """The sandbox of requests that name none."""
        found = self.find(DEFAULT)
        assert found is not None
        return found

    def find(self, name: str) -> Sandbox | None:
        """Return a sandbox, filled, and count it as used; None if there is none of this name."""
        held = self._held.get(name)
        if held is None or self._shared:
            held = self._read(name)
            if held is None:
                return None
        if name != DEFAULT and self._ticks() - held.world.last_used > self._grain:
            return self.find(name) if self._use(name) else None
        if not held.filled:
            self._fill_up(held)
        return held.sandbox

    def newest(self, limit: int) -> list[Sandbox]:
        """Return at most `limit` sandboxes: the default one, then those made last."""
        self.expire()
        others = [record for record in self._worlds.newest(limit) if record.id != DEFAULT]
        return [self.default, *(self._known(record).sandbox for record in others[: limit - 1])]

    def create(
        self,
        seed: int | None = None,
        pace: ClockSettings | None = None,
        scenario: str | None = None,
    ) -> Sandbox:
        """Return a new sandbox; its name follows from the seed and from how many were made.

        Raises:
            ApiError: there are too many, or there is no such scenario.
        """
        self._expire_now_and_then()
        if len(self) >= self._limits.sandboxes:
            raise ApiError(409, f"There are {len(self)} sandboxes, as many as may be; delete some.")
        start = SandboxConfig(
            self._start.seed if seed is None else seed,
            pace or self._start.pace,
            scenario or self._start.scenario,
            # A scenario that was asked for goes before how the server is.
            pace_is_explicit=pace is not None
            or (scenario is None and self._start.pace_is_explicit),
        )
        while True:
            name = f"sb-{self._names.hex('sandbox', self._worlds.next_number())[:12].lower()}"
            world = self._begin(name, start)
            if self._worlds.add(name, world):
                return self._hold(name, world, version=1).sandbox

    def reset(self, sandbox: Sandbox) -> Sandbox:
        """Return the sandbox as it was at its start; its journal is emptied.

        The new data is there before anybody sees it, and is seen by all at once.

        Raises:
            ApiError: somebody has deleted it, or the fixtures cannot be used any more.
        """
        try:
            self._refresh()
        except ConfigurationError as error:
            raise ApiError(409, f"All stays as it was: {error}") from None
        name = sandbox.id
        record = self._worlds.get(name)
        start = from_data(record.data).start if record else self._start
        fresh = self._begin(name, self._start if name == DEFAULT else start)
        self._fill_place(name, fresh)
        changed = self._worlds.change(name, lambda _world: fresh)
        if changed is None:
            self._store.drop(fresh.namespace)
            raise ApiError(404, f"The sandbox {name} is gone.")
        held = self._hold(name, fresh, changed.version)
        held.filled = True
        self._store.drop(changed.before.namespace)
        return held.sandbox

    def delete(self, name: str) -> bool:
        """Delete a sandbox with all that it holds; return False if there is none.

        Raises:
            ApiError: it is the default one.
        """
        if name == DEFAULT:
            raise ApiError(400, "The default sandbox stays; reset it instead.", field="id")
        return self._remove(name)

    def expire(self) -> None:
        """Delete the sandboxes that nobody has used for long."""
        self._looked = self._ticks()
        gone = set(self._held)
        for name, world in self._worlds.iter_all():
            if name == DEFAULT or not self._is_idle(world):
                gone.discard(name)
            else:
                self._remove(name, self._is_idle)
        for name in gone:  # also those that another process has deleted
            self._forget(name)

    def _expire_now_and_then(self) -> None:
        # At the limit oftener, yet not for each that is refused.
        wait = self._grain if len(self) < self._limits.sandboxes else self._grain // 100
        if self._ticks() - self._looked > wait:
            self.expire()

    def _is_idle(self, world: SandboxState) -> bool:
        # The last use is noted to a grain: a grain more, so that nothing goes too early.
        return self._ticks() - world.last_used > self._grain * (_PARTS + 1)

    def _use(self, name: str) -> bool:
        """Note that a sandbox is used; return False if it has expired or gone."""
        if self._remove(name, self._is_idle):
            return False
        changed = self._worlds.change(name, lambda world: replace(world, last_used=self._ticks()))
        held = self._held.get(name)
        if changed and held:
            held.world = replace(held.world, last_used=changed.now.last_used)
        return changed is not None

    def _remove(self, name: str, if_so: Predicate | None = None) -> bool:
        world = self._worlds.remove(name, if_so)
        if world is None:
            return False
        self._forget(name)
        self._store.drop(world.namespace)
        return True

    def _begin(self, name: str, start: SandboxConfig) -> SandboxState:
        beginning = self._begin_of(start.scenario)
        world = initial_state(start, f"{name}:{token_hex(4)}", self._ticks(), beginning)
        return with_fault_rules(world, initial_rules(beginning.rules)) if beginning.rules else world

    def _read(self, name: str) -> _CacheEntry | None:
        record = self._worlds.get(name)
        if record is None:
            self._forget(name)
            return None
        return self._known(record)

    def _known(self, record: Record) -> _CacheEntry:
        """Return the sandbox of a world in the store, made anew where others have moved it."""
        held = self._held.get(record.id)
        if held and (held.version == record.version or not self._shared):
            return held
        return self._hold(record.id, from_data(record.data), record.version)

    def _hold(self, name: str, world: SandboxState, version: int) -> _CacheEntry:
        """Make the sandbox of a world; its journal goes on unless it was reset."""
        with self._lock:
            old = self._held.get(name)
            if old and old.world.namespace != world.namespace:
                self._forget(name)
                old = None
                with suppress(ConfigurationError):  # whoever has reset it was told
                    self._refresh()
            if old and old.version >= version:
                return old
            journal = old.sandbox.journal if old else None
            held = _CacheEntry(self._maker.make(name, world, journal), world, version)
            held.filled = old.filled if old else False
            self._held[name] = held
            return held

    def _forget(self, name: str) -> None:
        held = self._held.pop(name, None)
        if held:
            held.sandbox.journal.close()

    def _fill_up(self, held: _CacheEntry) -> None:
        self._fill_place(held.sandbox.id, held.world)
        held.filled = True

    def _fill_place(self, name: str, world: SandboxState) -> None:
        """Bring the seed data to where a world has its records, unless somebody has."""
        records = Records(self._store, world.namespace)
        if records.get(_FILLED, _FILLED) is None:
            # As at the moment when the sandbox was made, however long that is ago.
            still = replace(world.start, pace=ClockSettings(Mode.MANUAL), pace_is_explicit=True)
            beginning = self._begin_of(still.scenario)
            self._fill(self._maker.make(name, initial_state(still, world.namespace, 0, beginning)))
            with suppress(Duplicate):
                records.insert(_FILLED, _FILLED, _FILLED, {})
