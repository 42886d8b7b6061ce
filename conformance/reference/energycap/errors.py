"""EnergyCAP's error body, whose shape no document gives, so that many are legal."""

import json

from flask import Response

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body, Stage
from conformance.reference.transport import JSON, html_response, json_response


def refuse(refusal: Refusal, stage: Stage) -> Response:
    """The refusal as ``{message, errors}``."""
    if refusal.status == 404 and stage.broken("ec-error-mislabelled"):
        return Response(html_response(404).get_data(), 404, mimetype=JSON)
    if stage.free("ec-free-error-text"):
        return Response(refusal.message, refusal.status, mimetype="text/plain")
    if stage.free("ec-free-error-empty"):
        return Response(status=refusal.status)
    if stage.free("ec-free-error-problem"):
        problem = {"title": refusal.message, "status": refusal.status}
        return Response(json.dumps(problem), refusal.status, mimetype="application/problem+json")
    body: Body = {"message": refusal.message}
    if refusal.fields:
        body["errors"] = [{"field": name, "message": text} for name, text in refusal.fields]
    return json_response(body, refusal.status)
