"""One good request for every operation of every vendor, on the seed data."""

from dataclasses import dataclass
from typing import Any

from mockserver.http.context import Asgi
from tests.unit.mockserver.asgi import (
    CLINICALONE,
    CREATE,
    ENERGYCAP,
    JSON,
    TALKDESK,
    Answer,
    ask,
)

_BASIC = {"authorization": "Basic bW9jay10YWxrZGVzay1jbGllbnQ6bW9jay10YWxrZGVzay1zZWNyZXQ="}
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_TD = "/data/reports/calls"
_TD_ID = "3f2c9d1e-0000-4000-8000-00000000000"
_CO = "/ec-reporting-svc/rest"
_CO_ID = "6A7C29DD011241DFBE1B64399283C86"
_CO_REPORT = "reportid=SUBJECT_DATA_EXTRACT&format=csv"
_STUDY = "CFD8129A430A473C8A02F4BA5DAAD865"
_GROUP = "/api/v3/report/reportgroup"
_DIST = "/api/v202106/reportdistribution"
_EDIT = {
    "reportDistributionName": "Monthly",
    "reportFilters": [],
    "replyToEmail": "energy@example.com",
    "recipientUserGroupIds": [1],
    "emailSubject": "s",
    "emailMessage": "m",
    "reportSubscriptionScheduleTypeId": 3,
    "dayIndicatorValue": 1,
    "onlySendIfData": False,
    "reportFormat": "PDF",
    "enabled": True,
}
_OF_REPORT = {"specificReportId": 1}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | dict[str, Any] | None = None

    def send(self, app: Asgi, headers: dict[str, str] | None = None) -> Answer:
        return ask(app, self.method, self.target, self.headers | (headers or {}), self.body)


def _talkdesk(method: str, target: str, body: dict[str, Any] | None = None) -> Request:
    return Request(method, f"{_TD}/{target}", TALKDESK | (JSON if body else {}), body)


def _clinicalone(method: str, target: str, body: bytes | None = None) -> Request:
    return Request(method, f"{_CO}/{target}", CLINICALONE | (JSON if body else {}), body)


def _energycap(method: str, target: str, body: dict[str, Any] | None = None) -> Request:
    return Request(method, target, ENERGYCAP | (JSON if body else {}), body)


REQUESTS = {
    "createReportJob": _talkdesk("POST", "jobs", CREATE),
    "listReportJobs": _talkdesk("GET", "jobs"),
    "getReportJob": _talkdesk("GET", f"jobs/{_TD_ID}3"),
    "cancelReportJob": _talkdesk("DELETE", f"jobs/{_TD_ID}2"),
    "getReportFile": _talkdesk("GET", f"files/{_TD_ID}1"),
    "deleteReportFile": _talkdesk("DELETE", f"files/{_TD_ID}1"),
    "createToken": Request(
        "POST", "/oauth/token", _BASIC | _FORM, b"grant_type=client_credentials"
    ),
    "kickOffReportJob": _clinicalone("POST", f"v1.0/report/job/{_CO_ID}1", b"{}"),
    "downloadReport": _clinicalone("GET", f"v2.0/reports/download?id={_CO_ID}0"),
    "createReport": _clinicalone("POST", f"v1.0/reports?{_CO_REPORT}"),
    "createScheduledReport": _clinicalone("POST", f"v1.0/scheduled/reports?{_CO_REPORT}"),
    "createDirectReport": _clinicalone(
        "POST", f"v2.0/studies/{_STUDY}/test/reports/direct?{_CO_REPORT}"
    ),
    "listReportMetadata": _clinicalone("GET", f"v1.0/reportmetadata?studyId={_STUDY}"),
    "listDownloads": _clinicalone("GET", "v2.0/reportmetadata/downloadList?limit=5&offset=0"),
    "listReportGroups": _energycap("GET", _GROUP),
    "createReportGroup": _energycap("POST", _GROUP, {"reportGroupCode": "NEW", "reportIds": [1]}),
    "getReportGroup": _energycap("GET", f"{_GROUP}/1"),
    "updateReportGroup": _energycap(
        "PUT",
        f"{_GROUP}/1",
        {"reportGroupCode": "NEWER", "reportGroupInfo": "i", "reportIds": [1]},
    ),
    "deleteReportGroup": _energycap("DELETE", f"{_GROUP}/1"),
    "listReportDistributions": _energycap("GET", _DIST),
    "createReportDistribution": _energycap(
        "POST", _DIST, {name: _EDIT[name] for name in _EDIT if name != "enabled"} | _OF_REPORT
    ),
    "getReportDistribution": _energycap("GET", f"{_DIST}/1"),
    "updateReportDistribution": _energycap("PUT", f"{_DIST}/1", _EDIT),
    "deleteReportDistribution": _energycap("DELETE", f"{_DIST}/1"),
    "listReportDistributionFilters": _energycap("GET", f"{_DIST}/1/filter"),
    "executeReportDistribution": _energycap("POST", f"{_DIST}/1/exec"),
    "executeAllReportDistributions": _energycap("POST", f"{_DIST}/exec"),
    "listReportDistributionLogs": _energycap("GET", f"{_DIST}/log?includeInProgress=true"),
    "deleteReportDistributionLogs": _energycap("DELETE", f"{_DIST}/log"),
    "getReportDistributionLogDetail": _energycap("GET", f"{_DIST}/log/1/detail"),
}
BEFORE = {
    "getReportDistributionLogDetail": "executeReportDistribution",
    "listReportDistributionLogs": "executeReportDistribution",
}
"""What has to be asked first, so that there is something to answer."""
