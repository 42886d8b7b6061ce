"""Replies of the mock itself: what its contract does not allow never goes out."""

from typing import Any

import pytest

from mockserver.errors import BrokenReply
from mockserver.http.messages import FileBody, Reply
from mockserver.openapi.responses import Replies
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
        Reply(200, {"id": "1", "at": "2026-03-30T09:00:00Z"}),
        Reply(200, {"id": "1"}, {"TotalPages": "3", "Location": "/x", "Other": "y"}),
        Reply(200, file=FileBody("text/csv; charset=utf-8", 1, lambda: iter([b"a"]))),
        Reply(204),
        Reply(405, headers={"Allow": "GET"}),
    ],
)
def test_reply_as_promised_passes(reply: Reply) -> None:
    Replies(Schemas({}), RESPONSES).check(reply)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(201, {"id": "1"}), "status 201"),
        (Reply(200, {"id": 1}), 'id is not of type "string"'),
        (Reply(200, {}), "id is required"),
        (Reply(200), "body"),
        (Reply(200, {"id": "1", "at": "today"}), "at is not"),
        (Reply(200, {"id": "1"}, {"TotalPages": "many"}), "TotalPages"),
        (Reply(200, {"id": "1"}, {"TotalPages": "-1"}), "TotalPages"),
        (Reply(200, {"id": "1"}, {"Location": ""}), "Location"),
        (Reply(204, {"id": "1"}), "JSON body"),
        (Reply(405), "Allow is missing"),
        (Reply(200, file=FileBody("text/html", 1, lambda: iter([b"a"]))), "text/html"),
    ],
)
def test_broken_reply_is_found_with_its_reason(reply: Reply, reason: str) -> None:
    with pytest.raises(BrokenReply, match=reason):
        Replies(Schemas({}), RESPONSES).check(reply)
