"""The transport to the target: budget, retries, waiting under load, redaction, recording."""

import threading
import zlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, IncompleteRead, ReadTimeoutError

from conformance.errors import NetworkFailure, Overloaded, Timeout
from conformance.http import SAFE_METHODS, Exchange, ExchangeInfo, RecordedRequest, RecordedResponse
from conformance.http.adapter import Session, translate_errors
from conformance.http.limits import Attempts, Budget, CircuitBreaker
from conformance.http.redaction import Redactor
from conformance.http.request import HttpRequest

CHUNK = 64 * 1024
MAX_BODY = 32 * 2**20
OVERLOAD = frozenset({429, 503})
ATTEMPTS_UNDER_LOAD = 5
# Without Retry-After; doubled each time.
FIRST_OVERLOAD_WAIT_SECONDS = 0.5
MAX_RETRY_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ResponseBody:
    """A body as far as it could be read; `error` says why it is incomplete, None where it is not.

    `timed_out`: the rest may have come, but not in time. `broken_off`: the connection ended before
    the body did, which the network may have done.
    """

    content: bytes
    error: str | None = None
    timed_out: bool = False
    broken_off: bool = False


def read_body(response: requests.Response, limit: int, timeout: float) -> ResponseBody:
    """Read the whole body of a streamed response and decode its Content-Encoding.

    Raises:
        NetworkFailure: the connection broke before the body had a length.
        Timeout: the body was not complete after `timeout` seconds, or after `limit` bytes.
    """
    raw = bytearray()
    try:
        for chunk in response.raw.stream(CHUNK, decode_content=False):
            raw += chunk
            if len(raw) > limit:
                raise _too_large(limit)
    except ReadTimeoutError:
        if raw and response.headers.get("Content-Length", "").isdigit():
            error = f"{_incomplete(response, len(raw))} within {timeout:g} s"
            return ResponseBody(bytes(raw), error, timed_out=True)
        raise Timeout(f"the body was not complete after {timeout:g} s") from None
    except (HTTPError, OSError, ValueError) as error:
        if isinstance(error.__context__, IncompleteRead) or isinstance(error, HTTPError):
            return ResponseBody(bytes(raw), _incomplete(response, len(raw)), broken_off=True)
        raise NetworkFailure("the connection broke while the body was coming") from error
    return decode_body(bytes(raw), response.headers.get("Content-Encoding", ""), limit)


def _too_large(limit: int) -> Timeout:
    return Timeout(f"the response is larger than {limit // 2**20} MB; the suite stopped reading")


def _incomplete(response: requests.Response, size: int) -> str:
    length = response.headers.get("Content-Length", "")
    if length.isdigit():
        return f"the body ended after {size} of the {length} bytes of its Content-Length"
    return f"the body broke off after {size} bytes"


def decode_body(raw: bytes, encoding: str, limit: int = MAX_BODY) -> ResponseBody:
    """Return a body without its Content-Encoding.

    Raises:
        Timeout: it is larger than `limit` bytes.
    """
    coding = encoding.strip().lower()
    if coding in {"", "identity"} or not raw:
        return ResponseBody(raw)
    if coding not in {"gzip", "x-gzip", "deflate"}:
        return ResponseBody(raw, f"the body is in the coding {encoding!r}, which was not requested")
    # 47: gzip or zlib by its header; -15: the bare stream that some servers call deflate.
    bare = coding == "deflate" and raw[0] & 0x0F != 8
    decoder = zlib.decompressobj(-15 if bare else 47)
    try:
        content = decoder.decompress(raw, limit + 1)
        while decoder.eof and decoder.unused_data and coding != "deflate":
            rest = decoder.unused_data  # gzip is a series of members (RFC 1952, 2.2)
            decoder = zlib.decompressobj(47)
            content += decoder.decompress(rest, limit + 1)
            if len(content) > limit:
                break
    except zlib.error:
        return ResponseBody(raw, f"the body does not decode as {coding}, its Content-Encoding")
    if len(content) > limit:
        raise _too_large(limit)
    if not decoder.eof:
        error = f"the {coding} body ends before its stream does"
        return ResponseBody(content, error, broken_off=True)
    return ResponseBody(content)


@dataclass(frozen=True, slots=True)
class ResponseLimits:
    """`timeout`: seconds for one whole response; `max_body`: bytes, decoded."""

    timeout: float = 10.0
    max_body: int = MAX_BODY


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A response, or why none came; the rest as in `Exchange`."""

    response: RecordedResponse | None = None
    failure: str | None = None
    unanswered: int = 0
    transient: bool = False


class Transport:
    """Sends requests to `base_url` and records every exchange, redacted."""

    def __init__(
        self,
        base_url: str,
        session: Session,
        *,
        redactor: Redactor,
        budget: Budget,
        limits: ResponseLimits,
        direct: bool,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.redactor = redactor
        self.budget = budget
        self.breaker = CircuitBreaker()
        self.exchanges: list[Exchange] = []
        self.listeners: list[Callable[[Exchange], None]] = []
        self._session = session
        self._limits = limits
        self._direct = direct
        self._spending = threading.Lock()

    def send(self, request: HttpRequest, info: ExchangeInfo) -> Exchange:
        """Send a request (credentials included) and return the recorded exchange.

        Raises:
            BudgetExceeded: nothing more may be sent.
            NotPermitted: the request would leave the target, or cannot be sent as HTTP.
        """
        return self._record(request, info, self._outcome(request, info))

    def send_together(self, requests: Sequence[tuple[HttpRequest, ExchangeInfo]]) -> list[Exchange]:
        """Send requests at the same time, each on a connection of its own; record them in order.

        Raises:
            BudgetExceeded: nothing more may be sent.
            NotPermitted: a request would leave the target, or cannot be sent as HTTP.
        """
        barrier = threading.Barrier(len(requests))

        def deliver(request: HttpRequest, info: ExchangeInfo) -> _Outcome:
            barrier.wait()
            return self._outcome(request, info)

        with ThreadPoolExecutor(len(requests)) as pool:
            running = [pool.submit(deliver, request, info) for request, info in requests]
        lines = [self.redactor.redact(f"{r.method} {r.target}") for r, _ in requests]
        others = [tuple(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
        exchanges = [
            self._record(*pair, future.result(), together=beside)
            for pair, future, beside in zip(requests, running, others, strict=True)
            if future.exception() is None
        ]
        for future in running:
            future.result()
        return exchanges

    def _outcome(self, request: HttpRequest, info: ExchangeInfo) -> _Outcome:
        if denial := self.breaker.denial_reason(info.operation):
            return _Outcome(failure=denial)
        attempts = Attempts(request.method in SAFE_METHODS, info)
        try:
            response = self._send_under_load(request, attempts)
        except NetworkFailure as error:
            self.breaker.failed(info.operation, error)
            return _Outcome(None, str(error), attempts.unanswered, error.repeatable)
        self.breaker.answered(info.operation)
        if response.timed_out:
            self.breaker.timed_out(info.operation)
        try:
            attempts.check(response)
        except NetworkFailure as error:
            return _Outcome(None, str(error), attempts.unanswered, error.repeatable)
        return _Outcome(response, None, attempts.unanswered)

    def _send_under_load(self, request: HttpRequest, attempts: Attempts) -> RecordedResponse:
        for attempt in range(ATTEMPTS_UNDER_LOAD):
            response = self._send_with_repeats(request, attempts)
            wait = self._retry_after(response, attempt)
            if wait is None:
                return response
            is_last = attempt + 1 == ATTEMPTS_UNDER_LOAD
            if is_last or wait > MAX_RETRY_AFTER_SECONDS or not self.budget.sleep(wait):
                break
        has_header = "Retry-After" in response.headers
        detail = f"Retry-After {wait:g} s" if has_header else "without Retry-After"
        raise Overloaded(f"the target is overloaded: {response.status}, {detail}")

    def _send_with_repeats(self, request: HttpRequest, attempts: Attempts) -> RecordedResponse:
        """Send again where no complete response comes, as often as that is safe."""
        while True:
            try:
                response = self._send_once(request)
            except NetworkFailure as error:
                if not attempts.may_repeat(error):
                    raise
                continue
            if not attempts.may_repeat(response):
                return response

    def _send_once(self, request: HttpRequest) -> RecordedResponse:
        with self._spending:
            self.budget.spend()
        started = self.budget.clock.now()
        timeout = self._limits.timeout
        with translate_errors(timeout):
            direct = self._direct and not request.origin
            response = self._session.deliver(self._prepare(request), timeout, direct=direct)
            try:
                body = read_body(response, self._limits.max_body, timeout)
            finally:
                response.close()
        return RecordedResponse(
            response.status_code,
            # White space around a field value is not part of it (RFC 9110, 5.5).
            CaseInsensitiveDict({k: v.strip(" \t") for k, v in response.headers.items()}),
            body.content,
            complete=body.error is None,
            elapsed=self.budget.clock.now() - started,
            body_error=body.error,
            timed_out=body.timed_out,
            broken_off=body.broken_off,
        )

    def _prepare(self, request: HttpRequest) -> requests.PreparedRequest:
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = (request.origin or self.base_url) + request.target
        prepared.headers = CaseInsensitiveDict(request.headers)
        prepared.body = request.body
        if request.body is not None or request.method in {"POST", "PUT", "PATCH"}:
            prepared.headers["Content-Length"] = str(len(request.body or b""))
        return prepared

    def _retry_after(self, response: RecordedResponse, attempt: int) -> float | None:
        """Return the seconds to wait after a 429 or 503; None for any other response."""
        header = response.headers.get("Retry-After", "").strip()
        if response.status not in OVERLOAD:
            return None
        if header.isascii() and header.isdigit():
            return float(header)
        try:
            until = parsedate_to_datetime(header)
            return max(0.0, (until - self.budget.clock.today()).total_seconds())
        except (TypeError, ValueError):
            return float(FIRST_OVERLOAD_WAIT_SECONDS * 2**attempt)

    def _record(
        self,
        request: HttpRequest,
        info: ExchangeInfo,
        outcome: _Outcome,
        *,
        together: tuple[str, ...] = (),
    ) -> Exchange:
        response = outcome.response
        if response is not None:
            if info.tokens is not None:
                self.redactor.register_tokens(response.body, info.tokens)
            response = replace(
                response,
                headers=self.redactor.redact_headers(response.headers),
                body=self.redactor.redact_bytes(response.body),
            )
        exchange = Exchange(
            number=self.next_number,
            operation=info.operation,
            request=self._redacted(request, info.role),
            response=response,
            failure=outcome.failure,
            driver=info.driver,
            valid=info.valid,
            path_parameters=info.path_parameters,
            together=together,
            unanswered=outcome.unanswered,
            transient=outcome.transient,
        )
        return self._append(exchange)

    @property
    def next_number(self) -> int:
        """The number of the next exchange."""
        return self.exchanges[-1].number + 1 if self.exchanges else 1

    def _append(self, exchange: Exchange) -> Exchange:
        self.exchanges.append(exchange)
        for listener in self.listeners:
            listener(exchange)
        return exchange

    def adopt(self, exchange: Exchange) -> Exchange:
        """Record an exchange of another transport as one of this run; return it as recorded."""
        return self._append(replace(exchange, number=self.next_number))

    def forget(self, exchanges: Collection[Exchange]) -> None:
        """Remove exchanges that say nothing about the target: their credential had expired."""
        forgotten = {id(exchange) for exchange in exchanges}
        self.exchanges[:] = [e for e in self.exchanges if id(e) not in forgotten]

    def _redacted(self, request: HttpRequest, role: str | None) -> RecordedRequest:
        redact = self.redactor.redact
        return RecordedRequest(
            method=request.method,
            url=redact((request.origin or self.base_url) + request.target),
            path=redact(request.path),
            query=tuple((redact(name), redact(value)) for name, value in request.query),
            headers=self.redactor.redact_headers(request.headers),
            body=None if request.body is None else self.redactor.redact_bytes(request.body),
            role=role,
        )
