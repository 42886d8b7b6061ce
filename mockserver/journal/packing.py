"""Entries as text, for journals that lie in a database."""

import orjson

from mockserver.journal.entry import Entry, Fault, Touch, Verdict


def pack(entry: Entry) -> str:
    """Return an entry as text; its number is left to whoever keeps it."""
    row = entry._asdict() | {
        "number": 0,
        "faults": [list(fault) for fault in entry.faults],
        "touched": [list(touch) for touch in entry.touched],
        "request_headers": dict(entry.request_headers),
        "request_body": entry.request_body.decode("latin-1"),
        "reply_headers": dict(entry.reply_headers),
        "reply_body": entry.reply_body.decode("latin-1"),
    }
    # A database's text holds no NUL, and neither does JSON, which escapes it.
    return orjson.dumps(row).decode()


def unpack(number: int, text: str) -> Entry:
    """Return the entry that `pack` wrote."""
    row = orjson.loads(text)
    return Entry(
        **row
        | {
            "number": number,
            "verdict": Verdict(row["verdict"]),
            "faults": tuple(Fault(*fault) for fault in row["faults"]),
            "touched": tuple(Touch(*touch) for touch in row["touched"]),
            "request_body": row["request_body"].encode("latin-1"),
            "reply_body": row["reply_body"].encode("latin-1"),
        }
    )
