"""Clinical One's error body, the BaseResponse, and what defects and variants change in it."""

from types import MappingProxyType

from flask import Response

from conformance.reference.context import AppContext, Body, BodyChanges
from conformance.reference.errors import ApiError, on
from conformance.reference.transport import JSON, html_response, json_response

# Members of the error object.
ERROR: BodyChanges[ApiError] = MappingProxyType(
    {
        "c1-error-code-number": lambda error: {"errorCode": error.status},
        "c1-error-code-null": on(400, {"errorCode": None}),
        "c1-error-message-object": lambda error: {"errorMessage": {"text": error.message}},
        "c1-error-message-list": on(400, {"errorMessage": ["wrong", "parameters"]}),
        "c1-error-details-number": lambda error: {"details": error.status},
    }
)
ERROR_VARIANTS: BodyChanges[ApiError] = MappingProxyType(
    {
        "c1-free-details-object": lambda error: {"details": dict(error.fields)},
        "c1-free-error-codes": lambda error: {"errorCode": f"RPT-{error.status}-7"},
    }
)
# Members of the body around it.
ENVELOPE: BodyChanges[ApiError] = MappingProxyType(
    {
        "c1-error-status-number": lambda error: {"status": error.status},
        "c1-error-status-boolean": on(404, {"status": False}),
        "c1-error-object-list": lambda _: {"errorData": [{"errorCode": "REPT_000"}]},
        "c1-error-object-string": on(401, {"errorData": "the user may not"}),
        "c1-error-other-spelling": on(401, {"ErrorResponseData": {"errorCode": 401}}),
    }
)
ENVELOPE_VARIANTS: BodyChanges[ApiError] = MappingProxyType(
    {
        "c1-free-status-success": lambda _: {"status": "success"},
        "c1-free-result-empty": lambda _: {"result": {}},
        "c1-free-result-null": lambda _: {"result": None},
    }
)


def error_response(error: ApiError, context: AppContext) -> Response:
    """Return the error as a BaseResponse."""
    if error.status == 405 and context.has_defect("c1-crash-other-method"):
        error = ApiError(500, "something went wrong")
    if error.status == 405 and context.has_variant("c1-free-method-501"):
        error = ApiError(501, "no such method")
    if error.status == 404 and context.has_defect("c1-error-html"):
        return html_response(404)
    if error.status == 401 and context.has_defect("c1-error-bare-401"):
        return Response(status=401)
    body = _body(error, context)
    if error.status == 400 and context.has_defect("c1-error-list"):
        return json_response([body], 400)
    response = json_response(body, error.status)
    if error.status == 400 and context.has_defect("c1-error-truncated"):
        response = Response(response.get_data()[:-2], 400, mimetype=JSON)
    return response


def _body(error: ApiError, context: AppContext) -> Body:
    body: Body = {"status": "error"}
    if not context.has_variant("c1-free-status-alone"):
        body |= _spelled(_error(error, context), context)
    body = context.apply_variants(body, ENVELOPE_VARIANTS, error)
    return context.apply_defects(body, ENVELOPE, error)


def _error(error: ApiError, context: AppContext) -> Body:
    problems = "; ".join(f"{name} {problem}" for name, problem in error.fields)
    members: Body = {
        "details": problems or error.message,
        "errorCode": f"REPT_{error.status}",
        "errorMessage": error.message,
    }
    if context.has_variant("c1-free-no-details"):
        del members["details"]
    members = context.apply_variants(members, ERROR_VARIANTS, error)
    return context.apply_defects(members, ERROR, error)


def _spelled(members: Body, context: AppContext) -> Body:
    if context.has_variant("c1-free-other-spelling"):
        return {"ErrorResponseData": members}
    if context.has_variant("c1-free-both-spellings"):
        return {"ErrorResponseData": members, "errorData": members}
    return {"errorData": members}
