"""A sandbox of a served mock for one client, and what the mock saw of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests

from tests._serving import Served


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One client's data, clock, faults and journal."""

    served: Served
    id: str
    credentials: dict[str, dict[str, str]]

    def journal(self, **filters: str) -> list[dict[str, Any]]:
        """Return the requests that the mock has recorded, oldest first."""
        found: list[dict[str, Any]] = self.control("GET", "requests", params=filters)["requests"]
        return found

    def advance(self, duration: str) -> None:
        """Move virtual time on by an ISO 8601 duration."""
        self.control("POST", "clock", json={"advance": duration})

    def control(self, method: str, path: str, **content: Any) -> Any:
        """Call the control plane for this sandbox; return the JSON of the answer."""
        url, headers = f"{self.served.control_url}/{path}", {"X-Mock-Sandbox": self.id}
        verify = self.served.ca_file
        reply = requests.request(method, url, headers=headers, timeout=30, verify=verify, **content)
        reply.raise_for_status()
        return reply.json()


def new_sandbox(
    served: Served, faults: Sequence[dict[str, Any]] = (), speed: float = 60
) -> Sandbox:
    """Return a fresh sandbox in which `speed` virtual seconds pass in a real one."""
    url, asked = f"{served.control_url}/sandboxes", {"clock": {"mode": "real", "speed": speed}}
    reply = requests.post(url, json=asked, timeout=30, verify=served.ca_file)
    reply.raise_for_status()
    made = reply.json()
    sandbox = Sandbox(served, made["id"], made["credentials"])
    if faults:
        sandbox.control("POST", "faults", json=list(faults))
    return sandbox
