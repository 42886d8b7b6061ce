"""A client of the control plane of a running mock, and a sandbox for a test."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from os import strerror
from pathlib import Path
from socket import SOCK_STREAM
from ssl import SSLCertVerificationError, SSLContext, create_default_context
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 60

SOCKETS: Mapping[str, Any] = MappingProxyType(
    {"socket": socket.socket, "getaddrinfo": socket.getaddrinfo}
)
"""What connections are opened with, before any test patches it."""

_connect = socket.socket.connect_ex


class _Connection(HTTPConnection):
    """A connection that is opened and used by nothing that tests patch."""

    request = HTTPConnection.request

    def __init__(self, host: str, port: int, tls: SSLContext | None) -> None:
        super().__init__(host, port)
        self._tls = tls

    def connect(self) -> None:
        """Open the connection, to the first address of the host that takes it."""
        for *kind, _, address in SOCKETS["getaddrinfo"](self.host, self.port, type=SOCK_STREAM):
            self.sock = SOCKETS["socket"](*kind)
            self.sock.settimeout(TIMEOUT_SECONDS)
            if not (error := _connect(self.sock, address)):
                break
            self.sock.close()
        else:
            raise OSError(error, strerror(error))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)


class ControlError(Exception):
    """The control plane refused a call, or is unreachable (then `status` is None)."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ControlClient:
    """One connection to the control plane; calls concern `sandbox`.

    It uses what the standard library has when pytest loads its plugins, so that what a test
    patches later (requests, httpx, http.client, sockets, a recorder) does not intercept it. For
    `https://` it trusts the authority in `ca_file` (PEM), by default those of the system; raises
    ControlError if that cannot be read.
    """

    def __init__(
        self, base_url: str, token: str | None = None, ca_file: Path | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.ca_file = ca_file
        self.sandbox = "default"
        url = urlsplit(self.base_url)
        self._path = url.path
        self._headers = {} if token is None else {"X-Mock-Token": token}
        tls = _context(ca_file) if url.scheme == "https" else None
        self._connection = _Connection(url.hostname or "", url.port or (443 if tls else 80), tls)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of the response, None for an empty one.

        Raises:
            ControlError: the call is refused, or the server is unreachable.
        """
        target = f"{self._path}/_mock{path}"
        if parameters := _present(**query):
            target += f"?{urlencode(parameters, doseq=True)}"
        headers = {**self._headers, "X-Mock-Sandbox": self.sandbox}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body)
        try:
            status, content = self._exchange(method, target, data, headers)
        except SSLCertVerificationError as error:
            self._connection.close()
            reason = f"the certificate of {self.base_url} is not trusted ({error.verify_message})"
            raise ControlError(f"{reason}; name its CA: --mock-ca FILE, or ca_file") from error
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise ControlError(f"no mock answers at {self.base_url}: {error}") from error
        if status < 300:
            return json.loads(content) if content else None
        raise ControlError(f"{method} {self.base_url}{target}: {status} {_detail(content)}", status)

    def _exchange(self, *request: Any) -> tuple[int, bytes]:
        try:
            self._connection.request(*request)
            response = self._connection.getresponse()
        except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()  # it was idle for longer than the server allows
            self._connection.request(*request)
            response = self._connection.getresponse()
        return response.status, response.read()

    def __enter__(self) -> "ControlClient":
        return self

    def __exit__(self, *_: object) -> None:
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
    """The expected calls were not made; the text lists the most similar ones."""


class VendorClock:
    """The virtual time of a sandbox."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def now(self) -> datetime:
        """Return the virtual time."""
        return datetime.fromisoformat(self._client.call("GET", "/clock")["now"])

    def advance(self, by: timedelta | str | None = None, **units: float) -> datetime:
        """Advance by a `timedelta`, an ISO 8601 duration, or its units: `advance(minutes=5)`.

        Return the new time.
        """
        text = by if isinstance(by, str) else _iso(by or timedelta(**units))
        return self._move(advance=text)

    def set(self, to: datetime | str) -> datetime:
        """Set an aware date and time, or its ISO 8601 text; the only way back."""
        return self._move(set=to if isinstance(to, str) else to.isoformat())

    def run(self, speed: float = 1.0) -> datetime:
        """Follow real time at `speed` virtual seconds per real second."""
        return self._move(mode="real", speed=speed)

    def stop(self) -> datetime:
        """Stop the clock."""
        return self._move(mode="manual")

    def _move(self, **move: Any) -> datetime:
        return datetime.fromisoformat(self._client.call("POST", "/clock", move)["now"])


class MockVendor:
    """One sandbox: its URL and credentials, clock, jobs, faults and journal.

    Clients of an `https://` mock must trust the authority in `ca_file`, if there is one. Every
    method raises ControlError if the server refuses the call; the text has the reason.
    """

    def __init__(self, client: ControlClient, sandbox: Mapping[str, Any]) -> None:
        self._client = client
        self.base_url = client.base_url
        self.ca_file = client.ca_file
        self.id: str = sandbox["id"]
        self.seed: int = sandbox["seed"]
        self.credentials: Mapping[str, Mapping[str, str]] = sandbox["credentials"]
        self._headers: Mapping[str, Mapping[str, Mapping[str, str]]] = sandbox["headers"]
        self.clock = VendorClock(client)

    def headers(self, vendor: str, role: str) -> dict[str, str]:
        """Return the request headers that authenticate as a role in this sandbox.

        Raises:
            LookupError: unknown vendor or role; the text lists the known ones.
        """
        for known, name in ((self._headers, vendor), (self._headers.get(vendor, {}), role)):
            if name not in known:
                raise LookupError(f"unknown name {name!r}; known: {', '.join(sorted(known))}")
        return dict(self._headers[vendor][role])

    def jobs(self, vendor: str | None = None) -> list[Json]:
        """Return the newest jobs, of all vendors or of one."""
        return list(self._client.call("GET", "/jobs", vendor=vendor)["jobs"])

    def outcome(self, vendor: str, job: str, outcome: str) -> Json:
        """Force a job into the state `outcome`, and return it."""
        path = f"/jobs/{vendor}/{job}/outcome"
        return dict(self._client.call("POST", path, {"outcome": outcome}))

    def fault(
        self, fault: str | Mapping[str, Any], match: Mapping[str, Any] | None = None, **rule: Any
    ) -> Json:
        """Add a fault by its kind, or with its options; return the rule with its id and label.

        `fault("rate-limit", match={"operation": "getReportJob", "nth": 2})`
        """
        options = {"kind": fault} if isinstance(fault, str) else dict(fault)
        body = {"fault": options, **rule} | ({"match": dict(match)} if match else {})
        return dict(self._client.call("POST", "/faults", body)["faults"][0])

    def clear_faults(self) -> None:
        """Delete all faults."""
        self._client.call("DELETE", "/faults")

    def requests(self, **filters: Any) -> list[Json]:
        """Return the recorded exchanges, oldest first; the filters are those of /_mock/requests."""
        return list(self._client.call("GET", "/requests", **{"limit": 1000} | filters)["requests"])

    def verify(self, *calls: Mapping[str, Any], order: bool = False, **call: Any) -> Json:
        """Return the result if the calls were made, each at least once unless it has a count.

        One call may be given by keywords, its count as `exactly`, `min` or `max`:
        `verify(operation="createReportJob", exactly=1)`.

        Raises:
            VerificationError: the calls were not made.
        """
        expected = [dict(row) for row in calls]
        if call or not calls:
            count = {name: call.pop(name) for name in ("exactly", "min", "max") if name in call}
            expected.append(call | ({"count": count} if count else {}))
        body = {"calls": expected, "order": order}
        result: Json = self._client.call("POST", "/verify", body)
        if not result["verified"]:
            raise VerificationError(_explain(expected, result))
        return result

    def reset(self) -> None:
        """Reset data, ids, clock, faults and journal."""
        self._client.call("POST", "/reset")


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
    """Create a sandbox on a server, and delete it at the end.

    `ca_file` is the certificate authority (PEM) to trust for `https://`.

    Raises:
        ControlError: the server is unreachable, or refuses the call.
    """
    options = _present(seed=seed, scenario=scenario, clock=_present(mode=clock, speed=speed))
    with ControlClient(base_url, token, ca_file) as client:
        sandbox = client.call("POST", "/sandboxes", options)
        client.sandbox = sandbox["id"]
        try:
            yield MockVendor(client, sandbox)
        finally:
            try:
                client.call("DELETE", f"/sandboxes/{sandbox['id']}")
            except ControlError as error:
                if error.status != 404:  # the test may have deleted it itself
                    raise


def _present(**members: Any) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def _iso(by: timedelta) -> str:
    if by < timedelta(0):
        raise ValueError("a clock advances by zero or more; set it to go back")
    return f"P{by.days}DT{by.seconds}.{by.microseconds:06}S"


def _explain(calls: list[Json], result: Json) -> str:
    lines = ["the calls were not made as expected"]
    for call, row in zip(calls, result["results"], strict=True):
        if row["verified"]:
            continue
        pattern = {name: value for name, value in call.items() if name != "count"} or "any request"
        lines.append(f"  {pattern}: {row['count']} times, expected {row['expected']}")
        lines += [f"    {row['reason']}"] if "reason" in row else []
        lines += ["    (out of order)"] if row.get("ordered") is False else []
        for near in row["near"]:
            differs = ", ".join(
                f"{member['field']} {member['actual']!r} instead of {member['expected']!r}"
                for member in near["differs"]
            )
            lines.append(f"    near: {near['method']} {near['path']} {near['status']}: {differs}")
    return "\n".join(lines)
