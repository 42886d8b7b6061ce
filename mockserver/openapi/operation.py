"""The contract compiled: each operation is a plan that reads requests and checks replies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mockserver.journal.redaction import has_secret
from mockserver.openapi.parameters import Parameters
from mockserver.openapi.request_body import Body
from mockserver.openapi.responses import Replies
from mockserver.openapi.schemas import Schemas
from specs import Operation

__all__ = ["Plan", "compile_plans"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One operation, ready to read requests and to check replies.

    `secret` tells that a reply of it may carry a secret, to be kept out of the journal.
    """

    operation: Operation
    path: Parameters
    query: Parameters
    headers: Parameters
    body: Body
    replies: Replies
    secret: bool


def compile_plans(schemas: Schemas, operations: Iterable[Operation]) -> Mapping[str, Plan]:
    """Return a plan for each operation of one document, by operationId.

    Raises:
        SetupError: the document asks for something that the mock does not play.
    """
    return {operation.id: _compile(schemas, operation) for operation in operations}


def _compile(schemas: Schemas, operation: Operation) -> Plan:
    return Plan(
        operation=operation,
        path=Parameters(schemas, "path", operation.parameters),
        query=Parameters(schemas, "query", operation.parameters),
        headers=Parameters(schemas, "header", operation.parameters),
        body=Body(schemas, operation.body, strict=415 in operation.responses),
        replies=Replies(schemas, operation.responses),
        secret=has_secret(schemas.member_names(operation.responses)),
    )
