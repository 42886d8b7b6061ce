"""All sandboxes of a server: found by name, made, put back, deleted, and expired when idle."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic_ns

from mockserver.clock import Clock, Pace, Ticks
from mockserver.errors import Refusal
from mockserver.ids import Ids
from mockserver.journal import Bounds, Budget, Journal
from mockserver.sandbox import DEFAULT, Sandbox
from mockserver.store.base import Records, Store

Fill = Callable[[Sandbox], None]
"""Puts the seed data of all vendors into an empty sandbox."""


@dataclass(frozen=True, slots=True)
class World:
    """What a sandbox starts from, and returns to when it is reset."""

    seed: int
    pace: Pace


@dataclass(frozen=True, slots=True)
class Limits:
    """How many sandboxes there may be, how long an idle one stays, and what is remembered.

    `journal` is for each sandbox, `journals` the bytes of all of them together.
    """

    sandboxes: int = 20_000
    idle_seconds: int = 3600
    journal: Bounds = field(default_factory=Bounds)
    journals: int = 256 * 2**20


class Sandboxes:
    """The sandboxes; the default one is there from the start and for good."""

    def __init__(
        self,
        world: World,
        profile: str,
        store: Store,
        fill: Fill,
        limits: Limits | None = None,
        ticks: Ticks = monotonic_ns,
    ) -> None:
        self._world = world
        self._profile = profile
        self._store = store
        self._fill = fill
        self._limits = limits or Limits()
        self._ticks = ticks
        self._budget = Budget(self._limits.journals)
        self._names = Ids(world.seed, DEFAULT)
        self._made = 0
        self._worlds: dict[str, World] = {}
        self._others: OrderedDict[str, tuple[Sandbox, int]] = OrderedDict()
        self.default = self._build(DEFAULT, world)

    def __len__(self) -> int:
        return 1 + len(self._others)

    def find(self, name: str) -> Sandbox | None:
        """Return a sandbox, and count it as used; None if there is none of this name."""
        if name == DEFAULT:
            return self.default
        found = self._others.get(name)
        if found is None:
            return None
        now = self._ticks()
        if self._is_idle(found[1], now):
            self.delete(name)
            return None
        self._others[name] = (found[0], now)
        self._others.move_to_end(name)
        return found[0]

    def latest(self, limit: int) -> list[Sandbox]:
        """Return at most `limit` sandboxes: the default one, then those used last."""
        others = (sandbox for sandbox, _ in reversed(self._others.values()))
        return [self.default, *islice(others, limit - 1)]

    def create(self, seed: int | None = None, pace: Pace | None = None) -> Sandbox:
        """Return a new sandbox, filled; its name follows from the seed and from how many were made.

        Raises:
            Refusal: there are too many.
        """
        self.expire()
        if len(self) >= self._limits.sandboxes:
            raise Refusal(400, f"There are {len(self)} sandboxes already; delete some.")
        self._made += 1
        name = f"sb-{self._names.hex('sandbox', self._made)[:12].lower()}"
        world = World(self._world.seed if seed is None else seed, pace or self._world.pace)
        sandbox = self._build(name, world)
        self._others[name] = (sandbox, self._ticks())
        return sandbox

    def reset(self, sandbox: Sandbox) -> Sandbox:
        """Return the sandbox as it was at its start; its journal is emptied."""
        self._store.drop(sandbox.id)
        sandbox.journal.clear()
        fresh = self._build(sandbox.id, self._worlds[sandbox.id])
        if sandbox.id == DEFAULT:
            self.default = fresh
        else:
            self._others[sandbox.id] = (fresh, self._ticks())
        return fresh

    def delete(self, name: str) -> bool:
        """Delete a sandbox with all that it holds; return False if there is none.

        Raises:
            Refusal: it is the default one.
        """
        if name == DEFAULT:
            raise Refusal(400, "The default sandbox stays; reset it instead.", field="id")
        gone = self._others.pop(name, None)
        if gone is None:
            return False
        gone[0].journal.clear()
        del self._worlds[name]
        self._store.drop(name)
        return True

    def expire(self) -> None:
        """Delete the sandboxes that nobody has used for long."""
        now = self._ticks()
        while self._others:
            name, (_, used) = next(iter(self._others.items()))
            if not self._is_idle(used, now):
                return
            self.delete(name)

    def _is_idle(self, used: int, now: int) -> bool:
        return now - used > self._limits.idle_seconds * 1_000_000_000

    def _build(self, name: str, world: World) -> Sandbox:
        self._worlds[name] = world
        sandbox = Sandbox(
            name=name,
            seed=world.seed,
            profile=self._profile,
            clock=Clock(world.pace, self._ticks),
            records=Records(self._store, name),
            journal=Journal(self._limits.journal, self._budget),
        )
        self._fill(sandbox)
        return sandbox
