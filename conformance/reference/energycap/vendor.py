"""EnergyCAP put together: its routes, its error body, its hooks for the control plane."""

from collections.abc import Callable, Mapping

from flask import Response

from conformance.reference.energycap import errors
from conformance.reference.energycap.book import IN_PROGRESS, STATUSES, Book
from conformance.reference.energycap.distributions import DistributionViews
from conformance.reference.energycap.door import Door
from conformance.reference.energycap.groups import GroupViews
from conformance.reference.energycap.runs import RunViews
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body, Stage
from conformance.reference.transport import Freedoms, Traffic
from conformance.reference.vendor import Route

_GROUPS = "/api/v3/report/reportgroup"
_DISTRIBUTIONS = "/api/v202106/reportdistribution"
_FREEDOMS = Freedoms(
    busy="ec-free-busy",
    down="ec-free-down",
    gzip="ec-free-gzip",
    chunked="ec-free-chunked",
    spaced="ec-free-whitespace",
    extended="ec-free-more-fields",
    headers="ec-free-more-headers",
    charset="ec-free-media-parameters",
)


class EnergyCap:
    """The vendor as the app sees it; made anew at every reset."""

    name = "energycap"
    prefixes: tuple[str, ...] = ("/api/",)
    routes: tuple[Route, ...] = (
        ("POST", _GROUPS, "createReportGroup"),
        ("GET", _GROUPS, "listReportGroups"),
        ("GET", f"{_GROUPS}/<number>", "getReportGroup"),
        ("PUT", f"{_GROUPS}/<number>", "updateReportGroup"),
        ("DELETE", f"{_GROUPS}/<number>", "deleteReportGroup"),
        ("GET", _DISTRIBUTIONS, "listReportDistributions"),
        ("POST", _DISTRIBUTIONS, "createReportDistribution"),
        ("GET", f"{_DISTRIBUTIONS}/<path_id:number>", "getReportDistribution"),
        ("PUT", f"{_DISTRIBUTIONS}/<path_id:number>", "updateReportDistribution"),
        ("DELETE", f"{_DISTRIBUTIONS}/<path_id:number>", "deleteReportDistribution"),
        ("GET", f"{_DISTRIBUTIONS}/<path_id:number>/filter", "listReportDistributionFilters"),
        ("POST", f"{_DISTRIBUTIONS}/<path_id:number>/exec", "executeReportDistribution"),
        ("POST", f"{_DISTRIBUTIONS}/exec", "executeAllReportDistributions"),
        ("GET", f"{_DISTRIBUTIONS}/log", "listReportDistributionLogs"),
        ("DELETE", f"{_DISTRIBUTIONS}/log", "deleteReportDistributionLogs"),
        ("GET", f"{_DISTRIBUTIONS}/log/<log_id>/detail", "getReportDistributionLogDetail"),
    )

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._book = Book(stage)
        self.traffic = Traffic(stage, _FREEDOMS)
        door = Door(stage)
        groups = GroupViews(stage, self._book, door)
        distributions = DistributionViews(stage, self._book, door)
        runs = RunViews(stage, self._book, door)
        self.handlers: Mapping[str, Callable[..., Response]] = {
            "createReportGroup": groups.create,
            "listReportGroups": groups.index,
            "getReportGroup": groups.show,
            "updateReportGroup": groups.update,
            "deleteReportGroup": groups.delete,
            "listReportDistributions": distributions.index,
            "getReportDistribution": distributions.show,
            "createReportDistribution": distributions.create,
            "updateReportDistribution": distributions.update,
            "deleteReportDistribution": distributions.delete,
            "listReportDistributionFilters": distributions.filters,
            "executeReportDistribution": runs.execute,
            "executeAllReportDistributions": runs.execute_all,
            "listReportDistributionLogs": runs.logs,
            "deleteReportDistributionLogs": runs.delete_logs,
            "getReportDistributionLogDetail": runs.detail,
        }

    def refuse(self, refusal: Refusal) -> Response:
        return errors.refuse(refusal, self._stage)

    def jobs(self) -> list[Body]:
        """Every run with its status, for the control plane."""
        return [
            {"id": str(run.id), "state": self._book.status(run)} for run in self._book.runs.values()
        ]

    def force(self, job_id: str, outcome: str) -> None:
        """Let the run end as ``outcome``; KeyError for an unknown run, ValueError otherwise."""
        run = {str(known.id): known for known in self._book.runs.values()}[job_id]
        endings = [status for status in STATUSES if status != IN_PROGRESS]
        if outcome not in endings:
            raise ValueError(f"outcome must be one of {', '.join(endings)}")
        if self._book.status(run) != IN_PROGRESS:
            raise Refusal(409, "the run has ended")
        run.outcome = outcome
