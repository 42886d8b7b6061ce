"""Recorded traffic as a scenario of the mock, without anything that identifies anybody.

What is written is chosen from what the contract knows: words of its enums and members. Every other
text, number, date and address is replaced, the same one always by the same.
"""

import csv
import io
import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import isodate
import orjson
import yaml

from conformance.checks import load_checks
from conformance.contract_queries import job_parameter, request_parameters
from conformance.drift.journal import Journal
from conformance.drift.proxy import Capture, Passage
from conformance.errors import UsageError
from conformance.evaluation.shapes import format_name
from conformance.http import NOT_JSON, Exchange, RecordedResponse
from conformance.target.tracker import JobHistory
from specs import Contract

Json = Any
# When the mock's recording begins; every date moves by the same time.
START: Final = datetime(2026, 3, 30, 9, tzinfo=UTC)
FAR: Final = timedelta(days=400)  # from the session: no date of a job, but a birthday, say
CHANGING: Final = ("start", "cancel", "delete")
OVERLOAD: Final = frozenset({429, 500, 502, 503, 504})
# A count below says nothing about anybody; another number may be an id or a place.
KEPT_BELOW: Final = 10
FIRST_NUMBER: Final = 1000
# Of jobs and of faults in a scenario.
MAX_ROWS: Final = 100
MAX_DIGITS: Final = 40
KEPT_HEADERS: Final = frozenset({"content-type", "retry-after", "cache-control", "allow"})
_MEDIA: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+", re.IGNORECASE)
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"
)
_NAME: Final = re.compile(r"[a-z0-9-]{1,40}")
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


class Anonymizer:
    """Replaces whatever is no word of the contract, the same value always by the same."""

    def __init__(self, contract: Contract, began: datetime) -> None:
        self._known = frozenset(_words(contract.openapi)) | {
            state.wire for state in contract.lifecycle.states.values()
        }
        self._shift = START - began
        self._replaced: dict[tuple[str, str], str] = {}
        self._counts: Counter[str] = Counter()

    def json(self, value: Json) -> Json:
        """Return a JSON value with other texts, numbers and unknown names."""
        if isinstance(value, dict):
            return {self.word(str(name), "member"): self.json(v) for name, v in value.items()}
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bool) or value is None:
            return value
        return self._number(value)

    def word(self, text: str, kind: str) -> str:
        """Return a word that the contract knows, or a replacement of this kind."""
        return text if text in self._known else self._replacement(kind, text)

    def text(self, text: str) -> str:
        """Return a text of the same form with nothing of what it says."""
        form = format_name(text)
        if text in self._known or form == "empty":
            replaced = text
        elif _DATE_TIME.fullmatch(text):
            replaced = self._date(text)
        elif _MAIL.fullmatch(text):
            replaced = f"{self._replacement('person', text)}@example.com"
        elif form in {"uuid", "uuid in capitals", "32 hex digits"}:
            replaced = self._id(text, form)
        elif form == "digits":
            replaced = str(self._number(int(text))) if len(text) < MAX_DIGITS else "0"
        elif form in {"URL", "path"}:
            replaced = self.target(urlsplit(text).path)
        else:
            replaced = self._replacement("text", text)
        return replaced

    def target(self, target: str) -> str:
        """Return path and query with other values; the contract's own segments stay."""
        path, mark, query = target.partition("?")
        segments = [self.text(segment) for segment in path.split("/")]
        pairs = [
            (self.word(name, "parameter"), self.text(value))
            for name, value in parse_qsl(query, keep_blank_values=True)
        ]
        return "/".join(segments) + (f"?{urlencode(pairs)}" if mark else "")

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers whose values identify nobody."""
        kept = {}
        for name, value in headers.items():
            key = name.lower()
            if key == "location":
                kept[name] = self.target(urlsplit(value).path)
            elif key == "content-type":
                media = _MEDIA.match(value)
                kept[name] = media[0] if media and media[0].lower() in self._known else "text/plain"
            elif key in KEPT_HEADERS and re.fullmatch(r"[0-9]{1,5}|no-store|no-cache", value):
                kept[name] = value
        return kept

    def _date(self, text: str) -> str:
        try:
            moment = datetime.fromisoformat(text.replace(" ", "T"))
            shift, days = self._shift, START.date() - moment.date()
            if abs(shift - days) > FAR:
                shift = days - timedelta(days=int(self._replacement("", text[:10])))
            shifted = moment + shift
        except (ValueError, OverflowError):
            return "2026-03-30"
        if len(text) == len("2026-01-01"):
            return shifted.date().isoformat()
        return shifted.isoformat().replace("+00:00", "Z" if text.endswith("Z") else "+00:00")

    def _number(self, value: float) -> float:
        if isinstance(value, int) and abs(value) < KEPT_BELOW:
            return value
        number = int(self._replacement("", str(value)))
        return number if isinstance(value, int) else float(number)

    def _id(self, text: str, form: str) -> str:
        number = int(self._replacement("", text.lower()))
        digits = f"{number:032x}"
        if form == "32 hex digits":
            return digits.upper() if text.isupper() else digits
        uuid = "-".join(
            (digits[:8], digits[8:12], "4" + digits[13:16], "8" + digits[17:20], digits[20:])
        )
        return uuid.upper() if form == "uuid in capitals" else uuid

    def _replacement(self, kind: str, text: str) -> str:
        key = (kind, text)
        if key not in self._replaced:
            number = self._counts[kind] = self._counts[kind] + 1
            self._replaced[key] = f"{kind}-{number}" if kind else str(FIRST_NUMBER + number)
        return self._replaced[key]


def _words(node: Any) -> Iterator[str]:
    """Yield what a contract calls things: members, parameters, enum values, media types, paths."""
    if isinstance(node, list):
        for item in node:
            yield from _words(item)
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        if name in {"properties", "content", "headers"} and isinstance(value, dict):
            yield from value
        elif name == "paths":
            yield from (part for path in value for part in path.split("/") if "{" not in part)
        elif name == "enum":
            yield from (item for item in value if isinstance(item, str))
        elif name == "const" or (name == "name" and "in" in node):
            yield from [value] if isinstance(value, str) else []
        if name not in {"example", "examples", "x-examples"}:
            yield from _words(value)


# --- The scenario


def scenario_of(journal: Journal) -> dict[str, Any]:
    """Return the scenario of what passed: jobs by their plans, overload as faults."""
    contract = journal.contract
    created = [job for job in journal.tracker.jobs if job.creation is not None]
    acted = _actions(contract, journal.exchanges)
    plans = [_plan(contract, job, journal.seconds, acted) for job in created[: MAX_ROWS - 1]]
    usual = max(plans, key=len, default=[])
    futures: list[dict[str, Any]] = []
    for number, (job, plan) in enumerate(zip(created, plans, strict=False), 1):
        if plan := _continued(plan, usual):
            rows = _rows(job.file.response) if job.file is not None else None
            futures.append({"nth": number, "plan": plan} | ({} if rows is None else {"rows": rows}))
    faults = list(_faults(journal.exchanges))[:MAX_ROWS]
    summary = f"Recorded: {len(futures)} jobs and {len(faults)} refusals under load."
    if usual:
        futures.append({"plan": [dict(stage) for stage in usual]})
    return {
        "vendor": contract.vendor,
        "summary": summary,
        "clock": {"now": START.isoformat().replace("+00:00", "Z")},
        **({"jobs": futures} if futures else {}),
        **({"faults": faults} if faults else {}),
    }


def _actions(contract: Contract, exchanges: Iterable[Exchange]) -> dict[str, list[int]]:
    """Return the exchanges by which the client changed a job, by the job's id."""
    actions = contract.lifecycle.actions
    operations = {actions[name].operation for name in CHANGING if name in actions}
    found: dict[str, list[int]] = {}
    for exchange in exchanges:
        if exchange.operation in operations and (exchange.status or 500) < 400:
            name = job_parameter(contract, exchange.operation) or ""
            id_ = str(request_parameters(exchange).get(name))
            found.setdefault(id_, []).append(exchange.number)
    return found


def _plan(
    contract: Contract,
    job: JobHistory,
    seconds: Mapping[int, float],
    acted: Mapping[str, Sequence[int]],
) -> list[dict[str, Any]]:
    """Return the timeline of a job: each state until halfway between its last look and the next.

    States that nobody looked at stand between, as the edges of the lifecycle have them. The
    timeline ends where the client changed the job, or where it changed in no time at all.
    """
    created = seconds[job.creation.number] if job.creation else 0.0
    first = job.creation.number if job.creation else 0
    stays: list[tuple[str, float, float]] = [(contract.lifecycle.initial, created, created)]
    for seen in job.observations:
        names = contract.lifecycle.states_named(seen.state)
        at = seconds.get(seen.exchange.number)
        if at is None or not names:
            continue
        state, begin, last = stays[-1]
        if state not in names:
            name = next(n for n in contract.lifecycle.states if n in names)
            way = _way(contract, state, name)
            touched = any(first < n < seen.exchange.number for n in acted.get(job.id, ()))
            if way is None or touched or at <= last:
                break
            step = (at - last) / (len(way) + 1)
            stays += [(n, last + i * step, last + i * step) for i, n in enumerate(way[:-1], 1)]
            stays.append((name, at, at))
        else:
            stays[-1] = (state, begin, at)
        first = seen.exchange.number
    plan: list[dict[str, Any]] = []
    began = created
    for (state, _, last), following in pairwise(stays):
        change = (last + following[1]) / 2
        lasts = timedelta(seconds=max(0.0, round(change - began, 1)))
        plan.append({"state": state, "lasts": isodate.duration_isoformat(lasts)})
        began = change
    return [*plan, {"state": stays[-1][0]}] if plan else []


def _continued(
    plan: Sequence[dict[str, Any]], usual: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return a plan with what usually follows its last state: nobody looked any more."""
    last = plan[-1]["state"] if plan else None
    rest = [index for index, stage in enumerate(usual) if stage["state"] == last]
    return [*plan[:-1], *(dict(stage) for stage in usual[rest[0] :])] if rest else list(plan)


def _way(contract: Contract, start: str, end: str) -> list[str] | None:
    """Return the states on the shortest way by time, without the first; None if there is none."""
    ways = [[start]]
    for way in ways:
        if way[-1] == end:
            return way[1:]
        edges = (e for e in contract.lifecycle.edges if (e.start, e.by) == (way[-1], "time"))
        ways += [[*way, edge.end] for edge in edges if edge.end not in way]
    return None


def _rows(response: RecordedResponse | None) -> int | None:
    """Return how many rows a file has; None where that is unknown."""
    if response is None or not response.complete:
        return None
    if response.json is not NOT_JSON:
        body = response.json
        lists = [body] if isinstance(body, list) else []
        if isinstance(body, dict):
            lists = [value for value in body.values() if isinstance(value, list)]
        return max(map(len, lists), default=None)
    if response.media != "text/csv":
        return None
    text = response.body.decode("utf-8-sig", errors="replace")
    return max(0, sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) - 1)


def _faults(exchanges: Sequence[Exchange]) -> Iterator[dict[str, Any]]:
    """Yield a fault rule for each response under load, for the same request of its operation."""
    counts: dict[str, int] = {}
    for exchange in exchanges:
        if exchange.operation is None:
            continue
        counts[exchange.operation] = number = counts.get(exchange.operation, 0) + 1
        response = exchange.response
        if response is None or response.status not in OVERLOAD:
            continue
        fault: dict[str, Any] = {"kind": "server-error", "status": response.status}
        if response.status == 429:
            fault = {"kind": "rate-limit"}
        retry = response.headers.get("Retry-After", "")
        may_say_when = response.status in {429, 503}
        if may_say_when and retry.isascii() and retry.isdigit() and len(retry) < 5:
            fault["retry_after"] = int(retry)
        yield {"match": {"operation": exchange.operation, "nth": number}, "fault": fault}


def session_of(journal: Journal, began: datetime) -> list[dict[str, Any]]:
    """Return the exchanges that passed, anonymised: for people, the mock does not read them."""
    anonymizer = Anonymizer(journal.contract, began)
    start = min(journal.seconds.values(), default=0.0)
    return [
        {
            "seconds": round(journal.seconds[exchange.number] - start, 1),
            "operation": exchange.operation,
            "method": exchange.request.method,
            "target": anonymizer.target(
                urlsplit(exchange.request.url)._replace(scheme="", netloc="").geturl()
            ),
            "sent": _body(anonymizer, exchange.request.json),
            "status": exchange.status,
            "headers": anonymizer.headers(exchange.response.headers) if exchange.response else {},
            "received": _body(anonymizer, exchange.json),
        }
        for exchange in journal.exchanges
        if exchange.operation is not None
    ]


def _body(anonymizer: Anonymizer, value: Any) -> Any:
    return None if value is NOT_JSON else anonymizer.json(value)


def write_recording(journal: Journal, folder: Path, name: str, began: datetime) -> Path:
    """Write DIR/VENDOR/NAME.yaml, and the session as JSON lines; return the scenario's path.

    Raises:
        UsageError: a file cannot be written, or the mock takes no scenario of this name.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"--name: {name!r} must be 1 to 40 lower-case letters, digits and hyphens")
    scenario = folder / journal.contract.vendor / f"{name}.yaml"
    text = yaml.safe_dump(scenario_of(journal), sort_keys=False, allow_unicode=True)
    session = b"".join(orjson.dumps(row) + b"\n" for row in session_of(journal, began))
    try:
        scenario.parent.mkdir(parents=True, exist_ok=True)
        scenario.write_text(text, encoding="utf-8")
        (folder / f"{journal.contract.vendor}-{name}.jsonl").write_bytes(session)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    return scenario


# --- From an HTTP archive


def record_har(contract: Contract, file: Path, folder: Path, name: str) -> tuple[Path, int]:
    """Write the scenario of a HAR file; return its path, and how many entries are not HAR 1.2.

    Raises:
        UsageError: the file is no HTTP archive, or has nothing of the contract's vendor.
    """
    rows = list(_passages(file))
    passages = sorted((row for row in rows if row is not None), key=lambda row: row.started)
    journal = Journal(contract, load_checks(), "http://recorded.invalid", None)
    for passage in passages:
        journal.record(passage)
    journal.close()
    if rows and not passages:
        raise UsageError(f"--har: {file}: is not an HTTP archive (HAR 1.2)")
    if not any(exchange.operation for exchange in journal.exchanges):
        raise UsageError(f"--har: {file}: has no request of an operation of {contract.vendor}")
    began = datetime.fromtimestamp(passages[0].started, UTC)
    return write_recording(journal, folder, name, began), len(rows) - len(passages)


def _passages(file: Path) -> Iterator[Passage | None]:
    try:
        yield from map(_passage, json.loads(file.read_text(encoding="utf-8-sig"))["log"]["entries"])
    except OSError as error:
        raise UsageError(f"--har: {file}: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UsageError(f"--har: {file}: is not an HTTP archive (HAR 1.2)") from None


def _passage(entry: Json) -> Passage | None:
    """Return what an entry says; None where it is blocked, cut or of another kind."""
    try:
        request, response = entry["request"], entry["response"]
        url = urlsplit(request["url"])
        post, content = request.get("postData") or {}, response.get("content") or {}
        pairs = [(row["name"], row.get("value") or "") for row in post.get("params") or ()]
        sent = (post.get("text") or urlencode(pairs)).encode(errors="replace")
        received = (content.get("text") or "").encode(errors="replace")
        if content.get("encoding") == "base64":
            received = b64decode(received + b"==")
        moment = datetime.fromisoformat(entry["startedDateTime"])
        return Passage(
            request["method"].upper(),
            url.path + (f"?{url.query}" if url.query else ""),
            _headers(request),
            Capture([sent], len(sent)),
            max(0, int(response["status"])) or None,
            # Archives hold bodies without their coding.
            [row for row in _headers(response) if row[0].lower() != b"content-encoding"],
            Capture([received], len(received)),
            started=max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()),
            seconds=max(0.0, float(entry.get("time") or 0)) / 1000,
        )
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None


def _headers(message: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    rows = ((row["name"], row.get("value") or "") for row in message.get("headers") or ())
    return [(n.encode("latin-1", "replace"), v.encode("latin-1", "replace")) for n, v in rows]
