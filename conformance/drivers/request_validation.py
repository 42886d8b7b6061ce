"""Validates requests against the contract, as they are sent."""

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
    """Validates requests against a contract; each schema is compiled once."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._parameter_validator = cache(self._compile_parameter)
        self._body_validator = cache(self._compile_body)

    def is_valid(
        self,
        operation: Operation,
        path: Mapping[str, Any],
        query: Iterable[tuple[str, str]],
        media: str | None,
        body: bytes | None,
    ) -> bool:
        """Return True if the contract allows a request; unknown query parameters are ignored."""
        pairs = list(query)
        for index, parameter in enumerate(operation.parameters):
            if parameter["in"] == "path":
                texts = [str(path[parameter["name"]])] if parameter["name"] in path else []
            elif parameter["in"] == "query":
                texts = [text for name, text in pairs if name == parameter["name"]]
            else:
                continue
            if not self._is_valid_parameter(operation, index, parameter, texts):
                return False
        return self._is_valid_body(operation, media, body)

    def _is_valid_parameter(
        self, operation: Operation, index: int, parameter: Mapping[str, Any], texts: list[str]
    ) -> bool:
        if not texts:
            return not parameter.get("required", False)
        schema = parameter_schema(self._contract, parameter)
        if schema.get("type") == "array":
            items = parameter_schema(self._contract, {"schema": schema.get("items", {})})
            value: Any = [
                _parse(item, items.get("type")) for text in texts for item in text.split(",")
            ]
        elif len(texts) > 1:
            return False
        else:
            value = _parse(texts[0], schema.get("type"))
        return bool(self._parameter_validator(operation.id, index).is_valid(value))

    def _is_valid_body(self, operation: Operation, media: str | None, body: bytes | None) -> bool:
        if operation.body is None:
            return not body
        if not body:
            return not operation.body.get("required", False)
        media_type = (media or "").partition(";")[0].strip().lower()
        if media_type not in operation.body["content"]:
            return False
        if media_type != "application/json":
            return True  # the members of forms are not validated
        try:
            value = orjson.loads(body)
        except ValueError:
            return False
        return bool(self._body_validator(operation.id, media_type).is_valid(value))

    def _compile_parameter(self, operation_id: str, index: int) -> Any:
        return self._compile(self._contract.operations[operation_id].parameters[index]["schema"])

    def _compile_body(self, operation_id: str, media_type: str) -> Any:
        body = self._contract.operations[operation_id].body or {}
        return self._compile(body["content"][media_type].get("schema", {}))

    def _compile(self, schema: Any) -> Any:
        whole = self_contained(self._contract.openapi, schema)
        return jsonschema_rs.validator_for(whole, validate_formats=True)


def _parse(text: str, type_: Any) -> Any:
    if type_ == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    return _BOOLEANS.get(text, text) if type_ == "boolean" else text
