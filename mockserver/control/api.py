"""The vendors' lifecycles as the control plane serves them: nobody else states a state."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from mockserver.clock import Clock, Mode, Pace
from mockserver.control import faults, journal
from mockserver.errors import Refusal
from mockserver.faults.parser import Reader
from mockserver.http.apis import Handler
from mockserver.http.messages import Call, Reply
from mockserver.jobs.admin import Jobs
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenarios.repository import Library
from mockserver.scenarios.scenario import Scenario
from mockserver.timestamps import iso, read_duration, read_moment
from mockserver.version import VERSION
from specs import Lifecycle, Operation


def view(lifecycle: Lifecycle) -> dict[str, Any]:
    """Return `Lifecycle` of the control plane's contract."""
    return {
        "vendor": lifecycle.vendor,
        "title": lifecycle.title,
        "job": lifecycle.job,
        "initial": lifecycle.initial,
        "states": [
            {
                "name": state.name,
                "wire": state.wire,
                "meaning": state.meaning,
                "source": state.source,
                "final": not lifecycle.reachable(state.name),
                "file": state.file,
            }
            for state in lifecycle.states.values()
        ],
        "edges": [{"from": edge.start, "to": edge.end, "by": edge.by} for edge in lifecycle.edges],
        "plan": [{"state": step.state, "seconds": step.seconds} for step in lifecycle.plan],
    }


def scenario_handlers(library: Library) -> Mapping[str, Handler]:
    """Return the handlers by operationId."""

    def show(call: Call) -> Reply:
        vendor = call.query.get("vendor")
        found = [row for row in library.scenarios() if vendor in (None, row.vendor)]
        return Reply(200, {"scenarios": [*map(_scenario_view, found)]})

    return {"listMockScenarios": show}


def _scenario_view(scenario: Scenario) -> dict[str, Any]:
    return {
        "vendor": scenario.vendor,
        "name": scenario.name,
        "summary": scenario.summary,
        "parts": scenario.parts,
        "builtin": scenario.builtin,
    }


WaysIn = Callable[[Sandbox], Mapping[str, Any]]
"""What chooses a sandbox: `credentials` and `headers`, by vendor and role."""


class Control:
    """Answers under /_mock. Everything but sandboxes and health is of the request's sandbox."""

    def __init__(
        self,
        sandboxes: Sandboxes,
        jobs: Jobs,
        ways_in: WaysIn,
        vendors: tuple[str, ...],
        reader: Reader,
        library: Library,
    ) -> None:
        self._sandboxes = sandboxes
        self._jobs = jobs
        self._ways_in = ways_in
        self._vendors = vendors
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
            **journal.handlers(),
            **faults.handlers(reader),
            **scenario_handlers(library),
        }

    def _health(self, call: Call) -> Reply:
        body = {
            "status": "ok",
            "version": VERSION,
            "profile": call.sandbox.profile,
            "vendors": list(self._vendors),
        }
        return Reply(200, body)

    def _reset(self, call: Call) -> Reply:
        self._sandboxes.reset(call.sandbox)
        return Reply(204)

    def _list_jobs(self, call: Call) -> Reply:
        vendor, limit = call.query.get("vendor"), call.query["limit"]
        return Reply(200, {"jobs": self._jobs.list_jobs(call.sandbox, vendor, limit)})

    def _set_outcome(self, call: Call) -> Reply:
        outcome = call.body["outcome"]
        return Reply(200, self._jobs.force_outcome(call.sandbox, *_job(call), outcome))

    def _open_file(self, call: Call) -> Reply:
        return self._jobs.open_file(call.sandbox, *_job(call))

    def _list_lifecycles(self, _call: Call) -> Reply:
        return Reply(200, {"lifecycles": [*map(view, self._jobs.lifecycles())]})

    def _list_sandboxes(self, call: Call) -> Reply:
        found = self._sandboxes.latest(call.query["limit"])
        rows = [{"id": it.id, "seed": it.seed, "clock": _clock(it.clock)} for it in found]
        return Reply(200, {"sandboxes": rows, "total": len(self._sandboxes)})

    def _create_sandbox(self, call: Call) -> Reply:
        asked = call.body or {}
        clock, scenario = asked.get("clock", {}), asked.get("scenario")
        pace: Pace | None = _pace(clock, self._sandboxes.default.clock.pace)
        if scenario and not clock:
            pace = None  # the scenario may have one of its own
        made = self._sandboxes.create(asked.get("seed"), pace, scenario)
        return Reply(201, self._view(made))

    def _read_sandbox(self, call: Call) -> Reply:
        return Reply(200, self._view(self._found(call.path["id"])))

    def _delete_sandbox(self, call: Call) -> Reply:
        self._sandboxes.delete(self._found(call.path["id"]).id)
        return Reply(204)

    def _found(self, name: str) -> Sandbox:
        sandbox = self._sandboxes.find(name)
        if sandbox is None:
            raise Refusal(404, f"There is no sandbox {name}.", field="id")
        return sandbox

    def _view(self, sandbox: Sandbox) -> dict[str, Any]:
        return {
            "id": sandbox.id,
            **self._ways_in(sandbox),
            "seed": sandbox.seed,
            "scenario": sandbox.scenario,
            "clock": _clock(sandbox.clock),
        }


def error(refusal: Refusal, _operation: Operation | None = None) -> Reply:
    """Return a refusal as `Problem` of the control plane's contract."""
    body = {"title": HTTPStatus(refusal.status).phrase, "detail": refusal.message}
    if refusal.field:
        body["field"] = refusal.field
    return Reply(refusal.status, body, refusal.headers)


def _job(call: Call) -> tuple[str, str]:
    return call.path["vendor"], call.path["id"]


def _read_clock(call: Call) -> Reply:
    return Reply(200, _clock(call.sandbox.clock))


def _move_clock(call: Call) -> Reply:
    clock, move = call.sandbox.clock, call.body
    clock.move(
        mode=Mode(move["mode"]) if "mode" in move else None,
        speed=move.get("speed"),
        moment=read_moment(move["set"], "set") if "set" in move else None,
        advance=read_duration(move.get("advance", "PT0S"), "advance"),
    )
    return Reply(200, _clock(clock))


def _pace(asked: Mapping[str, Any], present: Pace) -> Pace:
    return Pace(Mode(asked.get("mode", present.mode)), float(asked.get("speed", present.speed)))


def _clock(clock: Clock) -> dict[str, Any]:
    return {"now": iso(clock.now()), "mode": clock.pace.mode.value, "speed": clock.pace.speed}
