"""What a contract implies without saying it outright: ids, links, credentials, JSON values."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

import specs
from conformance.errors import UsageError
from conformance.http.exchange import Exchange
from specs import Contract, Operation
from specs.pointer import resolve, schema_at

RESPONSE_BODY = "$response.body#"


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


def load_contract(vendor: str, profile: str) -> Contract:
    """Return a vendor's contract.

    Raises:
        UsageError: there is no such vendor or profile.
        specs.SpecError: one of its files is invalid.
    """
    vendors = specs.vendors()
    if vendor not in vendors:
        raise UsageError(f"unknown vendor {vendor!r}; known vendors: {', '.join(vendors)}")
    if profile not in specs.PROFILES:
        names = ", ".join(specs.PROFILES)
        raise UsageError(f"--profile: unknown profile {profile!r}; known profiles: {names}")
    return specs.load(vendor, profile)


# --- Operations and parameters


def parameter_schema(contract: Contract, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a parameter, its reference resolved."""
    schema: Mapping[str, Any] = resolve(contract.openapi, parameter.get("schema", {}))
    return schema


def has_parameter(operation: Operation, name: str) -> bool:
    """Return True if an operation has a path or query parameter of this name."""
    return any(p["name"] == name and p["in"] in {"path", "query"} for p in operation.parameters)


def request_parameters(exchange: Exchange) -> Mapping[str, Any]:
    """Return the path and query parameters of a request by name."""
    return {**dict(exchange.request.query), **exchange.path_parameters}


def id_parameters(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """Return the path parameters that are ids: those without an enum."""
    return tuple(
        parameter["name"]
        for parameter in operation.parameters
        if parameter["in"] == "path" and "enum" not in parameter_schema(contract, parameter)
    )


def account_parameters(contract: Contract, operation: Operation) -> Iterator[str]:
    """Yield the parameters whose valid values depend on the account."""
    ids = id_parameters(contract, operation)
    for parameter in operation.parameters:
        schema = parameter_schema(contract, parameter)
        bounded = {"enum", "maximum", "format"} & schema.keys() or schema.get("type") == "boolean"
        if parameter["in"] in {"path", "query"} and (parameter["name"] in ids or not bounded):
            yield str(parameter["name"])


def job_parameter(contract: Contract, operation_id: str) -> str | None:
    """Return the parameter of an operation that takes a job's id, None where it has none.

    The links of the operation that creates jobs say so. Without a link it is, for an operation
    with an action in the lifecycle, the only path parameter without an enum.
    """
    create = contract.operations[contract.lifecycle.actions["create"].operation]
    created_id = f"{RESPONSE_BODY}{contract.lifecycle.locations[create.id].id}"
    for link in _links(create, create.success):
        for name, expression in link.get("parameters", {}).items():
            if link.get("operationId") == operation_id and expression == created_id:
                return str(name)
    ids = id_parameters(contract, contract.operations[operation_id])
    actions = contract.lifecycle.actions.items()
    acting = {action.operation for name, action in actions if name != "create"}
    return ids[0] if len(ids) == 1 and operation_id in acting else None


def is_job_operation(contract: Contract, operation_id: str) -> bool:
    """Return True for an operation that creates jobs, acts on them or shows them."""
    acting = {action.operation for action in contract.lifecycle.actions.values()}
    shown = operation_id in contract.lifecycle.locations
    return operation_id in acting or shown or job_parameter(contract, operation_id) is not None


def link_expressions(operation: Operation, status: int) -> Iterator[tuple[str, str]]:
    """Yield (parameter name, runtime expression) of the links of a response."""
    for link in _links(operation, status):
        for name, expression in link.get("parameters", {}).items():
            if isinstance(expression, str):
                yield name, expression


def _links(operation: Operation, status: int) -> Iterator[Mapping[str, Any]]:
    yield from operation.responses.get(status, {}).get("links", {}).values()


def security_scheme(contract: Contract, operation: Operation) -> Mapping[str, Any] | None:
    """Return the security scheme object of an operation, None where it needs no credential."""
    for alternative in operation.security:
        for name in alternative:
            scheme: Mapping[str, Any] = contract.openapi["components"]["securitySchemes"][name]
            return scheme
    return None


def token_operation(contract: Contract) -> Operation | None:
    """Return the operation that exchanges client credentials for a token: the one with Basic."""
    for operation in contract.operations.values():
        scheme = security_scheme(contract, operation)
        if scheme and (scheme.get("type"), scheme.get("scheme")) == ("http", "basic"):
            return operation
    return None


# --- Created resources


def create_operations(contract: Contract) -> frozenset[str]:
    """Return the operations that create a job: POSTs without an id whose response has one."""
    locations = contract.lifecycle.locations
    return frozenset(
        operation.id
        for operation in contract.operations.values()
        if operation.id == contract.lifecycle.actions["create"].operation
        or (
            operation.method == "POST"
            and operation.id in locations
            and not id_parameters(contract, operation)
        )
    )


def id_type(contract: Contract, operation_id: str, status: int) -> type:
    """Return the type of a job's id in a body: an id of another type identifies no job."""
    location = contract.lifecycle.locations[operation_id]
    schema = contract.schema(operation_id, status)
    pointer = location.id if location.items is None else f"{location.items}/-{location.id}"
    try:
        id_schema = schema_at(contract.openapi, schema, pointer)
    except (LookupError, TypeError):
        return str
    return int if id_schema.get("type") == "integer" else str


def parameter_type(contract: Contract, name: str) -> type:
    """Return the type of an id parameter: int or str."""
    for operation in contract.operations.values():
        for parameter in operation.parameters:
            if parameter["name"] == name:
                is_integer = parameter_schema(contract, parameter).get("type") == "integer"
                return int if is_integer else str
    return str


def file_formats(contract: Contract) -> Mapping[str, tuple[str, ...]]:
    """Return the formats of files that requirements judge, by how a creation asks for one.

    The keys are names of members or parameters of the operation that creates jobs.
    """
    formats: dict[str, dict[str, None]] = {}
    for requirement in contract.requirements:
        arguments = requirement.check.arguments if requirement.check else {}
        if "requested" in arguments and "format" in arguments:
            formats.setdefault(arguments["requested"], {})[arguments["format"]] = None
    return {name: tuple(values) for name, values in formats.items()}


def jobs_for_formats(contract: Contract) -> int:
    """Return how many jobs it takes to see a file of each format; one is left unstarted."""
    formats = sum(map(len, file_formats(contract).values()))
    return formats + ("start" in contract.lifecycle.actions)


# --- Paths


def link_pointers(contract: Contract, operation_id: str) -> tuple[str, ...]:
    """Return where bodies link to an operation, as the requirements of those links say."""
    checks = [requirement.check for requirement in contract.requirements if requirement.check]
    return tuple(
        str(check.arguments["pointer"])
        for check in checks
        if check.arguments.get("to") == operation_id and "pointer" in check.arguments
    )


def match_path(template: str, path: str) -> Mapping[str, str] | None:
    """Return the values of the template's parameters if `path` ends with it, else None.

    The path of a base URL may stand before it.
    """
    names = re.findall(r"\{([^}]+)\}", template)
    pattern = re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(template))
    match = re.search(f"{pattern}/?$", path)
    return match and dict(zip(names, map(unquote, match.groups()), strict=True))


def operation_at(contract: Contract, path: str) -> str | None:
    """Return the operation whose template `path` ends with, None where there is none."""
    operations = contract.operations.values()
    return next((o.id for o in operations if match_path(o.path, path) is not None), None)


# --- JSON values, by JSON pointers in which `-` stands for every item of a list


def containers(body: Any, pointer: str) -> Iterator[tuple[str, Any, str]]:
    """Yield (location, container, name) of everything that could have the last member of `pointer`.

    The container is an object (or, for a last `-`, a list); nothing is yielded where it is missing
    or of another type.
    """
    *parents, last = pointer.split("/")[1:]
    for location, value in _walk("", body, parents):
        if isinstance(value, list if last == "-" else dict):
            yield location, value, _unescape(last)


def values_at(body: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Yield (location, value) of each value at `pointer` in `body`; `""` is the whole body."""
    yield from _walk("", body, pointer.split("/")[1:])


def value_at(body: Any, pointer: str) -> Any:
    """Return the first value at `pointer` in `body`, or ABSENT."""
    return next((value for _, value in values_at(body, pointer)), ABSENT)


def strings_in(body: Any) -> Iterator[str]:
    """Yield every string in a body."""
    if isinstance(body, str):
        yield body
    children = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for child in children:
        yield from strings_in(child)


def _walk(location: str, value: Any, steps: list[str]) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield location, value
        return
    name = _unescape(steps[0])
    if steps[0] == "-" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(f"{location}/{index}", item, steps[1:])
    elif isinstance(value, list) and name.isdigit():
        for item in value[int(name) : int(name) + 1]:
            yield from _walk(f"{location}/{name}", item, steps[1:])
    elif isinstance(value, dict) and name in value:
        yield from _walk(f"{location}/{steps[0]}", value[name], steps[1:])


def _unescape(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
