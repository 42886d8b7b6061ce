"""The rules of one sandbox, with the count of what they have seen and done."""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b
from random import Random
from typing import Any

from mockserver.errors import Refusal
from mockserver.faults.rule import Rule, Seen
from mockserver.ids import Ids

MOST = 100
"""How many rules a sandbox has at most."""

MOST_EXPIRED = 1000
"""How many credentials are remembered as expired; the oldest of more are forgotten."""


class Faults:
    """Rules, and whose turn it is. Chance depends on the seed, the rule and the request's number.

    That number counts the requests that fit the rule, so that others do not shift it.
    """

    __slots__ = ("_expired", "_fired", "_ids", "_seen", "rules")

    def __init__(self, ids: Ids, rules: Iterable[Rule] = ()) -> None:
        self._ids = ids
        self._seen: dict[str, int] = {}
        self._fired: dict[str, int] = {}
        self._expired: dict[bytes, None] = {}
        self.rules: tuple[Rule, ...] = ()
        if rules:
            self.add(rules)

    def add(self, rules: Iterable[Rule]) -> list[Rule]:
        """Take rules in, behind the others; one whose id is there takes that one's place.

        A rule without an id gets one. Its counts start anew.

        Raises:
            Refusal: 400, there are too many, or two with one id.
        """
        added = self._named(list(rules))
        known = {rule.id: rule for rule in self.rules} | {rule.id: rule for rule in added}
        if len(known) > MOST:
            raise Refusal(400, f"A sandbox has at most {MOST} faults; delete some.", field="faults")
        self.rules = tuple(known.values())
        for rule in added:
            self._seen.pop(rule.id, None)
            self._fired.pop(rule.id, None)
        return added

    def remove(self, rule_id: str) -> bool:
        """Take a rule away; tell whether it was there."""
        kept = tuple(rule for rule in self.rules if rule.id != rule_id)
        was_there = len(kept) < len(self.rules)
        self.rules = kept
        return was_there

    def clear(self) -> None:
        """Take all rules away; credentials that have expired by one are good again."""
        self.rules = ()
        self._expired.clear()

    def draw(self, rule: Rule, seen: Seen) -> Random | None:
        """Return the chance of a rule whose turn this request is, else None; counts the request."""
        if not rule.match.fits(seen):
            return None
        number = self._seen[rule.id] = self._seen.get(rule.id, 0) + 1
        if not rule.match.has_turn(number):
            return None
        if rule.times is not None and self._fired.get(rule.id, 0) >= rule.times:
            return None
        chance = self._ids.random(f"fault {rule.id}", number)
        if rule.probability is not None and chance.random() >= rule.probability:
            return None
        return chance

    def once(self, rule: Rule) -> Random:
        """Return the chance of a rule that a request brought along; counts it with its like."""
        number = self._seen[rule.id] = self._seen.get(rule.id, 0) + 1
        return self._ids.random(f"fault {rule.id}", number)

    def rank(self, rule: Rule, choice: str) -> str:
        """Return what to sort choices by, the same for a rule as long as the seed is."""
        return self._ids.hex(f"choice of fault {rule.id} {choice}", 0)

    def count(self, rule: Rule) -> None:
        """Note that the fault of a rule was played."""
        self._fired[rule.id] = self._fired.get(rule.id, 0) + 1

    def counts(self, rule: Rule) -> dict[str, Any]:
        """Return how many requests have fitted a rule, and on how many its fault was played."""
        return {"seen": self._seen.get(rule.id, 0), "fired": self._fired.get(rule.id, 0)}

    def expire(self, secret: str) -> None:
        """Let a credential be expired from now on."""
        self._expired[_digest(secret)] = None
        if len(self._expired) > MOST_EXPIRED:
            del self._expired[next(iter(self._expired))]

    def has_expired(self, secret: str) -> bool:
        """Tell whether a credential was let expire."""
        return bool(self._expired) and _digest(secret) in self._expired

    def _named(self, rules: list[Rule]) -> list[Rule]:
        taken = {rule.id for rule in (*self.rules, *rules)}
        named: list[Rule] = []
        for rule in rules:
            name = rule.id or _free(taken)
            if any(other.id == name for other in named):
                raise Refusal(400, f"Two faults have the id {name}.", field="id")
            taken.add(name)
            named.append(replace(rule, id=name))
        return named


def _free(taken: set[str]) -> str:
    number = 1
    while f"fault-{number}" in taken:
        number += 1
    return f"fault-{number}"


def _digest(secret: str) -> bytes:
    return blake2b(secret.encode(errors="replace"), digest_size=16).digest()
