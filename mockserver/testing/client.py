"""A client of the control plane of a running mock, and a sandbox of it for a test."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection, RemoteDisconnected
from pathlib import Path
from ssl import SSLCertVerificationError, SSLContext, create_default_context
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

SECONDS = 60
"""How long an answer may take."""


class ControlError(Exception):
    """The control plane refused, or could not be reached (then `status` is None)."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ControlClient:
    """One connection; `sandbox` is the one that calls are about.

    It speaks through classes of the standard library that are bound when pytest loads its plugins,
    so that what a test patches later (requests, httpx, http.client, a recorder) does not catch it.
    Of an `https://` mock it trusts the authority in `ca_file` (PEM), else those of the system.
    """

    def __init__(
        self, base_url: str, token: str | None = None, ca_file: Path | None = None
    ) -> None:
        """Take where the mock is; nothing is sent.

        Raises:
            ControlError: the authority cannot be read.
        """
        self.base_url = base_url.rstrip("/")
        self.ca_file = ca_file
        self.sandbox = "default"
        url = urlsplit(self.base_url)
        self._path = url.path
        self._headers = {} if token is None else {"X-Mock-Token": token}
        self._connection: HTTPConnection = (
            HTTPSConnection(url.netloc, timeout=SECONDS, context=_context(ca_file))
            if url.scheme == "https"
            else HTTPConnection(url.netloc, timeout=SECONDS)
        )

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON that the control plane answers, None where it says nothing.

        Raises:
            ControlError: it refuses, or does not answer.
        """
        target = f"{self._path}/_mock{path}"
        if given := {name: value for name, value in query.items() if value is not None}:
            target += f"?{urlencode(given, doseq=True)}"
        headers = {**self._headers, "X-Mock-Sandbox": self.sandbox}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            status, content = self._exchange(method, target, headers, body)
        except SSLCertVerificationError as error:
            self._connection.close()
            raise ControlError(
                f"the certificate of {self.base_url} is not trusted ({error.verify_message}); name "
                "its authority: --mock-ca FILE, or ca_file"
            ) from error
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise ControlError(f"no mock answers at {self.base_url}: {error}") from error
        if status < 300:
            return json.loads(content) if content else None
        raise ControlError(f"{method} {self.base_url}{target}: {status} {_detail(content)}", status)

    def _exchange(
        self, method: str, target: str, headers: dict[str, str], body: Any
    ) -> tuple[int, bytes]:
        data = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, target, data, headers)
            response = self._connection.getresponse()
        except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()  # it was kept for longer than the server keeps one
            self._connection.request(method, target, data, headers)
            response = self._connection.getresponse()
        return response.status, response.read()

    def __enter__(self) -> "ControlClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()


def _context(ca_file: Path | None) -> SSLContext:
    try:
        return create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:
        raise ControlError(f"no authority can be read from {ca_file}: {error}") from None


def _detail(content: bytes) -> str:
    try:
        return str(json.loads(content)["detail"])
    except (ValueError, LookupError, TypeError):
        return content[:200].decode(errors="replace")


Json = dict[str, Any]


class VerificationError(AssertionError):
    """The calls that were expected are not those that were made; the text shows what came close."""


class VendorClock:
    """The virtual time of a sandbox."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def now(self) -> datetime:
        """Return the present."""
        return datetime.fromisoformat(self._client.ask("GET", "/clock")["now"])

    def advance(self, by: timedelta | str | None = None, **units: float) -> datetime:
        """Move on by a `timedelta`, an ISO 8601 duration, or its units: `advance(minutes=5)`.

        Return where the clock stands then.
        """
        text = by if isinstance(by, str) else _iso(by or timedelta(**units))
        return self._move(advance=text)

    def set(self, moment: datetime | str) -> datetime:
        """Go to an aware date and time, or its ISO 8601 text; the only way back."""
        return self._move(set=moment if isinstance(moment, str) else moment.isoformat())

    def run(self, speed: float = 1.0) -> datetime:
        """Let time go by itself, `speed` virtual seconds a real one."""
        return self._move(mode="real", speed=speed)

    def stop(self) -> datetime:
        """Let time stand still."""
        return self._move(mode="manual")

    def _move(self, **move: Any) -> datetime:
        return datetime.fromisoformat(self._client.ask("POST", "/clock", move)["now"])


class MockVendor:
    """One sandbox: where to call it and as whom, its time, its jobs, and what it was asked.

    Who calls an `https://` mock trusts the authority in `ca_file`, if there is one.

    Every method raises ControlError where the server refuses; the text says why.
    """

    def __init__(self, client: ControlClient, made: Mapping[str, Any]) -> None:
        self._client = client
        self.base_url = client.base_url
        self.ca_file = client.ca_file
        self.id: str = made["id"]
        self.seed: int = made["seed"]
        self.credentials: Mapping[str, Mapping[str, str]] = made["credentials"]
        self._headers: Mapping[str, Mapping[str, Mapping[str, str]]] = made["headers"]
        self.clock = VendorClock(client)

    def headers(self, vendor: str, role: str) -> dict[str, str]:
        """Return what a request carries to be this role's, in this sandbox.

        Raises:
            LookupError: there is no such vendor or role; the text names those that are.
        """
        for known, name in ((self._headers, vendor), (self._headers.get(vendor, {}), role)):
            if name not in known:
                raise LookupError(f"no {name!r} among {', '.join(sorted(known))}")
        return dict(self._headers[vendor][role])

    def jobs(self, vendor: str | None = None) -> list[Json]:
        """Return the newest jobs, of all vendors or of one."""
        found: list[Json] = self._client.ask("GET", "/jobs", vendor=vendor)["jobs"]
        return found

    def outcome(self, vendor: str, job: str, outcome: str) -> Json:
        """Decide how a job ends; return it."""
        path = f"/jobs/{vendor}/{job}/outcome"
        decided: Json = self._client.ask("POST", path, {"outcome": outcome})
        return decided

    def fault(
        self, fault: str | Mapping[str, Any], match: Mapping[str, Any] | None = None, **rule: Any
    ) -> Json:
        """Add a fault by its kind, or with its options; return the rule with its id and label.

        `fault("rate-limit", match={"operation": "getReportJob", "nth": 2})`
        """
        told = {"kind": fault} if isinstance(fault, str) else dict(fault)
        body = {"fault": told, **rule} | ({"match": dict(match)} if match else {})
        added: list[Json] = self._client.ask("POST", "/faults", body)["faults"]
        return added[0]

    def clear_faults(self) -> None:
        """Take all faults away."""
        self._client.ask("DELETE", "/faults")

    def requests(self, **filters: Any) -> list[Json]:
        """Return the exchanges so far, the oldest first; filters are those of /_mock/requests."""
        found: list[Json] = self._client.ask("GET", "/requests", **{"limit": 1000} | filters)[
            "requests"
        ]
        return found

    def verify(self, *calls: Mapping[str, Any], order: bool = False, **call: Any) -> Json:
        """Return the result if the calls were made, each at least once unless it has a count.

        One call may be told by itself, its count as `exactly`, `min` or `max`:
        `verify(operation="createReportJob", exactly=1)`.

        Raises:
            VerificationError: they were not.
        """
        expected = [dict(row) for row in calls]
        if call or not calls:
            count = {name: call.pop(name) for name in ("exactly", "min", "max") if name in call}
            expected.append(call | ({"count": count} if count else {}))
        body = {"calls": expected, "order": order}
        result: Json = self._client.ask("POST", "/verify", body)
        if not result["verified"]:
            raise VerificationError(_explain(expected, result))
        return result

    def reset(self) -> None:
        """Put all back to the start: data, ids, clock, faults and journal."""
        self._client.ask("POST", "/reset")


@contextmanager
def open_vendor(
    base_url: str,
    token: str | None = None,
    *,
    ca_file: Path | None = None,
    seed: int | None = None,
    scenario: str | None = None,
    clock: str = "manual",
    speed: float | None = None,
) -> Iterator[MockVendor]:
    """Make a sandbox on a server, and delete it in the end.

    `ca_file` holds the authority to trust, if the server speaks TLS by one of its own.

    Raises:
        ControlError: the server cannot be reached, or refuses.
    """
    asked = {"seed": seed, "scenario": scenario, "clock": _present(mode=clock, speed=speed)}
    with ControlClient(base_url, token, ca_file) as client:
        made = client.ask("POST", "/sandboxes", _present(**asked))
        client.sandbox = made["id"]
        try:
            yield MockVendor(client, made)
        finally:
            try:
                client.ask("DELETE", f"/sandboxes/{made['id']}")
            except ControlError as error:
                if error.status != 404:  # the test may have deleted it itself
                    raise


def _present(**told: Any) -> Json:
    return {name: value for name, value in told.items() if value is not None}


def _iso(by: timedelta) -> str:
    if by < timedelta(0):
        raise ValueError("a clock advances by zero or more; set it to go back")
    return f"P{by.days}DT{by.seconds}.{by.microseconds:06}S"


def _explain(calls: list[Json], result: Json) -> str:
    lines = ["the calls were not made as expected"]
    for call, found in zip(calls, result["results"], strict=True):
        if found["verified"]:
            continue
        wanted = {name: value for name, value in call.items() if name != "count"} or "any request"
        lines.append(f"  {wanted}: {found['count']} times, expected {found['expected']}")
        lines += [f"    {found['reason']}"] if "reason" in found else []
        lines += ["    (it came out of order)"] if found.get("ordered") is False else []
        for near in found["near"]:
            differs = ", ".join(
                f"{row['field']} {row['actual']!r} instead of {row['expected']!r}"
                for row in near["differs"]
            )
            lines.append(f"    near: {near['method']} {near['path']} {near['status']}: {differs}")
    return "\n".join(lines)
