"""Two servers for the vendors of tests/examples, from their openapi.yaml alone, with freedoms and bugs."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, unquote

HOST = "http://127.0.0.1:8080"
JSON = "application/json"
REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 303: "See Other"}


@dataclass
class Request:
    method: str
    path: list[str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body.decode())
        except (ValueError, RecursionError):
            return None


@dataclass
class Reply:
    status: int
    data: Any = None
    text: str | None = None
    media: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    id: str
    number: int
    account: str
    asked: dict[str, Any]
    born: float
    ended: tuple[str, float] | None = None
    polls: int = 0


class Refused(Exception):  # noqa: N818
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Server:
    """A WSGI application; `options` are freedoms and bugs, `now` gives its time in seconds."""

    VENDOR: ClassVar[str]
    TIMES: ClassVar[tuple[float, float]]
    FREEDOMS: ClassVar[dict[str, str]]
    BUGS: ClassVar[dict[str, str]]

    def __init__(self, now: Callable[[], float], *options: str) -> None:
        assert set(options) <= {*self.FREEDOMS, *self.BUGS}
        self.now = now
        self.options = frozenset(options)
        self.jobs: dict[str, Job] = {}
        self.made = 0

    def has(self, option: str) -> bool:
        return option in self.options

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        raw = environ.get("RAW_URI") or quote(environ["PATH_INFO"].encode("latin-1"))
        request = Request(
            environ["REQUEST_METHOD"],
            [unquote(part) for part in raw.partition("?")[0].split("/")[1:]],
            dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
            {
                key[5:].replace("_", "-").lower(): value
                for key, value in environ.items()
                if key.startswith("HTTP_")
            },
            environ["wsgi.input"].read(length),
        )
        try:
            reply = self.route(request)
        except Refused as refusal:
            reply = Reply(refusal.status, self.error(refusal.status, str(refusal)))
        body = b""
        if reply.text is not None:
            body = reply.text.encode()
        elif reply.data is not None:
            body = json.dumps(reply.data).encode()
        headers = [("Content-Type", reply.media)] if body else []
        headers += [*reply.headers.items(), ("Content-Length", str(len(body)))]
        start_response(f"{reply.status} {REASONS.get(reply.status, 'Refused')}", headers)
        return [body]

    def route(self, request: Request) -> Reply:
        raise AssertionError(request)

    def error(self, status: int, message: str) -> Any:
        raise AssertionError(status, message)

    def account(self, secret: str) -> str:
        known = {f"mock-{self.VENDOR}-user": "default", f"mock-{self.VENDOR}-other": "other"}
        if self.has("cut_secret"):
            known |= {name[:-3]: account for name, account in known.items()}
        if self.has("any_case"):
            secret = secret.lower()
        if secret not in known:
            raise Refused(401, "The credential is not known.")
        return known[secret]

    def new(self, account: str, asked: dict[str, Any], id_: str) -> Job:
        self.made += 1
        job = Job(id_, self.made, account, asked, self.now())
        self.jobs[id_] = job
        return job

    def find(self, id_: str, account: str) -> Job:
        job = self.jobs.get(id_)
        if job is None:
            raise Refused(404, "There is no such job.")
        if job.account != account and not self.has("foreign"):
            raise Refused(403 if self.has("foreign_403") else 404, "There is no such job.")
        return job

    def stage(self, job: Job) -> int:
        """0 before the work, 1 at work, 2 done."""
        age = self.now() - job.born
        if self.has("instant"):
            return 2
        return sum(age >= limit for limit in self.TIMES)

    def own(self, account: str) -> list[Job]:
        jobs = sorted(self.jobs.values(), key=lambda job: -job.number)
        if self.has("unlisted"):
            jobs = [job for job in jobs if self.now() - job.born > 1000]
        return [job for job in jobs if job.account == account or self.has("all_accounts")]

    def time(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def whole(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text[:9]) <= high:
        raise Refused(400, "The number is out of its range.")
    return int(text)


class Renders(Server):
    """The long-running operations: opaque ids, a cursor, a state in three members."""

    VENDOR = "operations"
    TIMES = (0.6, 2.5)
    FREEDOMS: ClassVar = {
        "opaque": "ids are signed: what the server has not made is malformed (400)",
        "relative": "Location is relative",
        "instant": "every operation is done at once",
        "foreign_403": "another account's operation is 403",
        "extra": "operations and errors have members that the contract does not name",
        "no_retry": "no Retry-After anywhere",
        "storage": "the frames are at a signed address of this host, to which the path redirects",
        "small": "a page has four operations at most, whatever was asked for",
        "slow_cancel": "a cancelled operation ends a moment later",
        "gone": "a deleted operation is 410",
        "no_metadata_more": "metadata has what is required, and the times it needs",
    }
    BUGS: ClassVar = {
        "no_location": "HEADER-startRender-Location",
        "created_200": "STATUS-startRender",
        "same_id": "UNIQUE-startRender",
        "back": "EDGE-getOperation",
        "restarts": "FINAL-getOperation",
        "unreadable": "READ-getOperation",
        "early_file": "NOFILE-downloadFrames",
        "no_file": "FILE-downloadFrames",
        "dead_link": "RESULT-getOperation-response-framesUri",
        "cut_secret": "BADAUTH-getOperation",
        "any_case": "BADAUTH-listOperations",
        "no_auth": "NOAUTH-listOperations",
        "foreign": "FOREIGN-getOperation",
        "all_accounts": "HIDDEN-listOperations",
        "unknown_200": "UNKNOWN-getOperation",
        "lost": "PAGES-listOperations",
        "stale_cursor": "PAGES-listOperations",
        "unlisted": "LISTED-listOperations",
        "big_page": "SIZE-listOperations",
        "any_quality": "INPUT-startRender-enum",
        "any_frames": "INPUT-startRender-type",
        "no_scene": "INPUT-startRender-required",
        "any_size": "PARAM-listOperations-pageSize",
        "bare_error": "ERROR-getOperation",
        "text": "TYPE-getOperation",
        "done_text": "BODY-getOperation",
        "retry_text": "HEADER-getOperation-Retry-After",
        "cancel_nothing": "EFFECT-cancelOperation",
        "cancel_any": "CLOSED-cancelOperation-SUCCEEDED",
        "keeps_file": "GONE-deleteOperation",
        "crash": "SERVER-startRender",
        "other_name": "ID-getOperation",
        "half": "STATE-getOperation",
    }

    def error(self, status: int, message: str) -> Any:
        if self.has("bare_error"):
            return {"message": message}
        more: dict[str, Any] = {"details": []} if self.has("extra") else {}
        return {"error": {"code": status, "message": message, **more}}

    def route(self, request: Request) -> Reply:
        path, method = request.path, request.method
        if path[:1] != ["v1"]:
            raise Refused(404, "There is nothing here.")
        if path[1:2] == ["storage"] and method == "GET":
            return self.stored(request)
        if path[1:2] == ["projects"] and path[3:] == ["renders"]:
            return self.start(request) if method == "POST" else self.not_allowed()
        if path[1:] == ["operations"]:
            return self.list(request) if method == "GET" else self.not_allowed()
        if path[1:2] != ["operations"]:
            raise Refused(404, "There is nothing here.")
        account = self.caller(request)
        id_, _, verb = path[2].partition(":")
        if self.has("unknown_200") and id_ not in self.jobs and method == "GET":
            job = Job(id_, 0, account, {"scene": "x", "frames": 1}, self.now())
            return Reply(200, self.body(job))
        self.check_id(id_)
        job = self.find(id_, account)
        if path[3:] == ["frames"] and method == "GET":
            return self.frames(job)
        if verb == "cancel" and method == "POST":
            return self.cancel(job)
        if path[3:] or verb or method not in {"GET", "DELETE"}:
            return self.not_allowed()
        return self.show(job) if method == "GET" else self.delete(job)

    def not_allowed(self) -> Reply:
        raise Refused(405, "Not that method.")

    def caller(self, request: Request) -> str:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            raise Refused(401, "A bearer token is missing.")
        return self.account(secret)

    def check_id(self, id_: str) -> None:
        if self.has("opaque") and self.sign(id_.partition("~")[0]) != id_:
            raise Refused(400, "This is no id of ours.")

    def sign(self, text: str) -> str:
        return f"{text}~{hashlib.sha256(text.encode()).hexdigest()[:9]}"

    def start(self, request: Request) -> Reply:
        account, asked = self.caller(request), request.json()
        if not isinstance(asked, dict) or not asked.keys() <= {"scene", "frames", "quality"}:
            raise Refused(400, "The body is an object with scene, frames and quality.")
        scene = asked.get("scene", "x" if self.has("no_scene") else None)
        if not isinstance(scene, str) or not scene:
            raise Refused(400, "scene is a text.")
        if len(scene) > 100:
            raise Refused(500 if self.has("crash") else 400, "scene is too long.")
        frames = asked.get("frames", 1)
        known = isinstance(frames, int) and not isinstance(frames, bool) and 1 <= frames <= 10000
        if not known:
            if not self.has("any_frames"):
                raise Refused(400, "frames is a number.")
            frames = 1
        if asked.get("quality", "draft") not in ("draft", "final") and not self.has("any_quality"):
            raise Refused(400, "quality is draft or final.")
        number = 1 if self.has("same_id") else self.made + 1
        id_ = (
            self.sign(f"r.{number}")
            if self.has("opaque")
            else hashlib.md5(str(number).encode()).hexdigest()
        )
        quality = asked.get("quality", "draft")
        quality = quality if quality in ("draft", "final") else "draft"
        job = self.new(account, {"scene": scene, "frames": frames, "quality": quality}, id_)
        place = f"/v1/operations/{quote(id_, safe='')}"
        headers = (
            {}
            if self.has("no_location")
            else {"Location": place if self.has("relative") else HOST + place}
        )
        if not self.has("no_retry"):
            headers["Retry-After"] = "1"
        return Reply(200 if self.has("created_200") else 202, self.body(job), headers=headers)

    def state(self, job: Job) -> str:
        if job.ended is not None and self.now() >= job.ended[1]:
            return job.ended[0]
        stage = self.stage(job)
        if self.has("back") and stage == 1 and job.polls % 3 == 2:
            return "PENDING"
        if self.has("restarts") and stage == 2 and job.polls % 3 == 2:
            return "RUNNING"
        return ("PENDING", "RUNNING", "SUCCEEDED")[stage]

    def body(self, job: Job) -> dict[str, Any]:
        state = self.state(job)
        metadata = {**job.asked, "createTime": self.time(job.born)}
        if self.has("no_metadata_more"):
            del metadata["quality"]
        if state != "PENDING":
            metadata["startTime"] = self.time(job.born + self.TIMES[0])
        done = state not in {"PENDING", "RUNNING"}
        body: dict[str, Any] = {"name": job.id, "done": done, "metadata": metadata}
        if state == "CANCELLED":
            body["error"] = {"code": 1, "message": "Cancelled.", "status": "CANCELLED"}
        elif done and not self.has("half"):
            where = "nothing" if self.has("dead_link") else f"{quote(job.id, safe='')}/frames"
            body["response"] = {"framesUri": f"{HOST}/v1/operations/{where}"}
        if self.has("done_text"):
            body["done"] = str(done).lower()
        if self.has("other_name"):
            body["name"] = next(iter(self.jobs), job.id)
        if self.has("extra"):
            body["@type"] = "render"
        return body

    def show(self, job: Job) -> Reply:
        job.polls += 1
        if self.has("unreadable") and job.polls == 1:
            raise Refused(404, "Not yet.")
        body = self.body(job)
        headers = {} if body["done"] or self.has("no_retry") else {"Retry-After": "1"}
        if self.has("retry_text"):
            headers = {"Retry-After": "soon"}
        return Reply(200, body, media="text/plain" if self.has("text") else JSON, headers=headers)

    def list(self, request: Request) -> Reply:
        account = "default" if self.has("no_auth") else self.caller(request)
        text = request.query.get("pageSize", "10")
        size = 10 if self.has("any_size") and not text.isdigit() else whole(text, 1, 50)
        size = 50 if self.has("big_page") else min(size, 4) if self.has("small") else size
        token = request.query.get("pageToken")
        jobs = self.own(account)
        if token is not None:
            try:
                below = int(base64.urlsafe_b64decode(token.encode()))
            except ValueError:
                raise Refused(400, "This is no token of ours.") from None
            if self.has("stale_cursor"):
                raise Refused(400, "The token is over.")
            jobs = [job for job in jobs if job.number < below]
        page = jobs[:size]
        body: dict[str, Any] = {"operations": [self.body(job) for job in page]}
        if len(jobs) > size:
            last = page[-1].number - self.has("lost")
            body["nextPageToken"] = base64.urlsafe_b64encode(str(last).encode()).decode()
        return Reply(200, body)

    def delete(self, job: Job) -> Reply:
        if self.has("keeps_file"):
            job.asked["deleted"] = True
            return Reply(204)
        del self.jobs[job.id]
        return Reply(204)

    def find(self, id_: str, account: str) -> Job:
        if self.has("gone") and id_ not in self.jobs:
            raise Refused(410, "There is no such operation any more.")
        return super().find(id_, account)

    def cancel(self, job: Job) -> Reply:
        state = self.state(job)
        if state == "CANCELLED" or self.has("cancel_nothing"):
            return Reply(200, self.body(job))
        if state == "SUCCEEDED" and not self.has("cancel_any"):
            raise Refused(409, "It has ended.")
        if state != "SUCCEEDED":
            job.ended = ("CANCELLED", self.now() + (0.3 if self.has("slow_cancel") else 0.0))
            job.born = self.now() - (self.TIMES[0] + 0.05) if state == "RUNNING" else self.now()
        return Reply(200, self.body(job))

    def frames(self, job: Job) -> Reply:
        early = self.has("early_file") and self.state(job) == "RUNNING"
        if (self.state(job) != "SUCCEEDED" and not early) or self.has("no_file"):
            raise Refused(404, "There are no frames.")
        if self.has("storage"):
            place = f"/v1/storage/{quote(job.id, safe='')}?sig={self.sign(job.id)[-9:]}&expires=99"
            return Reply(303, headers={"Location": place})
        return Reply(200, text='{"frame": 1}\n', media="application/x-ndjson")

    def stored(self, request: Request) -> Reply:
        if request.query.get("sig") != self.sign(request.path[2])[-9:]:
            raise Refused(403, "The signature is wrong.")
        return Reply(200, text='{"frame": 1}\n', media="application/x-ndjson")


class Exports(Server):
    """The exports: page numbers, an API key, a pre-signed file on another path."""

    VENDOR = "exports"
    TIMES = (0.5, 2.0)
    FREEDOMS: ClassVar = {
        "instant": "every export is ready at once",
        "foreign_403": "another account's export is 403",
        "no_null": "what is not known yet is left out rather than null",
        "clamped": "per_page has a maximum of four here, and page says so",
        "lost_pages": "a page behind the last is 404",
        "other_host": "the download URL is on another host",
        "octets": "files are application/octet-stream",
        "unlisted_404": "an unknown export is 404, which the contract does not list",
    }
    BUGS: ClassVar = {
        "created_202": "STATUS-createExport",
        "refuses_all": "VALID-createExport",
        "list_refused": "VALID-listExports",
        "same_id": "UNIQUE-createExport",
        "any_dataset": "INPUT-createExport-enum",
        "no_dataset": "INPUT-createExport-required",
        "back": "EDGE-getExport",
        "restarts": "EDGE-getExport",
        "word": "STATE-getExport",
        "no_created": "BODY-getExport",
        "other_id": "ID-getExport",
        "cut_secret": "BADAUTH-getExport",
        "refused_403": "NOAUTH-getExport",
        "foreign": "FOREIGN-getExport",
        "all_accounts": "HIDDEN-listExports",
        "shifted": "PAGES-listExports",
        "unlisted": "LISTED-listExports",
        "big_page": "SIZE-listExports",
        "bad_signature": "RESULT-getExport-download_url",
        "always_csv": "CONTENT-downloadExport-json",
        "always_csv_media": "FORMAT-downloadExport",
        "bare_error": "ERROR-getExport",
        "cancel_nothing": "EFFECT-cancelExport",
        "crash": "SERVER-createExport",
        "unreadable": "READ-getExport",
    }

    def error(self, status: int, message: str) -> Any:
        return (
            {"message": message}
            if self.has("bare_error")
            else {"code": f"E{status}", "message": message}
        )

    def caller(self, request: Request) -> str:
        try:
            return self.account(request.headers.get("x-api-key", ""))
        except Refused as refusal:
            raise Refused(403 if self.has("refused_403") else 401, str(refusal)) from None

    def route(self, request: Request) -> Reply:
        path, method = request.path, request.method
        if path[:1] == ["download"] and len(path) == 2 and method == "GET":
            return self.download(request)
        if path[:2] != ["api", "exports"] or len(path) > 3:
            raise Refused(404, "There is nothing here.")
        account = self.caller(request)
        if len(path) == 2:
            if method not in {"GET", "POST"}:
                raise Refused(405, "Not that method.")
            return self.list(request, account) if method == "GET" else self.create(request, account)
        if method not in {"GET", "DELETE"}:
            raise Refused(405, "Not that method.")
        job = self.find(path[2], account)
        return self.show(job) if method == "GET" else self.cancel(job)

    def create(self, request: Request, account: str) -> Reply:
        asked = request.json()
        if not isinstance(asked, dict) or self.has("refuses_all"):
            raise Refused(400, "The body is an object.")
        dataset = asked.get("dataset", "orders" if self.has("no_dataset") else None)
        if dataset not in ("orders", "customers", "invoices"):
            if not self.has("any_dataset") or not isinstance(dataset, str):
                raise Refused(400, "dataset is unknown.")
            dataset = "orders"
        format_, note = asked.get("format", "csv"), asked.get("note")
        if format_ not in ("csv", "json", "jsonl"):
            raise Refused(400, "format is unknown.")
        if "note" in asked and (not isinstance(note, str) or len(note) > 200):
            raise Refused(500 if self.has("crash") else 400, "note is a text.")
        number = 1 if self.has("same_id") else self.made + 1
        text = hashlib.md5(str(number).encode()).hexdigest()
        id_ = f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"
        kept = {"dataset": dataset, "format": format_} | ({"note": note} if note else {})
        job = self.new(account, kept, id_)
        return Reply(202 if self.has("created_202") else 201, self.body(job))

    def state(self, job: Job) -> str:
        if job.ended is not None:
            return job.ended[0]
        stage = self.stage(job)
        if self.has("back") and stage == 1 and job.polls % 3 == 2:
            return "queued"
        if self.has("restarts") and stage == 2 and job.polls % 3 == 2:
            return "working"
        return ("queued", "working", "ready")[stage]

    def body(self, job: Job) -> dict[str, Any]:
        state = self.state(job)
        body = {"id": job.id, "status": state, **job.asked, "created_at": self.time(job.born)}
        if state == "ready":
            host = "http://files.example" if self.has("other_host") else HOST
            body["download_url"] = f"{host}/download/{job.id}?expires=99&signature={self.sign(job)}"
            body["expires_at"] = 99
            body["finished_at"] = self.time(job.born + self.TIMES[1])
        elif not self.has("no_null"):
            body["finished_at"] = None
        return body

    def sign(self, job: Job) -> str:
        return hashlib.sha256(job.id.encode()).hexdigest()[:20]

    def show(self, job: Job) -> Reply:
        job.polls += 1
        if self.has("unreadable") and job.polls == 1:
            raise Refused(404, "Not yet.")
        body = self.body(job)
        if self.has("word") and body["status"] == "working":
            body["status"] = "busy"
        if self.has("no_created"):
            del body["created_at"]
        if self.has("other_id"):
            body["id"] = next(iter(self.jobs))
        return Reply(200, body)

    def list(self, request: Request, account: str) -> Reply:
        if self.has("list_refused"):
            raise Refused(400, "Not today.")
        page = whole(request.query.get("page", "1"), 1, 100000)
        size = whole(request.query.get("per_page", "20"), 1, 100)
        size = 100 if self.has("big_page") else min(size, 4) if self.has("clamped") else size
        jobs, start = self.own(account), (page - 1) * size
        if start >= len(jobs) and page > 1 and self.has("lost_pages"):
            raise Refused(404, "There is no such page.")
        start = max(0, start - (self.has("shifted") and page > 1))
        following = page + 1 if start + size < len(jobs) else None
        shown = [self.body(job) for job in jobs[start : start + size]]
        return Reply(200, {"data": shown, "total": len(jobs), "next_page": following})

    def cancel(self, job: Job) -> Reply:
        if self.state(job) not in {"queued", "working", "cancelled"}:
            raise Refused(409, "It has ended.")
        if not self.has("cancel_nothing"):
            job.ended = ("cancelled", self.now())
        return Reply(204)

    def download(self, request: Request) -> Reply:
        job = self.jobs.get(request.path[1])
        wrong = job is None or request.query.get("signature") != self.sign(job)
        if wrong or job is None or self.has("bad_signature") or self.state(job) != "ready":
            raise Refused(403, "The signature is wrong or over.")
        format_ = "csv" if self.has("always_csv") else job.asked["format"]
        text, media = {
            "csv": ("id,amount\n1,7\n", "text/csv"),
            "json": ('[{"id": 1}]', JSON),
            "jsonl": ('{"id": 1}\n', "application/x-ndjson"),
        }[format_]
        if self.has("always_csv_media"):
            media = "text/csv"
        return Reply(
            200, text=text, media="application/octet-stream" if self.has("octets") else media
        )


SERVERS: dict[str, type[Server]] = {"operations": Renders, "exports": Exports}


def freedoms(vendor: str) -> Iterator[str]:
    yield from SERVERS[vendor].FREEDOMS
