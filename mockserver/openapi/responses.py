"""Validate responses against the contract, before they are encoded."""

from collections.abc import Mapping
from typing import Any

from mockserver.errors import ContractViolation
from mockserver.http.messages import Response, StreamingBody
from mockserver.openapi.parameters import Parse, parser
from mockserver.openapi.schemas import Schemas, Validator
from specs.contract import is_json

HTTP_ERRORS = frozenset({404, 405, 408, 413, 414, 415, 417, 426, 431, 501, 503})
"""Statuses of HTTP itself, for requests rejected before an operation handles them."""


class ResponseValidator:
    """Validates responses by the declared statuses of an operation."""

    def __init__(self, schemas: Schemas, responses: Mapping[int, Mapping[str, Any]]) -> None:
        self._rules = {status: _ResponseRule(schemas, row) for status, row in responses.items()}

    def check(self, response: Response, *, handled: bool = True) -> None:
        """Check a response against the contract.

        `handled` is False for an error raised outside the handler: HTTP's own statuses for those
        need not be declared (RFC 9110, 15.5 and 15.6).

        Raises:
            ContractViolation: its status is not declared, or its body or a header is invalid.
        """
        rule = self._rules.get(response.status)
        if rule is None:
            if not handled and response.status in HTTP_ERRORS:
                return
            raise ContractViolation(
                f"status {response.status} is not in the contract of the operation"
            )
        rule.check(response)


class _ResponseRule:
    """One declared status: its media types with validators, and its headers."""

    def __init__(self, schemas: Schemas, declared: Mapping[str, Any]) -> None:
        content = declared.get("content", {})
        self._media = frozenset(content)
        schema = next((row.get("schema") for media, row in content.items() if is_json(media)), None)
        self._body: Validator | None = schemas.validator(schema) if schema is not None else None
        self._headers = [
            _Header(name, schemas, row) for name, row in declared.get("headers", {}).items()
        ]

    def check(self, response: Response) -> None:
        if response.file is not None:
            self._check_file(response.file)
        elif response.body is None and not self._media:
            pass
        elif self._body is None:
            raise ContractViolation(
                f"a JSON body is not in the contract of status {response.status}"
            )
        else:
            try:
                valid = self._body.is_valid(response.body)
            except ValueError as error:
                raise ContractViolation(f"the body has no JSON representation: {error}") from None
            if not valid:
                field, reason = self._body.first_error(response.body) or ("", "is not valid")
                raise ContractViolation(
                    f"body of status {response.status}: {field or 'it'} {reason}"
                )
        for header in self._headers:
            header.check(response.headers)

    def _check_file(self, file: StreamingBody) -> None:
        media = file.media.partition(";")[0]
        if media not in self._media:
            raise ContractViolation(f"a file of {media} is not in the contract of the operation")


class _Header:
    """One declared header."""

    def __init__(self, name: str, schemas: Schemas, declared: Mapping[str, Any]) -> None:
        schema = declared.get("schema", {})
        self._name = name
        self._required = declared.get("required", False)
        self._parse: Parse = parser(schemas.resolve(schema))
        self._validator: Validator = schemas.validator(schema)

    def check(self, headers: Mapping[str, str]) -> None:
        text = headers.get(self._name)
        if text is None:
            if self._required:
                raise ContractViolation(f"the header {self._name} is missing")
            return
        try:
            valid = self._validator.is_valid(self._parse(text))
        except ValueError as error:
            raise ContractViolation(f"the header {self._name} {error}") from None
        if not valid:
            raise ContractViolation(f"the header {self._name} does not match its schema")
