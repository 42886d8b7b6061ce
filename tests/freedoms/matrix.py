"""Judges an independent server with some of its freedoms or bugs."""

import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from conformance.http.adapter import AdapterFactory, GuardedAdapter
from conformance.runner import create_runner
from conformance.settings import Effort, Settings
from tests.freedoms import clinicalone, energycap, talkdesk
from tests.freedoms.wire import Drops, Request, Service, serving


@dataclass(frozen=True)
class Vendor:
    """A server and the target file that fits it."""

    service: type[Service]
    target: Callable[[Any], dict[str, Any]]


VENDORS = {
    "talkdesk": Vendor(talkdesk.Talkdesk, talkdesk.target),
    "clinicalone": Vendor(clinicalone.ClinicalOne, clinicalone.target),
    "energycap": Vendor(energycap.EnergyCap, energycap.target),
}


# What departs from a should, or from what only other pages or clients say: it may be a WARN.
# Without options a server departs from nothing.
DEPARTURES: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "talkdesk": {
            # Its refusals of a creation are those of the status page: no description.
            "terse": frozenset({"TD-NEW-016"}),
            "created_201": frozenset({"TD-NEW-002"}),
            "status_only": frozenset({"TD-NEW-004"}),
            "surrogate": frozenset({"TD-NEW-007"}),
        },
        "clinicalone": {
            "octets": frozenset({"C1-DL-005"}),
            "bare_file": frozenset({"C1-DL-005"}),
            "early_409": frozenset({"C1-DL-016"}),
            "objects_only": frozenset({"C1-KICK-014"}),
            "no_disposition": frozenset({"C1-DL-003"}),
            "lax": frozenset(f"C1-KICK-{n:03}" for n in (11, 18, 19, 23)),
            "empty": frozenset({"C1-KICK-004"}),
            "wrapped_log": frozenset({"C1-KICK-004"}),
        },
        "energycap": {
            "refused_403": frozenset(f"EC-AUTH-{n:03}" for n in (8, 9, 12, 13, 14, 15, 16)),
            "dates": frozenset({"EC-LOG-003", "EC-LOG-016"}),
            "same_case": frozenset({"EC-GRP-019"}),
            "strict_type": frozenset({"EC-EXEC-014"}),
            "loose_type": frozenset({"EC-GRP-016", "EC-EXEC-013"}),
            "codes_twice": frozenset({"EC-GRP-020"}),
        },
    }
)


@dataclass(frozen=True)
class Outcome:
    """What a run said: requirement ids with their reasons, by verdict."""

    failed: dict[str, str]
    warned: dict[str, str]
    errors: dict[str, str]
    skipped: dict[str, str]
    passed: frozenset[str]
    exit_code: int
    seconds: float
    dropped: int = 0
    requests: int = 0
    waited: float = 0.0

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict by requirement id."""
        verdicts = {"FAIL": self.failed, "WARN": self.warned, "ERROR": self.errors}
        verdicts |= {"SKIP": self.skipped, "PASS": dict.fromkeys(self.passed, "")}
        return {id_: verdict for verdict, rows in verdicts.items() for id_ in rows}

    def __str__(self) -> str:
        rows = [f"FAIL {n}: {r}" for n, r in self.failed.items()]
        rows += [f"WARN {n}: {r}" for n, r in self.warned.items()]
        rows += [f"ERROR {n}: {r}" for n, r in self.errors.items()]
        head = f"exit {self.exit_code}, {len(self.passed)} passed, {len(self.skipped)} skipped"
        return "\n      ".join([head, *(row.replace("\n", " ")[:230] for row in rows)])


# What shows on a connection only.
NEED_SOCKET = frozenset(
    {"http10", "chunked", "gzip", "early_hints", "lower_headers", "short", "bad_gzip"}
)


class _Call(HTTPAdapter):
    """Asks a service in this process."""

    service: Service

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        body = request.body or b""
        asked = Request(
            request.method or "",
            parts.path,
            parse_qsl(parts.query, keep_blank_values=True),
            {name.lower(): str(value) for name, value in request.headers.items()},
            body.encode() if isinstance(body, str) else bytes(body),
            parts.netloc,
        )
        reply = self.service.answer(asked)
        content = b"" if reply.status == 204 else reply.content(self.service.options)
        headers = {"Date": "Tue, 03 Mar 2026 10:00:00 GMT", **reply.headers}
        if reply.media and content:
            headers["Content-Type"] = reply.media
        if reply.status != 204:
            headers["Content-Length"] = str(len(content))
        sent = io.BytesIO(b"" if request.method == "HEAD" else content)
        raw = HTTPResponse(sent, headers, reply.status, version=11, preload_content=False)
        return self.build_response(request, raw)


class _Adapter(GuardedAdapter, _Call):
    """The same, for the hosts that may be asked."""


@contextmanager
def _reachable(service: Service, drops: Drops | None) -> Iterator[AdapterFactory]:
    """Yield what leads to the service: over sockets where that makes a difference."""
    if drops is not None or not service.options.isdisjoint(NEED_SOCKET):
        with serving(service, drops):
            yield GuardedAdapter
        return
    service.base, service.storage = "http://127.0.0.1:8080", "http://127.0.0.1:8081"

    def adapter(url: str, hosts: tuple[str, ...]) -> HTTPAdapter:
        made = _Adapter(url, hosts)
        made.service = service
        return made

    yield adapter


def judge(
    vendor: str,
    options: frozenset[str] = frozenset(),
    profile: str = "documented",
    seed: int = 1,
    effort: Effort = Effort.DEFAULT,
    only: frozenset[str] = frozenset(),
    drops: Drops | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Outcome:
    """Run the suite on a server with these options, behind a lossy proxy if there are `drops`.

    `more` are keys of the target file beside those that fit the server.
    """
    part = VENDORS[vendor]
    service = part.service(options)
    with _reachable(service, drops) as adapter, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "target.yaml"
        file.write_text(json.dumps(part.target(service) | dict(more)), encoding="utf-8")
        started = time.monotonic()
        settings = Settings(profile=profile, seed=seed, effort=effort, only=only)
        try:
            runner = create_runner(vendor, service.base, target=file, settings=settings)
            runner.adapter = adapter
            runner.clock = service.clock
            runner.fail_fast = True
            result = runner.run()
        except Exception as error:
            crash = {"run": f"{type(error).__name__}: {error}"}
            return Outcome({}, {}, crash, {}, frozenset(), 3, time.monotonic() - started)
        took = time.monotonic() - started
    by: dict[str, dict[str, str]] = {v: {} for v in ("FAIL", "WARN", "ERROR", "SKIP", "PASS")}
    for row in result.requirements:
        by[str(row.verdict)][row.requirement.id] = row.reason or ""
    return Outcome(
        by["FAIL"],
        by["WARN"],
        by["ERROR"],
        by["SKIP"],
        frozenset(by["PASS"]),
        result.exit_code,
        took,
        service.dropped(),
        service.served,
        service.waited,
    )
