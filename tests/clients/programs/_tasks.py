"""What every Python program here does with its client, and how it tells what came of it."""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

NAME = "Anrufe März, 日本 🚀"
HEADERS = {"Content-Type": "application/json"}
TIMESPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
ORDER = {"name": NAME, "format": "csv", "timespan": TIMESPAN}
BODY = json.dumps(ORDER, ensure_ascii=False).encode()
CALLS, CONTACTS, STATUS = (
    f"/data/reports/{kind}/jobs" for kind in ("calls", "contacts", "user_status")
)
POLLS = 200
TOO_LARGE = b" " * (3 << 20)


class Report:
    """The results of tasks by name; a task that raises has its exception instead."""

    def __init__(self) -> None:
        self.results: dict[str, Any] = {}

    def task(self, run: Callable[[], Any]) -> None:
        """Run a task now (a decorator)."""
        try:
            self.results[run.__name__] = run()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
            self.results[run.__name__] = {"error": repr(error)}

    async def wait_for(self, name: str, run: Awaitable[Any]) -> None:
        """Run a task that is a coroutine."""
        try:
            self.results[name] = await run
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
            self.results[name] = {"error": repr(error)}

    def write(self) -> None:
        """Write the results as the last line of stdout."""
        sys.stdout.write("\n" + json.dumps(self.results) + "\n")
