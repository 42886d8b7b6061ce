"""Predict the label of a rule by applying its fault to example responses."""

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from mockserver.faults import json_pointer
from mockserver.faults.effects import FaultApplier, worst_label
from mockserver.faults.model import Fault, Label, Layer, Match
from mockserver.http.messages import Response
from mockserver.http.routing import Api
from mockserver.openapi import CompiledOperation
from mockserver.openapi.examples import ExampleResponses

_MAX_LISTED = 12
_ANY_RESPONSE = Response(200, {})


class LabelPredictor:
    """Applies faults to example responses of the matching operations."""

    def __init__(self, apis: Mapping[str, Api]) -> None:
        self._apis = apis
        self._appliers = {name: FaultApplier(api) for name, api in apis.items()}
        self._cache: dict[tuple[str, str], tuple[Response, ...]] = {}
        self._examples = {name: ExampleResponses(api.openapi) for name, api in apis.items()}

    def predict(self, match: Match, fault: Fault) -> Label | None:
        """Return the worst label of the fault; None if it is applicable to no response."""
        labels = {
            label
            for vendor, compiled in self._matching(match)
            for response in self._responses_to_try(vendor, compiled, fault)
            for variant in variants(fault, response)
            if (label := self.label_under(vendor, compiled, response, variant)) is not None
        }
        return worst_label(labels) if labels else None

    def label_under(
        self, vendor: str, compiled: CompiledOperation, response: Response, fault: Fault
    ) -> Label | None:
        """Return the label of a response under the fault; None if not applicable."""
        applier = self._appliers[vendor]
        result: Response | None
        if fault.layer is Layer.REPLY:
            result = applier.replacement_response(fault, compiled)
        elif fault.layer is Layer.BODY:
            corrupted = applier.corrupt_body(fault, compiled, response, lambda path: path)
            result = corrupted and corrupted[1]
        else:
            result = response if applier.is_applicable(fault, response) else None
        return None if result is None else applier.label(fault.kind, compiled, result)

    def _responses_to_try(
        self, vendor: str, compiled: CompiledOperation, fault: Fault
    ) -> Iterable[Response]:
        """Return the responses to try; only body faults depend on their content."""
        return self.responses(vendor, compiled) if fault.layer is Layer.BODY else (_ANY_RESPONSE,)

    def responses(self, vendor: str, compiled: CompiledOperation) -> tuple[Response, ...]:
        """Return an example of every response that an operation declares."""
        operation = compiled.operation
        key = vendor, operation.id
        if key not in self._cache:
            make = self._examples[vendor].make
            self._cache[key] = tuple(
                make(operation, status, Random(status), generated=True)
                for status in operation.responses
            )
        return self._cache[key]

    def correction_hint(self, match: Match, fault: Fault) -> str:
        """Return how to correct a rule that is never applicable."""
        if not fault.options.get("pointer"):
            return "choose another operation"
        paths = {
            json_pointer.write_path(path)
            for vendor, compiled in self._matching(match)
            for response in self.responses(vendor, compiled)
            for path in json_pointer.members(response.body)
        }
        return f"known pointers: {', '.join(sorted(paths)[:_MAX_LISTED]) or 'none'}"

    def _matching(self, match: Match) -> Iterator[tuple[str, CompiledOperation]]:
        """Yield the operations that a rule may match."""
        for vendor, api in self._apis.items():
            for compiled in api.operations.values():
                operation = compiled.operation
                if (
                    match.vendor in (None, vendor)
                    and match.operation in (None, operation.id)
                    and match.method in (None, operation.method)
                ):
                    yield vendor, compiled


def variants(fault: Fault, response: Response) -> Iterator[Fault]:
    """Yield a body fault once for each pointer it may select, any other fault unchanged."""
    if fault.layer is not Layer.BODY or fault["pointer"] is not None:
        yield fault
        return
    for path in json_pointer.members(response.body):
        yield Fault(fault.kind, {**fault.options, "pointer": json_pointer.write_path(path)})
