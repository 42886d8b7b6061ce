"""An Oracle Clinical One reporting service of its own make, from the vendor's pages alone."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from tests.freedoms.wire import Reply, Request, Service, segments

ROOT = "/ec-reporting-svc/rest"
STUDY = "5D1C0B6E7A9F4E2D8C3B1A0F9E8D7C6B"
TENANT = "no study"
TOKENS = {
    "ora-full-Rt4": ("acme", True),
    "ora-view-Yb6": ("acme", False),
    "ora-other-Gm8": ("globex", True),
}
MODES = ("test", "active", "training")
TYPES = ("list", "date", "date-time", "number", "string", "boolean")


@dataclass
class Job:
    """One report job."""

    id: str
    account: str
    report: str = "SDE"
    format: str = "CSV"
    started: float | None = None
    comments: list[str] = field(default_factory=list)


class ClinicalOne(Service):
    """Kick-off and download, and what else the guide lists."""

    FREEDOMS: ClassVar = {
        "documented_only": "only kick-off and download exist, anything else is 404",
        "empty": "the ExecutionLog is {}, errors are {}",
        "wrapped_log": "the ExecutionLog is the `result` of a BaseResponse",
        "error_response_data": "errors have ErrorResponseData",
        "details_object": "`details` is an object",
        "status_success": "errors say success, as in the page's example",
        "result_list": "`result` of an error is a list",
        "job_id": 'a creation answers {"jobId": …}',
        "only_id": 'a creation answers {"id": …}',
        "odd_ids": "ids are short and lower-case, with dashes",
        "slow": "a job takes more than a second",
        "instant": "a job is finished at once",
        "queued": "a kick-off takes effect half a second later",
        "states": "the list tells the state elsewhere and in other words",
        "no_disposition": "a download is no attachment",
        "octets": "a download is application/octet-stream",
        "bare_file": "it has no Content-Type",
        "big_cell": "a cell has 140,000 characters",
        "early_400": "a download before the end is 400",
        "early_409": "a download before the end is 409",
        "unknown_400": "an unknown job to kick off is 400",
        "once": "a second kick-off is 400",
        "one_zero": "integers are written 1.0",
        "lax": "body and study are not looked at",
        "no_challenge": "401 without WWW-Authenticate",
        "extra": "more members everywhere",
        "late_list": "a job is listed a second after its creation",
        "needs_mode": "a kick-off without a mode is 400",
        "located": "202 carries a Location",
        "lists_only": "field specs come as lists; objects in their place are 400",
        "objects_only": "field specs come as objects; lists in their place are 400",
        "clamped": "the list serves ten at most and says so",
        "strict_query": "unknown parameters are 400",
        "own_words": "the list tells the state in words of its own",
        "needs_report": "a creation that names no report is 400",
        "moved_file": "a file is elsewhere, and a 302 says where",
        "null_spelling": "errors have the other spelling of the error object too, as null",
    }
    BUGS: ClassVar = {
        "empty_bearer": "an empty token is taken", "any_scheme": "a token counts under any scheme",
        "cut_token": "the first eight characters of a token are enough",
        "any_case_token": "tokens in any case", "no_auth_download": "a download takes no token",
        "viewer_kicks": "a kick-off takes no right", "viewer_loads": "a download takes no right",
        "foreign": "other accounts download as well", "forbidden_403": "no right is 403",
        "any_case_mode": "modes are taken in any case",
        "near_mode": "what begins with a mode is a mode", "any_mode": "any mode is taken",
        "no_training": "training is no mode", "blank_mode": "an empty mode is 500",
        "missing_404": "a download without an id is 404", "missing_500": "and 500",
        "missing_200": "and an empty file", "empty_id_500": "an empty id is 500",
        "unknown_200": "an unknown job has an empty file", "unknown_kick": "an unknown job starts",
        "kick_200": "a kick-off answers 200", "no_start": "a kick-off does nothing",
        "log_list": "the ExecutionLog is a list", "log_types": "rptFormat is a number",
        "code_number": "errorCode is a number", "message_list": "errorMessage is a list",
        "status_number": "the status of an error is a number", "html_error": "errors are HTML, said to be JSON",
        "error_list": "an error is a list", "plain_404": "404 has no body that is JSON",
        "ragged": "a CSV row has one cell more", "media_lie": "CSV is said to be JSON",
        "file_json": "a file said to be CSV is JSON", "swapped_files": "two downloads in flight get the same file",
        "swapped_kicks": "two kick-offs in flight start the same job",
        "same_ids": "two creations in flight get the same id",
        "offset_500": "an offset in the kick-off time is 500", "any_date": "any kick-off time is taken",
        "no_millis": "a kick-off time without fraction is 500",
        "long_500": "a long report name is 500", "ascii_500": "other letters in it are 500",
        "duplicate_500": "the same field spec twice is 500", "many_500": "a hundred field specs are 500",
        "wide_500": "a fieldSequence beyond int32 is 500", "empty_list_500": "an empty list is 500",
        "long_value_500": "a long value in a field spec is 500", "deep_500": "a body nested deep is 500",
        "utf8_500": "a body that is not UTF-8 is 500", "no_tenant": "a kick-off without a study is 400",
        "null_study_500": "the study null is 500", "no_empty_body": "an empty object is no body",
        "same_key_500": "a parameter given twice is 500",
        "shifted": "the second stretch begins one late", "repeats": "it repeats the last of the first",
        "omits": "the newest job is not listed", "limit": "the limit is ignored",
        "limit_500": "a limit of 0 is 500", "wide_int_500": "an offset beyond int32 is 500",
        "moves": "a file is there once and then gone",
        "quoted_file": "a file is the text of the CSV as one JSON string",
    }  # fmt: skip

    def __init__(self, options: frozenset[str] = frozenset()) -> None:
        super().__init__(options)
        self.jobs: dict[str, Job] = {}
        self.loads = 0
        self.known = [self._new("acme"), self._new("acme")]
        self.fresh = [self._new("acme") for _ in range(3)]
        for job in self.known:
            job.started = self.now() - 1000

    def handle(self, request: Request) -> Reply:
        try:
            parts = segments(request.path.removeprefix(ROOT))
        except ValueError:
            return self._error(404)
        names = [name for name, _ in request.query]
        if self.has("same_key_500") and len(names) != len(set(names)):
            return Reply(500)
        if self.has("moved_file") and parts[:1] == ["files"]:
            return self._content(self.jobs[parts[1]])
        if not request.path.startswith(ROOT):
            return self._error(404)
        match (request.method, *parts):
            case ("POST", "v1.0", "report", "job", job):
                return self._kick(request, job)
            case ("GET", "v2.0", "reports", "download"):
                return self._download(request)
        if self.has("documented_only"):
            return self._error(404)
        match (request.method, *parts):
            case ("POST", "v1.0", "reports"):
                return self._create(request, 200)
            case ("POST", "v1.0", "scheduled", "reports"):
                return self._create(request, 202)
            case ("POST", "v2.0", "studies", _, mode, "reports", "direct"):
                return self._create(request, 202, mode)
            case ("GET", "v1.0", "reportmetadata"):
                return self._metadata(request)
            case ("GET", "v2.0", "reportmetadata", "downloadList"):
                return self._list(request)
        return self._error(404)

    def _error(self, status: int, text: str = "refused") -> Reply:
        headers = (
            {} if self.has("no_challenge") or status != 401 else {"WWW-Authenticate": "Bearer"}
        )
        if self.has("html_error"):
            return Reply(status, body=b"<html>no</html>", headers=headers)
        if self.has("error_list") or (status == 404 and self.has("plain_404")):
            body = b"not found" if self.has("plain_404") else b"[]"
            return Reply(
                status,
                body=body,
                headers=headers,
                media="text/plain" if self.has("plain_404") else "application/json",
            )
        if self.has("empty"):
            return Reply(status, {}, headers=headers)
        details: Any = {"at": text} if self.has("details_object") else text
        code: Any = status if self.has("code_number") else f"REPT_{status}"
        message: Any = [text] if self.has("message_list") else text
        error = {"details": details, "errorCode": code, "errorMessage": message}
        word: Any = "success" if self.has("status_success") else "error"
        data: dict[str, Any] = {
            "status": status if self.has("status_number") else word,
            "result": [] if self.has("result_list") else None,
            "ErrorResponseData" if self.has("error_response_data") else "errorData": error,
        }
        if self.has("null_spelling"):
            other = {"errorData", "ErrorResponseData"} - data.keys()
            data |= dict.fromkeys(other)
        return Reply(status, data, headers=headers)

    def _caller(self, request: Request) -> tuple[str, bool] | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" and not self.has("any_scheme"):
            return None
        if self.has("empty_bearer") and scheme and not token:
            return TOKENS["ora-full-Rt4"]
        for good, who in TOKENS.items():
            same = token == good or (self.has("any_case_token") and token.lower() == good.lower())
            if same or (self.has("cut_token") and len(token) >= 8 and good.startswith(token)):
                return who
        return None

    def _entry(self, request: Request, lax: str, mode: str | None = None) -> str | Reply:
        """Return the account, or why the request is refused."""
        who = self._caller(request)
        if who is None:
            return (
                "acme"
                if self.has("no_auth_download") and lax == "viewer_loads"
                else self._error(401)
            )
        if not who[1] and not self.has(lax):
            return self._error(403 if self.has("forbidden_403") else 401)
        if self.has("strict_query") and {n for n, _ in request.query} - {
            "mode", "studyId", "id", "reportName", "rptKickoffDatetime", "limit", "offset", "rptId",
            "format", "reportid",
        }:  # fmt: skip
            return self._error(400)
        modes = [value for name, value in request.query if name == "mode"] + (
            [mode] if mode else []
        )
        for value in modes:
            if value == "" and self.has("blank_mode"):
                return Reply(500)
            fine = value in MODES or (self.has("any_case_mode") and value.lower() in MODES)
            fine |= self.has("near_mode") and value.startswith(MODES)
            if (not fine and not self.has("any_mode")) or (
                value == "training" and self.has("no_training")
            ):
                return self._error(400, "mode")
        study = request.first("studyId")
        if study == "null" and self.has("null_study_500"):
            return Reply(500)
        if study not in (None, "", "null", STUDY) and not self.has("lax"):
            return self._error(404, "study")
        return who[0]

    # --- documented

    def _kick(self, request: Request, name: str) -> Reply:
        account = self._entry(request, "viewer_kicks")
        if isinstance(account, Reply):
            return account
        if self.has("no_tenant") and request.first("studyId") in (None, "", "null"):
            return self._error(400, "study")
        if self.has("needs_mode") and request.first("mode") is None:
            return self._error(400, "mode")
        name = self.mixed_up("swapped_kicks", name)
        problem = self._problem(request)
        if problem is not None and not (self.has("lax") and problem.status == 400):
            return problem
        job = self.jobs.get(name)
        if job is None or job.account != account:
            if self.has("unknown_kick"):
                return Reply(202, {})
            return self._error(400 if self.has("unknown_400") else 404, "no such job")
        if job.started is not None and self.has("once"):
            return self._error(400, "started already")
        if job.started is None and not self.has("no_start"):
            job.started = self.now() + (0.5 if self.has("queued") else 0)
        number: Any = 1.0 if self.has("one_zero") else 1
        log: Any = {
            "id": job.id, "rptId": job.report, "rptFormat": 7 if self.has("log_types") else job.format,
            "rptKickoffDatetime": "2026-03-03T10:00:00.000Z", "recCount": number,
            "objectVersionNumber": number,
        }  # fmt: skip
        if self.has("extra"):
            log |= {"node": "a", "status": "RUNNING", "numbers": [1.0]}
        if self.has("empty"):
            log = {}
        if self.has("wrapped_log"):
            log = {"status": "success", "result": log}
        if self.has("log_list"):
            log = [log]
        headers = (
            {"Location": f"{ROOT}/v2.0/reports/download?id={job.id}"} if self.has("located") else {}
        )
        return Reply(200 if self.has("kick_200") else 202, log, headers=headers)

    def _problem(self, request: Request) -> Reply | None:
        """Return the refusal of a kick-off's body."""
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json" or not request.body:
            return self._error(415 if request.body else 400, "no JSON")
        try:
            body = request.json()
        except UnicodeDecodeError:
            return Reply(500) if self.has("utf8_500") else self._error(400, "no UTF-8")
        except ValueError as error:
            deep = self.has("deep_500") and "deep" in str(error)
            return Reply(500) if deep else self._error(400, "no JSON")
        if not isinstance(body, dict) or (not body and self.has("no_empty_body")):
            return self._error(400, "no object")
        for name in ("fieldSpecsList", "extFieldSpecsList"):
            specs = body.get(name, [])
            if name in body and self.has(
                "lists_only" if isinstance(specs, dict) else "objects_only"
            ):
                return self._error(400, "form")
            for spec in specs if isinstance(specs, list) else [specs]:
                if reply := self._spec_problem(spec, specs):
                    return reply
            if name in body and specs == [] and self.has("empty_list_500"):
                return Reply(500)
        return None

    def _spec_problem(self, spec: Any, specs: Any) -> Reply | None:
        if not isinstance(spec, dict):
            return self._error(400, "field spec")
        sequence = spec.get("fieldSequence", 0)
        wide = isinstance(sequence, int | float) and abs(sequence) > 2**31 - 1
        text = len(str(spec.get("fieldValueList", ""))) > 1000
        many = isinstance(specs, list) and len(specs) > 99
        twice = isinstance(specs, list) and specs.count(spec) > 1
        seen = {"wide_500": wide, "long_value_500": text, "many_500": many, "duplicate_500": twice}
        if any(self.has(bug) and value for bug, value in seen.items()):
            return Reply(500)
        fine = spec.get("fieldType", "list") in TYPES and not wide
        return None if fine else self._error(400, "field spec")

    def _download(self, request: Request) -> Reply:
        account = self._entry(request, "viewer_loads")
        if isinstance(account, Reply):
            return account
        if reply := self._query_problem(request):
            return reply
        name = request.first("id")
        if not name:
            if self.has("missing_500") or (name == "" and self.has("empty_id_500")):
                return Reply(500)
            if self.has("missing_200"):
                return Reply(200, body=b"id\r\n", media="text/csv")
            return self._error(404 if self.has("missing_404") else 400, "id")
        name = self.mixed_up("swapped_files", name)
        job = self.jobs.get(name)
        if job is None or (job.account != account and not self.has("foreign")):
            if self.has("unknown_200"):
                return Reply(200, body=b"id\r\n", media="text/csv")
            return self._error(404, "no such job")
        self.loads += 1
        if self._state(job) != "SUCCEEDED" or (self.has("moves") and self.loads % 2 == 0):
            early = 400 if self.has("early_400") else 409
            return self._error(early if self.has("early_400", "early_409") else 404, "no file")
        if self.has("moved_file"):
            return Reply(302, headers={"Location": f"/files/{job.id}"})
        return self._content(job)

    def _query_problem(self, request: Request) -> Reply | None:
        report, at = request.first("reportName"), request.first("rptKickoffDatetime")
        if report and (
            (len(report) > 255 and self.has("long_500"))
            or (not report.isascii() and self.has("ascii_500"))
        ):
            return Reply(500)
        if at is None:
            return None
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            return None if self.has("any_date") else self._error(400, "date")
        offset = bool(moment.utcoffset()) and self.has("offset_500")
        return Reply(500) if offset or (self.has("no_millis") and "." not in at) else None

    def _state(self, job: Job) -> str:
        if job.started is None:
            return "WAITING"
        age = self.now() - job.started
        unit = 1.2 if self.has("slow") else 0.0 if self.has("instant") else 0.25
        return "SUCCEEDED" if age >= unit else "WAITING" if age < 0 else "RUNNING"

    def _content(self, job: Job) -> Reply:
        rows = [["id", "note"], [job.id, "a, b"], ["2", 'c "d"\nE']]
        if self.has("big_cell"):
            rows[1][1] = "x" * 140_000
        if self.has("ragged"):
            rows[1].append("more")
        text = "".join(
            ",".join('"' + c.replace('"', '""') + '"' for c in row) + "\r\n" for row in rows
        ).encode()
        headers = {"Content-Disposition": f"attachment; filename={job.report}.csv"}
        media: str | None = "application/json" if self.has("media_lie") else "text/csv"
        if self.has("file_json"):
            text = b'{"rows": [1, 2],\n "more": "x"}'
        if self.has("quoted_file"):
            text = json.dumps(text.decode()).encode()
        if job.format == "XPORT":
            text, media = b"HEADER RECORD*******LIB" + bytes(range(256)), "application/x-sas-xport"
        if self.has("octets", "bare_file"):
            media = None if self.has("bare_file") else "application/octet-stream"
        return Reply(
            200, body=text, media=media, headers={} if self.has("no_disposition") else headers
        )

    # --- the rest

    def _new(self, account: str) -> Job:
        number = len(self.jobs)
        if self.has("same_ids"):
            self.mixed_up("same_ids", number)
            number = len(self.jobs)
            number = int(self.mixed_up("same_ids", number))
        name = f"r-{number:x}-a" if self.has("odd_ids") else f"{number * 7 + 3:04X}".rjust(32, "B")
        self.jobs[name] = Job(name, account)
        return self.jobs[name]

    def _create(self, request: Request, status: int, mode: str | None = None) -> Reply:
        account = self._entry(request, "viewer_kicks", mode)
        if isinstance(account, Reply):
            return account
        if self.has("needs_report") and not request.first("reportid"):
            return self._error(400, "reportid")
        if (request.first("format") or "CSV").upper() not in {"CSV", "XPORT"}:
            return self._error(400, "format")
        job = self._new(account)
        job.format = (request.first("format") or "CSV").upper()
        if status == 202:
            job.started = self.now()
        if self.has("job_id", "only_id"):
            return Reply(status, {"jobId" if self.has("job_id") else "id": job.id})
        return Reply(status, {"status": "success", "result": {"jobId": job.id}})

    def _metadata(self, request: Request) -> Reply:
        account = self._entry(request, "viewer_kicks")
        if isinstance(account, Reply):
            return account
        if request.first("studyId") is None:
            return self._error(400, "study")
        number: Any = 1.0 if self.has("one_zero") else 1
        item = {"reportId": "SDE", "reportType": "STUDY", "rptTypeSeq": number, "rptSeq": number}
        return Reply(200, {"status": "success", "result": [item]})

    def _list(self, request: Request) -> Reply:
        account = self._entry(request, "viewer_kicks")
        if isinstance(account, Reply):
            return account
        try:
            limit, offset = int(request.first("limit") or ""), int(request.first("offset") or "")
        except ValueError:
            return self._error(400, "limit or offset")
        if (limit < 1 and self.has("limit_500")) or (offset >= 2**31 and self.has("wide_int_500")):
            return Reply(500)
        if limit < 1 or offset < 0:
            return self._error(400, "limit or offset")
        limit = min(limit, 10) if self.has("clamped") else limit
        jobs = self.listed(reversed(self.jobs.values()))
        mine = [job for job in jobs if job.account == account]
        mine = mine[1:] if self.has("omits") else mine
        if offset:
            offset += 1 if self.has("shifted") else -1 if self.has("repeats") else 0
        stop = None if self.has("limit") else offset + limit
        rows = [self._row(job) for job in mine[offset:stop]]
        whole: Any = float if self.has("one_zero") else int
        result = {
            "hasMore": str(offset + limit < len(mine)).lower(), "totalResults": whole(len(mine)),
            "count": whole(len(rows)), "limit": whole(limit), "offset": whole(offset),
            "reportId": "SDE", "reportRunStatus": rows,
        }  # fmt: skip
        return Reply(200, {"status": "success", "result": result})

    def _row(self, job: Job) -> dict[str, Any]:
        row = {"downloadId": job.id, "rptKickoffDatetime": "2026-03-03T10:00:00.000Z"}
        state = self._state(job)
        if self.has("own_words"):
            return row | {"runStatus": "Busy" if state == "RUNNING" else "Ended"}
        if self.has("states"):
            return row | {
                "runState": {"WAITING": "Queued", "SUCCEEDED": "Finished"}.get(state, "Busy")
            }
        return row | {"status": state}


def target(service: ClinicalOne) -> dict[str, Any]:
    """Return the target file for a server."""
    fresh = {"path": {"jobId": [job.id for job in service.fresh]}, "any_query": True}
    return {
        "vendor": "clinicalone",
        "writes": True,
        "consent": {"kickOffReportJob": fresh} if service.has("documented_only") else {},
        "credentials": {
            "primary": {"token": "ora-full-Rt4"},
            "limited": {"token": "ora-view-Yb6"},
            "foreign": {"token": "ora-other-Gm8"},
        },
        "values": {"studyId": [STUDY]},
        "known": {
            "SUCCEEDED": [{"id": job.id, "mode": "test", "studyId": STUDY} for job in service.known]
        },
    }
