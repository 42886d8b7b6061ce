"""All sandboxes of a store: found by id, created, reset, deleted, and expired when idle."""

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
from mockserver.scenarios import InitialState
from mockserver.store.base import Duplicate, NamespaceDropped, Record, Records, Store

Seed = Callable[[Sandbox], None]
"""Inserts the seed data of all vendors into a sandbox; idempotent."""

Refresh = Callable[[], None]
"""Reads the fixtures again, if they have changed.

Raises:
    ConfigurationError: they cannot be used; the old ones stay in use.
"""

_SEEDED = "seeded"

_TOUCHES_PER_IDLE_TIME = 8
"""How often, at most, the last use of a sandbox is recorded within the time it may be idle."""


class _CacheEntry:
    """A sandbox as this process knows it."""

    __slots__ = ("is_seeded", "sandbox", "state", "version")

    def __init__(self, sandbox: Sandbox, state: SandboxState, version: int) -> None:
        self.sandbox = sandbox
        self.state = state
        self.version = version
        self.is_seeded = False


class SandboxRegistry:
    """The sandboxes; the default one always exists.

    The store has their states. Where other processes may change a state, it is read again for
    every request, and the sandbox is created anew if it has changed. Seed data is inserted at the
    first use.
    """

    def __init__(  # noqa: PLR0913
        self,
        config: SandboxConfig,
        profile: str,
        store: Store,
        seed: Seed,
        read_rule: ReadRule,
        limits: SandboxLimits | None = None,
        now_ns: NanosecondCounter | None = None,
        *,
        resolve_scenario: ResolveScenario = lambda _scenario: InitialState({}),
        refresh: Refresh = lambda: None,
    ) -> None:
        self._config = config
        self._store = store
        self._seed = seed
        self._limits = limits or SandboxLimits()
        # A counter that starts with its process is of no use to other processes.
        self._now_ns = now_ns or (time_ns if store.shared else monotonic_ns)
        self._states = SandboxStateRepository(store)
        self._journals = journal_backend(store, self._limits.journal, self._limits.journals)
        self._resolve_scenario = resolve_scenario
        self._refresh = refresh
        self._factory = SandboxFactory(
            profile, store, self._states, self._journals, self._now_ns, read_rule, resolve_scenario
        )
        self._ids = Ids(config.seed, DEFAULT)
        self._cache: dict[str, _CacheEntry] = {}
        self._lock = RLock()
        self._touch_interval = self._limits.idle_seconds * 1_000_000_000 // _TOUCHES_PER_IDLE_TIME
        self._expired_at = self._now_ns()
        if self._states.get(DEFAULT) is None:
            self._add(DEFAULT, config)

    def __len__(self) -> int:
        return len(self._states)

    @property
    def flush(self) -> Flush | None:
        """Returns once the journal has what was recorded; None where it has it at once."""
        return self._journals.flush

    @property
    def default(self) -> Sandbox:
        """The sandbox of requests that name none."""
        sandbox = self.find(DEFAULT)
        assert sandbox is not None
        return sandbox

    def find(self, id_: str) -> Sandbox | None:
        """Return a sandbox with its seed data, and count it as used; None if it does not exist."""
        entry = self._cache.get(id_)
        if entry is None or self._store.shared:
            entry = self._read(id_)
            if entry is None:
                return None
        if id_ != DEFAULT and self._now_ns() - entry.state.last_used > self._touch_interval:
            return self.find(id_) if self._touch(id_) else None
        if not entry.is_seeded:
            try:
                self._insert_seed(id_, entry.state)
            except NamespaceDropped:  # by a reset in another process, or it is deleted
                return self.find(id_)
            entry.is_seeded = True
        return entry.sandbox

    def replacement(self, sandbox: Sandbox) -> Sandbox | None:
        """Return what a sandbox has become by a reset; None if it has not been reset.

        Raises:
            ApiError: 404, it has been deleted.
        """
        entry = self._cache.get(sandbox.id)
        if entry and entry.sandbox.records is sandbox.records and not self._store.shared:
            return None
        current = self.find(sandbox.id)
        if current is None:
            raise _deleted(sandbox.id)
        return None if current.records.namespace == sandbox.records.namespace else current

    def check_store(self) -> None:
        """Raise StoreUnavailable unless something can be written."""
        self._store.check()

    def newest(self, limit: int) -> list[Sandbox]:
        """Return at most `limit` sandboxes: the default one, then the newest."""
        self.expire()
        others = [record for record in self._states.newest(limit) if record.id != DEFAULT]
        return [self.default, *(self._entry(record).sandbox for record in others[: limit - 1])]

    def create(
        self,
        seed: int | None = None,
        clock: ClockSettings | None = None,
        scenario: str | None = None,
        *,
        id_: str | None = None,
        now: int | None = None,
    ) -> Sandbox:
        """Create a sandbox; by default its id is derived from the seed and a number.

        `now` is its virtual time at the start, in milliseconds since the epoch.

        Raises:
            ApiError: 409, there are too many or the id is taken; or there is no such scenario.
        """
        self._expire_if_due()
        if len(self) >= self._limits.sandboxes:
            text = f"there are {len(self)} sandboxes already, the maximum; delete some"
            raise ApiError(409, f"Too many sandboxes: {text}.")
        # A scenario that was asked for counts before the clock of the server.
        is_clock_explicit = clock is not None or (
            scenario is None and self._config.is_clock_explicit
        )
        config = SandboxConfig(
            seed=self._config.seed if seed is None else seed,
            clock=clock or self._config.clock,
            scenario=scenario or self._config.scenario,
            is_clock_explicit=is_clock_explicit,
            now=now,
        )
        if id_ is not None:
            self._remove(id_, self._is_idle)
            entry = self._add(id_, config)
            if entry is None:
                raise ApiError(409, f"Sandbox {id_} exists already.", field="id")
            return entry.sandbox
        while True:
            generated = f"sb-{self._ids.hex('sandbox', self._states.next_number())[:12].lower()}"
            entry = self._add(generated, config)
            if entry is not None:
                return entry.sandbox

    def reset(self, sandbox: Sandbox) -> Sandbox:
        """Return the sandbox as it was at its start, with an empty journal.

        The new data is complete before the new state is visible, to everybody at once; then the
        old data is deleted.

        Raises:
            ApiError: 404, it has been deleted; 409, the fixtures cannot be used any more.
        """
        try:
            self._refresh()
        except ConfigurationError as error:
            raise ApiError(409, f"Nothing was reset: {error}") from None
        id_ = sandbox.id
        record = self._states.get(id_)
        is_own = record is not None and id_ != DEFAULT
        config = from_data(record.data).config if record and is_own else self._config
        fresh = self._initial_state(id_, config)
        self._store.create(fresh.namespace)
        self._insert_seed(id_, fresh)
        change = self._states.change(id_, lambda _state: fresh)
        if change is None:
            self._store.drop(fresh.namespace)
            raise _deleted(id_)
        entry = self._store_entry(id_, fresh, change.version)
        entry.is_seeded = True
        self._store.drop(change.before.namespace)
        return entry.sandbox

    def delete(self, id_: str) -> bool:
        """Delete a sandbox with all its data; return False if it does not exist.

        Raises:
            ApiError: 400, it is the default one.
        """
        if id_ == DEFAULT:
            raise ApiError(
                400, "The default sandbox cannot be deleted; reset it instead.", field="id"
            )
        return self._remove(id_)

    def expire(self) -> None:
        """Delete the sandboxes that have been idle for too long."""
        self._expired_at = self._now_ns()
        deleted = set(self._cache)
        for id_, state in self._states.iter_all():
            if id_ == DEFAULT or not self._is_idle(state):
                deleted.discard(id_)
            else:
                self._remove(id_, self._is_idle)
        for id_ in deleted:  # also those that another process has deleted
            self._evict(id_)

    def _expire_if_due(self) -> None:
        # At the limit more often, but not for each request that is refused.
        is_full = len(self) >= self._limits.sandboxes
        interval = self._touch_interval // 100 if is_full else self._touch_interval
        if self._now_ns() - self._expired_at > interval:
            self.expire()

    def _is_idle(self, state: SandboxState) -> bool:
        # The last use may be older than recorded by one interval.
        limit = self._touch_interval * (_TOUCHES_PER_IDLE_TIME + 1)
        return self._now_ns() - state.last_used > limit

    def _touch(self, id_: str) -> bool:
        """Record that a sandbox is used; return False if it has expired or been deleted."""
        if self._remove(id_, self._is_idle):
            return False
        change = self._states.change(id_, lambda state: replace(state, last_used=self._now_ns()))
        entry = self._cache.get(id_)
        if change and entry:
            entry.state = replace(entry.state, last_used=change.after.last_used)
        return change is not None

    def _remove(self, id_: str, condition: Predicate | None = None) -> bool:
        state = self._states.remove(id_, condition)
        if state is None:
            return False
        self._evict(id_)
        self._store.drop(state.namespace)
        return True

    def _add(self, id_: str, config: SandboxConfig) -> _CacheEntry | None:
        """Add a new sandbox; return None if the id is taken."""
        state = self._initial_state(id_, config)
        self._store.create(state.namespace)
        if self._states.add(id_, state):
            return self._store_entry(id_, state, version=1)
        self._store.drop(state.namespace)
        return None

    def _initial_state(self, id_: str, config: SandboxConfig) -> SandboxState:
        scenario = self._resolve_scenario(config.scenario)
        state = initial_state(config, f"{id_}:{token_hex(4)}", self._now_ns(), scenario)
        return with_fault_rules(state, initial_rules(scenario.rules)) if scenario.rules else state

    def _read(self, id_: str) -> _CacheEntry | None:
        if (record := self._states.get(id_)) is not None:
            return self._entry(record)
        self._evict(id_)
        return None

    def _entry(self, record: Record) -> _CacheEntry:
        """Return the sandbox of a state in the store, created anew if the state has changed."""
        entry = self._cache.get(record.id)
        known = entry and (entry.state.namespace, entry.version)  # its id may be another's by now
        asked = record.data["namespace"], record.version
        if entry and (known == asked or not self._store.shared):
            return entry
        return self._store_entry(record.id, from_data(record.data), record.version)

    def _store_entry(self, id_: str, state: SandboxState, version: int) -> _CacheEntry:
        """Cache the sandbox of a state; it keeps its journal unless it was reset."""
        with self._lock:
            old = self._cache.get(id_)
            if old and old.state.namespace != state.namespace:
                self._evict(id_)
                old = None
                with suppress(ConfigurationError):  # reported to whoever has reset it
                    self._refresh()
            if old and old.version >= version:
                return old
            journal = old.sandbox.journal if old else None
            entry = _CacheEntry(self._factory.create(id_, state, journal), state, version)
            entry.is_seeded = old.is_seeded if old else False
            self._cache[id_] = entry
            return entry

    def _evict(self, id_: str) -> None:
        if entry := self._cache.pop(id_, None):
            entry.sandbox.journal.close()

    def _insert_seed(self, id_: str, state: SandboxState) -> None:
        """Insert the seed data of a state, unless another process has."""
        records = Records(self._store, state.namespace)
        if records.get(_SEEDED, _SEEDED) is not None:
            return
        # With the clock as it was at the start of the sandbox, however long ago that is.
        config = replace(state.config, clock=ClockSettings(Mode.MANUAL), is_clock_explicit=True)
        scenario = self._resolve_scenario(config.scenario)
        at_start = initial_state(config, state.namespace, 0, scenario)
        self._seed(self._factory.create(id_, at_start))
        with suppress(Duplicate):
            records.insert(_SEEDED, _SEEDED, _SEEDED, {})


def _deleted(id_: str) -> ApiError:
    return ApiError(404, f"Sandbox {id_} does not exist any more.")
