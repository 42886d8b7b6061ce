"""One vendor's contract in one profile: the wire, the lifecycle and the requirements."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from specs import pointer
from specs.lifecycle import Lifecycle
from specs.requirements import Requirement, Requirements, Statement

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the OpenAPI document, its references to parameters and responses followed.

    `parameters` are those of the operation over those of its path. `responses` maps an HTTP
    status to a response object. Schemas keep their `$ref`s: see `specs.schema.self_contained`.
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

    @property
    def success(self) -> int:
        """The first status of the 2xx that the contract lists."""
        return min(status for status in self.responses if 200 <= status < 300)


@dataclass(frozen=True)
class Contract:
    """What one vendor promises, as one profile sees it.

    The requirements are read at their first use: they are a third of the text, and the mock never
    uses them.
    """

    vendor: str
    profile: str
    openapi: dict[str, Any]
    lifecycle: Lifecycle
    load_requirements: Callable[[], Requirements] = field(repr=False, compare=False)

    @cached_property
    def _rows(self) -> Requirements:
        return self.load_requirements()

    @property
    def statements(self) -> Mapping[str, Statement]:
        """What the documents say, by id."""
        return self._rows.statements

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What an implementation has to keep, in the order of the file."""
        return self._rows.requirements

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by their operationId, in the order of the file."""
        return {operation.id: operation for operation in read_operations(self.openapi)}

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The path prefixes whose unknown paths are answered in this vendor's error body."""
        return tuple(self.openapi["x-paths"])

    @property
    def grant_refused(self) -> int:
        """The status that answers a valid identity without the grant of an operation."""
        return int(self.openapi["x-grant-refused"])

    def schema(self, operation_id: str, status: int, media: str = "application/json") -> Any:
        """Return the schema of a response body, or None where the contract shows none."""
        response = self.operations[operation_id].responses.get(status, {})
        return response.get("content", {}).get(media, {}).get("schema")


def read_operations(openapi: dict[str, Any]) -> Iterator[Operation]:
    """Yield the operations of a document that has had its profile applied."""
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
    )


def _read_response(openapi: dict[str, Any], response: Any) -> Mapping[str, Any]:
    response = pointer.resolve(openapi, response)
    headers = response.get("headers", {})
    followed = {name: pointer.resolve(openapi, header) for name, header in headers.items()}
    return {**response, "headers": followed}
