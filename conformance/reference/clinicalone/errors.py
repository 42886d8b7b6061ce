"""Clinical One's error body, the BaseResponse, and how it can be wrong."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import Response

from conformance.reference.refusal import Refusal, on
from conformance.reference.stage import Body, Stage
from conformance.reference.transport import JSON, html_response, json_response

# What is put into the error object.
ERROR: Mapping[str, Callable[[Refusal], Body]] = MappingProxyType(
    {
        "c1-error-code-number": lambda refusal: {"errorCode": refusal.status},
        "c1-error-code-null": on(400, {"errorCode": None}),
        "c1-error-message-object": lambda refusal: {"errorMessage": {"text": refusal.message}},
        "c1-error-message-list": on(400, {"errorMessage": ["wrong", "parameters"]}),
        "c1-error-details-number": lambda refusal: {"details": refusal.status},
    }
)
FREE_ERROR: Mapping[str, Callable[[Refusal], Body]] = MappingProxyType(
    {
        "c1-free-details-object": lambda refusal: {"details": dict(refusal.fields)},
        "c1-free-error-codes": lambda refusal: {"errorCode": f"RPT-{refusal.status}-7"},
    }
)
# What is put into the body around it.
ENVELOPE: Mapping[str, Callable[[Refusal], Body]] = MappingProxyType(
    {
        "c1-error-status-number": lambda refusal: {"status": refusal.status},
        "c1-error-status-boolean": on(404, {"status": False}),
        "c1-error-object-list": lambda _: {"errorData": [{"errorCode": "REPT_000"}]},
        "c1-error-object-string": on(401, {"errorData": "the user may not"}),
        "c1-error-other-spelling": on(401, {"ErrorResponseData": {"errorCode": 401}}),
    }
)
FREE_ENVELOPE: Mapping[str, Callable[[Refusal], Body]] = MappingProxyType(
    {
        "c1-free-status-success": lambda _: {"status": "success"},
        "c1-free-result-empty": lambda _: {"result": {}},
    }
)


def refuse(refusal: Refusal, stage: Stage) -> Response:
    """The refusal as a BaseResponse."""
    if refusal.status == 404 and stage.broken("c1-error-html"):
        return html_response(404)
    if refusal.status == 401 and stage.broken("c1-error-bare-401"):
        return Response(status=401)
    body = _body(refusal, stage)
    if refusal.status == 400 and stage.broken("c1-error-list"):
        return json_response([body], 400)
    response = json_response(body, refusal.status)
    if refusal.status == 400 and stage.broken("c1-error-truncated"):
        response = Response(response.get_data()[:-2], 400, mimetype=JSON)
    return response


def _body(refusal: Refusal, stage: Stage) -> Body:
    body: Body = {"status": "error"}
    if not stage.free("c1-free-status-alone"):
        body |= _spelled(_error(refusal, stage), stage)
    body = stage.vary(body, FREE_ENVELOPE, refusal)
    return stage.slip(body, ENVELOPE, refusal)


def _error(refusal: Refusal, stage: Stage) -> Body:
    problems = "; ".join(f"{name} {problem}" for name, problem in refusal.fields)
    error: dict[str, Any] = {
        "details": problems or refusal.message,
        "errorCode": f"REPT_{refusal.status}",
        "errorMessage": refusal.message,
    }
    if stage.free("c1-free-no-details"):
        del error["details"]
    error = stage.vary(error, FREE_ERROR, refusal)
    return stage.slip(error, ERROR, refusal)


def _spelled(error: Body, stage: Stage) -> Body:
    if stage.free("c1-free-other-spelling"):
        return {"ErrorResponseData": error}
    if stage.free("c1-free-both-spellings"):
        return {"ErrorResponseData": error, "errorData": error}
    return {"errorData": error}
