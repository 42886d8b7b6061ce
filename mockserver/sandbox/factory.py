"""Creates sandboxes from their states; what a sandbox changes of its state is shared by all."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mockserver.clock import Clock, ClockState, ClockUpdate, NanosecondCounter
from mockserver.errors import ApiError
from mockserver.faults.model import Rule
from mockserver.faults.rules import FaultRules, FaultRuleState
from mockserver.faults.rules import Update as FaultUpdate
from mockserver.ids import Ids
from mockserver.jobs.schedule import JobScripts
from mockserver.journal import JournalBackend
from mockserver.journal.base import Journal
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.state import SandboxState, SandboxStateRepository, Update
from mockserver.scenarios import InitialState
from mockserver.store.base import Records, Store

ReadRule = Callable[[Mapping[str, Any]], Rule]
"""Parses a fault rule as it was written."""

ResolveScenario = Callable[[str | None], InitialState]
"""Returns the initial state that a scenario describes.

Raises:
    ApiError: there is no such scenario.
"""


class SandboxFactory:
    """Creates sandboxes over one store."""

    def __init__(
        self,
        profile: str,
        store: Store,
        states: SandboxStateRepository,
        journals: JournalBackend,
        now_ns: NanosecondCounter,
        read_rule: ReadRule,
        resolve_scenario: ResolveScenario,
    ) -> None:
        self._profile = profile
        self._store = store
        self._states = states
        self._journals = journals
        self._now_ns = now_ns
        self._read_rule = read_rule
        self._resolve_scenario = resolve_scenario

    def create(self, id_: str, state: SandboxState, journal: Journal | None = None) -> Sandbox:
        """Return the sandbox of a state; without `journal` it opens its own."""
        records, ids = Records(self._store, state.namespace), Ids(state.config.seed, id_)
        clock = Clock(
            state.clock.settings,
            self._now_ns,
            state=state.clock,
            persist=self._persist_clock(id_),
        )
        rules = FaultRules(ids, records, self._fault_state(state), self._persist_faults(id_))
        return Sandbox(
            id=id_,
            seed=state.config.seed,
            profile=self._profile,
            clock=clock,
            records=records,
            journal=journal or self._journals.open(state.namespace),
            ids=ids,
            faults=rules,
            scenario=state.config.scenario,
            job_scripts=self._job_scripts(state.config.scenario),
        )

    def _job_scripts(self, scenario: str | None) -> JobScripts:
        try:
            return self._resolve_scenario(scenario).scripts
        except ApiError:  # its file has been removed; a reset reports it
            return {}

    def _persist_clock(self, id_: str) -> Callable[[ClockUpdate], ClockState]:
        def persist(update: ClockUpdate) -> ClockState:
            return self._change(id_, lambda state: replace(state, clock=update(state.clock))).clock

        return persist

    def _persist_faults(self, id_: str) -> Callable[[FaultUpdate], FaultRuleState]:
        def persist(update: FaultUpdate) -> FaultRuleState:
            after = FaultRuleState()

            def change(state: SandboxState) -> SandboxState:
                nonlocal after
                after = update(self._fault_state(state))
                return with_fault_rules(state, after)

            self._change(id_, change)
            return after

        return persist

    def _change(self, id_: str, update: Update) -> SandboxState:
        change = self._states.change(id_, update)
        if change is None:
            raise ApiError(404, f"Sandbox {id_} does not exist any more.")
        return change.after

    def _fault_state(self, state: SandboxState) -> FaultRuleState:
        if not state.faults and not state.expired:
            return FaultRuleState()
        rules = map(self._rule, state.faults)
        return FaultRuleState(tuple(rule for rule in rules if rule), state.expired)

    def _rule(self, row: Mapping[str, Any]) -> Rule | None:
        try:
            rule = self._read_rule({"id": row["id"], **row["rule"]})
        except ApiError:  # it names a role that the fixtures no longer have
            return None
        return replace(rule, serial=row["serial"])


def with_fault_rules(state: SandboxState, faults: FaultRuleState) -> SandboxState:
    """Return a state with other fault rules."""
    rows = [{"id": rule.id, "serial": rule.serial, "rule": rule.source} for rule in faults.rules]
    return replace(state, faults=tuple(rows), expired=faults.expired)
