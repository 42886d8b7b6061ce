"""Find out of an OpenAPI document which operations create, poll, list, fetch, … a job, and how.

A proposal is what a person would look for: the shape of paths, methods, names, and members of the
responses. What cannot be told is a question.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from specs import pointer
from specs.contract import Operation, is_json, json_schema_of, read_operations
from specs.state_words import given_values, grouped, says_a_life, values_of
from specs.values import plain_name, words

ACTIONS = ("create", "poll", "list", "fetch", "delete", "cancel")
_JOB_WORDS = re.compile(
    r"export|report|job|batch|task|operation|render|import|run|process|convert|transcri|video|"
    r"fine_?tun|query|scan|async|bulk|generat|download|snapshot|backup|crawl|evaluation"
)
_STATUS = words(
    "status state phase jobstatus jobstate processingstatus exportstatus reportstatus "
    "lifecyclestate runstatus executionstatus batchstatus"
)
_DONE = words("done completed complete finished isdone iscompleted isfinished isready ready")
_ERRORS = re.compile(r"/(?:last_?)?(?:error|failure)s?/", re.IGNORECASE)
_FETCH_ENDS = words(
    "download file files result results content contents output data artifact export report csv"
)
_CANCEL_ENDS = words("cancel abort stop terminate cancellation")
_RUNS = words("running isrunning inprogress isinprogress processing isprocessing pending ispending")
_POLL_LINK = re.compile(r"self|(?:job|status|poll|operation|monitor)(?:ing)?(?:ur[il]|href|link)")
_MOST_CHOICES = 20


@dataclass(frozen=True, slots=True)
class Question:
    """What could not be told: the flag that answers it, and what may be answered."""

    flag: str
    text: str
    choices: tuple[str, ...] = ()


@dataclass(slots=True)
class Proposal:
    """What was found; `operations` by action, `locations` as in lifecycle.yaml.

    `states` are wire values by group (initial, running, success, …); `unknown` are values of the
    status's enum that belong to no group. A flag may show the state, or the HTTP status
    of the poll (`by_status`). `signed` is the member with the URL of a file that needs no
    credentials.
    """

    operations: dict[str, Operation] = field(default_factory=dict)
    locations: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, list[Any]] = field(default_factory=dict)
    unknown: list[Any] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    is_flag: bool = False
    by_status: Mapping[str, int] = field(default_factory=dict)
    signed: str | None = None


def discover(document: dict[str, Any], answers: Mapping[str, str]) -> Proposal:
    """Return what is found; `answers` are by flag: an action's operationId, `status`, `states`."""
    known = {row.id: row for row in read_operations({"x-vendor": "x", **document})}
    finder = _Finder(document, known, answers)
    finder.find()
    return finder.proposal


class _Finder:
    def __init__(
        self, document: dict[str, Any], known: Mapping[str, Operation], answers: Mapping[str, str]
    ) -> None:
        self._document = document
        self._known = known
        self._answers = answers
        self.proposal = Proposal()

    def find(self) -> None:
        """Fill the proposal."""
        found = self.proposal.operations
        for action in ACTIONS:
            if name := self._answers.get(action):
                if name in self._known:
                    found[action] = self._known[name]
                else:
                    near = get_close_matches(name, self._known, _MOST_CHOICES, 0.3)
                    self._ask(action, f"there is no operation {name}", tuple(near))
        if "create" not in found:
            self._create()
        if "create" not in found:
            return
        if "poll" not in found:
            self._poll()
        if "poll" not in found:
            return
        self._others()
        self._locations()

    def _ask(self, flag: str, text: str, choices: tuple[str, ...] = ()) -> None:
        self.proposal.questions.append(Question(flag, text, choices))

    def _create(self) -> None:
        posts = [row for row in self._known.values() if row.method == "POST"]
        scored = sorted(((self._score(row), row.id) for row in posts), reverse=True)
        best = [name for score, name in scored if score >= 4 and score >= scored[0][0] - 1]
        bases = [f"{self._known[name].path.rstrip('/')}/{{" for name in best]
        best = [name for name in best if not self._known[name].path.startswith(tuple(bases))]
        if len(best) == 1:
            self.proposal.operations["create"] = self._known[best[0]]
            return
        likely = best or [name for score, name in scored if score > 0]
        named = [row.id for row in posts if _JOB_WORDS.search(f"{row.id} {row.path}".lower())]
        choices = likely or named or [row.id for row in posts]
        self._ask("create", "which operation creates a job?", tuple(choices[:_MOST_CHOICES]))

    def _score(self, operation: Operation) -> int:
        """Return how much an operation looks like the creation of a job; 0: not at all."""
        polls = [row for row in self._polls(operation) if self._status_of(row)]
        elsewhere = [] if polls else list(self._elsewhere(operation))
        if not polls and not elsewhere and 202 not in operation.responses:
            return 0
        score = 2 if 202 in operation.responses else 0
        score += 2 if polls else 1 if elsewhere else 0
        for row in (*polls, *elsewhere)[:1]:
            values = values_of(self._schema(row, self._status_of(row)))
            score += 1 if says_a_life(values) else -2 if values else 0
        if self._status_of(operation):
            score += 1
        text = f"{operation.id} {operation.path}".lower()
        return score + (2 if _JOB_WORDS.search(text) else 0)

    def _polls(self, create: Operation) -> Iterator[Operation]:
        """Yield the reads of one thing below the path of a creation."""
        base = create.path.rstrip("/")
        for row in self._known.values():
            rest = row.path.removeprefix(f"{base}/").rstrip("/")
            is_one = f"{base}/" in row.path and rest.startswith("{") and rest.count("{") == 1
            if row.method == "GET" and is_one and rest.count("/") <= 1:
                yield row

    def _elsewhere(self, create: Operation) -> Iterator[Operation]:
        """Yield the reads of one thing with a state on another path: of a kind with a creation."""
        name = create.path.rstrip("/").rpartition("/")[2]
        schema = _json(create).get("$ref")
        for row in self._known.values():
            before, _, rest = row.path.rstrip("/").rpartition("/{")
            if row.method != "GET" or not rest.endswith("}") or not self._status_of(row):
                continue
            is_same = schema is not None and _json(row).get("$ref") == schema
            if is_same or before.rpartition("/")[2] == name:
                yield row

    def _schema(self, row: Operation, at: str | None) -> Mapping[str, Any]:
        """Return the schema of the state in the response of an operation."""
        if at is None:
            return {}
        found = pointer.schema_at(self._document, _json(row), at)
        return _single(self._document, found) if isinstance(found, dict) else {}

    def _poll(self) -> None:
        create = self.proposal.operations["create"]
        below = [row for row in self._polls(create) if self._status_of(row)]
        below.sort(key=lambda row: len(row.path))
        if below:
            self.proposal.operations["poll"] = below[0]
            return
        elsewhere = list(self._elsewhere(create))
        reads = [r for r in self._known.values() if r.method == "GET" and "{" in r.path]
        by_code = [row for row in self._polls(create) if _states_by_code(row)]
        others = [row for row in reads if self._status_of(row)]
        for rows in (elsewhere, by_code, others):
            if len(rows) == 1:
                self.proposal.operations["poll"] = rows[0]
                return
        choices = [row.id for row in elsewhere or others or reads]
        text = "which operation shows the state of a job?"
        self._ask("poll", text, tuple(choices[:_MOST_CHOICES]))

    def _others(self) -> None:
        found = self.proposal.operations
        create, poll = found["create"], found["poll"]
        one = poll.path[: poll.path.rfind("}") + 1]
        many = one.rpartition("/")[0]
        for row in self._known.values():
            if row.id in {known.id for known in found.values()}:
                continue
            rest = row.path.removeprefix(one)
            below = rest != row.path
            last = plain_name(re.split(r"[/:]", rest)[-1]) if below else ""
            if row.method == "GET" and row.path in (create.path, many) and self._items_of(row):
                found.setdefault("list", row)
            elif row.method == "DELETE" and row.path in (one, poll.path):
                is_cancel = re.search(r"cancel|abort", row.id, re.IGNORECASE)
                found.setdefault("cancel" if is_cancel else "delete", row)
            elif below and last in _CANCEL_ENDS and row.method != "GET":
                found.setdefault("cancel", row)
            elif below and row.method == "GET" and self._is_file(row, last):
                found.setdefault("fetch", row)
        if "fetch" not in found:
            self._fetch_elsewhere(one)

    def _fetch_elsewhere(self, one: str) -> None:
        """Look for a download of the same id on another path: where a pre-signed URL leads."""
        for row in self._known.values():
            last = row.path.rstrip("/").rsplit("/", 1)[-1]
            name = plain_name(row.path.split("{")[0].rstrip("/").rsplit("/", 1)[-1])
            is_other = not row.path.startswith(one) and row.path.count("{") == 1 and "{" in last
            if row.method == "GET" and is_other and name in _FETCH_ENDS and media_types(row):
                self.proposal.operations["fetch"] = row
                if not row.security:
                    self.proposal.signed = self._url_of(self.proposal.operations["poll"])

    def _url_of(self, row: Operation) -> str | None:
        """Return the member of a job that is the URL of its file."""
        for at, schema in self._members(row, None):
            name = plain_name(at.rsplit("/", 1)[-1])
            if schema.get("type") == "string" and re.search(r"url|uri|href|link", name):
                return at
        return None

    def _link_of(self, row: Operation) -> str | None:
        """Return the member of a response that leads to its job."""
        for at, schema in self._members(row, None):
            name = plain_name(at.rsplit("/", 1)[-1])
            if schema.get("type") == "string" and _POLL_LINK.fullmatch(name):
                return at
        return None

    def _is_file(self, row: Operation, last: str) -> bool:
        if not last:
            return not _json(row) and bool(_content(row))
        return last in _FETCH_ENDS or (not _json(row) and bool(_content(row)))

    def _locations(self) -> None:
        proposal = self.proposal
        for action, row in proposal.operations.items():
            if action in ("fetch", "delete"):
                continue
            items = self._items_of(row) if action == "list" else None
            location: dict[str, Any] = {} if items is None else {"items": items}
            at = self._id_of(row, items)
            if at is not None:
                location["id"] = at
            elif action == "create" and (link := self._link_of(row)):
                location["id"] = {"link": link}
            elif action == "create" and "Location" in row.responses[row.success]["headers"]:
                location["id"] = {"header": "Location"}
            elif action == "create":
                text = f"where in the response of {row.id} is the job's id?"
                self._ask("id", text, self._places(row))
                continue
            elif action != "poll":
                continue
            if status := self._status_of(row, items):
                location["status"] = status
            proposal.locations[row.id] = location
        self._states()

    def _states(self) -> None:
        proposal = self.proposal
        poll = proposal.operations["poll"]
        at = self._status_of(poll)
        if at is None and _states_by_code(poll):
            proposal.by_status = {"RUNNING": 202, "SUCCEEDED": 200}
            return
        if at is None:
            text = f"which member of the response of {poll.id} is the job's state?"
            self._ask("status", text, self._places(poll))
            return
        schema = self._schema(poll, at)
        if schema.get("type") == "boolean":
            proposal.is_flag = True
            return
        given = self._answers.get("states")
        values = given_values(given, schema) if given else dict.fromkeys(values_of(schema))
        if not values:
            self._ask("states", f"which values has {at}, in order? (queued,running,done,failed)")
            return
        proposal.states, proposal.unknown = grouped(values)
        is_played = "cancelled" in proposal.states and "cancel" in proposal.operations
        passing = proposal.states.pop("cancelling", [])
        if is_played and passing:
            proposal.states["cancelling"] = [passing.pop(0)]
        proposal.unknown += passing
        before = {"initial", "running"} & proposal.states.keys()
        if "success" not in proposal.states or not before:
            named = ",".join(map(str, values))
            text = f"what do the values of {at} mean? They are {named}; for instance {named}"
            self._ask("states", f"{text}=success, with initial, running, failure, cancelled too.")

    def _places(self, row: Operation) -> tuple[str, ...]:
        """Return the members of a response that have one value."""
        kinds = ("string", "integer", "number", "boolean")
        rows = self._members(row, None)
        return tuple(at for at, schema in rows if schema.get("type") in kinds)[:_MOST_CHOICES]

    def _status_of(self, row: Operation, items: str | None = None) -> str | None:
        if (given := self._answers.get("status")) and self._has(row, items, given):
            return given
        members = [
            (at, schema)
            for at, schema in self._members(row, items)
            if not _ERRORS.match(at) and not pointer.properties(self._document, schema)
        ]
        for at, schema in members:
            if plain_name(at.rsplit("/", 1)[-1]) in _STATUS and schema.get("type") != "object":
                return at
        for at, schema in members:
            if (
                plain_name(at.rsplit("/", 1)[-1]) in _DONE | _RUNS
                and schema.get("type") == "boolean"
            ):
                return at
        return None

    def _has(self, row: Operation, items: str | None, at: str) -> bool:
        return any(place == at for place, _ in self._members(row, items))

    def _id_of(self, row: Operation, items: str | None) -> str | None:
        if (given := self._answers.get("id")) and self._has(row, items, given):
            return given
        poll = self.proposal.operations["poll"]
        parameter = plain_name(poll.path.rpartition("{")[2].partition("}")[0])
        last = {parameter, "id", "uuid", "jobid", "guid", "gid", "sid"}
        for wanted in (last, {"name", "key", "token"}):
            for at, schema in self._members(row, items):
                name = plain_name(at.rsplit("/", 1)[-1])
                if name in wanted and schema.get("type") in ("string", "integer", "number", None):
                    return at
        return None

    def _items_of(self, row: Operation) -> str | None:
        schema = pointer.resolve(self._document, _json(row))
        if schema.get("type") == "array":
            return ""
        for at, member in _walk(self._document, schema, "", 0):
            inner = pointer.resolve(self._document, member.get("items", {}))
            if member.get("type") == "array" and pointer.properties(self._document, inner):
                return at
        return None

    def _members(self, row: Operation, items: str | None) -> Iterator[tuple[str, Any]]:
        schema = _json(row)
        if items is not None:
            schema = pointer.schema_at(self._document, schema, f"{items}/-")
        yield from _walk(self._document, schema, "", 0)


def _walk(
    document: dict[str, Any], schema: Any, at: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the members of an object, the outer ones first, two levels deep.

    The attributes of JSON:API are a level of their own.
    """
    members = pointer.properties(document, schema).items()
    resolved = ((name, pointer.resolve(document, member)) for name, member in members)
    rows = {f"{at}/{pointer.escape(name)}": row for name, row in resolved if isinstance(row, dict)}
    for place, member in rows.items():
        yield place, _single(document, member)
    for place, member in rows.items():
        if depth < 1 or (depth == 1 and place.endswith("/attributes")):
            yield from _walk(document, member, place, depth + 1)


def says_running(at: str) -> bool:
    """Return True for a flag that is true until a job ends, not from then on."""
    return plain_name(at.rsplit("/", 1)[-1]) in _RUNS


def _states_by_code(row: Operation) -> bool:
    """Return True for a poll whose HTTP status says whether the job has ended."""
    return {200, 202} <= row.responses.keys()


def _single(document: dict[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with what the only part of its `allOf` says."""
    parts = schema.get("allOf", ())
    if len(parts) != 1:
        return schema
    return {**_single(document, pointer.resolve(document, parts[0])), **schema}


def _json(row: Operation) -> Any:
    if not row.responses or not any(200 <= status < 300 for status in row.responses):
        return {}
    return json_schema_of(_content(row))


def _content(row: Operation) -> Mapping[str, Any]:
    statuses = [status for status in row.responses if 200 <= status < 300]
    content: Mapping[str, Any] = row.responses[min(statuses)].get("content", {}) if statuses else {}
    return content


def media_types(row: Operation) -> list[str]:
    """Return the media types of a download that are no JSON."""
    return [media for media in _content(row) if not is_json(media)]
