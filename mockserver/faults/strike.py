"""What a fault makes of a reply, and what the contract says of that."""

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.auth import challenge
from mockserver.contract import Plan
from mockserver.contract.body import JSON
from mockserver.contract.reply import Replies
from mockserver.errors import BrokenReply, Refusal
from mockserver.exchange import Reply
from mockserver.faults.bodies import Rank, Spoiler
from mockserver.faults.kinds import BREAKS_HTTP, KEEPS_REPLY, Kind, Label, Layer
from mockserver.faults.rule import Fault
from mockserver.party import Party

_LATER = frozenset({429, 503})


class Striker:
    """Lets faults strike the replies of one vendor."""

    def __init__(self, party: Party) -> None:
        self.vendor = party.name
        self._party = party
        self._spoiler = Spoiler(party.openapi)

    def instead(self, fault: Fault, plan: Plan | None) -> Reply | None:
        """Return the error that takes the reply's place; None where the fault cannot strike.

        `plan` is that of the operation, None where the request reached none.
        """
        refusal = self._refusal(fault, plan)
        if refusal is None:
            return None
        reply = self._party.error(refusal, plan.operation if plan else None)
        return reply._replace(headers={**refusal.headers, **reply.headers})

    def spoil(
        self, fault: Fault, plan: Plan | None, reply: Reply, rank: Rank
    ) -> tuple[str, Reply] | None:
        """Return where the fault struck, and the reply with a changed body; None if it cannot."""
        if reply.body is None:
            return None
        struck = self._spoiler.spoil(fault, _schema(plan, reply.status), reply.body, rank)
        return struck and (struck[0], reply._replace(body=struck[1]))

    def suits(self, fault: Fault, reply: Reply) -> bool:
        """Tell whether a fault of the wire or of time can strike a reply."""
        if fault.layer is Layer.TIME or fault.kind is Kind.RESET:
            return True
        if reply.file is None:
            return reply.body is not None and reply.status != 204
        if fault.kind is Kind.WRONG_LENGTH:
            return bool(reply.file.length)
        return reply.file.length != 0

    def label(self, kind: Kind, plan: Plan | None, reply: Reply) -> Label:
        """Return whether a vendor that keeps its contract could answer `reply` so."""
        if kind in BREAKS_HTTP:
            return Label.VIOLATING
        if kind in KEEPS_REPLY:
            return Label.VALID
        replies = plan.replies if plan else self._party.replies
        return judge(reply, replies)

    def secret(self, plan: Plan | None, headers: Mapping[str, str]) -> str:
        """Return the credentials of a request as they were sent, empty where there are none."""
        scheme = self._scheme(plan)
        if scheme is None:
            return ""
        name = scheme["name"] if scheme["type"] == "apiKey" else "authorization"
        return headers.get(name.lower(), "")

    def _refusal(self, fault: Fault, plan: Plan | None) -> Refusal | None:
        if fault.kind is Kind.RATE_LIMIT:
            return Refusal(429, "Too many requests.", headers=_later(fault))
        if fault.kind is Kind.SERVER_ERROR:
            status = fault["status"]
            headers = _later(fault) if status in _LATER else {}
            return Refusal(status, "The server could not answer.", headers=headers)
        scheme = self._scheme(plan)
        if scheme is None:
            return None
        kind = scheme.get("scheme", "apiKey").lower()
        return Refusal(401, "The credentials have expired.", headers=challenge(kind))

    def _scheme(self, plan: Plan | None) -> Mapping[str, Any] | None:
        """Return the security scheme of an operation, None where it asks for no credentials."""
        if plan is None or not plan.operation.security:
            return None
        name = next(iter(plan.operation.security[0]))
        scheme: Mapping[str, Any] = self._party.openapi["components"]["securitySchemes"][name]
        return scheme


def judge(reply: Reply, replies: Replies | None) -> Label:
    """Return what a contract says of a reply; one that says when to come back is always valid."""
    if reply.status in _LATER and "Retry-After" in reply.headers:
        return Label.VALID
    try:
        if replies is not None:
            replies.check(reply)
    except BrokenReply:
        return Label.VIOLATING
    return Label.VALID


def worst(labels: Iterable[Label]) -> Label:
    """Return `violating` if one of the labels is that."""
    return Label.VIOLATING if Label.VIOLATING in set(labels) else Label.VALID


def _later(fault: Fault) -> dict[str, str]:
    return {"Retry-After": str(fault["retry_after"])}


def _schema(plan: Plan | None, status: int) -> Any:
    response = plan.operation.responses.get(status, {}) if plan else {}
    return response.get("content", {}).get(JSON, {}).get("schema")
