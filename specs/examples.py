"""An example of each request of a contract: where its values come from, what its body is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from specs import pointer
from specs.contract import Contract, Operation

BODY = "$response.body#"
CREATES = "POST"


class Source(NamedTuple):
    """The operation that makes a value, and where in its response body that is (JSON Pointer)."""

    operation: str
    location: str


class ExampleRequests:
    """Examples of the parameters and bodies of one contract, by its links and its examples."""

    def __init__(self, contract: Contract) -> None:
        self._openapi = contract.openapi
        self._sources: dict[tuple[str, str], Source] = {}
        for operation in contract.operations.values():
            if operation.method == CREATES:
                self._add_links(operation)

    def _add_links(self, operation: Operation) -> None:
        for response in operation.responses.values():
            for link in response.get("links", {}).values():
                for name, value in link.get("parameters", {}).items():
                    if str(value).startswith(BODY):
                        source = Source(operation.id, value.removeprefix(BODY))
                        self._sources.setdefault((link["operationId"], name), source)
                        self._sources.setdefault(("", name), source)

    def sources(self, operation: Operation) -> dict[str, Source]:
        """Return, by required parameter, the creation that makes its value."""
        names = [row["name"] for row in operation.parameters if row.get("required")]
        found = {
            name: self._sources.get((operation.id, name)) or self._sources.get(("", name))
            for name in names
        }
        return {name: it for name, it in found.items() if it and it.operation != operation.id}

    def value(self, parameter: Mapping[str, Any]) -> Any:
        """Return the example of a parameter, None if the contract has none."""
        schema = pointer.resolve(self._openapi, parameter.get("schema", {}))
        example = parameter.get("example", schema.get("example", schema.get("default")))
        return schema["enum"][0] if example is None and "enum" in schema else example

    def parameters(self, operation: Operation, *, optional: bool) -> list[Mapping[str, Any]]:
        """Return the parameters to send, of those that are not required only with an example."""
        return [
            row
            for row in operation.parameters
            if row.get("required") or (optional and self.value(row) is not None)
        ]


def example_body(operation: Operation) -> tuple[str, Any] | None:
    """Return the media type and the first example of a request body, None without a body."""
    for media, row in (operation.body or {}).get("content", {}).items():
        examples = row.get("examples", {}).values()
        return media, next((it["value"] for it in examples), row.get("example"))
    return None
