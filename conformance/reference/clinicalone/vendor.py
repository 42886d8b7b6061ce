"""Clinical One put together: its routes, its error body, its hooks for the control plane."""

from collections.abc import Callable, Mapping

from flask import Response

from conformance.reference.clinicalone import errors
from conformance.reference.clinicalone.book import FAILED, STATES, SUCCEEDED, Book
from conformance.reference.clinicalone.create import CreateViews
from conformance.reference.clinicalone.door import Door
from conformance.reference.clinicalone.download import DownloadViews
from conformance.reference.clinicalone.kickoff import KickoffViews
from conformance.reference.clinicalone.metadata import MetadataViews
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body, Stage
from conformance.reference.transport import Freedoms, Traffic
from conformance.reference.vendor import Route

_ROOT = "/ec-reporting-svc/rest"
_FREEDOMS = Freedoms(
    busy="c1-free-busy",
    down="c1-free-down",
    gzip="c1-free-gzip",
    chunked="c1-free-chunked",
    spaced="c1-free-whitespace",
    extended="c1-free-more-fields",
    headers="c1-free-more-headers",
    charset="c1-free-json-charset",
)


class ClinicalOne:
    """The vendor as the app sees it; made anew at every reset."""

    name = "clinicalone"
    prefixes: tuple[str, ...] = ("/ec-reporting-svc/",)
    routes: tuple[Route, ...] = (
        ("POST", f"{_ROOT}/v1.0/report/job/<job_id>", "kickOffReportJob"),
        ("GET", f"{_ROOT}/v2.0/reports/download", "downloadReport"),
        ("POST", f"{_ROOT}/v1.0/reports", "createReport"),
        ("POST", f"{_ROOT}/v1.0/scheduled/reports", "createScheduledReport"),
        ("POST", f"{_ROOT}/v2.0/studies/<study>/<mode>/reports/direct", "createDirectReport"),
        ("GET", f"{_ROOT}/v2.0/reportmetadata/downloadList", "listDownloads"),
        ("GET", f"{_ROOT}/v1.0/reportmetadata", "listReportMetadata"),
    )

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._book = Book(stage)
        self.traffic = Traffic(stage, _FREEDOMS)
        door = Door(stage)
        creating = CreateViews(stage, self._book, door)
        metadata = MetadataViews(stage, self._book, door)
        self.handlers: Mapping[str, Callable[..., Response]] = {
            "kickOffReportJob": KickoffViews(stage, self._book, door).kick_off,
            "downloadReport": DownloadViews(stage, self._book, door).download,
            "createReport": creating.create,
            "createScheduledReport": creating.schedule,
            "createDirectReport": creating.direct,
            "listDownloads": metadata.downloads,
            "listReportMetadata": metadata.reports,
        }

    def refuse(self, refusal: Refusal) -> Response:
        return errors.refuse(refusal, self._stage)

    def jobs(self) -> list[Body]:
        """Every job with its state, for the control plane."""
        return [{"id": job.id, "state": self._book.state(job)} for job in self._book.jobs.values()]

    def force(self, job_id: str, outcome: str) -> None:
        """Let the job end as ``outcome``, or hold it there; KeyError, ValueError if unknown."""
        job = self._book.jobs[job_id]
        if outcome not in STATES:
            raise ValueError(f"outcome must be one of {', '.join(STATES)}")
        if not job.held and self._book.state(job) in {SUCCEEDED, FAILED}:
            raise Refusal(409, "the job has ended")
        if outcome in {SUCCEEDED, FAILED}:
            job.outcome, job.held = outcome, None
        else:
            job.held = outcome
