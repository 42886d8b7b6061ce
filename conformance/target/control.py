"""The mock's control plane: moves its clock and forces outcomes; no verdict depends on it."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import isodate
import orjson
import requests
from requests.structures import CaseInsensitiveDict

from conformance.errors import NetworkFailure, NotPermitted
from conformance.http.adapter import Session, translate_errors

SANDBOX_HEADER = "X-Mock-Sandbox"


class ControlPlane:
    """A control URL (it ends in `/_mock`), for the default sandbox or the named one."""

    def __init__(
        self, url: str, session: Session, sandbox: str | None, timeout: float, *, direct: bool
    ) -> None:
        self._url = url.rstrip("/")
        self._sandbox = sandbox
        self._timeout = timeout
        self._direct = direct
        self._session = session

    def is_healthy(self) -> bool:
        """Return True if it answers."""
        return self._send("GET", "/health") == 200

    def advance_clock(self, seconds: float) -> bool:
        """Move the clock forward and return whether it moved."""
        duration = isodate.duration_isoformat(timedelta(seconds=seconds))
        return self._send("POST", "/clock", {"advance": duration}) == 200

    def force_outcome(self, vendor: str, job_id: str, state: str) -> bool:
        """Force a job into a state (its name in lifecycle.yaml); return whether that succeeded."""
        path = f"/jobs/{vendor}/{quote(job_id, safe='')}/outcome"
        status = self._send("POST", path, {"outcome": state})
        return status is not None and status < 300

    def _send(self, method: str, path: str, body: Any = None) -> int | None:
        request = requests.PreparedRequest()
        request.method = method
        request.url = self._url + path
        request.body = None if body is None else orjson.dumps(body)
        request.headers = CaseInsensitiveDict({"Content-Type": "application/json"})
        request.headers["Content-Length"] = str(len(request.body or b""))
        if self._sandbox:
            request.headers[SANDBOX_HEADER] = self._sandbox
        try:
            with translate_errors(self._timeout):
                response = self._session.deliver(request, self._timeout, direct=self._direct)
                response.content  # noqa: B018  (read, so that the connection can be reused)
                return response.status_code
        except (NetworkFailure, NotPermitted):
            return None
