"""What the contract will say of a rule's replies, tried on samples of all that are meant."""

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from mockserver.faults import json_pointer
from mockserver.faults.effects import Striker, worst
from mockserver.faults.model import Fault, Label, Layer, Match
from mockserver.http.apis import Party
from mockserver.http.messages import Reply
from mockserver.openapi.examples import SampleReplies
from mockserver.openapi.operation import Plan

_SHOWN = 12
_ANY = Reply(200, {})


class Forecast:
    """Tries faults on samples of the replies that vendors may give."""

    def __init__(self, parties: Mapping[str, Party]) -> None:
        self._parties = parties
        self._strikers = {name: Striker(party) for name, party in parties.items()}
        self._made: dict[str, tuple[Reply, ...]] = {}
        self._samples = {name: SampleReplies(p.openapi) for name, p in parties.items()}

    def of(self, match: Match, fault: Fault) -> Label | None:
        """Return the worst label that the fault earns; None where it cannot strike at all."""
        labels = {
            label
            for vendor, plan in self._meant(match)
            for reply in self._enough(vendor, plan, fault)
            for each in variants(fault, reply)
            if (label := self.try_on(vendor, plan, reply, each)) is not None
        }
        return worst(labels) if labels else None

    def try_on(self, vendor: str, plan: Plan, reply: Reply, fault: Fault) -> Label | None:
        """Return the label of a reply under the fault; None where it cannot strike."""
        striker = self._strikers[vendor]
        struck: Reply | None
        if fault.layer is Layer.REPLY:
            struck = striker.instead(fault, plan)
        elif fault.layer is Layer.BODY:
            spoilt = striker.spoil(fault, plan, reply, lambda way: way)
            struck = spoilt and spoilt[1]
        else:
            struck = reply if striker.suits(fault, reply) else None
        return None if struck is None else striker.label(fault.kind, plan, struck)

    def _enough(self, vendor: str, plan: Plan, fault: Fault) -> Iterable[Reply]:
        """Return the replies to try; only a change of the body depends on what they hold."""
        return self.replies(vendor, plan) if fault.layer is Layer.BODY else (_ANY,)

    def replies(self, vendor: str, plan: Plan) -> tuple[Reply, ...]:
        """Return a sample of every reply that an operation lists."""
        operation = plan.operation
        if operation.id not in self._made:
            make = self._samples[vendor].make
            self._made[operation.id] = tuple(
                make(operation, status, Random(status), drawn=True)
                for status in operation.responses
            )
        return self._made[operation.id]

    def hint(self, match: Match, fault: Fault) -> str:
        """Return what to do about a fault that cannot strike."""
        if not fault.told.get("pointer"):
            return "choose another operation"
        ways = {
            json_pointer.write_way(way)
            for vendor, plan in self._meant(match)
            for reply in self.replies(vendor, plan)
            for way in json_pointer.members(reply.body)
        }
        return f"there are {', '.join(sorted(ways)[:_SHOWN]) or 'none'}"

    def _meant(self, match: Match) -> Iterator[tuple[str, Plan]]:
        """Yield the operations whose requests may fit."""
        for vendor, party in self._parties.items():
            for plan in party.plans.values():
                operation = plan.operation
                if (
                    match.vendor in (None, vendor)
                    and match.operation in (None, operation.id)
                    and match.method in (None, operation.method)
                ):
                    yield vendor, plan


def variants(fault: Fault, reply: Reply) -> Iterator[Fault]:
    """Yield the fault for each place in a body that it may choose, or just itself."""
    if fault.layer is not Layer.BODY or fault["pointer"] is not None:
        yield fault
        return
    for way in json_pointer.members(reply.body):
        yield Fault(fault.kind, {**fault.told, "pointer": json_pointer.write_way(way)})
