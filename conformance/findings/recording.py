"""Waypoints of a finding as JSON, and back: what a replay needs, free of secrets."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.traffic.exchange import Exchange, Sent
from conformance.verdicts.result import Waypoint


def record(waypoint: Waypoint) -> dict[str, Any]:
    """Return a waypoint as JSON types."""
    exchange = waypoint.exchange
    sent = exchange.sent
    query = urlsplit(sent.url).query
    return {
        "number": exchange.number,
        "operation": exchange.operation,
        "driver": exchange.driver,
        "role": sent.role,
        "valid": exchange.valid,
        "method": sent.method,
        "target": f"{sent.path}?{query}" if query else sent.path,
        "headers": dict(sent.headers),
        "body": None if sent.body is None else base64.b64encode(sent.body).decode(),
        "path_parameters": {name: str(v) for name, v in exchange.path_parameters.items()},
        "waits_for": waypoint.waits_for and list(waypoint.waits_for),
        "made": [list(pair) for pair in waypoint.made],
        "status": waypoint.status,
    }


def restore(row: Mapping[str, Any]) -> Waypoint:
    """Return the waypoint of `record`; its exchange has no answer."""
    path, _, query = row["target"].partition("?")
    sent = Sent(
        method=row["method"],
        url=row["target"],
        path=path,
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=row["headers"],
        body=None if row["body"] is None else base64.b64decode(row["body"]),
        role=row["role"],
    )
    exchange = Exchange(
        row["number"],
        row["operation"],
        sent,
        None,
        None,
        row["driver"],
        row["valid"],
        row["path_parameters"],
    )
    waits = row["waits_for"]
    made = tuple((name, id_) for name, id_ in row["made"])
    return Waypoint(exchange, (waits[0], waits[1]) if waits else None, made, row["status"])
