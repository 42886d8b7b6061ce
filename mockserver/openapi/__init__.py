"""The compiled OpenAPI contract: request parsing, response validation and examples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mockserver.journal.redaction import has_secret
from mockserver.openapi.parameters import Parameters
from mockserver.openapi.request_body import RequestBody
from mockserver.openapi.responses import ResponseValidator
from mockserver.openapi.schemas import Schemas
from specs import Operation

__all__ = ["CompiledOperation", "compile_operations"]


@dataclass(frozen=True, slots=True)
class CompiledOperation:
    """One operation with its parsers and validators.

    `has_secrets` is True if its responses may contain secrets, which the journal redacts.
    """

    operation: Operation
    path: Parameters
    query: Parameters
    headers: Parameters
    body: RequestBody
    responses: ResponseValidator
    has_secrets: bool


def compile_operations(
    schemas: Schemas, operations: Iterable[Operation]
) -> Mapping[str, CompiledOperation]:
    """Compile the operations of one document, by operationId.

    Raises:
        ConfigurationError: the document uses an unsupported feature.
    """
    declared = [*operations]
    has_signed_links = has_secret(
        row["name"] for it in declared for row in it.parameters if row["in"] == "query"
    )
    return {it.id: _compile(schemas, it, has_signed_links) for it in declared}


def _compile(schemas: Schemas, operation: Operation, has_signed_links: bool) -> CompiledOperation:
    return CompiledOperation(
        operation=operation,
        path=Parameters(schemas, "path", operation.parameters),
        query=Parameters(schemas, "query", operation.parameters),
        headers=Parameters(schemas, "header", operation.parameters),
        body=RequestBody(schemas, operation.body, strict=415 in operation.responses),
        responses=ResponseValidator(schemas, operation.responses),
        has_secrets=has_signed_links or has_secret(schemas.member_names(operation.responses)),
    )
