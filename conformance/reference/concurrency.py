"""Planted defects that show only when two requests are in flight at the same time."""

import threading
from dataclasses import dataclass
from typing import Any

from flask import Request

_PATIENCE = 0.1  # seconds that a request waits for another one to be mixed up with
CROSSED = (
    ("td-crossed-jobs", "GET /data/reports/<kind>/jobs/<job_id>"),
    ("td-crossed-files", "GET /data/reports/<kind>/files/<file_id>"),
    ("c1-crossed-files", "GET /ec-reporting-svc/rest/v2.0/reports/download"),
    ("ec-crossed-runs", "POST /api/v202106/reportdistribution/<path_id:number>/exec"),
)
MERGED = (("c1-kickoff-one-of-two", "POST /ec-reporting-svc/rest/v1.0/report/job/<job_id>"),)


@dataclass(eq=False)
class _Arrival:
    sent: tuple[dict[str, Any] | None, str]  # path parameters and query
    received: tuple[dict[str, Any] | None, str] | None = None


class Crossing:
    """Mixes up two different requests that are in flight at the same time."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: list[_Arrival] = []

    def mix(self, request: Request, *, merge: bool) -> None:
        """Wait a moment for another request; if one comes, swap path and query with it.

        With ``merge`` both get those of the second.
        """
        own = _Arrival((request.view_args, request.environ["QUERY_STRING"]))
        with self._condition:
            other = next((it for it in self._waiting if it.sent != own.sent), None)
            if other is not None:
                self._waiting.remove(other)
                own.received = own.sent if merge else other.sent
                other.received = own.sent
                self._condition.notify_all()
            else:
                self._waiting.append(own)
                self._condition.wait_for(lambda: own.received is not None, _PATIENCE)
                if own.received is None:
                    self._waiting.remove(own)
        request.view_args, query = own.received or own.sent
        request.environ["QUERY_STRING"] = query
        request.query_string = query.encode("latin-1")  # read from the environment before
