"""What openapi.yaml implies of one operation: its answers, its callers, its input."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from specs import pointer
from specs.contract import Operation
from specs.implied.rows import (
    OF_ANOTHER_ACCOUNT,
    OPENAPI,
    REDIRECTS,
    Rows,
    any_of,
    has_schema,
    is_secured,
    successes,
)
from specs.requirements import Requirement

# The refusals that an API gives of its own, where the contract has one answer for all of them;
# others may come of a server before it.
_OWN_REFUSALS: Final = (400, 401, 403, 404, 409, 410, 422)
# What a server may refuse with although the contract does not list it.
_UNLISTED: Final = (400, 401, 403, 404)
_INVALID: Final = {
    "required": "without a member that is required",
    "type": "with a member of another type",
    "enum": "with a value that an enum does not list",
}
_NEVER_TEXT: Final = frozenset({"integer", "number", "boolean", "array", "object"})


def rows_of_operation(rows: Rows, operation: Operation) -> Iterator[Requirement]:
    """Yield the rows of one operation."""
    for part in (_statuses, _bodies, _headers, _callers, _parameters, _input):
        yield from part(rows, operation)


def _statuses(rows: Rows, operation: Operation) -> Iterator[Requirement]:
    name, place = operation.id, rows.at(operation, "responses")
    listed_5xx = any(s >= 500 and s != 503 for s in operation.responses)
    yield rows.row(
        "SERVER",
        f"{name} never answers a server error; a 503 is load, not an error.",
        "no_server_error",
        place=place,
        operation=name,
        level="should" if listed_5xx or "5XX" in operation.other_responses else "must",
    )
    # A `default` beside listed successes describes the errors.
    if {"2XX", "3XX"}.isdisjoint(operation.other_responses):
        elsewhere = list(REDIRECTS) if rows.is_action(operation, "fetch") else []
        yield rows.row(
            "STATUS",
            f"A success of {name} is {any_of(successes(operation))}.",
            "success_status",
            {"also": elsewhere} if elsewhere else {},
            place=place,
            operation=name,
        )
    lists_refusals = any(400 <= status < 500 for status in operation.responses)
    if lists_refusals and {"4XX", "default"}.isdisjoint(operation.other_responses):
        yield rows.row(
            "REFUSAL",
            f"A refusal of {name} is one of the contract's, or one that HTTP has for any request.",
            "status_listed",
            {"also": list(_UNLISTED)},
            place=place,
            operation=name,
            level="should",
        )


def _bodies(rows: Rows, operation: Operation) -> Iterator[Requirement]:
    name = operation.id
    typed = [s for s in successes(operation) if operation.responses[s].get("content")]
    if typed:
        yield rows.row(
            "TYPE",
            f"The body of a success of {name} has a media type of the contract.",
            "media_type_listed",
            {"statuses": typed},
            place=rows.at(operation, "responses", typed[0]),
            operation=name,
        )
    described = [s for s in typed if has_schema(operation.responses[s])]
    if described:
        yield rows.row(
            "BODY",
            f"The body of a success of {name} is valid by its schema.",
            "body_schema",
            {"statuses": described},
            place=rows.at(operation, "responses", described[0]),
            operation=name,
        )
    refusals = {s for s in operation.responses if 400 <= s < 500}
    if not {"4XX", "default"}.isdisjoint(operation.other_responses):
        refusals |= set(_OWN_REFUSALS)
    refusals = {s for s in refusals if has_schema(operation.response(s))}
    if refusals:
        own = sorted(refusals & operation.responses.keys())
        listed: list[object] = [*own, *operation.other_responses]
        yield rows.row(
            "ERROR",
            f"The body of a refusal of {name} is valid by its schema.",
            "body_schema",
            {"statuses": sorted(refusals)},
            place=rows.at(operation, "responses", listed[0]),
            operation=name,
        )


def _headers(rows: Rows, operation: Operation) -> Iterator[Requirement]:
    statuses: dict[tuple[str, bool], list[int]] = {}
    for status in successes(operation):
        for header, described in operation.responses[status].get("headers", {}).items():
            key = (header, bool(described.get("required")))
            statuses.setdefault(key, []).append(status)
    for (header, required), where in statuses.items():
        rule = "is there, and valid by its schema" if required else "is valid by its schema"
        is_second = not required and (header, True) in statuses
        yield rows.row(
            "HEADER",
            f"The header {header} of a {any_of(where)} of {operation.id} {rule}.",
            "headers",
            {"headers": [header], "statuses": where} | ({"required": True} if required else {}),
            place=rows.at(operation, "responses", where[0], "headers", header),
            operation=operation.id,
            detail=f"{header}-optional" if is_second else header,
        )


def _callers(rows: Rows, operation: Operation) -> Iterator[Requirement]:
    if not is_secured(operation):
        return
    name = operation.id
    # HTTP asks for 401 (RFC 9110, 15.5.2), also where a contract knows of 403 alone.
    is_listed = {401, 403} & operation.responses.keys()
    statuses = [401] if 401 in operation.responses else [401, 403] if is_listed else []
    expected = {"statuses": statuses} if statuses else {}
    own = "security" in operation.raw
    place = rows.at(operation, "security") if own else f"{OPENAPI}#/security"
    by = f" by {' or '.join(map(str, statuses))}" if statuses else ""
    yield rows.row(
        "NOAUTH",
        f"{name} without a credential is refused{by}.",
        "rejects_missing_credentials",
        expected,
        place=place,
        operation=name,
    )
    yield rows.row(
        "BADAUTH",
        f"{name} with a wrong, a cut or an empty credential is refused{by}.",
        "rejects_wrong_credentials",
        expected,
        place=place,
        operation=name,
    )
    if rows.job_parameter(operation) is not None:
        yield rows.row(
            "FOREIGN",
            f"{name} is refused for what another account has.",
            "rejects_role",
            {"role": OF_ANOTHER_ACCOUNT},
            place=place,
            operation=name,
        )


def _parameters(rows: Rows, operation: Operation) -> Iterator[Requirement]:
    job = rows.job_parameter(operation)
    if job is not None:
        yield _unknown_id(rows, operation, job)
    for parameter in operation.parameters:
        name, values = parameter["name"], _impossible_values(rows, parameter)
        if values and parameter.get("x-source") != "assumed":
            yield rows.row(
                "PARAM",
                f"{operation.id} is refused if the contract forbids the value of {name}.",
                "rejects_parameter",
                {"parameter": name, "values": values},
                place=rows.at_parameter(operation, name),
                operation=operation.id,
                detail=name,
            )


def _unknown_id(rows: Rows, operation: Operation, job: str) -> Requirement:
    """Return the row of an id that nothing has.

    Of a read the contract's 404 is asked for, or what hides that there is nothing; of a write any
    refusal, for its id is one that the server may call malformed.
    """
    reads = operation.method in {"GET", "HEAD"} and 404 in operation.responses
    statuses = [s for s in (404, 410, 403) if s in operation.responses] if reads else []
    more = {"statuses": statuses, "malformed": [400, 422]} if statuses else {}
    by = f" by {any_of(statuses)}" if statuses else ""
    steps = ("responses", "404") if 404 in operation.responses else ("responses",)
    return rows.row(
        "UNKNOWN",
        f"{operation.id} with an id that nothing has is refused{by}.",
        "rejects_unknown_id",
        {"parameter": job, **more},
        place=rows.at(operation, *steps),
        operation=operation.id,
    )


def _impossible_values(rows: Rows, parameter: Mapping[str, Any]) -> list[Any]:
    """Return values of a query or path parameter that no reading of them makes valid."""
    schema = pointer.resolve(rows.contract.openapi, parameter.get("schema", {}))
    if parameter.get("in") not in {"query", "path"}:
        return []
    values: list[Any] = []
    if "enum" in schema:
        values.append("no-such-value")
    elif schema.get("type") in {"integer", "number"}:
        values.append("abc")
    if parameter["in"] == "query" and parameter.get("required"):
        values.append(None)
    return values


def _input(rows: Rows, operation: Operation) -> Iterator[Requirement]:
    kinds = _breakable(rows, operation)
    for kind, what in _INVALID.items():
        if kind in kinds:
            yield rows.row(
                "INPUT",
                f"{operation.id} of a body {what} is refused.",
                "rejects_invalid_body",
                {"kind": kind},
                place=rows.at(operation, "requestBody"),
                operation=operation.id,
                detail=kind,
            )
    # What a creation takes in its path, a list of what was created takes as well.
    create = rows.contract.operations[rows.contract.lifecycle.actions["create"].operation]
    known = {(p["in"], p["name"]) for p in create.parameters if p["in"] == "path"}
    needed = {(p["in"], p["name"]) for p in operation.parameters if p.get("required")}
    if (
        (rows.is_action(operation, "list") and needed <= known)
        or rows.is_action(operation, "create")
        or _has_example(rows, operation)
    ):
        yield rows.row(
            "VALID",
            f"A valid request of {operation.id} succeeds.",
            "accepts_valid_request",
            {"statuses": successes(operation)},
            place=rows.at(operation),
            operation=operation.id,
        )


def _breakable(rows: Rows, operation: Operation) -> set[str]:
    """Return how a body of an operation can break its schema so that nothing makes it valid."""
    schema = rows.body_schema(operation)
    members = pointer.properties(rows.contract.openapi, schema).values()
    resolved = [pointer.resolve(rows.contract.openapi, member) for member in members]
    kinds = {"required"} if schema.get("required") else set()
    kinds |= {"type"} if any(m.get("type") in _NEVER_TEXT for m in resolved) else set()
    return kinds | ({"enum"} if any("enum" in member for member in resolved) else set())


def _has_example(rows: Rows, operation: Operation) -> bool:
    """Return True if the contract itself shows a body, so that the suite need not invent one."""
    content = (operation.body or {}).get("content", {})
    shown = any(described.keys() & {"example", "examples"} for described in content.values())
    return shown or "example" in rows.body_schema(operation)
