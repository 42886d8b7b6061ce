"""Entries as `Exchange` of the control plane's contract; made only when somebody reads them."""

from typing import Any

from mockserver.journal.entry import LONGEST_BODY, Entry
from mockserver.moment import iso

JSON = "application/json"


def exchange(entry: Entry, sandbox: str, *, brief: bool = False) -> dict[str, Any]:
    """Return an entry of the journal of `sandbox`; `brief` leaves headers and bodies out."""
    shown: dict[str, Any] = {
        "number": entry.number,
        "at": iso(entry.at),
        "elapsed": entry.took / 1000,
        "sandbox": sandbox,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "vendor": entry.vendor,
        "operation": entry.operation,
        "caller": entry.caller,
        "status": entry.status,
        "verdict": entry.verdict.value,
        "jobs": [
            {"id": touch.job, "before": touch.before, "after": touch.after}
            for touch in entry.touched
        ],
        "faults": [fault._asdict() for fault in entry.faults],
    }
    if entry.reason:
        shown["reason"] = entry.reason
    return shown if brief else shown | {"request": _request(entry), "reply": _reply(entry)}


def _request(entry: Entry) -> dict[str, Any]:
    return {
        "headers": dict(entry.request_headers),
        "body": _text(entry.request_body),
        "length": entry.sent,
        "cut": entry.cut,
        "media": entry.request_headers.get("content-type"),
    }


def _reply(entry: Entry) -> dict[str, Any]:
    return {
        "headers": dict(entry.reply_headers),
        "body": None if entry.file else _text(entry.reply_body),
        "length": None if entry.told < 0 else entry.told,
        "cut": entry.file is None and entry.told > LONGEST_BODY,
        "media": entry.file or (JSON if entry.told else None),
    }


def _text(body: bytes) -> str | None:
    return body.decode(errors="replace") if body else None
