"""A user's contract as the mock serves it: with its refusals, and what tools want to read."""

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from random import Random
from typing import Any

from mockserver.openapi.examples import ExampleGenerator
from mockserver.openapi.schemas import Schemas
from mockserver.vendors.generic.operations import (
    EXPIRY_NAMES,
    SIGNATURE_NAMES,
    Roles,
    signature_parameter,
    signed_operations,
)
from specs import Contract, Operation, pointer
from specs.contract import json_schema_of
from specs.samples import text_of_pattern

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
    if contract.lifecycle.errors:
        return {"application/json": {"schema": {}}}
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
        added = _missing_signature(operation) if operation.id in signed else []
        added += _missing_keys(contract, operation)
        if added:
            row["parameters"] = [*row.get("parameters", ()), *added]
        paths[operation.path][operation.method.lower()] = row
    return replace(contract, openapi={**contract.openapi, "paths": paths})


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


def query_keys(contract: Contract, operation: Operation) -> frozenset[str]:
    """Return the query parameters that are credentials of an operation."""
    schemes = contract.openapi["components"]["securitySchemes"]
    used = (schemes[name] for row in operation.security for name in row)
    return frozenset(row["name"] for row in used if row.get("in") == "query")


def _missing_keys(contract: Contract, operation: Operation) -> list[dict[str, Any]]:
    known = {row["name"] for row in operation.parameters if row["in"] == "query"}
    return [
        {"name": name, "in": "query", "schema": {"type": "string"}, "x-source": "assumed"}
        for name in sorted(query_keys(contract, operation) - known)
    ]


def _missing_signature(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "schema": {"type": kind}, "x-source": "assumed"}
        for name, kind, known in (
            ("expires", "integer", EXPIRY_NAMES),
            ("signature", "string", SIGNATURE_NAMES),
        )
        if signature_parameter(operation, known) is None
    ]


def with_examples(contract: Contract, roles: Roles) -> Contract:
    """Return the contract with a summary, an example and links where an operation has none.

    Collections of requests and the journal go by them.
    """
    made = _Examples(contract, roles)
    paths: dict[str, Any] = {path: dict(item) for path, item in contract.openapi["paths"].items()}
    for operation in contract.operations.values():
        row = dict(paths[operation.path][operation.method.lower()])
        row["summary"] = row.get("summary") or _title(operation)
        if operation.body is not None:
            row["requestBody"] = made.body(operation.body)
        row["parameters"] = [made.parameter(each) for each in operation.parameters]
        if operation.id in roles.creations:
            row["responses"] = made.linked(operation, row["responses"])
        paths[operation.path][operation.method.lower()] = row
    return replace(contract, openapi={**contract.openapi, "paths": paths})


class _Examples:
    """Makes the examples and links of one contract."""

    def __init__(self, contract: Contract, roles: Roles) -> None:
        self._contract = contract
        self._roles = roles
        self._generator = ExampleGenerator(contract.openapi, use_examples=True)
        self._schemas = Schemas(contract.openapi)

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request body with an example for each media type."""
        content = {
            media: row if "example" in row or row.get("examples") else self._with_example(row)
            for media, row in body["content"].items()
        }
        return {**body, "content": content}

    def parameter(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a parameter, with an example if it is required and has none."""
        schema = pointer.resolve(self._contract.openapi, row.get("schema", {}))
        has_one = "example" in row or {"example", "default", "enum"} & set(schema)
        if has_one or not row.get("required"):
            return row
        return self._with_example(row)

    def linked(self, operation: Operation, responses: Mapping[str, Any]) -> dict[str, Any]:
        """Return the responses, the success with links to the operations on the job."""
        status = str(operation.success)
        response = pointer.resolve(self._contract.openapi, responses[status])
        at = self._id_place(operation)
        if at is None or response.get("links"):
            return dict(responses)
        links = {
            name: {"operationId": name, "parameters": {parameter: f"$response.body#{at}"}}
            for name, (_, parameter) in self._roles.parameters.items()
        }
        return {**responses, status: {**response, "links": links}}

    def _id_place(self, operation: Operation) -> str | None:
        lifecycle = self._contract.lifecycle
        schema = json_schema_of(operation.responses[operation.success].get("content", {}))
        for name in (operation.id, lifecycle.actions["poll"].operation):
            location = lifecycle.locations.get(name)
            if location is None or not location.id or location.items is not None:
                continue
            try:
                pointer.schema_at(self._contract.openapi, schema, location.id)
            except (LookupError, TypeError):
                continue
            return location.id
        return None

    def _with_example(self, row: Mapping[str, Any]) -> dict[str, Any]:
        schema = row.get("schema", {})
        validator = self._schemas.validator(schema)
        resolved = pointer.resolve(self._contract.openapi, schema)
        candidates = [self._generator.draw(schema, Random(0))]
        if isinstance(candidates[0], dict):
            required = resolved.get("required", ())
            candidates.append({key: candidates[0][key] for key in required if key in candidates[0]})
        if "pattern" in resolved:
            candidates.insert(0, text_of_pattern(resolved["pattern"], Random(0)))
        valid = (value for value in candidates if validator.is_valid(value))
        return {**row, "example": next(valid, candidates[0])}


def _title(operation: Operation) -> str:
    """Return an operationId as words."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_.-]+", " ", operation.id).lower()
    return f"{words[:1].upper()}{words[1:]}."
