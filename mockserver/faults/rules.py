"""The rules of one sandbox, with the count of what they have seen and done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from random import Random
from typing import Any

from mockserver.errors import ApiError
from mockserver.faults.model import RequestFacts, Rule
from mockserver.ids import Ids
from mockserver.store.base import NamespaceDropped, Records

MOST = 100
"""How many rules a sandbox has at most."""

MOST_EXPIRED = 1000
"""How many credentials are remembered as expired; the oldest of more are forgotten."""


@dataclass(frozen=True, slots=True)
class FaultRuleState:
    """The rules, and the digests of credentials that faults have let expire."""

    rules: tuple[Rule, ...] = ()
    expired: tuple[str, ...] = ()


Update = Callable[[FaultRuleState], FaultRuleState]
Persist = Callable[[Update], FaultRuleState]
"""Takes a step from how the sheet is by now, for everybody, and returns where it led."""


class FaultRules:
    """Rules, and whose turn it is. Chance depends on the seed, the rule and the request's number.

    That number counts the requests that fit the rule, so that others do not shift it. `keep` makes
    changes known to other processes, as `records` does with the counts.
    """

    __slots__ = ("_ids", "_keep", "_records", "_sheet")

    def __init__(
        self,
        ids: Ids,
        records: Records,
        sheet: FaultRuleState | None = None,
        keep: Persist | None = None,
    ) -> None:
        self._ids = ids
        self._records = records
        self._sheet = sheet or FaultRuleState()
        self._keep = keep or self._take

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they are tried."""
        return self._sheet.rules

    def add(self, rules: Iterable[Rule]) -> list[Rule]:
        """Take rules in, behind the others; one whose id is there takes that one's place.

        A rule without an id gets one. Its counts start anew.

        Raises:
            ApiError: 400, there are too many, or two with one id.
        """
        told = [replace(rule, serial=self._records.next_number("fault")) for rule in rules]
        added: list[Rule] = []

        def step(sheet: FaultRuleState) -> FaultRuleState:
            added[:] = _named(sheet.rules, told)
            known = {rule.id: rule for rule in (*sheet.rules, *added)}
            if len(known) > MOST:
                text = f"A sandbox has at most {MOST} faults; delete some."
                raise ApiError(400, text, field="faults")
            return replace(sheet, rules=tuple(known.values()))

        self._sheet = self._keep(step)
        return added

    def remove(self, rule_id: str) -> bool:
        """Take a rule away; tell whether it was there."""
        gone: list[Rule] = []

        def step(sheet: FaultRuleState) -> FaultRuleState:
            gone[:] = [rule for rule in sheet.rules if rule.id == rule_id]
            return replace(sheet, rules=tuple(rule for rule in sheet.rules if rule.id != rule_id))

        self._sheet = self._keep(step)
        return bool(gone)

    def clear(self) -> None:
        """Take all rules away; credentials that have expired by one are good again."""
        self._sheet = self._keep(lambda _sheet: FaultRuleState())

    def select(self, rule: Rule, seen: RequestFacts) -> Random | None:
        """Return the chance of a rule whose turn this request is, else None; counts the request."""
        if not rule.match.matches(seen):
            return None
        number = self._next_number(_seen(rule))
        if number == 0 or number not in rule.match.occurrences:
            return None
        if rule.times is not None and self._records.number(_fired(rule)) >= rule.times:
            return None
        chance = self._ids.random(f"fault {rule.id}", number)
        if rule.probability is not None and chance.random() >= rule.probability:
            return None
        return chance

    def select_one_off(self, rule: Rule) -> Random:
        """Return the chance of a rule that a request brought along; counts it with its like."""
        number = self._next_number(_seen(rule))
        return self._ids.random(f"fault {rule.id}", number)

    def deterministic_order(self, rule: Rule, choice: str) -> str:
        """Return what to sort choices by, the same for a rule as long as the seed is."""
        return self._ids.hex(f"choice of fault {rule.id} {choice}", 0)

    def count(self, rule: Rule) -> bool:
        """Note that the fault of a rule is played; tell whether it still may be.

        Somebody may have played it for the last time since the rule was drawn.
        """
        number = self._next_number(_fired(rule))
        return number > 0 and (rule.times is None or number <= rule.times)

    def counts(self, rule: Rule) -> dict[str, Any]:
        """Return how many requests have fitted a rule, and on how many its fault was played."""
        fired = self._records.number(_fired(rule))
        return {
            "seen": self._records.number(_seen(rule)),
            "fired": fired if rule.times is None else min(fired, rule.times),
        }

    def expire(self, secret: str) -> None:
        """Let a credential be expired from now on."""
        digest = _digest(secret)

        def step(sheet: FaultRuleState) -> FaultRuleState:
            others = (other for other in sheet.expired if other != digest)
            return replace(sheet, expired=(*others, digest)[-MOST_EXPIRED:])

        self._sheet = self._keep(step)

    def has_expired(self, secret: str) -> bool:
        """Tell whether a credential was let expire."""
        return bool(self._sheet.expired) and _digest(secret) in self._sheet.expired

    def _next_number(self, counter: str) -> int:
        """Return the next number of a counter, 0 once the sandbox has been reset."""
        try:
            return self._records.next_number(counter)
        except NamespaceDropped:
            return 0

    def _take(self, step: Update) -> FaultRuleState:
        return step(self._sheet)


def initial_rules(rules: Iterable[Rule]) -> FaultRuleState:
    """Return the sheet that a sandbox begins with; its serials are those of nobody else."""
    named = _named((), list(rules))
    return FaultRuleState(
        tuple(replace(rule, serial=-place) for place, rule in enumerate(named, 1))
    )


def _named(present: tuple[Rule, ...], rules: list[Rule]) -> list[Rule]:
    taken = {rule.id for rule in (*present, *rules)}
    named: list[Rule] = []
    for rule in rules:
        name = rule.id or _free(taken)
        if any(other.id == name for other in named):
            raise ApiError(400, f"Two faults have the id {name}.", field="id")
        taken.add(name)
        named.append(replace(rule, id=name))
    return named


def _free(taken: set[str]) -> str:
    number = 1
    while f"fault-{number}" in taken:
        number += 1
    return f"fault-{number}"


def _seen(rule: Rule) -> str:
    return f"fault {rule.serial} seen"


def _fired(rule: Rule) -> str:
    return f"fault {rule.serial} fired"


def _digest(secret: str) -> str:
    return blake2b(secret.encode(errors="replace"), digest_size=16).hexdigest()
