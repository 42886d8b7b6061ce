"""What the contract will say of a rule's replies, tried on samples of all that are meant."""

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from mockserver.faults import json_pointer
from mockserver.faults.effects import FaultApplier, worst_label
from mockserver.faults.model import Fault, Label, Layer, Match
from mockserver.http.apis import Api
from mockserver.http.messages import Response
from mockserver.openapi.examples import ExampleResponses
from mockserver.openapi.operation import CompiledOperation

_SHOWN = 12
_ANY = Response(200, {})


class LabelPredictor:
    """Tries faults on samples of the replies that vendors may give."""

    def __init__(self, apis: Mapping[str, Api]) -> None:
        self._apis = apis
        self._strikers = {name: FaultApplier(api) for name, api in apis.items()}
        self._made: dict[str, tuple[Response, ...]] = {}
        self._samples = {name: ExampleResponses(p.openapi) for name, p in apis.items()}

    def predict(self, match: Match, fault: Fault) -> Label | None:
        """Return the worst label that the fault earns; None where it cannot strike at all."""
        labels = {
            label
            for vendor, plan in self._meant(match)
            for response in self._enough(vendor, plan, fault)
            for each in variants(fault, response)
            if (label := self.try_on(vendor, plan, response, each)) is not None
        }
        return worst_label(labels) if labels else None

    def try_on(
        self, vendor: str, plan: CompiledOperation, response: Response, fault: Fault
    ) -> Label | None:
        """Return the label of a reply under the fault; None where it cannot strike."""
        striker = self._strikers[vendor]
        struck: Response | None
        if fault.layer is Layer.REPLY:
            struck = striker.replacement_response(fault, plan)
        elif fault.layer is Layer.BODY:
            spoilt = striker.corrupt_body(fault, plan, response, lambda way: way)
            struck = spoilt and spoilt[1]
        else:
            struck = response if striker.is_applicable(fault, response) else None
        return None if struck is None else striker.label(fault.kind, plan, struck)

    def _enough(self, vendor: str, plan: CompiledOperation, fault: Fault) -> Iterable[Response]:
        """Return the replies to try; only a change of the body depends on what they hold."""
        return self.responses(vendor, plan) if fault.layer is Layer.BODY else (_ANY,)

    def responses(self, vendor: str, plan: CompiledOperation) -> tuple[Response, ...]:
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
        if not fault.options.get("pointer"):
            return "choose another operation"
        ways = {
            json_pointer.write_path(way)
            for vendor, plan in self._meant(match)
            for response in self.responses(vendor, plan)
            for way in json_pointer.members(response.body)
        }
        return f"there are {', '.join(sorted(ways)[:_SHOWN]) or 'none'}"

    def _meant(self, match: Match) -> Iterator[tuple[str, CompiledOperation]]:
        """Yield the operations whose requests may fit."""
        for vendor, api in self._apis.items():
            for plan in api.operations.values():
                operation = plan.operation
                if (
                    match.vendor in (None, vendor)
                    and match.operation in (None, operation.id)
                    and match.method in (None, operation.method)
                ):
                    yield vendor, plan


def variants(fault: Fault, response: Response) -> Iterator[Fault]:
    """Yield the fault for each place in a body that it may choose, or just itself."""
    if fault.layer is not Layer.BODY or fault["pointer"] is not None:
        yield fault
        return
    for way in json_pointer.members(response.body):
        yield Fault(fault.kind, {**fault.options, "pointer": json_pointer.write_path(way)})
