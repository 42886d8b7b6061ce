"""What each operation of a user's contract is to a job, and the refusals that the mock adds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from specs import Action, Contract, Operation

SIGNATURE_NAMES = ("signature", "sig", "xamzsignature", "xgoogsignature", "token")
EXPIRY_NAMES = ("expires", "expiry", "exp", "se", "xamzexpires", "xgoogexpires", "expiresat")


@dataclass(frozen=True, slots=True)
class Roles:
    """The operations of a contract by what they are to a job.

    `actions` are those of each operation, `creations` the operations that create a job, `views`
    those that show something of one job and are no action. `parameters` has the place and the name
    of the parameter with the job's id. What is in none of them is answered without any state.
    """

    actions: Mapping[str, tuple[Action, ...]]
    creations: frozenset[str]
    lists: frozenset[str]
    views: frozenset[str]
    parameters: Mapping[str, tuple[str, str]]

    @property
    def with_state(self) -> frozenset[str]:
        """The operations of jobs; the rest is answered without any state."""
        return frozenset(self.actions) | self.creations | self.lists | self.views


def read_roles(contract: Contract) -> Roles:
    """Return the roles of a contract's operations."""
    lifecycle = contract.lifecycle
    actions: dict[str, tuple[Action, ...]] = {}
    for action in lifecycle.actions.values():
        actions[action.operation] = (*actions.get(action.operation, ()), action)
    poll = contract.operations[lifecycle.actions["poll"].operation]
    place = _last_parameter(poll)
    parameters = {
        name: found
        for name, row in contract.operations.items()
        if (found := _id_parameter(row, place, is_action=name in actions)) is not None
    }
    listed = {name for name, row in lifecycle.locations.items() if row.items is not None}
    listed |= {row.operation for row in lifecycle.actions.values() if row.name == "list"}
    creations = {lifecycle.actions["create"].operation} | {
        name
        for name in lifecycle.locations
        if name not in parameters | actions and contract.operations[name].method != "GET"
    }
    lists = frozenset(listed - creations - parameters.keys())
    views = frozenset(parameters) - frozenset(actions) - lists - creations
    return Roles(actions, frozenset(creations), lists, views, parameters)


def _last_parameter(operation: Operation) -> tuple[str, str] | None:
    names = [part.partition("}")[0] for part in operation.path.split("{")[1:]]
    if names:
        return "path", names[-1]
    required = [row["name"] for row in operation.parameters if row["in"] == "query"]
    return ("query", required[0]) if required and operation.method == "GET" else None


def _id_parameter(
    operation: Operation, poll: tuple[str, str] | None, *, is_action: bool
) -> tuple[str, str] | None:
    known = {(str(row["in"]), str(row["name"])) for row in operation.parameters}
    if poll in known:
        return poll
    if poll is not None and ("query", poll[1]) in known:
        return "query", poll[1]
    if not is_action or "{" not in operation.path or (operation.method == "POST" and poll is None):
        return None
    last = operation.path.rstrip("/").rsplit("/", 1)[-1]
    # A collection below a parameter, `/projects/{project}/jobs`, is not about one job.
    return _last_parameter(operation) if "{" in last or operation.method != "POST" else None


PROBLEM = "application/problem+json"
_PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def error_content(contract: Contract) -> dict[str, Any]:
    """Return the content of the first error response with a body, else problem details."""
    for operation in contract.operations.values():
        known = {**{str(k): v for k, v in operation.responses.items()}, **operation.other_responses}
        for status, response in known.items():
            if status[0] in "4d" and response.get("content"):
                return dict(response["content"])
    return {PROBLEM: {"schema": _PROBLEM_SCHEMA}}


def with_refusals(contract: Contract, roles: Roles) -> Contract:
    """Return the contract with the responses and parameters that the mock needs beyond it.

    A request is refused in the vendor's own error body also where the contract lists no such
    response; a signed link has its signature in parameters that need not be declared.
    """
    common = error_content(contract)
    signed = signed_operations(contract)
    paths: dict[str, Any] = {path: dict(item) for path, item in contract.openapi["paths"].items()}
    for operation in contract.operations.values():
        row = dict(paths[operation.path][operation.method.lower()])
        responses = {str(key): value for key, value in row["responses"].items()}
        for status in sorted(_statuses(contract, roles, operation)):
            if status not in operation.responses:
                found = operation.response(status) or {}
                response = {"description": HTTPStatus(status).phrase, "x-source": "assumed"}
                response["content"] = found.get("content", common)
                if found.get("headers"):
                    response["headers"] = found["headers"]
                responses[str(status)] = response
        row["responses"] = responses
        if operation.id in signed:
            row["parameters"] = [*row.get("parameters", ()), *_missing_signature(operation)]
        paths[operation.path][operation.method.lower()] = row
    return replace(contract, openapi={**contract.openapi, "paths": paths})


def signed_operations(contract: Contract) -> frozenset[str]:
    """Return the operations that a signed link leads to."""
    actions = contract.lifecycle.actions
    return frozenset(
        actions[row.argument].operation if row.argument in actions else row.argument
        for rows in contract.lifecycle.values.values()
        for row in rows
        if row.kind == "link" and row.signed
    )


def _statuses(contract: Contract, roles: Roles, operation: Operation) -> set[int]:
    statuses = {400}
    if operation.security and all(operation.security):
        statuses.add(401)
    if operation.grant:
        statuses.add(contract.grant_refused)
    if "{" in operation.path or operation.id in roles.parameters:
        statuses.add(404)
    if operation.id in signed_operations(contract):
        statuses.add(403)
    for action in roles.actions.get(operation.id, ()):
        statuses |= {*action.refused.values(), *action.answers.values()}
    return statuses


def _missing_signature(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "schema": {"type": kind}, "x-source": "assumed"}
        for name, kind, known in (
            ("expires", "integer", EXPIRY_NAMES),
            ("signature", "string", SIGNATURE_NAMES),
        )
        if signature_parameter(operation, known) is None
    ]


def signature_parameter(operation: Operation, known: tuple[str, ...]) -> str | None:
    """Return the query parameter of an operation with one of the names, spelt as it likes."""
    for row in operation.parameters:
        name = str(row["name"])
        if row["in"] == "query" and "".join(filter(str.isalnum, name)).lower() in known:
            return name
    return None
