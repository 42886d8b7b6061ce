"""The life of a vendor's job as workflows: an Arazzo 1.0.1 document, by its lifecycle and contract.

The specification: https://spec.openapis.org/arazzo/v1.0.1.html
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from specs import pointer
from specs.contract import Contract, Operation
from specs.examples import ExampleRequests, example_body
from specs.lifecycle import Action, Location

VERSION = "1.0.1"
CREDENTIAL = "credential"
"""The input with the value of the header that authenticates the caller."""

INPUTS = "$inputs."

_CREATE, _POLL, _FETCH = "create", "poll", "fetch"
_POLLS = 10
"""How often a job of the usual duration is polled; a workflow gives up after twice as many."""

Json = dict[str, Any]


def document(contract: Contract, url: str, credential: str | None = None) -> Json:
    """Return the Arazzo document of a vendor whose OpenAPI document is at `url`.

    `credential` is the default of the input of each workflow.
    """
    title = contract.openapi["info"]["title"]
    lifecycle = contract.lifecycle
    return {
        "arazzo": VERSION,
        "info": {
            "title": lifecycle.title,
            "summary": f"What a client does with the {lifecycle.job}, from its creation on.",
            "description": f"Made from the lifecycle and the contract of {title}.",
            "version": str(contract.openapi["info"]["version"]),
        },
        "sourceDescriptions": [{"name": contract.vendor, "type": "openapi", "url": url}],
        "workflows": [_Workflow(contract, credential).build(*row) for row in _workflows(contract)],
    }


def _workflows(contract: Contract) -> Iterator[tuple[str, str, list[str]]]:
    """Yield id, summary and actions: of the way to the file, and of each interference."""
    lifecycle = contract.lifecycle
    to_end = [_CREATE, _POLL]
    fetch = [_FETCH] if _FETCH in lifecycle.actions else []
    end = "and fetch its file" if fetch else "until it ends"
    yield "complete", f"Create the {lifecycle.job}, poll it {end}.", [*to_end, *fetch]
    for name, action in lifecycle.actions.items():
        if name == _CREATE or action.enters is None:
            continue
        before = [_CREATE] if lifecycle.initial in action.allowed else to_end
        after = [_POLL, *fetch] if not lifecycle.states[action.enters].final else []
        verb = name.capitalize()
        yield (
            name,
            f"{verb} the {lifecycle.job} in the state {_state(contract, action)}.",
            [
                *before,
                name,
                *after,
            ],
        )


def _state(contract: Contract, action: Action) -> str:
    initial = contract.lifecycle.initial
    return initial if initial in action.allowed else contract.lifecycle.timeline[-1].state


class _Workflow:
    """Builds one workflow; a step uses what the steps before it made."""

    def __init__(self, contract: Contract, credential: str | None) -> None:
        self._contract = contract
        self._credential = credential
        self._examples = ExampleRequests(contract)

    def build(self, name: str, summary: str, actions: list[str]) -> Json:
        steps: dict[str, Json] = {}
        for action in actions:
            self._add(steps, action)
        return {
            "workflowId": name,
            "summary": summary,
            "description": f"The steps are {', '.join(steps)}.",
            "inputs": self._inputs(steps.values()),
            "steps": list(steps.values()),
        }

    def _inputs(self, steps: Iterable[Json]) -> Json:
        """Return the schema of what no example and no step before gives."""
        values = {row["value"] for step in steps for row in step["parameters"] if _is_text(row)}
        names = sorted(it.removeprefix(INPUTS) for it in values if it.startswith(INPUTS))
        properties: Json = {name: {"type": "string"} for name in names}
        if self._credential is not None and CREDENTIAL in properties:
            properties[CREDENTIAL]["default"] = self._credential
        return {"type": "object", "required": names, "properties": properties}

    def _add(self, steps: dict[str, Json], name: str) -> None:
        action = self._contract.lifecycle.actions[name]
        operation = self._contract.operations[action.operation]
        self._add_sources(steps, operation)
        step = self._step(operation)
        if name == _POLL:
            step["successCriteria"] = list(self._ended(action))
            step["onFailure"] = [self._wait()]
        steps[operation.id] = step

    def _add_sources(self, steps: dict[str, Json], operation: Operation) -> None:
        for source in self._examples.sources(operation).values():
            if source.operation not in steps:
                creation = self._contract.operations[source.operation]
                self._add_sources(steps, creation)
                steps[source.operation] = self._step(creation)

    def _step(self, operation: Operation) -> Json:
        step: Json = {
            "stepId": operation.id,
            "description": operation.raw.get("summary", operation.id),
            "operationId": operation.id,
            "parameters": list(self._parameters(operation)),
        }
        body = example_body(operation)
        if body is not None:
            step["requestBody"] = {"contentType": body[0], "payload": body[1]}
        step["successCriteria"] = [{"condition": f"$statusCode == {operation.success}"}]
        outputs = dict(self._outputs(operation))
        return step | ({"outputs": outputs} if outputs else {})

    def _parameters(self, operation: Operation) -> Iterator[Json]:
        yield from self._credentials(operation)
        sources = self._examples.sources(operation)
        optional = operation.method == "POST"
        for row in self._examples.parameters(operation, optional=optional):
            source = sources.get(row["name"])
            value = self._examples.value(row)
            if value is None:
                value = f"{INPUTS}{row['name']}"
            if source is not None:
                value = f"$steps.{source.operation}.outputs.{_output(source.location)}"
            yield {"name": row["name"], "in": row["in"], "value": value}

    def _credentials(self, operation: Operation) -> Iterator[Json]:
        schemes = self._contract.openapi.get("components", {}).get("securitySchemes", {})
        names = [name for row in operation.security for name in row]
        if names:
            scheme = schemes[names[0]]
            by_key = scheme["type"] == "apiKey"
            yield {
                "name": scheme["name"] if by_key else "Authorization",
                "in": scheme["in"] if by_key else "header",
                "value": f"{INPUTS}{CREDENTIAL}",
            }

    def _outputs(self, operation: Operation) -> Iterator[tuple[str, str]]:
        for other in self._contract.operations.values():
            for source in self._examples.sources(other).values():
                if source.operation == operation.id:
                    yield _output(source.location), f"$response.body#{source.location}"

    def _ended(self, poll: Action) -> Iterator[Json]:
        """Yield the conditions on a poll's response that the job has ended as usual."""
        lifecycle = self._contract.lifecycle
        end = lifecycle.timeline[-1].state
        operation = self._contract.operations[poll.operation]
        yield {"condition": f"$statusCode == {poll.answers.get(end, operation.success)}"}
        location = lifecycle.locations[poll.operation]
        if end in poll.answers or location.status is None:
            return
        wire = lifecycle.wire_name(end)
        if location.items is None:
            yield {"condition": f"$response.body#{location.status} == '{wire}'"}
        else:
            yield self._item(location, wire)

    def _item(self, location: Location, wire: str) -> Json:
        create = self._contract.lifecycle.actions[_CREATE].operation
        made = self._contract.lifecycle.locations[create].id
        # What is filled in is a literal of JSON, with quotes if it is a string, as Redocly has it.
        job = f"{{$steps.{create}.outputs.{_output(made)}}}"
        state = f"@{_path(location.status or '')} == '{wire}'"
        # Wherever the list is: to Redocly, `$` is a list with the body in it.
        condition = f"$..[?(@{_path(location.id)} == {job} && {state})]"
        return {"context": "$response.body", "type": "jsonpath", "condition": condition}

    def _wait(self) -> Json:
        usual = sum(stage.seconds or 0 for stage in self._contract.lifecycle.timeline)
        pause = max(1, math.ceil(usual / _POLLS))
        return {"name": "wait", "type": "retry", "retryAfter": pause, "retryLimit": 2 * _POLLS}


def _output(location: str) -> str:
    return pointer.tokens(location)[-1]


def _is_text(row: Json) -> bool:
    return isinstance(row["value"], str)


def _path(location: str) -> str:
    return "".join(f".{token}" for token in pointer.tokens(location))
