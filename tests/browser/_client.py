"""A client of the vendors and of the control plane, beside the browser."""

from typing import Any

import requests

TOKEN = "mock-talkdesk-writer"
JOBS = "/data/reports/calls/jobs"
TIMESPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}


class Client(requests.Session):
    """Calls one mock."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.trust_env = False
        self.base_url = base_url
        self.headers["Authorization"] = f"Bearer {TOKEN}"

    def create(self, name: str | None = None, **headers: str) -> str:
        """Create a Talkdesk job; return its id."""
        body: dict[str, Any] = {"format": "csv", "timespan": TIMESPAN}
        if name is not None:
            body["name"] = name
        made = self.post(self.base_url + JOBS, json=body, headers=headers)
        made.raise_for_status()
        return str(made.json()["job"]["id"])

    def poll(self, job: str) -> int:
        """Return the status that answers a poll."""
        url = f"{self.base_url}{JOBS}/{job}"
        return self.get(url, allow_redirects=False).status_code

    def advance(self, duration: str) -> None:
        """Move the clock on."""
        moved = self.post(f"{self.base_url}/_mock/clock", json={"advance": duration})
        moved.raise_for_status()

    def now(self) -> str:
        """Return virtual time."""
        return str(self.get(f"{self.base_url}/_mock/clock").json()["now"])

    def fault(self, rule: dict[str, Any]) -> None:
        """Add a fault rule."""
        self.post(f"{self.base_url}/_mock/faults", json=[rule]).raise_for_status()

    def journal(self, **filters: str) -> list[dict[str, Any]]:
        """Return what the mock has recorded, oldest first."""
        found: list[dict[str, Any]] = self.get(
            f"{self.base_url}/_mock/requests", params=filters
        ).json()["requests"]
        return found
