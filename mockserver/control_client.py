"""Speaks to the control plane of a running mock."""

from types import TracebackType
from typing import Any

import requests

SECONDS = 60
"""How long an answer may take."""


class ControlError(Exception):
    """The control plane refused, or could not be reached (then `status` is None)."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ControlClient:
    """One connection; `sandbox` is the one that calls are about."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.sandbox = "default"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands before a mock
        if token is not None:
            self._session.headers["X-Mock-Token"] = token

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON that the control plane answers, None where it says nothing.

        Raises:
            ControlError: it refuses, or does not answer.
        """
        url, headers = f"{self.base_url}/_mock{path}", {"X-Mock-Sandbox": self.sandbox}
        try:
            reply = self._session.request(
                method, url, json=body, params=query, headers=headers, timeout=SECONDS
            )
        except requests.RequestException as error:
            raise ControlError(f"no mock answers at {self.base_url}: {error}") from error
        if reply.ok:
            return reply.json() if reply.content else None
        raise ControlError(
            f"{method} {url}: {reply.status_code} {_detail(reply)}", reply.status_code
        )

    def __enter__(self) -> "ControlClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()


def _detail(reply: requests.Response) -> str:
    try:
        return str(reply.json()["detail"])
    except (ValueError, LookupError, TypeError):
        return reply.text[:200]
