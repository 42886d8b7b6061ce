"""Compiled operations of every vendor, and what they say of a response."""

from functools import cache

import orjson

import specs
from mockserver import app
from mockserver.errors import ContractViolation
from mockserver.http.messages import Response, StreamingBody
from mockserver.http.routing import Api
from mockserver.openapi import CompiledOperation
from mockserver.openapi.request_body import JSON
from mockserver.vendors import registry
from tests.unit.mockserver.asgi import Answer
from tests.unit.mockserver.vendor_harness import contract_of

OPERATIONS = {
    operation: vendor for vendor in specs.vendors() for operation in contract_of(vendor).operations
}


@cache
def api_of(vendor: str, profile: str) -> Api:
    contract = contract_of(vendor, profile)
    return app.vendor_api(contract, registry.create(contract))


def passes(plan: CompiledOperation, reply: Response) -> bool:
    """Tell whether the compiled contract allows what a client reads: the reply, sent and parsed."""
    if reply.file is None and reply.body is not None:
        reply = Response(reply.status, orjson.loads(orjson.dumps(reply.body)), reply.headers)
    try:
        plan.responses.check(reply)
    except ContractViolation:
        return False
    return True


def response_of(plan: CompiledOperation, answer: Answer) -> Response:
    """Return an answer as the reply that it says to be."""
    declared = plan.operation.responses.get(answer.status, {}).get("headers", {})
    names = {name.lower(): name for name in declared} | {"retry-after": "Retry-After"}
    headers = {names[name]: text for name, text in answer.headers.items() if name in names}
    media = answer.headers.get("content-type", "")
    if media and media != JSON:
        file = StreamingBody(media, len(answer.body), lambda: iter((answer.body,)))
        return Response(answer.status, headers=headers, file=file)
    return Response(answer.status, answer.json if answer.body else None, headers)
