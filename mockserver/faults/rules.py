"""The fault rules of one sandbox, with their counters and expired credentials."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import count
from random import Random
from typing import Any

from mockserver.errors import ApiError
from mockserver.faults.model import RequestFacts, Rule
from mockserver.ids import Ids
from mockserver.store.base import NamespaceDropped, Records

MAX_RULES = 100
"""Rules of one sandbox."""

MAX_EXPIRED = 1000
"""Expired credentials of one sandbox; beyond that the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class FaultRuleState:
    """The rules, and the digests of credentials that lasting faults have expired."""

    rules: tuple[Rule, ...] = ()
    expired: tuple[str, ...] = ()


Update = Callable[[FaultRuleState], FaultRuleState]
Persist = Callable[[Update], FaultRuleState]
"""Applies an update to the stored state atomically, and returns the new state."""


class FaultRules:
    """Rules and their selection; random choices depend on seed, rule and occurrence number.

    The number counts only the requests that match the rule, so that others do not shift it.
    `persist` shares changes with other processes, as `records` shares the counters.
    """

    __slots__ = ("_ids", "_persist", "_records", "_state")

    def __init__(
        self,
        ids: Ids,
        records: Records,
        state: FaultRuleState | None = None,
        persist: Persist | None = None,
    ) -> None:
        self._ids = ids
        self._records = records
        self._state = state or FaultRuleState()
        self._persist = persist or (lambda update: update(self._state))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order of evaluation."""
        return self._state.rules

    def add(self, rules: Iterable[Rule]) -> list[Rule]:
        """Append rules; a rule with an existing id replaces that rule and resets its counters.

        A rule without an id is given one.

        Raises:
            ApiError: 400, too many rules, or a duplicate id among `rules`.
        """
        numbered = [replace(rule, serial=self._records.next_number("fault")) for rule in rules]
        added: list[Rule] = []

        def update(state: FaultRuleState) -> FaultRuleState:
            added[:] = _with_ids(state.rules, numbered)
            by_id = {rule.id: rule for rule in (*state.rules, *added)}
            if len(by_id) > MAX_RULES:
                text = f"A sandbox can have at most {MAX_RULES} faults; delete some."
                raise ApiError(400, text, field="faults")
            return replace(state, rules=tuple(by_id.values()))

        self._state = self._persist(update)
        return added

    def remove(self, rule_id: str) -> bool:
        """Remove a rule; return False if there is none with this id."""
        removed: list[Rule] = []

        def update(state: FaultRuleState) -> FaultRuleState:
            removed[:] = [rule for rule in state.rules if rule.id == rule_id]
            return replace(state, rules=tuple(rule for rule in state.rules if rule.id != rule_id))

        self._state = self._persist(update)
        return bool(removed)

    def clear(self) -> None:
        """Remove all rules and forget expired credentials."""
        self._state = self._persist(lambda _state: FaultRuleState())

    def select(self, rule: Rule, facts: RequestFacts) -> Random | None:
        """Count the request; return the random generator of its fault, None if not selected."""
        if not rule.match.matches(facts):
            return None
        number = self._next_number(_seen_counter(rule))
        if number == 0 or number not in rule.match.occurrences:
            return None
        if rule.times is not None and self._records.number(_fired_counter(rule)) >= rule.times:
            return None
        rng = self._ids.random(f"fault {rule.id}", number)
        if rule.probability is not None and rng.random() >= rule.probability:
            return None
        return rng

    def select_one_off(self, rule: Rule) -> Random:
        """Return the random generator of a request's own rule, counted per kind."""
        number = self._next_number(_seen_counter(rule))
        return self._ids.random(f"fault {rule.id}", number)

    def deterministic_order(self, rule: Rule, choice: str) -> str:
        """Return a sort key for `choice`, determined by the seed and the rule."""
        return self._ids.hex(f"choice of fault {rule.id} {choice}", 0)

    def count(self, rule: Rule) -> bool:
        """Count an application of a rule; return False if it has reached its `times`.

        Another process may have applied it since the rule was selected.
        """
        number = self._next_number(_fired_counter(rule))
        return number > 0 and (rule.times is None or number <= rule.times)

    def counts(self, rule: Rule) -> dict[str, Any]:
        """Return how many requests matched a rule (`seen`) and how many got its fault (`fired`)."""
        fired = self._records.number(_fired_counter(rule))
        return {
            "seen": self._records.number(_seen_counter(rule)),
            "fired": fired if rule.times is None else min(fired, rule.times),
        }

    def expire(self, secret: str) -> None:
        """Mark a credential as expired."""
        digest = _digest(secret)

        def update(state: FaultRuleState) -> FaultRuleState:
            others = (other for other in state.expired if other != digest)
            return replace(state, expired=(*others, digest)[-MAX_EXPIRED:])

        self._state = self._persist(update)

    def has_expired(self, secret: str) -> bool:
        """Return True if a credential is marked as expired."""
        return bool(self._state.expired) and _digest(secret) in self._state.expired

    def _next_number(self, counter: str) -> int:
        """Return the next number of a counter, 0 once the sandbox has been reset."""
        try:
            return self._records.next_number(counter)
        except NamespaceDropped:
            return 0


def initial_rules(rules: Iterable[Rule]) -> FaultRuleState:
    """Return the initial state of a sandbox; negative serials collide with no added rule's."""
    named = _with_ids((), list(rules))
    return FaultRuleState(
        tuple(replace(rule, serial=-index) for index, rule in enumerate(named, 1))
    )


def _with_ids(present: tuple[Rule, ...], rules: list[Rule]) -> list[Rule]:
    used = {rule.id for rule in (*present, *rules)}
    named: list[Rule] = []
    for rule in rules:
        name = rule.id or _unused_id(used)
        if any(other.id == name for other in named):
            raise ApiError(400, f"Duplicate fault id {name}.", field="id")
        used.add(name)
        named.append(replace(rule, id=name))
    return named


def _unused_id(used: set[str]) -> str:
    names = (f"fault-{number}" for number in count(1))
    return next(name for name in names if name not in used)


def _seen_counter(rule: Rule) -> str:
    return f"fault {rule.serial} seen"


def _fired_counter(rule: Rule) -> str:
    return f"fault {rule.serial} fired"


def _digest(secret: str) -> str:
    return blake2b(secret.encode(errors="replace"), digest_size=16).hexdigest()
