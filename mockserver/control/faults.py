"""The control plane's operations on faults."""

from collections.abc import Mapping
from typing import Any

from mockserver.errors import Refusal
from mockserver.faults.model import Rule
from mockserver.faults.parser import Reader
from mockserver.faults.rules import Faults
from mockserver.http.apis import Handler
from mockserver.http.messages import Call, Reply


def handlers(reader: Reader) -> Mapping[str, Handler]:
    """Return the handlers by operationId."""

    def add(call: Call) -> Reply:
        rules = reader.read_all(call.body)
        return Reply(201, _list(call.sandbox.faults, call.sandbox.faults.add(rules)))

    return {
        "listMockFaults": _show,
        "addMockFaults": add,
        "clearMockFaults": _clear,
        "deleteMockFault": _delete,
    }


def _show(call: Call) -> Reply:
    return Reply(200, _list(call.sandbox.faults, call.sandbox.faults.rules))


def _clear(call: Call) -> Reply:
    call.sandbox.faults.clear()
    return Reply(204)


def _delete(call: Call) -> Reply:
    name = call.path["id"]
    if not call.sandbox.faults.remove(name):
        raise Refusal(404, f"There is no fault {name}.", field="id")
    return Reply(204)


def _list(book: Faults, rules: list[Rule] | tuple[Rule, ...]) -> dict[str, Any]:
    return {"faults": [_view(book, rule) for rule in rules]}


def _view(book: Faults, rule: Rule) -> dict[str, Any]:
    return {"id": rule.id, **rule.told, "label": rule.label.value, **book.counts(rule)}
