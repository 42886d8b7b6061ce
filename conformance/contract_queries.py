"""What a contract implies without saying it outright: ids, links, credentials, JSON values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import yaml

import specs
from conformance.errors import UsageError
from conformance.http import Exchange
from specs import Contract, Operation, Requirement
from specs.job_parameters import (
    RESPONSE_BODY,
    id_parameters,
    job_parameter,
    links,
    parameter_schema,
)
from specs.pointer import resolve, tokens

__all__ = ["RESPONSE_BODY", "id_parameters", "job_parameter", "parameter_schema"]


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


def load_contract(vendor: str, profile: str, vendors: Iterable[Path] = ()) -> Contract:
    """Return a vendor's contract.

    `vendors` are folders with vendors of the user's own.

    Raises:
        UsageError: there is no such vendor or profile.
        specs.SpecError: one of its files is invalid.
    """
    folders = specs.vendor_folders(vendors)
    if vendor not in folders:
        hint = "" if vendors else "; --vendors DIR adds those of a folder"
        known = ", ".join(folders)
        raise UsageError(f"unknown vendor {vendor!r}; known vendors: {known}{hint}")
    if profile not in specs.PROFILES:
        names = ", ".join(specs.PROFILES)
        raise UsageError(f"--profile: unknown profile {profile!r}; known profiles: {names}")
    return specs.load(vendor, profile, folder=folders[vendor])


def replaced_vendors(vendors: Iterable[Path]) -> Iterator[str]:
    """Yield a sentence for each built-in vendor that one of the user's own replaces."""
    for name, folder in specs.vendor_folders(vendors).items():
        if name in specs.vendors() and specs.is_own(folder):
            yield f"the vendor {name!r} is that of {folder}, not the built-in one"


# --- Operations and parameters


def has_parameter(operation: Operation, name: str) -> bool:
    """Return True if an operation has a path or query parameter of this name."""
    return any(p["name"] == name and p["in"] in {"path", "query"} for p in operation.parameters)


def request_parameters(exchange: Exchange) -> Mapping[str, Any]:
    """Return the path and query parameters of a request by name."""
    return {**dict(exchange.request.query), **exchange.path_parameters}


def account_parameters(contract: Contract, operation: Operation) -> Iterator[str]:
    """Yield the parameters whose valid values depend on the account."""
    ids = id_parameters(contract, operation)
    for parameter in operation.parameters:
        schema = parameter_schema(contract, parameter)
        bounded = {"enum", "maximum", "format"} & schema.keys() or schema.get("type") == "boolean"
        if parameter["in"] in {"path", "query"} and (parameter["name"] in ids or not bounded):
            yield str(parameter["name"])


def is_job_operation(contract: Contract, operation_id: str) -> bool:
    """Return True for an operation that creates jobs, acts on them or shows them."""
    acting = {action.operation for action in contract.lifecycle.actions.values()}
    shown = operation_id in contract.lifecycle.locations
    return operation_id in acting or shown or job_parameter(contract, operation_id) is not None


def link_expressions(operation: Operation, status: int) -> Iterator[tuple[str, str]]:
    """Yield (parameter name, runtime expression) of the links of a response."""
    for link in links(operation, status):
        for name, expression in link.get("parameters", {}).items():
            if isinstance(expression, str):
                yield name, expression


def security_scheme(contract: Contract, operation: Operation) -> Mapping[str, Any] | None:
    """Return the security scheme object of an operation, None where it needs no credential."""
    for alternative in operation.security:
        for name in alternative:
            scheme: Mapping[str, Any] = contract.openapi["components"]["securitySchemes"][name]
            return scheme
    return None


def token_operation(contract: Contract) -> Operation | None:
    """Return the operation that exchanges client credentials for a token.

    It is a POST with Basic whose body asks for a grant (RFC 6749, 4.4).
    """
    for operation in contract.operations.values():
        scheme = security_scheme(contract, operation)
        if is_basic(scheme) and operation.method == "POST" and _asks_for_grant(contract, operation):
            return operation
    return None


def is_basic(scheme: Mapping[str, Any] | None) -> bool:
    """Return True for HTTP Basic."""
    return (scheme or {}).get("type") == "http" and (scheme or {}).get("scheme") == "basic"


def credential_place(scheme: Mapping[str, Any]) -> tuple[str, str]:
    """Return where a scheme has its credential: `header`, `query` or `cookie`, and the name."""
    if scheme["type"] == "apiKey":
        return str(scheme["in"]), str(scheme["name"])
    return "header", "Authorization"


def _asks_for_grant(contract: Contract, operation: Operation) -> bool:
    contents = (operation.body or {}).get("content", {}).values()
    schemas = (resolve(contract.openapi, content.get("schema", {})) for content in contents)
    return any("grant_type" in schema.get("properties", {}) for schema in schemas)


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
    if location.id_header is not None or location.id_link is not None:
        return str
    pointer = location.id if location.items is None else f"{location.items}/-{location.id}"
    try:
        id_schema = contract.schema_of(operation_id, status, pointer)
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
    """Return where bodies link to an operation, as requirements and lifecycle say."""
    checks = [requirement.check for requirement in contract.requirements if requirement.check]
    stated = tuple(
        str(check.arguments["pointer"])
        for check in checks
        if check.arguments.get("to") == operation_id and "pointer" in check.arguments
    )
    return stated + tuple(_link_values(contract, operation_id))


def _link_values(contract: Contract, operation_id: str) -> Iterator[str]:
    """Yield where the lifecycle has a job's links to an operation."""
    lifecycle = contract.lifecycle
    for name in ("default", lifecycle.actions["poll"].operation):
        for value in lifecycle.values.get(name, ()):
            action = lifecycle.actions.get(str(value.argument))
            to = action.operation if action else value.argument
            if value.kind == "link" and to == operation_id and value.at is not None:
                yield value.at


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
    steps = pointer.split("/")[1:]
    if "-" in steps:
        return next((value for _, value in _walk("", body, steps)), ABSENT)
    for step in steps:
        name = _unescape(step) if "~" in step else step
        if isinstance(body, dict) and name in body:
            body = body[name]
        elif isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        else:
            return ABSENT
    return body


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


# --- Files


def places_of(
    contract: Contract, requirements: Iterable[Requirement]
) -> Mapping[str, tuple[Path, int]]:
    """Return by id file and line (from 1) of what implies the generated ones of requirements."""
    files: dict[Path, yaml.Node | None] = {}
    places = {}
    for requirement in requirements:
        if requirement.place is None or contract.folder is None:
            continue
        name, _, pointer = requirement.place.partition("#")
        file = contract.folder / name
        if file not in files:
            text = file.read_text(encoding="utf-8")
            files[file] = yaml.compose(text, Loader=yaml.CSafeLoader)
        places[requirement.id] = file, _line_at(files[file], pointer)
    return places


def shown_path(path: Path) -> Path:
    """Return a path, relative where it is below the working directory."""
    path = path.absolute()
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _line_at(node: yaml.Node | None, pointer: str) -> int:
    """Return the line (from 1) of the value at a JSON pointer, or of the nearest above.

    A path of a contract may have that of its server before it, which the file does not have there.
    """
    line = 1
    for token in tokens(pointer):
        entry = _entry(node, token)
        if entry is None:
            return line
        line, node = entry
    return line


def _entry(node: yaml.Node | None, token: str) -> tuple[int, yaml.Node] | None:
    """Return the line and the value of a member or an element of a YAML node, None without one."""
    if isinstance(node, yaml.SequenceNode) and token.isdigit() and int(token) < len(node.value):
        item = node.value[int(token)]
        return item.start_mark.line + 1, item
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    for exact in (True, False):
        for key, value in pairs:
            same = key.value == token if exact else _is_end_of_path(key.value, token)
            if same:
                return key.start_mark.line + 1, value
    return None


def _is_end_of_path(key: str, path: str) -> bool:
    return key.startswith("/") and path.endswith(key)
