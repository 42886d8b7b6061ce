"""A vendor's contract in one profile: the wire, the lifecycle and the requirements."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from specs import pointer
from specs import profile as profiles
from specs.files import in_profile, read_yaml, walk
from specs.lifecycle import Lifecycle, read_lifecycle
from specs.own import METHODS, complete_lifecycle, complete_requirements
from specs.requirements import Requirement, Requirements, Statement, read_requirements
from specs.schema import self_contained, to_json_schema
from specs.values import Paging, read_paging


@dataclass(frozen=True)
class Operation:
    """An operation of the OpenAPI document, its references to parameters and responses resolved.

    `parameters` are those of the operation over those of its path. `responses` maps an HTTP
    status to a response object; `other_responses` has those of a user's contract for a range of
    statuses (`4XX`) and for all others (`default`). Schemas keep their `$ref`s: see
    `specs.schema.self_contained`.
    """

    id: str
    vendor: str
    method: str
    path: str
    source: str
    grant: str | None
    security: tuple[Mapping[str, list[str]], ...]
    parameters: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any] | None
    responses: Mapping[int, Mapping[str, Any]]
    raw: Mapping[str, Any] = field(repr=False)
    other_responses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def success(self) -> int:
        """The lowest 2xx status of the contract."""
        return min(status for status in self.responses if 200 <= status < 300)

    def response(self, status: int) -> Mapping[str, Any] | None:
        """Return the response for a status: of its own, of its range, the default; else None."""
        if status in self.responses:
            return self.responses[status]
        in_range = self.other_responses.get(f"{status // 100}XX")
        return in_range or self.other_responses.get("default")


@dataclass(frozen=True)
class Contract:
    """The contract of a vendor in one profile.

    The requirements are read at their first use: they are a third of the text, and the mock never
    uses them. `own` is True for a user's vendor: of a folder outside this package.
    """

    vendor: str
    profile: str
    openapi: dict[str, Any]
    lifecycle: Lifecycle
    load_requirements: Callable[[], Requirements] = field(repr=False, compare=False)
    own: bool = False
    folder: Path | None = None

    @cached_property
    def _rows(self) -> Requirements:
        return self.load_requirements()

    @property
    def statements(self) -> Mapping[str, Statement]:
        """The statements of the documents by id."""
        return self._rows.statements

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The rules that an implementation is judged by, in the order of the file."""
        return self._rows.requirements

    @property
    def switched_off(self) -> Mapping[str, str]:
        """The reasons by id of the generated requirements that are switched off."""
        return self._rows.switched_off

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by operationId, in the order of the file."""
        return {operation.id: operation for operation in read_operations(self.openapi)}

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The path prefixes of the vendor: unknown paths below get this vendor's error body."""
        return tuple(self.openapi["x-paths"])

    @property
    def grant_refused(self) -> int:
        """The HTTP status for a caller who is known but lacks the grant of an operation."""
        return int(self.openapi["x-grant-refused"])

    @cached_property
    def id_parameters(self) -> Mapping[str, tuple[str, ...]]:
        """The path parameters by operationId that are ids: those without an enum."""
        return {
            operation.id: tuple(
                parameter["name"]
                for parameter in operation.parameters
                if parameter["in"] == "path"
                and "enum" not in pointer.resolve(self.openapi, parameter.get("schema", {}))
            )
            for operation in self.operations.values()
        }

    @cached_property
    def _schemas(self) -> dict[tuple[str, int, str], Any]:
        return {}

    def schema_of(self, operation_id: str, status: int, at: str) -> Any:
        """Return the schema of the value `at` in the body of a response; each is looked up once.

        Raises:
            LookupError: the contract has no such body, or its schema does not define the value.
        """
        key = operation_id, status, at
        if key not in self._schemas:
            schema = self.schema(operation_id, status)
            if schema is None:
                raise LookupError(operation_id)
            self._schemas[key] = pointer.schema_at(self.openapi, schema, at)
        return self._schemas[key]

    def leads_to_assumed(self, reference: str) -> bool:
        """Return True if something is `assumed` in a component, or in one that it refers to."""
        return _component(reference) in self._assumed

    @cached_property
    def _assumed(self) -> set[str]:
        schemas = self.openapi.get("components", {}).get("schemas", {})
        nodes = {
            f"#/components/schemas/{pointer.escape(name)}": [node for _, node in walk(schema)]
            for name, schema in schemas.items()
        }
        references = {
            name: {_component(node["$ref"]) for node in within if isinstance(node.get("$ref"), str)}
            for name, within in nodes.items()
        }
        found = {
            name
            for name, within in nodes.items()
            if any(node.get("x-source") == "assumed" for node in within)
        }
        while more := {name for name, to in references.items() if to & found} - found:
            found |= more
        return found

    @cached_property
    def _components(self) -> dict[str, Any]:
        return self_contained(self.openapi, {})

    @cached_property
    def _validators(self) -> dict[tuple[bytes, bool], jsonschema_rs.Validator]:
        return {}

    def validator(self, schema: Any, *, formats: bool = True) -> jsonschema_rs.Validator:
        """Return the validator of a schema of this contract; each is compiled once."""
        key = orjson.dumps(schema), formats
        if key not in self._validators:
            whole = to_json_schema(schema)
            if b'"$ref"' in key[0]:
                whole = {**whole, **self._components}
            self._validators[key] = jsonschema_rs.validator_for(whole, validate_formats=formats)
        return self._validators[key]

    def paging(self, operation_id: str) -> Paging | None:
        """Return how the list of an operation has pages, None if it has none."""
        operation = self.operations[operation_id]
        media = operation.responses[operation.success].get("content", {})
        return read_paging(
            self.openapi,
            operation.parameters,
            json_schema_of(media),
            self.lifecycle.lists.get(operation_id),
        )

    def schema(self, operation_id: str, status: int, media: str | None = None) -> Any:
        """Return the schema of a response body, by default of JSON; None if there is none."""
        content = self.operations[operation_id].responses.get(status, {}).get("content", {})
        if media is None:
            known = filter(is_json, content)
            media = "application/json" if "application/json" in content else next(known, "")
        return content.get(media, {}).get("schema")


def _component(reference: str) -> str:
    """Return the reference to a whole component of one that may lead into it."""
    return "/".join(reference.split("/")[:4])


def read_contract(vendor: str, profile: str, folder: Path, *, own: bool = False) -> Contract:
    """Return the contract of `vendor` in `profile` from files that have passed the lint.

    `own` is True for a user's vendor, whose files may leave things out.
    """
    openapi = in_profile(read_yaml(folder / "openapi.yaml"), profile, vendor if own else None)
    raw = read_yaml(folder / "lifecycle.yaml")
    lifecycle = lifecycle_in_profile(raw, profile, vendor if own else None, openapi)

    def load_requirements() -> Requirements:
        return read_requirements(raw_requirements(folder, vendor, own=own), profile)

    paths = {operation.id: operation.path for operation in read_operations(openapi)}
    return Contract(
        vendor=vendor,
        profile=profile,
        openapi=openapi,
        lifecycle=read_lifecycle(lifecycle, profile, paths),
        load_requirements=load_requirements,
        own=own,
        folder=folder,
    )


def lifecycle_in_profile(raw: Any, profile: str, own: str | None, openapi: Any) -> Any:
    """Return the content of a lifecycle.yaml with `profile` applied.

    `own` is the slug of a user's vendor, whose file may leave out what `openapi` says; else None.
    """
    lifecycle = profiles.apply(raw, profile)
    return lifecycle if own is None else complete_lifecycle(lifecycle, own, openapi)


def raw_requirements(folder: Path, vendor: str, *, own: bool) -> Any:
    """Return the content of a requirements.yaml, which a user's vendor need not have."""
    path = folder / "requirements.yaml"
    if not own:
        return read_yaml(path)
    return complete_requirements(read_yaml(path) if path.exists() else None, vendor)


def json_schema_of(content: Mapping[str, Any]) -> Any:
    """Return the schema of a JSON body by the media types of a response, {} if there is none."""
    for media, row in content.items():
        if is_json(media):
            return row.get("schema", {})
    return {}


def is_json(media: str) -> bool:
    """Return True for a media type whose content is JSON."""
    plain = media.partition(";")[0].strip().lower()
    return plain == "application/json" or plain.endswith(("/json", "+json"))


def read_operations(openapi: dict[str, Any]) -> Iterator[Operation]:
    """Yield the operations of a document to which a profile has been applied."""
    for path, item in openapi["paths"].items():
        shared = [pointer.resolve(openapi, entry) for entry in item.get("parameters", [])]
        for method in METHODS:
            if method in item:
                yield _read_operation(openapi, path, method, item[method], shared)


def _read_operation(
    openapi: dict[str, Any], path: str, method: str, raw: dict[str, Any], shared: list[Any]
) -> Operation:
    own = [pointer.resolve(openapi, entry) for entry in raw.get("parameters", [])]
    parameters = {(entry["name"], entry["in"]): entry for entry in (*shared, *own)}
    return Operation(
        id=raw["operationId"],
        vendor=openapi["x-vendor"],
        method=method.upper(),
        path=path,
        source=raw.get("x-source", ""),
        grant=raw.get("x-grant"),
        security=tuple(raw.get("security", openapi.get("security", []))),
        parameters=tuple(parameters.values()),
        body=pointer.resolve(openapi, raw.get("requestBody")),
        responses={
            int(status): _read_response(openapi, response)
            for status, response in raw["responses"].items()
            if status.isdigit()
        },
        raw=raw,
        other_responses={
            status.upper() if status != "default" else status: _read_response(openapi, response)
            for status, response in raw["responses"].items()
            if not status.isdigit() and not status.startswith("x-")
        },
    )


def _read_response(openapi: dict[str, Any], response: Any) -> Mapping[str, Any]:
    response = pointer.resolve(openapi, response)
    headers = response.get("headers", {})
    resolved = {name: pointer.resolve(openapi, header) for name, header in headers.items()}
    return {**response, "headers": resolved}
