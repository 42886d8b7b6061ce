"""Makes sandboxes of worlds: what a sandbox changes of its world, it changes for everybody."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mockserver.clock import Clock, ClockState, NanosecondCounter
from mockserver.clock import Update as HandsStep
from mockserver.errors import ApiError
from mockserver.faults.model import Rule
from mockserver.faults.rules import FaultRules, FaultRuleState
from mockserver.faults.rules import Update as SheetStep
from mockserver.ids import Ids
from mockserver.jobs.schedule import JobScripts
from mockserver.journal import JournalBackend
from mockserver.journal.base import Journal
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.state import SandboxState, SandboxStateRepository, Update
from mockserver.scenarios.scenario import InitialState
from mockserver.store.base import Records, Store

ReadRule = Callable[[Mapping[str, Any]], Rule]
"""Reads a rule of a fault as it was written."""

ResolveScenario = Callable[[str | None], InitialState]
"""What sandboxes of a scenario begin with.

Raises:
    ApiError: there is no such scenario.
"""


class SandboxFactory:
    """Makes sandboxes over one store."""

    def __init__(
        self,
        profile: str,
        store: Store,
        worlds: SandboxStateRepository,
        journals: JournalBackend,
        ticks: NanosecondCounter,
        read_rule: ReadRule,
        begin_of: ResolveScenario,
    ) -> None:
        self._profile = profile
        self._store = store
        self._worlds = worlds
        self._journals = journals
        self._ticks = ticks
        self._read_rule = read_rule
        self._begin_of = begin_of

    def make(self, name: str, world: SandboxState, journal: Journal | None = None) -> Sandbox:
        """Return the sandbox of a world; without a journal it gets an empty one."""
        records, ids = Records(self._store, world.namespace), Ids(world.start.seed, name)
        return Sandbox(
            name=name,
            seed=world.start.seed,
            profile=self._profile,
            clock=Clock(
                world.start.pace, self._ticks, hands=world.clock, keep=self._persist_clock(name)
            ),
            records=records,
            journal=self._journals.open(world.namespace) if journal is None else journal,
            faults=FaultRules(ids, records, self._sheet(world), self._persist_faults(name)),
            scenario=world.start.scenario,
            futures=self._futures(world.start.scenario),
        )

    def _futures(self, scenario: str | None) -> JobScripts:
        try:
            return self._begin_of(scenario).scripts
        except ApiError:  # its file is gone since; a reset says so
            return {}

    def _persist_clock(self, name: str) -> Callable[[HandsStep], ClockState]:
        def keep(step: HandsStep) -> ClockState:
            return self._change(name, lambda world: replace(world, clock=step(world.clock))).clock

        return keep

    def _persist_faults(self, name: str) -> Callable[[SheetStep], FaultRuleState]:
        def keep(step: SheetStep) -> FaultRuleState:
            found: list[FaultRuleState] = []

            def change(world: SandboxState) -> SandboxState:
                found[:] = [step(self._sheet(world))]
                return with_fault_rules(world, found[0])

            self._change(name, change)
            return found[0]

        return keep

    def _change(self, name: str, step: Update) -> SandboxState:
        changed = self._worlds.change(name, step)
        if changed is None:
            raise ApiError(404, f"The sandbox {name} is gone.")
        return changed.now

    def _sheet(self, world: SandboxState) -> FaultRuleState:
        if not world.faults and not world.expired:
            return FaultRuleState()
        read = map(self._rule, world.faults)
        return FaultRuleState(tuple(rule for rule in read if rule), world.expired)

    def _rule(self, row: Mapping[str, Any]) -> Rule | None:
        try:
            rule = self._read_rule({"id": row["id"], **row["told"]})
        except ApiError:  # it names a role that the fixtures have no more
            return None
        return replace(rule, serial=row["serial"])


def with_fault_rules(world: SandboxState, sheet: FaultRuleState) -> SandboxState:
    """Return a world with the faults of a sheet."""
    rows = [{"id": rule.id, "serial": rule.serial, "told": rule.told} for rule in sheet.rules]
    return replace(world, faults=tuple(rows), expired=sheet.expired)
