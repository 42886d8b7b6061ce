"""Handlers of the control plane's operations."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson

from mockserver.clock import Clock, ClockSettings, Mode
from mockserver.control.collection import Access, Collection
from mockserver.errors import ApiError
from mockserver.faults.model import Rule
from mockserver.faults.parser import FaultRuleParser
from mockserver.http.messages import Request, Response, StreamingBody
from mockserver.http.routing import Handler
from mockserver.jobs.admin import JobAdmin, lifecycle_view
from mockserver.journal import har, query
from mockserver.journal.verify import verify
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenarios.repository import FixtureRepository
from mockserver.timestamps import parse_duration, parse_field, parse_timestamp, to_iso_string
from mockserver.version import VERSION
from specs import Contract, Operation


def _list_faults(request: Request) -> Response:
    return Response(200, _fault_list(request, request.sandbox.faults.rules))


def _clear_faults(request: Request) -> Response:
    request.sandbox.faults.clear()
    return Response(204)


def _delete_fault(request: Request) -> Response:
    name = request.path["id"]
    if not request.sandbox.faults.remove(name):
        raise ApiError(404, f"Unknown fault {name}.", field="id")
    return Response(204)


def _fault_list(request: Request, rules: Iterable[Rule]) -> dict[str, Any]:
    counts = request.sandbox.faults.counts
    return {
        "faults": [
            {"id": rule.id, **rule.source, "label": rule.label.value, **counts(rule)}
            for rule in rules
        ]
    }


def _get_request(request: Request) -> Response:
    number = request.path["number"]
    entry = query.find(request.sandbox.journal, number)
    if entry is None:
        raise ApiError(404, f"Unknown request {number} in the journal.", field="number")
    return Response(200, query.exchange(entry, request.sandbox.id))


def _clear_requests(request: Request) -> Response:
    request.sandbox.journal.clear()
    return Response(204)


AccessInfo = Callable[[Sandbox], Mapping[str, Any]]
"""Returns what selects a sandbox: `credentials` and `headers`, by vendor and role."""


class Control:
    """Handles /_mock. All but sandboxes and health concerns the request's sandbox."""

    def __init__(
        self,
        sandboxes: SandboxRegistry,
        jobs: JobAdmin,
        access_info: AccessInfo,
        contracts: Mapping[str, Contract],
        parser: FaultRuleParser,
        fixtures: FixtureRepository,
        scheme: str = "http",
    ) -> None:
        self._sandboxes = sandboxes
        self._jobs = jobs
        self._access_info = access_info
        self._contracts = contracts
        self._parser = parser
        self._fixtures = fixtures
        self._scheme = scheme
        self.handlers: Mapping[str, Handler] = {
            "getMockHealth": self._health,
            "resetMock": self._reset,
            "getMockClock": _read_clock,
            "moveMockClock": _move_clock,
            "listMockJobs": self._list_jobs,
            "setMockOutcome": self._set_outcome,
            "getMockJobFile": self._open_file,
            "listMockLifecycles": self._list_lifecycles,
            "listMockSandboxes": self._list_sandboxes,
            "createMockSandbox": self._create_sandbox,
            "getMockSandbox": self._read_sandbox,
            "deleteMockSandbox": self._delete_sandbox,
            "getMockCollection": self._get_collection,
            "listMockScenarios": self._list_scenarios,
            "listMockFaults": _list_faults,
            "addMockFaults": self._add_faults,
            "clearMockFaults": _clear_faults,
            "deleteMockFault": _delete_fault,
            "listMockRequests": self._list_requests,
            "getMockRequest": _get_request,
            "clearMockRequests": _clear_requests,
            "verifyMockRequests": self._verify_requests,
        }

    def _health(self, request: Request) -> Response:
        self._sandboxes.check_store()
        body = {
            "status": "ok",
            "version": VERSION,
            "profile": request.sandbox.profile,
            "vendors": list(self._contracts),
        }
        return Response(200, body)

    def _reset(self, request: Request) -> Response:
        self._sandboxes.reset(request.sandbox)
        return Response(204)

    def _list_jobs(self, request: Request) -> Response:
        vendor, limit = request.query.get("vendor"), request.query["limit"]
        return Response(200, {"jobs": self._jobs.list_jobs(request.sandbox, vendor, limit)})

    def _set_outcome(self, request: Request) -> Response:
        outcome = request.body["outcome"]
        return Response(200, self._jobs.force_outcome(request.sandbox, *_job(request), outcome))

    def _open_file(self, request: Request) -> Response:
        return self._jobs.open_file(request.sandbox, *_job(request))

    def _list_lifecycles(self, _request: Request) -> Response:
        return Response(200, {"lifecycles": [*map(lifecycle_view, self._jobs.lifecycles())]})

    def _list_scenarios(self, request: Request) -> Response:
        members = ("vendor", "name", "summary", "parts", "builtin")
        vendor = request.query.get("vendor")
        scenarios = [
            {member: getattr(scenario, member) for member in members}
            for scenario in self._fixtures.scenarios()
            if vendor in (None, scenario.vendor)
        ]
        problem = self._fixtures.problem
        return Response(200, {"scenarios": scenarios} | ({"problem": problem} if problem else {}))

    def _get_collection(self, request: Request) -> Response:
        vendor, host = request.path["vendor"], request.headers.get("host", "localhost")
        if vendor not in self._contracts:
            raise ApiError(404, f"Unknown vendor {vendor}.", field="vendor")
        identities = self._fixtures.identities[vendor]
        access = Access(
            base_url=self._base_url(request, host),
            sandbox=request.sandbox.id,
            headers=self._access_info(request.sandbox)["headers"][vendor],
            grants={
                row.identity.role: row.identity.grants
                for row in identities
                if row.scheme != "basic"
            },
        )
        collection = Collection(self._contracts[vendor], access)
        if request.query["format"] == "http":
            return _download(
                f"{vendor}.http", "text/plain; charset=utf-8", collection.http().encode()
            )
        name, content = f"{vendor}.postman_collection.json", collection.postman
        if request.query["format"] == "arazzo":
            contract = f"{access.base_url}/_mock/docs/{vendor}/openapi.json"
            name, content = f"{vendor}.arazzo.json", partial(collection.arazzo, contract)
        body = orjson.dumps(content(), option=orjson.OPT_INDENT_2)
        return _download(name, "application/json", body)

    def _base_url(self, request: Request, host: str) -> str:
        return f"{self._scheme}://{host}{request.root_path}"

    def _add_faults(self, request: Request) -> Response:
        rules = request.sandbox.faults.add(self._parser.read_all(request.body))
        return Response(201, _fault_list(request, rules))

    def _list_requests(self, request: Request) -> Response:
        sandbox, filters = request.sandbox, request.query
        if filters["format"] == "har":
            base = self._base_url(request, "{host}")
            archive = har.archive(sandbox.journal, sandbox.id, filters, base, VERSION)
            return _download(f"{sandbox.id}.har", har.MEDIA, orjson.dumps(archive))
        return Response(200, query.page(sandbox.journal, sandbox.id, filters))

    def _verify_requests(self, request: Request) -> Response:
        for index, call in enumerate(request.body["calls"]):
            self._parser.check_names(call, f"calls[{index}].", "caller")
        return Response(200, verify(request.sandbox.journal, request.body))

    def _list_sandboxes(self, request: Request) -> Response:
        newest = self._sandboxes.newest(request.query["limit"])
        rows = [{"id": it.id, "seed": it.seed, "clock": _clock(it.clock)} for it in newest]
        return Response(200, {"sandboxes": rows, "total": len(self._sandboxes)})

    def _create_sandbox(self, request: Request) -> Response:
        options = request.body or {}
        clock, scenario = options.get("clock", {}), options.get("scenario")
        settings: ClockSettings | None = None  # a scenario may set its own
        if not scenario or "mode" in clock or "speed" in clock:
            default = self._sandboxes.default.clock.settings
            mode, speed = clock.get("mode", default.mode), clock.get("speed", default.speed)
            settings = ClockSettings(Mode(mode), float(speed))
        sandbox = self._sandboxes.create(
            options.get("seed"),
            settings,
            scenario,
            id_=options.get("id"),
            now=_timestamp(clock, "now", "clock.now"),
        )
        return Response(201, self._serialize(sandbox))

    def _read_sandbox(self, request: Request) -> Response:
        return Response(200, self._serialize(self._get_sandbox(request.path["id"])))

    def _delete_sandbox(self, request: Request) -> Response:
        self._sandboxes.delete(self._get_sandbox(request.path["id"]).id)
        return Response(204)

    def _get_sandbox(self, name: str) -> Sandbox:
        sandbox = self._sandboxes.find(name)
        if sandbox is None:
            raise ApiError(404, f"Unknown sandbox {name}.", field="id")
        return sandbox

    def _serialize(self, sandbox: Sandbox) -> dict[str, Any]:
        return {
            "id": sandbox.id,
            **self._access_info(sandbox),
            "seed": sandbox.seed,
            "scenario": sandbox.scenario,
            "clock": _clock(sandbox.clock),
        }


def error(api_error: ApiError, _operation: Operation | None = None) -> Response:
    """Return an error as schema `Problem` of the control plane's contract."""
    body = {"title": HTTPStatus(api_error.status).phrase, "detail": api_error.message}
    if api_error.field:
        body["field"] = api_error.field
    return Response(api_error.status, body, api_error.headers)


def _download(name: str, media: str, content: bytes) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(
        200, headers=headers, file=StreamingBody(media, len(content), lambda: iter((content,)))
    )


def _job(request: Request) -> tuple[str, str]:
    return request.path["vendor"], request.path["id"]


def _read_clock(request: Request) -> Response:
    return Response(200, _clock(request.sandbox.clock))


def _move_clock(request: Request) -> Response:
    clock, move = request.sandbox.clock, request.body
    clock.move(
        mode=Mode(move["mode"]) if "mode" in move else None,
        speed=move.get("speed"),
        to=_timestamp(move, "set", "set"),
        advance=parse_field(parse_duration, move.get("advance", "PT0S"), "advance"),
    )
    return Response(200, _clock(clock))


def _timestamp(body: Mapping[str, Any], member: str, field: str) -> int | None:
    return parse_field(parse_timestamp, body[member], field) if member in body else None


def _clock(clock: Clock) -> dict[str, Any]:
    return {
        "now": to_iso_string(clock.now()),
        "mode": clock.settings.mode.value,
        "speed": clock.settings.speed,
    }
