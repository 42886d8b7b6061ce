"""The mock's control plane: moves its clock and forces outcomes; no verdict depends on it."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

import isodate
import orjson
import requests
from requests.structures import CaseInsensitiveDict

from conformance.errors import NetworkFailure, NotPermitted, TargetUnavailable, UsageError
from conformance.http.adapter import Session, translate_errors

SANDBOX_HEADER = "X-Mock-Sandbox"
TOKEN_VARIABLE: Final = "MOCKSERVER_CONTROL_TOKEN"
"""The environment variable with the token of a control plane, for the mock and the suite."""


class ControlPlane:
    """A control URL (it ends in `/_mock`), for the default sandbox or the named one."""

    def __init__(
        self,
        url: str,
        session: Session,
        sandbox: str | None,
        timeout: float,
        *,
        direct: bool,
        token: str | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._sandbox = sandbox
        self._timeout = timeout
        self._direct = direct
        self._session = session
        self._token = token

    def check(self) -> None:
        """Make sure that it answers, and lets the suite in.

        Raises:
            TargetUnavailable: nothing answers.
            UsageError: it is no control plane, or asks for a token; the text says the way out.
        """
        for path in ("/health", "/clock"):
            status = self._send("GET", path)
            if status is None:
                raise TargetUnavailable(f"--control-url: no response from {self._url}{path}")
            if status in {401, 403}:
                wrong = "another token than that of" if self._token else "a token:"
                raise UsageError(
                    f"--control-url: {self._url} asks for {wrong} {TOKEN_VARIABLE}, which must be "
                    "set to what the mock was given as --control-token, or has printed at its "
                    "start. Without --control-url jobs are waited for in real time"
                )
            if status != 200:
                raise UsageError(
                    f"--control-url: {self._url}{path} is answered {status}: give the control "
                    "plane of a mock (…/_mock), and a sandbox that exists"
                )

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
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        if self._sandbox:
            request.headers[SANDBOX_HEADER] = self._sandbox
        try:
            with translate_errors(self._timeout):
                response = self._session.deliver(request, self._timeout, direct=self._direct)
                response.content  # noqa: B018  (read, so that the connection can be reused)
                return response.status_code
        except (NetworkFailure, NotPermitted):
            return None
