"""Whether the contract allows a request, judged from what goes on the wire."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from conformance.contract_queries import parameter_schema
from specs import Contract, Operation
from specs.schema import self_contained

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_BOOLEANS = {"true": True, "false": False}


class RequestValidator:
    """Compares requests with the contract; schemas are compiled once."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._compiled = cache(self._compile)

    def is_valid(
        self,
        operation: Operation,
        path: Mapping[str, Any],
        query: Iterable[tuple[str, str]],
        media: str | None,
        body: bytes | None,
    ) -> bool:
        """Tell whether the contract allows a request; unknown query parameters do no harm."""
        pairs = list(query)
        for index, parameter in enumerate(operation.parameters):
            if parameter["in"] == "path":
                texts = [str(path[parameter["name"]])] if parameter["name"] in path else []
            elif parameter["in"] == "query":
                texts = [text for name, text in pairs if name == parameter["name"]]
            else:
                continue
            if not self._parameter_fits(operation, index, parameter, texts):
                return False
        return self._body_fits(operation, media, body)

    def _parameter_fits(
        self, operation: Operation, index: int, parameter: Mapping[str, Any], texts: list[str]
    ) -> bool:
        if not texts:
            return not parameter.get("required", False)
        schema = parameter_schema(self._contract, parameter)
        if schema.get("type") == "array":
            items = [item for text in texts for item in text.split(",")]
            kind = self._resolved(schema.get("items", {})).get("type")
            value: Any = [_parsed(item, kind) for item in items]
        elif len(texts) > 1:
            return False
        else:
            value = _parsed(texts[0], schema.get("type"))
        return bool(self._compiled(operation.id, f"parameter {index}").is_valid(value))

    def _body_fits(self, operation: Operation, media: str | None, body: bytes | None) -> bool:
        if operation.body is None:
            return not body
        if not body:
            return not operation.body.get("required", False)
        kind = (media or "").partition(";")[0].strip().lower()
        if kind not in operation.body["content"]:
            return False
        if kind != "application/json":
            return True  # forms: what they hold is left to the generator's word
        try:
            value = orjson.loads(body)
        except ValueError:
            return False
        return bool(self._compiled(operation.id, kind).is_valid(value))

    def _compile(self, operation_id: str, what: str) -> Any:
        operation = self._contract.operations[operation_id]
        if what.startswith("parameter "):
            schema = operation.parameters[int(what.removeprefix("parameter "))]["schema"]
        else:
            body = operation.body or {}
            schema = body["content"][what].get("schema", {})
        whole = self_contained(self._contract.openapi, schema)
        return jsonschema_rs.validator_for(whole, validate_formats=True)

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        return parameter_schema(self._contract, {"schema": schema})


def _parsed(text: str, kind: Any) -> Any:
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "boolean":
        return _BOOLEANS.get(text, text)
    return text
