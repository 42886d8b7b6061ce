"""EnergyCAP's operations that run distributions, and the logs of the runs."""

from collections.abc import Collection
from typing import Any

from mockserver.errors import Refusal
from mockserver.http.messages import Call, Reply
from mockserver.jobs.lifecycle import timeline
from mockserver.jobs.model import Job, Plan
from mockserver.jobs.repository import Opening, RunningDesk
from mockserver.sandbox.resources import Shelf, Thing
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import iso
from mockserver.vendors.energycap.distributions import Distributions, account_of, paged
from mockserver.vendors.energycap.reference_data import ENDS, FORMAT, GROUPS, NAME, Catalogue, View

NOBODY = "NOT_SENT"
"""How a run without recipients ends."""

_DAY = 24 * 60 * 60 * 1000


class Runs:
    """The handlers of exec and of the logs. A log is a run's job; its id is the job's."""

    def __init__(
        self, desk: RunningDesk, shelf: Shelf, distributions: Distributions, catalogue: Catalogue
    ) -> None:
        self._desk = desk
        self._shelf = shelf
        self._distributions = distributions
        self._catalogue = catalogue
        self._view = View(catalogue)

    def execute(self, call: Call) -> Reply:
        sandbox, account = call.sandbox, account_of(call)
        distribution = self._distributions.find(call)
        named = call.query.get("overrideUserIds")
        users = self._catalogue.override(sandbox, account, named) if named else None
        (job,) = self._desk.start(sandbox, [self._opening(sandbox, distribution, users)])
        self._note_run(sandbox, distribution)
        return Reply(call.operation.success, self._show(sandbox, job))

    def execute_all(self, call: Call) -> Reply:
        sandbox = call.sandbox
        every = self._shelf.every(sandbox, account_of(call))
        enabled = [row for row in every if row.data["enabled"]]
        self._desk.start(sandbox, [self._opening(sandbox, row, None) for row in enabled])
        for row in enabled:
            self._note_run(sandbox, row)
        return Reply(call.operation.success)

    def show_logs(self, call: Call) -> Reply:
        sandbox, account = call.sandbox, account_of(call)
        total = self._desk.total(sandbox, account)
        find = self._desk.page
        if not call.query["includeInProgress"]:
            total -= len(self._desk.running(sandbox, account))
            find = self._desk.ended_page

        def rows(offset: int, limit: int) -> list[dict[str, Any]]:
            return [self._show(sandbox, job) for job in find(sandbox, account, offset, limit)]

        return paged(call, total, rows)

    def show_log(self, call: Call) -> Reply:
        sandbox, account = call.sandbox, account_of(call)
        job = self._desk.find(sandbox, str(call.path["reportDistributionLogId"]))
        if job is None or job.account != account:
            raise Refusal(404, "There is no such log.", field="reportDistributionLogId")
        settings = job.details["settings"]
        detail = {
            "emailSettings": self._view.mail(sandbox, account, settings),
            "reportSettings": self._view.report(sandbox, account, settings),
            "errors": self._errors(sandbox, job),
        }
        return Reply(call.operation.success, self._show(sandbox, job) | detail)

    def delete_logs(self, call: Call) -> Reply:
        until = call.sandbox.now() - call.query["olderThanDays"] * _DAY
        self._desk.discard_ended(call.sandbox, account_of(call), until)
        return Reply(call.operation.success)

    def _opening(
        self, sandbox: Sandbox, distribution: Thing, users: Collection[int] | None
    ) -> Opening:
        """Return a run for `users`, or for the configured recipients where that is None."""
        account, data = distribution.account, distribution.data
        if users is None:
            users = self._catalogue.members(sandbox, account, data.get(GROUPS, ()))
        details = {
            "name": data[NAME],
            "format": data[FORMAT],
            "distribution": int(distribution.id),
            "recipients": len(users),
            "settings": data,
        }
        plan = self.plan(data.get(ENDS) if users else NOBODY)
        return Opening("", account, account, details, plan=plan)

    def plan(self, end: str | None) -> Plan | None:
        """Return the usual plan, but with `end` as its last state."""
        return None if end is None else (*self._desk.plan[:-1], (end, None))

    def _note_run(self, sandbox: Sandbox, distribution: Thing) -> None:
        """Note when the distribution ran last; its schedule stays (EC-S18)."""
        now = sandbox.now()
        self._shelf.change(sandbox, distribution, lambda data: data | {"lastRun": now})

    def _show(self, sandbox: Sandbox, job: Job) -> dict[str, Any]:
        state, at = timeline(job, sandbox.now())[-1]
        settings, number = job.details["settings"], job.details["distribution"]
        has_ended = self._desk.lifecycle.states[state].final
        return {
            "reportDistributionLogId": int(job.id),
            "status": self._desk.lifecycle.wire(state),
            "beginDate": iso(job.created_at),
            "endDate": iso(at) if has_ended else None,
            "numberOfRecipients": job.details["recipients"],
            "reportDistribution": self._view.child(sandbox, job.account, number, settings),
        }

    def _errors(self, sandbox: Sandbox, job: Job) -> list[str]:
        state = self._desk.state(sandbox, job)
        if not state.final or state.name == self._desk.plan[-1][0]:
            return []
        if not job.details["recipients"]:
            return ["Nobody is to receive the report."]
        return [f"{job.details['name']}: the run ended as {state.wire}."]
