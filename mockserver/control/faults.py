"""Handlers of the control plane's operations on fault rules."""

from collections.abc import Mapping
from typing import Any

from mockserver.errors import ApiError
from mockserver.faults.model import Rule
from mockserver.faults.parser import FaultRuleParser
from mockserver.faults.rules import FaultRules
from mockserver.http.apis import Handler
from mockserver.http.messages import Request, Response


def handlers(parser: FaultRuleParser) -> Mapping[str, Handler]:
    """Return the handlers by operationId."""

    def add(request: Request) -> Response:
        rules = parser.read_all(request.body)
        return Response(201, _list(request.sandbox.faults, request.sandbox.faults.add(rules)))

    return {
        "listMockFaults": _show,
        "addMockFaults": add,
        "clearMockFaults": _clear,
        "deleteMockFault": _delete,
    }


def _show(request: Request) -> Response:
    return Response(200, _list(request.sandbox.faults, request.sandbox.faults.rules))


def _clear(request: Request) -> Response:
    request.sandbox.faults.clear()
    return Response(204)


def _delete(request: Request) -> Response:
    name = request.path["id"]
    if not request.sandbox.faults.remove(name):
        raise ApiError(404, f"Unknown fault {name}.", field="id")
    return Response(204)


def _list(fault_rules: FaultRules, rules: list[Rule] | tuple[Rule, ...]) -> dict[str, Any]:
    return {"faults": [_view(fault_rules, rule) for rule in rules]}


def _view(fault_rules: FaultRules, rule: Rule) -> dict[str, Any]:
    return {"id": rule.id, **rule.source, "label": rule.label.value, **fault_rules.counts(rule)}
