"""Replies of the mock itself: what its contract does not allow never goes out."""

from typing import Any

import pytest

from mockserver.errors import ContractViolation
from mockserver.http.messages import Response, StreamingBody
from mockserver.openapi.responses import ResponseValidator
from mockserver.openapi.schemas import Schemas

RESPONSES: dict[int, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {"id": {"type": "string"}, "at": {"format": "date-time"}},
                }
            },
            "text/csv": {"schema": {"type": "string", "format": "binary"}},
        },
        "headers": {
            "TotalPages": {"schema": {"type": "integer", "minimum": 0}},
            "Location": {"required": False, "schema": {"type": "string", "minLength": 1}},
        },
    },
    204: {},
    405: {"headers": {"Allow": {"required": True, "schema": {"type": "string"}}}},
}


@pytest.mark.parametrize(
    "reply",
    [
        Response(200, {"id": "1", "at": "2026-03-30T09:00:00Z"}),
        Response(200, {"id": "1"}, {"TotalPages": "3", "Location": "/x", "Other": "y"}),
        Response(200, file=StreamingBody("text/csv; charset=utf-8", 1, lambda: iter([b"a"]))),
        Response(204),
        Response(405, headers={"Allow": "GET"}),
    ],
)
def test_reply_as_promised_passes(reply: Response) -> None:
    ResponseValidator(Schemas({}), RESPONSES).check(reply)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Response(201, {"id": "1"}), "status 201"),
        (Response(200, {"id": 1}), "id must be of type string"),
        (Response(200, {}), "id is required"),
        (Response(200), "body"),
        (Response(200, {"id": "1", "at": "today"}), "at is not"),
        (Response(200, {"id": "1"}, {"TotalPages": "many"}), "TotalPages"),
        (Response(200, {"id": "1"}, {"TotalPages": "-1"}), "TotalPages"),
        (Response(200, {"id": "1"}, {"Location": ""}), "Location"),
        (Response(204, {"id": "1"}), "JSON body"),
        (Response(405), "Allow is missing"),
        (Response(200, file=StreamingBody("text/html", 1, lambda: iter([b"a"]))), "text/html"),
    ],
)
def test_broken_reply_is_found_with_its_reason(reply: Response, reason: str) -> None:
    with pytest.raises(ContractViolation, match=reason):
        ResponseValidator(Schemas({}), RESPONSES).check(reply)
