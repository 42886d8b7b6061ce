"""Makes sandboxes of worlds: what a sandbox changes of its world, it changes for everybody."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mockserver.clock import Clock, Hands, Ticks
from mockserver.clock import Step as HandsStep
from mockserver.errors import Refusal
from mockserver.faults.model import Rule
from mockserver.faults.rules import Faults, Sheet
from mockserver.faults.rules import Step as SheetStep
from mockserver.ids import Ids
from mockserver.jobs.schedule import Futures
from mockserver.journal import Keeping
from mockserver.journal.base import Diary
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.state import Step, World, Worlds
from mockserver.scenarios.scenario import Beginning
from mockserver.store.base import Records, Store

ReadRule = Callable[[Mapping[str, Any]], Rule]
"""Reads a rule of a fault as it was written."""

BeginOf = Callable[[str | None], Beginning]
"""What sandboxes of a scenario begin with.

Raises:
    Refusal: there is no such scenario.
"""


class Maker:
    """Makes sandboxes over one store."""

    def __init__(
        self,
        profile: str,
        store: Store,
        worlds: Worlds,
        journals: Keeping,
        ticks: Ticks,
        read_rule: ReadRule,
        begin_of: BeginOf,
    ) -> None:
        self._profile = profile
        self._store = store
        self._worlds = worlds
        self._journals = journals
        self._ticks = ticks
        self._read_rule = read_rule
        self._begin_of = begin_of

    def make(self, name: str, world: World, journal: Diary | None = None) -> Sandbox:
        """Return the sandbox of a world; without a journal it gets an empty one."""
        records, ids = Records(self._store, world.place), Ids(world.start.seed, name)
        return Sandbox(
            name=name,
            seed=world.start.seed,
            profile=self._profile,
            clock=Clock(
                world.start.pace, self._ticks, hands=world.hands, keep=self._keep_hands(name)
            ),
            records=records,
            journal=self._journals.open(world.place) if journal is None else journal,
            faults=Faults(ids, records, self._sheet(world), self._keep_sheet(name)),
            scenario=world.start.scenario,
            futures=self._futures(world.start.scenario),
        )

    def _futures(self, scenario: str | None) -> Futures:
        try:
            return self._begin_of(scenario).futures
        except Refusal:  # its file is gone since; a reset says so
            return {}

    def _keep_hands(self, name: str) -> Callable[[HandsStep], Hands]:
        def keep(step: HandsStep) -> Hands:
            return self._change(name, lambda world: replace(world, hands=step(world.hands))).hands

        return keep

    def _keep_sheet(self, name: str) -> Callable[[SheetStep], Sheet]:
        def keep(step: SheetStep) -> Sheet:
            found: list[Sheet] = []

            def change(world: World) -> World:
                found[:] = [step(self._sheet(world))]
                return with_sheet(world, found[0])

            self._change(name, change)
            return found[0]

        return keep

    def _change(self, name: str, step: Step) -> World:
        changed = self._worlds.change(name, step)
        if changed is None:
            raise Refusal(404, f"The sandbox {name} is gone.")
        return changed.now

    def _sheet(self, world: World) -> Sheet:
        if not world.faults and not world.expired:
            return Sheet()
        read = map(self._rule, world.faults)
        return Sheet(tuple(rule for rule in read if rule), world.expired)

    def _rule(self, row: Mapping[str, Any]) -> Rule | None:
        try:
            rule = self._read_rule({"id": row["id"], **row["told"]})
        except Refusal:  # it names a role that the fixtures have no more
            return None
        return replace(rule, serial=row["serial"])


def with_sheet(world: World, sheet: Sheet) -> World:
    """Return a world with the faults of a sheet."""
    rows = [{"id": rule.id, "serial": rule.serial, "told": rule.told} for rule in sheet.rules]
    return replace(world, faults=tuple(rows), expired=sheet.expired)
