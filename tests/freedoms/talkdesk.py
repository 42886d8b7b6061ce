"""A Talkdesk Explore of its own make: reports of calls and users, from the vendor's pages alone."""

import base64
import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from tests.freedoms.wire import Reply, Request, Service, segments

TYPES = ("calls", "user_status")
TOKENS = {
    "tok-full-Kq7": ("acme", {"data-reports:read", "data-reports:write"}),
    "tok-read-Zw3": ("acme", {"data-reports:read"}),
    "tok-none-Xe9": ("acme", set()),
    "tok-other-Pd5": ("globex", {"data-reports:read", "data-reports:write"}),
}
CLIENT = ("client-invented", "secret-invented")


@dataclass
class Job:
    """One report job of an account."""

    id: str
    account: str
    type: str
    body: dict[str, Any]
    born: float
    fails: bool = False
    ended: str | None = None
    polls: itertools.count = field(default_factory=itertools.count)


class Talkdesk(Service):
    """Jobs, files and tokens."""

    FREEDOMS: ClassVar = {
        "documented_only": "only the job status and files exist, anything else is 404",
        "empty": "the job status is the legal {}",
        "status_only": "a job says its status and nothing else",
        "links_only": "DONE stays 200; `_links.files` alone says where the file is",
        "no_redirect": "DONE stays 200 without links: the file is at the default place",
        "no_location": "300 without a Location",
        "ticket": "Location is another path of this host, with a ticket; nothing at the default place",
        "elsewhere": "Location is pre-signed storage on another port",
        "relative": "Location is relative to the job",
        "file_ids": "a file has an id of its own; the job's id names no file",
        "file_redirect": "the file redirects (303) to pre-signed storage",
        "one_credential": "the file redirects to a path of this host that takes no token",
        "flat": "a creation answers with the job's members at the top",
        "wrapped_id": 'a creation answers {"result": {"jobId": …}}',
        "job_id": 'a creation answers {"jobId": …}',
        "only_id": 'a creation answers {"id": …}',
        "created_201": "a creation answers 201 (the page says 202)",
        "odd_ids": "ids have other characters: ~, ., : and =",
        "coded_ids": "ids have spaces and what looks like a percent-encoding",
        "slash_list": "the list is at /jobs/ too",
        "both_names": "files have `filename` and `filename*`, the first with a quote in it",
        "lower_times": "the timespan comes back with t and z in lower case",
        "instant": "a job is DONE at once",
        "slow": "a job takes more than a second",
        "all_fail": "every job ends FAILED",
        "gone": "a deleted job is 404",
        "terse": "errors have code and message alone",
        "fields": "errors list fields",
        "conflict": "a file that is not there is 409, one that was 410",
        "foreign_403": "another account's job is 403",
        "clamped": "the list serves ten at most and says so",
        "lost_pages": "a page beyond the last is 400",
        "narrow_page": "a page beyond int32 is the last that int32 has",
        "dies_401": "after 60 requests the token is refused by 401",
        "dies_403": "after 60 requests the token is refused by 403",
        "unordered": "the list has no order that time would give",
        "retold": "the timespan comes back in UTC with milliseconds",
        "extra": "jobs carry created_at, type and more",
        "late_list": "a job is listed a second after its creation",
        "wrapped_rows": "the list has each job under `job`",
        "big_cell": "a cell of the CSV has 140,000 characters",
        "octets": "files are application/octet-stream",
        "bare_file": "files have no Content-Type",
        "lines": "json_bulk is one object a line",
        "strict_query": "unknown query parameters are 400",
        "status_422": "a bad body is 422",
        "surrogate": "a job's name holds a lone surrogate, escaped",
        "short_tokens": "tokens live two seconds",
        "short_extras": "a token comes with refresh_token and id_token, a letter each",
        "token_elsewhere": "tokens come from another port",
        "lower_case": "status words in lower case (observed profile)",
        "see_other": "303 where the page says 300 (observed profile)",
    }
    BUGS: ClassVar = {
        "empty_bearer": "an empty token is taken", "any_scheme": "a token counts under any scheme",
        "cut_token": "the first eight characters of a token are enough",
        "any_case_token": "tokens in any case", "no_auth_file": "files take no token",
        "immortal": "expired tokens are taken", "scope_ignored": "a token without scope may read",
        "foreign": "jobs of other accounts can be read", "foreign_file": "files of others, too",
        "foreign_list": "the list shows the jobs of other accounts",
        "write_by_reader": "a reader may create and delete",
        "offset_500": "an offset in a date-time is 500", "cut_name": "a name is cut at 40 characters",
        "mojibake": "names are decoded as Latin-1", "ascii_name": "other letters become ?",
        "swapped_jobs": "two polls in flight get the same job",
        "swapped_files": "two downloads in flight get the same file",
        "same_ids": "two creations in flight get the same id",
        "back": "a job goes from PROCESSING to CREATED once", "done_back": "DONE becomes PROCESSING",
        "done_failed": "DONE becomes FAILED", "file_early": "a file before DONE",
        "file_failed": "a file of a FAILED job", "file_deleted": "the file of a DELETED job",
        "no_file": "a DONE job has no file",
        "file_circle": "the file redirects to itself", "ragged": "a CSV row has one cell more",
        "csv_json": "a CSV job yields JSON", "json_cut": "the JSON file ends early",
        "bulk_csv": "a json_bulk job yields CSV", "media_lie": "CSV is sent as application/json",
        "early_300": "300 while PROCESSING", "other_location": "Location names another job's file",
        "dead_location": "Location leads nowhere", "unknown_200": "an unknown job is {}",
        "unknown_500": "an unknown job is 500", "type_404": "an invalid type is 404",
        "no_message": "errors lack a message", "code_number": "the code is a number",
        "odd_fields": "fields without a description", "id_number": "job.id is a number",
        "other_id": "job.id is another", "title_case": "the status is written Done",
        "timespan_text": "timespan is text", "any_format": "any format is taken",
        "bad_zone": "the timezone is no zone", "shifted": "page two begins one late",
        "repeats": "page two repeats the last of page one", "omits": "the newest job is not listed",
        "per_page": "per_page is ignored", "page_500": "a page of 0 is 500",
        "wide_int_500": "a page beyond int32 is 500", "same_key_500": "a parameter given twice is 500",
        "deep_500": "a body that is nested deep is 500", "long_500": "a long id is 500",
        "utf8_500": "an id that is not UTF-8 is 500", "no_delete": "deleting deletes nothing",
        "no_cancel": "a cancelled job ends DONE", "delete_open": "anybody deletes",
        "other_type": "a job is readable under another type", "any_grant": "any grant buys a token",
        "any_client": "any client buys a token", "any_secret": "any secret of the client buys one",
        "token_in_query": "a token counts in the query",
    }  # fmt: skip

    def __init__(self, options: frozenset[str] = frozenset()) -> None:
        super().__init__(options)
        self.jobs: dict[str, Job] = {}
        self.bought: dict[str, float] = {}
        self.known = {t: self._new(Request("", "", [], {}, b"", ""), t, "acme", {}) for t in TYPES}
        for job in self.known.values():
            job.born -= 1000
            job.fails = False

    def handle(self, request: Request) -> Reply:
        try:
            parts = segments(request.path)
        except ValueError:
            return Reply(500) if self.has("utf8_500") else self._error(404, "not found")
        match (request.method, *parts):
            case ("POST", "oauth", "token"):
                return self._token(request)
            case ("GET", "storage", ticket):
                return self._ticket(request, ticket)
            case (method, "data", "reports", kind, area, *rest) if area in ("jobs", "files"):
                return self._report(request, method, kind, area, rest)
        return self._error(404, "not found")

    def _report(
        self, request: Request, method: str, kind: str, area: str, rest: list[str]
    ) -> Reply:
        known: dict[tuple[str, str, int], Any] = {
            ("GET", "jobs", 1): self._poll,
            ("GET", "files", 1): self._file,
        }
        if not self.has("documented_only"):
            known |= {("POST", "jobs", 0): self._create, ("GET", "jobs", 0): self._list}
            known |= {("DELETE", "jobs", 1): self._cancel, ("DELETE", "files", 1): self._delete}
        if rest == [""] and self.has("slash_list"):
            rest = []
        action = known.get((method, area, len(rest)))
        if action is None:
            return self._error(404, "not found")
        names = [name for name, _ in request.query]
        if self.has("same_key_500") and len(names) != len(set(names)):
            return Reply(500)
        who = self._caller(request)
        if self.served > 60 and self.has("dies_403") and who is not None:
            return self._error(403, "forbidden")
        if self.served > 60 and self.has("dies_401"):
            who = None
        if action == self._delete and self.has("delete_open"):
            who = TOKENS["tok-full-Kq7"]
        if who is None and not (area == "files" and self.has("no_auth_file")):
            return self._error(401, "unauthorized", {"WWW-Authenticate": "Bearer"})
        account, scopes = who or ("acme", {"data-reports:read"})
        needed = "data-reports:read" if method == "GET" else "data-reports:write"
        lax = self.has("scope_ignored") and method == "GET"
        lax |= self.has("write_by_reader") and bool(scopes) and method != "GET"
        if needed not in scopes and not lax:
            return self._error(403, "forbidden")
        if kind not in TYPES:
            return self._error(404 if self.has("type_404") else 400, "no such type")
        if self.has("strict_query") and set(names) - {"page", "per_page"}:
            return self._error(400, "unknown parameter")
        return action(request, kind, account, *rest)

    def _caller(self, request: Request) -> tuple[str, set[str]] | None:
        header = request.headers.get("authorization", "")
        if self.has("token_in_query") and (token := request.first("access_token")):
            header = header or f"Bearer {token}"
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" and not self.has("any_scheme"):
            return None
        if self.has("empty_bearer") and scheme and not token:
            return TOKENS["tok-full-Kq7"]
        if token in self.bought and (self.bought[token] > self.now() or self.has("immortal")):
            return TOKENS["tok-full-Kq7"]
        for good, who in TOKENS.items():
            same = token == good or (self.has("any_case_token") and token.lower() == good.lower())
            if same or (self.has("cut_token") and len(token) >= 8 and good.startswith(token)):
                return who
        return None

    def _token(self, request: Request) -> Reply:
        if self.has("documented_only") or (
            self.has("token_elsewhere") and request.host not in self.storage
        ):
            return self._error(404, "not found")
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        try:
            pair = tuple(base64.b64decode(text).decode().split(":", 1))
        except ValueError:
            pair = ()
        form = dict(parse_qsl(request.body.decode("latin-1")))
        if self.has("any_secret") and pair[:1] == CLIENT[:1]:
            pair = CLIENT
        if (scheme.lower() != "basic" or pair != CLIENT) and not self.has("any_client"):
            return Reply(401, {"error": "invalid_client", "error_description": "no"})
        grant = form.get("grant_type") or request.first("grant_type")
        if grant != "client_credentials" and not self.has("any_grant"):
            return Reply(400, {"error": "unsupported_grant_type", "error_description": "no"})
        token = f"bought-{len(self.bought)}-{id(request):x}"
        lasts = 2 if self.has("short_tokens", "immortal") else 600
        self.bought[token] = self.now() + lasts
        more = {"refresh_token": "r", "id_token": "e"} if self.has("short_extras") else {}
        return Reply(200, {**more,
                           "access_token": token, "token_type": "Bearer", "expires_in": lasts,
                           "scope": "data-reports:read data-reports:write"})  # fmt: skip

    def _error(self, status: int, text: str, headers: dict[str, str] | None = None) -> Reply:
        data: dict[str, Any] = {"code": f"E{status}", "message": text, "description": text}
        if self.has("terse"):
            del data["description"]
        if self.has("fields", "odd_fields"):
            data["fields"] = [{"name": "id", "description": text}]
        if self.has("odd_fields"):
            del data["fields"][0]["description"]
        if self.has("no_message"):
            del data["message"]
        if self.has("code_number"):
            data["code"] = status
        return Reply(status, data, headers=headers or {})

    # --- jobs

    def _new(self, request: Request, kind: str, account: str, body: dict[str, Any]) -> Job:
        number = len(self.jobs)
        if self.has("same_ids"):
            self.mixed_up("same_ids", number)
            number = len(self.jobs)
            self.mixed_up("same_ids", number)
        number = int(self.mixed_up("same_ids", number))
        sign = "job:{}~x.=" if self.has("odd_ids") else "3f2a{:04x}9c"
        sign = "a %52 {:04x}" if self.has("coded_ids") else sign
        job = Job(sign.format(number * 7 + 3), account, kind, body, self.now())
        job.fails = self.has("all_fail") or (self.has("file_failed") and number % 2 == 1)
        self.jobs[job.id] = job
        return job

    def _create(self, request: Request, kind: str, account: str) -> Reply:
        refused = 422 if self.has("status_422") else 400
        try:
            body = request.json()
        except ValueError:
            return self._error(
                500 if self.has("deep_500") and b"[[[[" in request.body else refused, "no JSON"
            )
        problem = self._problem(body)
        if problem == "offset" and self.has("offset_500"):
            return Reply(500)
        if problem and problem != "offset":
            return self._error(refused, problem)
        name = body.get("name")
        if name and self.has("cut_name"):
            body["name"] = name[:40]
        if name and self.has("mojibake"):
            body["name"] = name.encode("utf-8", "replace").decode("latin-1")
        if name and self.has("ascii_name"):
            body["name"] = name.encode("ascii", "replace").decode()
        job = self._new(request, kind, account, body)
        answer: dict[str, Any] = {"job": self._members(job, "CREATED")}
        if self.has("flat"):
            answer = answer["job"]
        if self.has("wrapped_id", "job_id"):
            answer = {"result": {"jobId": job.id}} if self.has("wrapped_id") else {"jobId": job.id}
        if self.has("only_id"):
            answer = {"id": job.id}
        return Reply(201 if self.has("created_201") else 202, answer)

    def _problem(self, body: Any) -> str | None:
        """Return what is wrong with the body of a creation; "offset" only hints at an offset."""
        if not isinstance(body, dict):
            return "no object"
        if body.get("format") not in ("csv", "json", "json_bulk") and not self.has("any_format"):
            return "format"
        span = body.get("timespan")
        if not isinstance(span, dict) or not isinstance(body.get("name", ""), str):
            return "timespan or name"
        zones = [part["timezone"] for part in (body, span) if "timezone" in part]
        try:
            for zone in zones:
                ZoneInfo(zone)
            ends = [datetime.fromisoformat(span[end]) for end in ("from", "to")]
        except (KeyError, TypeError, ValueError, OSError):
            return "timespan or timezone"
        plain = [end.replace(tzinfo=None) for end in ends]
        if not timedelta() < plain[1] - plain[0] <= timedelta(days=31):
            return "too long or the wrong way round"
        return "offset" if any(end.utcoffset() for end in ends) else None

    def _status(self, job: Job) -> str:
        if job.ended:
            return job.ended
        if self.has("back", "done_back", "done_failed") and next(job.polls) == 3:
            return {"back": "CREATED", "done_back": "PROCESSING"}.get(self._bug(), "FAILED")
        age = 9.0 if self.has("instant") else self.now() - job.born
        unit = 0.7 if self.has("slow") else 0.12
        if age < unit:
            return "CREATED"
        if age < unit * 2 or (self.has("back") and next(job.polls) < 4):
            return "PROCESSING"
        return "FAILED" if job.fails else "DONE"

    def _bug(self) -> str:
        return next(bug for bug in ("back", "done_back", "done_failed") if self.has(bug))

    def _members(self, job: Job, status: str) -> dict[str, Any]:
        word = status.lower() if self.has("lower_case") else status
        if self.has("status_only"):
            return {"status": word}
        members: dict[str, Any] = {"id": job.id, "status": word, **job.body}
        if self.has("title_case"):
            members["status"] = status.title()
        if self.has("id_number", "other_id"):
            members["id"] = 17 if self.has("id_number") else "3f2affff9c"
        if self.has("bad_zone"):
            members["timezone"] = "Mars/Phobos"
        if self.has("retold") and "timespan" in members:
            members["timespan"] = {
                end: datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M:%S.000Z") if "+" not in text else text
                for end, text in members["timespan"].items() if end in ("from", "to")
            }  # fmt: skip
        if self.has("lower_times") and "timespan" in members:
            members["timespan"] = {end: text.lower() for end, text in members["timespan"].items()
                                   if end in ("from", "to")}  # fmt: skip
        if self.has("timespan_text"):
            members["timespan"] = "2026-03"
        if self.has("extra"):
            members |= {"created_at": "2026-03-03T10:00:00Z", "type": job.type, "x-rows": 1.0}
        if self.has("surrogate"):
            members["name"] = "\\ud800"
        return members

    def _find(self, kind: str, account: str, name: str, opening: str) -> Job | Reply:
        job = self.jobs.get(name)
        if self.has("long_500") and len(name) > 200:
            return Reply(500)
        if job is None or (job.type != kind and not self.has("other_type")):
            if self.has("unknown_500"):
                return Reply(500)
            return Reply(200, {}) if self.has("unknown_200") else self._error(404, "no such job")
        if job.account != account and not self.has(opening):
            return self._error(403 if self.has("foreign_403") else 404, "no such job")
        return job

    def _poll(self, request: Request, kind: str, account: str, name: str) -> Reply:
        name = self.mixed_up("swapped_jobs", name)
        job = self._find(kind, account, name, "foreign")
        if isinstance(job, Reply):
            return job
        if self.has("empty"):
            return Reply(200, {})
        status = self._status(job)
        if status == "DELETED" and self.has("gone"):
            return self._error(404, "no such job")
        data: dict[str, Any] = {"job": self._members(job, status)}
        if not self.has("status_only", "no_redirect"):
            data["_links"] = {"self": {"href": f"/data/reports/{kind}/jobs/{quote(job.id)}"}}
            if status == "DONE":
                data["_links"]["files"] = {"href": self._place(job)}
        if self.has("surrogate"):
            return Reply(200, body=json.dumps(data).replace("\\\\ud800", "\\ud800").encode())
        done = status == "DONE" and not self.has("links_only", "no_redirect")
        if not done and not (self.has("early_300") and status == "PROCESSING"):
            return Reply(200, data)
        headers = {} if self.has("no_location") else {"Location": self._place(job)}
        return Reply(303 if self.has("see_other") else 300, data, headers=headers)

    def _place(self, job: Job) -> str:
        if self.has("ticket"):
            return f"/storage/t-{job.id}?ticket=9c2e"
        if self.has("elsewhere"):
            return f"{self.storage}/storage/t-{job.id}?X-Amz-Signature=invented&sig=inv"
        if self.has("relative"):
            return f"../files/{job.id}"
        name = f"f-{quote(job.id)}" if self.has("file_ids") else quote(job.id)
        if self.has("other_location"):
            name = next((j.id for j in self.jobs.values() if j is not job), name)
        area = "downloads" if self.has("dead_location") else "files"
        return f"/data/reports/{job.type}/{area}/{name}"

    def _list(self, request: Request, kind: str, account: str) -> Reply:
        try:
            page, size = (
                int(request.first(name) or usual) for name, usual in (("page", 1), ("per_page", 20))
            )
        except ValueError:
            return self._error(400, "page")
        if (self.has("page_500") and page < 1) or (self.has("wide_int_500") and page > 2**31 - 1):
            return Reply(500)
        if page < 1 or not 1 <= size <= 200:
            return self._error(400, "page")
        page = min(page, 2**31 - 1) if self.has("narrow_page") else page
        size = min(size, 10) if self.has("clamped") else size
        mine = [job for job in self.listed(reversed(self.jobs.values())) if job.type == kind]
        mine = [job for job in mine if job.account == account or self.has("foreign_list")]
        if self.has("unordered"):
            mine.sort(key=lambda job: job.id[::-1])
        if self.has("omits"):
            mine = mine[1:]
        start = (page - 1) * size
        if start >= max(1, len(mine)) and self.has("lost_pages"):
            return self._error(400, "page")
        if page > 1:
            start += 1 if self.has("shifted") else -1 if self.has("repeats") else 0
        stop = None if self.has("per_page") else start + size
        rows = [self._members(job, self._status(job)) for job in mine[start:stop]]
        rows = [{"job": row} for row in rows] if self.has("wrapped_rows") else rows
        data = {"_embedded": {"jobs": rows}, "total": len(mine), "page": page, "per_page": size}
        return Reply(200, {**data, "count": len(rows), "_links": {}})

    # --- files

    def _file(self, request: Request, kind: str, account: str, name: str) -> Reply:
        name = self.mixed_up("swapped_files", name)
        if self.has("file_ids"):
            name = name.removeprefix("f-") if name.startswith("f-") else ""
        job = self._find(kind, account, name, "foreign_file")
        if isinstance(job, Reply):
            return job
        status = self._status(job)
        lax = {
            "file_early": ("CREATED", "PROCESSING"),
            "file_failed": ("FAILED",),
            "file_deleted": ("DELETED",),
        }
        allowed = {
            "DONE",
            *(state for bug, states in lax.items() if self.has(bug) for state in states),
        }
        if status not in allowed or self.has("ticket", "elsewhere", "no_file"):
            gone = 410 if status == "DELETED" else 409
            return self._error(gone if self.has("conflict") else 404, "no file")
        if self.has("file_circle"):
            return Reply(303, headers={"Location": request.path})
        if self.has("one_credential"):
            return Reply(303, headers={"Location": f"/storage/t-{job.id}?sig=inv"})
        if self.has("file_redirect"):
            return Reply(303, headers={"Location": f"{self.storage}/storage/t-{job.id}?sig=inv"})
        return self._content(job)

    def _ticket(self, request: Request, ticket: str) -> Reply:
        job = self.jobs.get(ticket.removeprefix("t-"))
        right = request.query and self.has("ticket", "elsewhere", "file_redirect", "one_credential")
        right = right and not (self.has("one_credential") and "authorization" in request.headers)
        if job is None or not right or self._status(job) != "DONE":
            return Reply(403, body=b"<Error/>", media="application/xml")
        return self._content(job)

    def _content(self, job: Job) -> Reply:
        rows = [
            ["id", "at", "note"],
            [job.id, "2026-03-01T10:00:00Z", "a, b"],
            ["2", "", 'c "d"\nE'],
        ]
        if self.has("big_cell"):
            rows[1][2] = "x" * 140_000
        if self.has("ragged"):
            rows[2].append("more")
        quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
        entries = [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
        form = job.body.get("format", "csv")
        document = {"type": job.type, "version": "1", "entries": entries, "total": len(entries)}
        if (form == "csv" and not self.has("csv_json")) or (
            form == "json_bulk" and self.has("bulk_csv")
        ):
            text, media = "\r\n".join(quoted) + "\r\n", "text/csv; charset=utf-8; header=present"
        elif form == "json_bulk" and self.has("lines"):
            text, media = (
                "".join(json.dumps(entry) + "\n" for entry in entries),
                "application/x-ndjson",
            )
        else:
            text, media = (
                json.dumps(document)[: -9 if self.has("json_cut") else None],
                "application/json",
            )
        if self.has("media_lie"):
            media = "application/json"
        if self.has("octets", "bare_file"):
            return Reply(
                200,
                body=text.encode(),
                media=None if self.has("bare_file") else "application/octet-stream",
            )
        names = 'attachment; filename="a; \\"b\\".csv"; filename*=UTF-8\'\'%C3%A9.csv'
        headers = {"Content-Disposition": names} if self.has("both_names") else {}
        return Reply(200, body=text.encode(), media=media, headers=headers)

    def _delete(self, request: Request, kind: str, account: str, name: str) -> Reply:
        job = self._find(kind, account, name, "delete_open")
        if isinstance(job, Reply):
            return job
        if self._status(job) != "DONE":
            return self._error(403, "no file")
        if not self.has("no_delete"):
            job.ended = "DELETED"
        return Reply(204)

    def _cancel(self, request: Request, kind: str, account: str, name: str) -> Reply:
        job = self._find(kind, account, name, "")
        if isinstance(job, Reply):
            return job
        if self._status(job) not in ("CREATED", "PROCESSING"):
            return self._error(403, "too late")
        if not self.has("no_cancel"):
            job.ended = "DELETED"
        return Reply(204)


def target(service: Talkdesk) -> dict[str, Any]:
    """Return the target file for a server."""
    url = service.storage if service.has("token_elsewhere") else service.base
    primary = {"token": "tok-full-Kq7"}
    if not service.has("documented_only"):
        primary |= {
            "client_id": CLIENT[0],
            "client_secret": CLIENT[1],
            "token_url": f"{url}/oauth/token",
        }
    storage = service.storage.removeprefix("http://")
    return {
        "vendor": "talkdesk",
        "writes": True,
        "credentials": {
            "primary": primary,
            "reader": {"token": "tok-read-Zw3"},
            "limited": {"token": "tok-none-Xe9"},
            "foreign": {"token": "tok-other-Pd5"},
        },
        "values": {"type": list(TYPES)},
        "known": {"DONE": [{"type": job.type, "id": job.id} for job in service.known.values()]},
        "download_hosts": [storage, storage.split(":")[0]],
    }
