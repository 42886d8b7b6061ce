"""Which requirements a difference is about: those whose element of the contract it concerns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from conformance.checks import CheckKind, RegisteredCheck
from specs import Contract, Operation, Requirement
from specs.pointer import tokens

MOST_NAMED: Final = 3
JSON: Final = "application/json"


class RequirementNames:
    """Names the requirements of one contract, the most specific ones first."""

    def __init__(self, contract: Contract, checks: Mapping[str, RegisteredCheck]) -> None:
        self._contract = contract
        self._checks = checks
        self._ids = {requirement.id for requirement in contract.requirements}

    @property
    def poll_operation(self) -> str:
        """The operation that shows the state of jobs."""
        return self._contract.lifecycle.actions["poll"].operation

    def of_outcome(self, operation: str, step: str, statuses: Sequence[str]) -> tuple[str, ...]:
        """Return the requirements that one of these statuses of an operation is about.

        `step` is what sent the request: a requirement itself, where its check did.
        """
        own = [step] if step in self._ids else []
        paths = [[f"{self._element(operation)}/responses/{status}"] for status in statuses]
        found = [*own, *self._about(operation, [p for path in paths for p in path])]
        wanted = {int(status) for status in statuses if status.isdigit()}
        for requirement in self._contract.requirements:
            arguments = requirement.check.arguments if requirement.check else {}
            named = {arguments.get("status"), *_statuses(arguments)}
            if requirement.operation == operation and wanted & named:
                found.append(requirement.id)
        return self._first(found, operation)

    def of_response(self, operation: str, status: int, kind: str, subject: str) -> tuple[str, ...]:
        """Return the requirements about a header, or about a member of a response's body."""
        element = f"{self._element(operation)}/responses/{status}"
        if kind.startswith("header"):
            names = {subject, subject.title()}
            paths = [f"{element}/headers/{name}" for name in sorted(names)]
            references = self._header_references(operation, status, subject)
            return self._first(self._about(operation, [*references, *paths, element]), operation)
        deepest = [element, *self._schema_elements(operation, status, subject)]
        pointer = subject.replace("*", "-")
        found = [
            requirement.id
            for requirement in self._contract.requirements
            if requirement.operation == operation and pointer in _pointers(requirement)
        ]
        return self._first([*found, *self._about(operation, deepest[::-1])], operation)

    def of_request(self, operation: str, place: str) -> tuple[str, ...]:
        """Return the requirements about a parameter (by name), or a member of the body."""
        row = self._contract.operations[operation]
        if place and not place.startswith("/"):
            return self._first(self._about(operation, [*self._parameter(row, place)]), operation)
        body = row.raw.get("requestBody", {})
        element = f"{self._element(operation)}/requestBody"
        if "$ref" in body:
            element = body["$ref"]
            body = self._find(element)
        for media, content in body.get("content", {}).items():
            escaped = media.replace("/", "~1")
            start = f"{element}/content/{escaped}/schema"
            path = [element, *self._walk(content.get("schema"), start, place)]
            if found := self._about(operation, path[::-1]):
                return self._first(found, operation)
        return self._first([], operation)

    def _parameter(self, operation: Operation, name: str) -> Iterator[str]:
        for number, raw in enumerate(operation.raw.get("parameters", ())):
            parameter = self._find(raw["$ref"]) if "$ref" in raw else raw
            if parameter["name"] == name:
                yield raw.get("$ref", f"{self._element(operation.id)}/parameters/{number}")
        for reference, parameter in (
            self._contract.openapi["components"].get("parameters", {}).items()
        ):
            if parameter.get("name") == name:
                yield f"#/components/parameters/{reference}"

    def of_lifecycle(self) -> tuple[str, ...]:
        """Return the requirements about the order of states."""
        found = [
            requirement.id
            for requirement in self._contract.requirements
            if requirement.check and self._checks[requirement.check.name].kind is CheckKind.HISTORY
        ]
        return self._first(found, self.poll_operation)

    def _first(self, found: Sequence[str], operation: str) -> tuple[str, ...]:
        """Return the first of them; of the operation itself, where there is none."""
        rows = self._contract.requirements
        rest = [row.id for row in rows if row.operation == operation]
        element = self._element(operation)
        rest += [row.id for row in rows if any(e.startswith(element) for e in row.elements)]
        return tuple(dict.fromkeys(found or rest))[:MOST_NAMED]

    def _about(self, operation: str, elements: Sequence[str]) -> list[str]:
        """Return the requirements of the first element that has any: those of the operation."""
        for element in elements:
            rows = [row for row in self._contract.requirements if element in row.elements]
            rows.sort(key=lambda row: row.operation != operation)
            if rows:
                own = [row for row in rows if row.operation in {operation, None}]
                return [row.id for row in own or rows]
        return []

    def _element(self, operation: str) -> str:
        row = self._contract.operations[operation]
        path = row.path.replace("~", "~0").replace("/", "~1")
        return f"#/paths/{path}/{row.method.lower()}"

    def _header_references(self, operation: str, status: int, name: str) -> Iterator[str]:
        raw = self._raw_response(self._contract.operations[operation], status)
        for key, header in raw.get("headers", {}).items():
            if key.lower() == name.lower() and "$ref" in header:
                yield header["$ref"]

    def _raw_response(self, operation: Operation, status: int) -> Any:
        response = operation.raw["responses"].get(str(status), {})
        while "$ref" in response:
            response = self._find(response["$ref"])
        return response

    def _schema_elements(self, operation: str, status: int, subject: str) -> Iterator[str]:
        """Yield the elements of the contract on the way to a member of a response's body."""
        row = self._contract.operations[operation]
        response = row.raw["responses"].get(str(status), {})
        if "$ref" in response:
            yield response["$ref"]
        schema = self._raw_response(row, status).get("content", {}).get(JSON, {}).get("schema")
        element = f"{self._element(operation)}/responses/{status}/content/application~1json/schema"
        yield from self._walk(schema, element, subject)

    def _walk(self, schema: Any, element: str, subject: str) -> Iterator[str]:
        """Yield the elements from a schema down to what the pointer `subject` names in it."""
        for token in [None, *tokens(subject)]:
            if token is not None:
                schema, element = _step(schema, element, token)
            if schema is None:
                return
            while "$ref" in schema:
                element = schema["$ref"]
                schema = self._find(element)
                yield element
            yield element

    def _find(self, reference: str) -> Any:
        found: Any = self._contract.openapi
        for token in tokens(reference.removeprefix("#")):
            found = found[token]
        return found


def _step(schema: Any, element: str, token: str) -> tuple[Any, str]:
    """Return the schema of a member or item and its element; None where there is none."""
    if token == "*":
        return schema.get("items"), f"{element}/items"
    for part, prefix in ((schema, element), *_parts(schema, element)):
        if token in part.get("properties", {}):
            escaped = token.replace("~", "~0").replace("/", "~1")
            return part["properties"][token], f"{prefix}/properties/{escaped}"
    return None, element


def _parts(schema: Any, element: str) -> Iterator[tuple[Any, str]]:
    for word in ("allOf", "oneOf", "anyOf"):
        for number, part in enumerate(schema.get(word, ())):
            yield part, f"{element}/{word}/{number}"


def _statuses(arguments: Any) -> list[Any]:
    statuses = arguments.get("statuses", ())
    return list(statuses) if isinstance(statuses, list | tuple) else []


def _pointers(requirement: Requirement) -> list[str]:
    arguments = requirement.check.arguments if requirement.check else {}
    return [*arguments.get("pointers", ()), *filter(None, [arguments.get("pointer")])]
