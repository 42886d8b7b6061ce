"""The proxy's journal: what of the passing traffic departs from the contract, free of secrets."""

import base64
import binascii
import queue
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from conformance.checks import CheckKind, RegisteredCheck
from conformance.checks.cases import HistoryCase, JobRequests
from conformance.contract_queries import match_path, parameter_schema, token_operation
from conformance.drift.naming import RequirementNames
from conformance.drift.proxy import Passage
from conformance.errors import describe_crash
from conformance.evaluation.evaluator import run_exchange_check, run_history_check
from conformance.http import NOT_JSON, Exchange, RecordedRequest, RecordedResponse
from conformance.http.redaction import Redactor
from conformance.http.request import FORM
from conformance.http.transport import decode_body
from conformance.job_client import LIFECYCLE
from conformance.target import PRIMARY, Target
from conformance.target.safety import WritePolicy
from conformance.target.tracker import ResourceTracker
from specs import Contract, Operation, Requirement

MAX_ENTRIES: Final = 1000
# For the checks of whole lives of jobs, at the end.
MAX_EXCHANGES: Final = 5000
# How sure a rule is, the surest first.
SOURCES: Final = ("documented", "vendor", "observed")
_SECRET_MEMBERS: Final = frozenset(
    {"client_secret", "password", "refresh_token", "access_token", "id_token", "assertion", "code"}
)


@dataclass(frozen=True, slots=True)
class Departure:
    """What in an exchange departs from the contract, in the request or in the response."""

    requirements: tuple[str, ...]
    direction: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange, as the page and the report show it.

    `unchecked` says which bodies were too long to be kept: they passed, and nobody checked them.
    """

    number: int
    method: str
    target: str
    operation: str | None
    status: int | None
    failure: str | None
    milliseconds: int
    departures: tuple[Departure, ...]
    unchecked: tuple[str, ...] = ()


class Journal:
    """Judges what passes in a thread of its own, so that nobody waits for it.

    `target` limits what may be written, None allows all (a loopback address).
    """

    def __init__(
        self,
        contract: Contract,
        checks: Mapping[str, RegisteredCheck],
        upstream: str,
        target: Target | None,
    ) -> None:
        self.contract = contract
        self.redactor = Redactor()
        self.exchanges: deque[Exchange] = deque(maxlen=MAX_EXCHANGES)
        self.seconds: dict[int, float] = {}
        self.crashes: list[str] = []
        self.tracker = ResourceTracker(contract)
        self._names = RequirementNames(contract, checks)
        self._checks = checks
        self._upstream = upstream.rstrip("/")
        self._policy = WritePolicy(contract, target, self.tracker) if target else None
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._counts: Counter[str] = Counter()
        self._found: dict[tuple[str, ...], Departure] = {}
        self._passed = 0
        self._unchecked = 0
        self._secrets: set[str] = set()
        self._queue: queue.Queue[Passage | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="journal")
        self._thread.start()

    # --- Called by the proxy

    def denial_reason(self, passage: Passage) -> str | None:
        """Return why a request may not be passed on, or None."""
        if self._policy is None:
            return None
        path, _, query = passage.target.partition("?")
        operation, values = self._operation(passage.method, path)
        if operation is None:
            safe = passage.method in {"GET", "HEAD", "OPTIONS"}
            return None if safe else "no operation of the contract, so what it changes is unknown"
        pairs = parse_qsl(query, keep_blank_values=True)
        return self._policy.denial_reason(operation, values, pairs)

    def record(self, passage: Passage) -> None:
        """Record an exchange that is over."""
        self._queue.put(passage)

    def entries(self, after: int) -> dict[str, Any]:
        """Return the entries behind a number, and a line about all."""
        rows = [asdict(entry) for entry in list(self._entries) if entry.number > after]
        return {"summary": self.summary, "entries": rows}

    # --- Called by the command

    @property
    def summary(self) -> str:
        """How much passed, and how much of it departs."""
        count = self._counts.total()
        text = f"{self._passed} exchanges, {count} departure{'' if count == 1 else 's'}"
        long = self._unchecked
        return text + (f", {long} too long to be checked" if long else "")

    def close(self) -> None:
        """Judge what is left, and the whole lives of the jobs."""
        self._queue.put(None)
        self._thread.join()
        for departure in self._histories():
            self._count(departure)

    def departures(self) -> list[tuple[Departure, int]]:
        """Return each kind of departure once, with how often it was seen."""
        return [(found, self._counts[_key(found)]) for found in self._found.values()]

    def fails(self, source: str) -> bool:
        """Return True for a departure from a rule that is as sure as `source`, or surer."""
        counted = SOURCES[: SOURCES.index(source) + 1]
        return any(departure.source in counted for departure in self._found.values())

    # --- In the thread

    def _work(self) -> None:
        while (passage := self._queue.get()) is not None:
            try:
                self._judge(passage)
            except Exception as error:  # noqa: BLE001  (one exchange costs no other its judgement)
                self.crashes.append(describe_crash(error))

    def _judge(self, passage: Passage) -> None:
        self._passed += 1
        operation, values = self._operation(passage.method, passage.target.partition("?")[0])
        self._register_secrets(passage, operation)
        exchange = self._exchange(passage, operation, values)
        self.exchanges.append(exchange)
        self.seconds[exchange.number] = passage.started + passage.seconds
        is_over = not (passage.refused or passage.aborted)
        departures = tuple(self._departures(passage, exchange)) if is_over else ()
        if exchange.response is not None and is_over:
            self.tracker.observe(exchange)
        for departure in departures:
            self._count(departure)
        unchecked = tuple(_unchecked(passage))
        self._unchecked += bool(unchecked)
        target, milliseconds = self.redactor.redact(passage.target), round(passage.seconds * 1000)
        entry = Entry(
            exchange.number, passage.method, target, exchange.operation, passage.status,
            passage.failure, milliseconds, departures, unchecked,
        )  # fmt: skip
        self._entries.append(entry)

    def _count(self, departure: Departure) -> None:
        self._counts[_key(departure)] += 1
        self._found.setdefault((*departure.requirements, _key(departure)), departure)

    def _operation(self, method: str, path: str) -> tuple[Operation | None, Mapping[str, str]]:
        found = [
            (operation, values)
            for operation in self.contract.operations.values()
            if operation.method == method
            and (values := match_path(operation.path, path)) is not None
        ]
        # /log is its own operation, not the one of the distribution with the id `log`.
        return min(found, key=lambda pair: len(pair[1]), default=(None, {}))

    def _register_secrets(self, passage: Passage, operation: Operation | None) -> None:
        schemes = self.contract.openapi["components"].get("securitySchemes", {}).values()
        names = {"authorization", *(str(s["name"]).lower() for s in schemes if "name" in s)}
        for raw_name, raw_value in passage.request_headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name in names or "api-key" in name or "token" in name or "secret" in name:
                scheme, _, rest = value.partition(" ")
                self._register(rest or scheme)
                if scheme.lower() == "basic":
                    self._register_basic(rest)
        for name, value in _pairs(passage):
            if name in _SECRET_MEMBERS:
                self._register(value)
        token = token_operation(self.contract)
        if token is not None and operation is not None and token.id == operation.id:
            self.redactor.register_tokens(passage.response_body.content, "$TOKEN")

    def _register(self, secret: str) -> None:
        if len(secret) >= 4 and secret not in self._secrets:
            self._secrets.add(secret)
            self.redactor.register(secret, f"$CREDENTIAL_{len(self._secrets)}")

    def _register_basic(self, credential: str) -> None:
        try:
            text = base64.b64decode(credential, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        for part in text.split(":", 1)[1:]:
            self._register(part)
            self._register(unquote_plus(part))

    def _exchange(
        self, passage: Passage, operation: Operation | None, values: Mapping[str, str]
    ) -> Exchange:
        redact = self.redactor
        path, _, query = passage.target.partition("?")
        headers = redact.redact_headers(_joined(passage.request_headers))
        body = passage.request_body
        request = RecordedRequest(
            method=passage.method,
            url=redact.redact(self._upstream + passage.target),
            path=redact.redact(path),
            query=tuple(
                (redact.redact(name), redact.redact(value))
                for name, value in parse_qsl(query, keep_blank_values=True)
            ),
            headers=headers,
            body=redact.redact_bytes(body.content) if body.size and body.is_whole else None,
            role=PRIMARY if _has_credential(headers) else None,
        )
        return Exchange(
            self._passed, operation.id if operation else None, request, self._response(passage),
            passage.failure, LIFECYCLE, valid=None, path_parameters=values,
        )  # fmt: skip

    def _response(self, passage: Passage) -> RecordedResponse | None:
        if passage.status is None or not passage.response_body.is_whole:
            return None
        headers = _joined(passage.response_headers)
        encoding = next((v for n, v in headers.items() if n.lower() == "content-encoding"), "")
        body = decode_body(passage.response_body.content, encoding)
        error = passage.failure or body.error
        return RecordedResponse(
            passage.status,
            self.redactor.redact_headers(headers),
            self.redactor.redact_bytes(body.content),
            complete=error is None,
            elapsed=passage.seconds,
            body_error=error,
        )

    # --- Judging

    def _departures(self, passage: Passage, exchange: Exchange) -> Iterator[Departure]:
        if exchange.operation is None:
            if passage.method != "OPTIONS":
                yield Departure((), "request", "", "no operation of the contract")
            return
        operation = self.contract.operations[exchange.operation]
        if exchange.request.body is not None or not passage.request_body.size:
            for place, reason in self._request_faults(operation, exchange):
                ids = self._names.of_request(operation.id, place)
                yield Departure(ids, "request", operation.source, reason)
        for requirement, check in self._rows(CheckKind.EXCHANGE):
            if requirement.operation not in {exchange.operation, None}:
                continue
            result = run_exchange_check(check, self.contract, requirement, exchange)
            if result is not None and result.passed is False:
                yield Departure((requirement.id,), "response", requirement.source, result.reason)

    def _rows(self, kind: CheckKind) -> Iterator[tuple[Requirement, RegisteredCheck]]:
        for requirement in self.contract.requirements:
            check = self._checks.get(requirement.check.name) if requirement.check else None
            if check is not None and check.kind is kind and requirement.source in SOURCES:
                yield requirement, check

    def _histories(self) -> Iterator[Departure]:
        jobs, sent = self.tracker.jobs, JobRequests(self.contract, tuple(self.exchanges))
        for requirement, check in self._rows(CheckKind.HISTORY):
            case = HistoryCase(requirement, jobs, sent)
            for result in run_history_check(check, case):
                if result.passed is False:
                    ids, source = (requirement.id,), requirement.source
                    yield Departure(ids, "response", source, result.reason)

    def _request_faults(
        self, operation: Operation, exchange: Exchange
    ) -> Iterator[tuple[str, str]]:
        """Yield place (parameter name, or JSON pointer) and reason of what the client did wrong."""
        known = {p["name"]: p for p in operation.parameters if p["in"] in {"path", "query"}}
        given: dict[str, list[str]] = {n: [str(v)] for n, v in exchange.path_parameters.items()}
        for name, value in exchange.request.query:
            given.setdefault(name, []).append(value)
        for name, parameter in known.items():
            if name not in given and parameter.get("required"):
                yield name, f"the parameter {name!r} is required"
        for name, values in given.items():
            if name not in known:
                yield name, f"the contract has no query parameter {name!r}"
            elif not self._is_valid(known[name], values):
                yield name, f"the parameter {name!r} is not as the contract has it"
        yield from self._body_faults(operation, exchange.request)

    def _is_valid(self, parameter: Mapping[str, Any], values: list[str]) -> bool:
        schema = parameter_schema(self.contract, parameter)
        validator = self.contract.validator(schema)
        if schema.get("type") == "array":
            texts = [text for value in values for text in value.split(",")]
            numbers = [int(text) if text.lstrip("-").isdecimal() else text for text in texts]
            return validator.is_valid(texts) or validator.is_valid(numbers)
        text = values[-1]
        typed: list[Any] = [text, {"true": True, "false": False}.get(text, text)]
        if text.lstrip("-").isdecimal():
            typed.append(int(text))
        return any(map(validator.is_valid, typed))

    def _body_faults(
        self, operation: Operation, request: RecordedRequest
    ) -> Iterator[tuple[str, str]]:
        if operation.body is None:
            return
        if not request.body:
            if operation.body.get("required"):
                yield "", "the operation needs a body"
            return
        media = next((v for n, v in request.headers.items() if n.lower() == "content-type"), "")
        kind = media.partition(";")[0].strip().lower()
        content = operation.body["content"].get(kind)
        if content is None:
            yield "", f"the contract has no body of the type {kind!r}"
            return
        value = (
            dict(parse_qsl(request.body.decode(errors="replace"))) if kind == FORM else request.json
        )
        if value is NOT_JSON:
            yield "", "the body is not JSON"
            return
        for error in self.contract.validator(content.get("schema", True)).iter_errors(value):
            place = "".join(f"/{'*' if isinstance(s, int) else s}" for s in error.instance_path)
            # The value itself may be anybody's name; the rule that it breaks is not.
            rule = str(error.schema_path[-1]) if error.schema_path else "schema"
            yield place, f"body {place or '(whole)'}: breaks the rule {rule!r} of the contract"


def _unchecked(passage: Passage) -> Iterator[str]:
    for side, body in (("request", passage.request_body), ("response", passage.response_body)):
        if not body.is_whole:
            yield f"the body of the {side} has {body.size} bytes, more than are checked"


def _key(departure: Departure) -> str:
    return f"{departure.direction} {' '.join(departure.requirements) or departure.reason}"


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("latin-1").title()
        text = value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _has_credential(headers: Mapping[str, str]) -> bool:
    return any("$CREDENTIAL" in value or "$TOKEN" in value for value in headers.values())


def _pairs(passage: Passage) -> Iterator[tuple[str, str]]:
    """Yield the members of query and form in which secrets are sent."""
    yield from parse_qsl(urlsplit(passage.target).query)
    media = _joined(passage.request_headers).get("Content-Type", "")
    if media.partition(";")[0].strip().lower() == FORM:
        yield from parse_qsl(passage.request_body.content.decode(errors="replace"))
