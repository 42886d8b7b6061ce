"""EnergyCAP's operations that run distributions, and the logs of the runs."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job, Schedule
from mockserver.jobs.repository import IndexedJobRepository, NewJob
from mockserver.jobs.schedule import timeline
from mockserver.reports import binary_formats, content
from mockserver.reports.content import Format, attachment, table_of
from mockserver.sandbox.resources import Resource
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import to_iso_string
from mockserver.vendors import Handler
from mockserver.vendors.energycap.reference_data import (
    ENDS,
    FORMAT,
    GROUPS,
    NAME,
    REPORT,
    ReferenceData,
    Serializers,
)
from mockserver.vendors.energycap.resources import Resources, paged_response
from specs import Contract

FORMATS: Mapping[str, Format] = {
    "PDF": binary_formats.PDF,
    "Word": binary_formats.DOCX,
    "Excel": binary_formats.XLSX,
    "Excel data only": binary_formats.XLSX,
    "Csv": content.CSV,
}

_DAY_MS = 24 * 60 * 60 * 1000


class Runs:
    """The handlers of exec and of the logs. A log is a run's job; its id is the job's."""

    def __init__(
        self,
        contract: Contract,
        repository: IndexedJobRepository,
        distributions: Resources,
        reference_data: ReferenceData,
        serializers: Serializers,
    ) -> None:
        self._repository = repository
        self._distributions = distributions
        self._reference_data = reference_data
        self._serializers = serializers
        states = contract.lifecycle.states
        # A run without recipients ends where nothing has been made.
        self._unsent = next(name for name, row in states.items() if row.final and not row.file)
        self.handlers: Mapping[str, Handler] = {
            "executeReportDistribution": self.execute,
            "executeAllReportDistributions": self.execute_all,
            "listReportDistributionLogs": self.show_logs,
            "deleteReportDistributionLogs": self.delete_logs,
            "getReportDistributionLogDetail": self.show_log,
        }

    def execute(self, request: Request) -> Response:
        sandbox, account = request.sandbox, request.account
        distribution = self._distributions.find(request)
        override = request.query.get("overrideUserIds")
        users = self._reference_data.override(sandbox, account, override) if override else None
        (job,) = self._repository.start(sandbox, [self._new_job(sandbox, distribution, users)])
        self._store_last_run(sandbox, distribution)
        return Response(request.operation.success, self._body(sandbox, job))

    def execute_all(self, request: Request) -> Response:
        sandbox = request.sandbox
        every = self._distributions.collection.iter_all(sandbox, request.account)
        enabled = [row for row in every if row.data["enabled"]]
        self._repository.start(sandbox, [self._new_job(sandbox, row, None) for row in enabled])
        for row in enabled:
            self._store_last_run(sandbox, row)
        return Response(request.operation.success)

    def show_logs(self, request: Request) -> Response:
        sandbox, account = request.sandbox, request.account
        page, running = self._repository.page, 0
        if not request.query["includeInProgress"]:
            running = len(self._repository.running(sandbox, account))
            page = self._repository.ended_page
        # Counted last, because others may start a run in between.
        total = max(self._repository.count(sandbox, account) - running, 0)
        return paged_response(
            request, total, partial(page, sandbox, account), partial(self._body, sandbox)
        )

    def show_log(self, request: Request) -> Response:
        sandbox, account = request.sandbox, request.account
        ((name, number),) = request.path.items()
        job = self._repository.find(sandbox, str(number))
        if job is None or job.account != account:
            raise ApiError(404, "Unknown log.", field=name)
        settings = self._serializers.log_settings(sandbox, account, job.details["settings"])
        return Response(
            request.operation.success, settings | {"errors": self._errors(sandbox, job)}
        )

    def file(self, sandbox: Sandbox, job: Job) -> Response:
        """Return the response with the file of a run, which is mailed, whatever its state."""
        report_id = job.details["settings"][REPORT]
        report = self._reference_data.report(sandbox, job.account, report_id).data
        key, title = f"rows of {job.vendor} {job.id}", f"{job.details['name']}-{job.id}"
        table, file_format = table_of(job, report, days=365), FORMATS[job.details["format"]]
        return attachment(sandbox, key, title, table, file_format)

    def delete_logs(self, request: Request) -> Response:
        """Delete the logs of runs that ended long ago, but the newest of each distribution."""
        until = request.sandbox.now() - request.query["olderThanDays"] * _DAY_MS
        self._repository.discard_ended(
            request.sandbox,
            request.account,
            until,
            keep=request.operation.raw["x-kept"],
            series=lambda job: job.details["distribution"],
        )
        return Response(request.operation.success)

    def _new_job(
        self, sandbox: Sandbox, distribution: Resource, users: Collection[int] | None
    ) -> NewJob:
        """Return a run for `users`, or for the configured recipients where that is None."""
        account, data = distribution.account, distribution.data
        if users is None:
            users = self._reference_data.recipients(sandbox, account, data[GROUPS])
        details = {
            "name": data[NAME],
            "format": data[FORMAT],
            "distribution": int(distribution.id),
            "recipients": len(users),
            "settings": data,
        }
        schedule = self._schedule(data.get(ENDS) if users else self._unsent)
        return NewJob("", account, account, details, schedule=schedule)

    def _schedule(self, end: str | None) -> Schedule | None:
        """Return the default schedule with `end` as its last state; None for the default itself."""
        return None if end is None else (*self._repository.default_schedule[:-1], (end, None))

    def _store_last_run(self, sandbox: Sandbox, distribution: Resource) -> None:
        """Store when the distribution ran last; its schedule stays (EC-S18)."""
        now = sandbox.now()
        self._distributions.collection.change(
            sandbox, distribution, lambda data: data | {"lastRun": now}
        )

    def _body(self, sandbox: Sandbox, job: Job) -> dict[str, Any]:
        state, at = timeline(job, sandbox.now())[-1]
        settings, number = job.details["settings"], job.details["distribution"]
        has_ended = self._repository.lifecycle.states[state].final
        return {
            "reportDistributionLogId": int(job.id),
            "status": self._repository.lifecycle.wire_name(state),
            "beginDate": to_iso_string(job.created_at),
            "endDate": to_iso_string(at) if has_ended else None,
            "numberOfRecipients": job.details["recipients"],
            "reportDistribution": self._serializers.child(sandbox, job.account, number, settings),
        }

    def _errors(self, sandbox: Sandbox, job: Job) -> str:
        state = self._repository.state(sandbox, job)
        if not state.final or state.name == self._repository.default_schedule[-1][0]:
            return ""
        if not job.details["recipients"]:
            return "The report has no recipients."
        return f"{job.details['name']}: the run ended as {state.wire}."
