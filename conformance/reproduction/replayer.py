"""Replays recorded requests with current credentials and ids, and shrinks those that fail."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson

from conformance.contract_queries import credential_place, security_scheme
from conformance.errors import BudgetExceeded, NotPermitted
from conformance.evaluation import ReplayStep
from conformance.http import Exchange, ExchangeInfo, RecordedRequest
from conformance.http.request import HttpRequest
from conformance.job_client import LIFECYCLE, JobClient, JobRef
from conformance.reproduction import MIN_LENGTH_IN_BODY
from conformance.target.client import Client
from conformance.target.tracker import created_ids
from specs import Operation

# Headers that the client or the transport sets for each request.
_SET_BY_CLIENT: Final = frozenset({"content-length", "host", "x-mock-sandbox"})
# A credential as the client sends it, not one that a check has changed.
_UNCHANGED_CREDENTIAL: Final = re.compile(
    r"((Bearer|Basic) )?(\$[A-Z][A-Z0-9_]*|no-such-credential)"
)
_PLACEHOLDER: Final = re.compile(r"\$[A-Z]")


class Replayer:
    """Replays steps in order; ids that they create replace the recorded ones.

    `divergence` says where the replay differed from the recording.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._jobs = JobClient(client, LIFECYCLE)
        self._new_ids: dict[str, str] = {}
        self.divergence: str | None = None

    def replay(self, step: ReplayStep) -> Exchange:
        """Wait until the job is in its recorded state, and send the request.

        Raises:
            NotPermitted: the target does not allow it.
            BudgetExceeded: nothing more may be sent.
        """
        if step.waits_for is not None:
            self._wait_for_state(step, *step.waits_for)
        exchange = self.send(step.exchange)
        if exchange.failure is not None:
            self.divergence = exchange.failure
        elif step.created and exchange.status != step.status:
            self.divergence = f"a creation was answered {exchange.status}, not {step.status}"
        if exchange.operation is not None and (exchange.status or 400) < 400:
            created = dict(created_ids(self._client.contract, exchange))
            self._new_ids |= {old: created[name] for name, old in step.created if name in created}
        return exchange

    def _wait_for_state(self, step: ReplayStep, id_: str, wire_name: str) -> None:
        """Wait for the state, or force it where there is a control URL; else continue without."""
        lifecycle = self._client.contract.lifecycle
        states = lifecycle.states_named(wire_name)
        job = JobRef(self._with_new_ids(id_), self._parameters(step.exchange), ours=True)
        if not states or self._jobs.wait_for_state(job, *states):
            return
        # Only a state that the job could reach by itself is forced.
        current, by_time = self._jobs.last_states(job), frozenset({"time"})
        reachable = {end for state in current for end in lifecycle.reachable(state, by_time)}
        for state in sorted(states & reachable):
            if self._client.force_outcome(job.id, state) and self._jobs.poll(job) & states:
                return
        self.divergence = f"the job {job.id} did not reach {wire_name} again"

    def send(self, recorded: Exchange) -> Exchange:
        """Send a recorded request again, without waiting for a state.

        Raises:
            NotPermitted: the target does not allow it.
            BudgetExceeded: nothing more may be sent.
        """
        contract = self._client.contract
        actions = contract.lifecycle.actions
        fetch = actions.get("fetch", actions["poll"]).operation
        operation = contract.operations[recorded.operation or fetch]
        old = self._without_key(operation, recorded.request)
        request = HttpRequest(
            old.method,
            self._with_new_ids(old.path),
            tuple((name, self._with_new_ids(value)) for name, value in old.query),
            body=None if old.body is None else self._body_with_new_ids(old.body),
            raw_query=self._with_new_ids(urlsplit(old.url).query) or None,
        )
        info = ExchangeInfo(
            recorded.operation,
            recorded.driver,
            old.role,
            recorded.valid,
            self._parameters(recorded),
        )
        return self._client.send(
            operation, request, self._headers(operation, old.headers), info=info
        )

    def _without_key(self, operation: Operation, old: RecordedRequest) -> RecordedRequest:
        """Return a request without the key in its query, which the client sets itself."""
        scheme = security_scheme(self._client.contract, operation)
        place, key = credential_place(scheme) if scheme else ("", "")
        if place != "query" or not _UNCHANGED_CREDENTIAL.fullmatch(dict(old.query).get(key, "")):
            return old
        rest = tuple((name, value) for name, value in old.query if name != key)
        url = urlsplit(old.url)._replace(query=urlencode(rest)).geturl()
        return replace(old, url=url, query=rest)

    def _headers(self, operation: Operation, headers: Mapping[str, str]) -> dict[str, str | None]:
        """Return the headers that the client does not set itself."""
        scheme = security_scheme(self._client.contract, operation)
        place, name = credential_place(scheme) if scheme else ("header", "Authorization")
        credential_header = "cookie" if place == "cookie" else name.lower()
        others: dict[str, str | None] = {}
        for name, value in headers.items():
            is_credential = name.lower() == credential_header
            if is_credential and _UNCHANGED_CREDENTIAL.fullmatch(value):
                continue
            if name.lower() not in _SET_BY_CLIENT:
                has_secret = _PLACEHOLDER.search(value)
                others[name] = self._client.restore_secrets(value) if has_secret else value
        return others

    def _parameters(self, recorded: Exchange) -> dict[str, str]:
        return {name: self._with_new_ids(str(v)) for name, v in recorded.path_parameters.items()}

    def _with_new_ids(self, text: str) -> str:
        """Replace the recorded ids in a text, where they are whole words."""
        new = {quote(old, safe=""): quote(id_, safe="") for old, id_ in self._new_ids.items()}
        if not new:
            return text
        any_old = "|".join(map(re.escape, sorted(new, key=len, reverse=True)))
        return re.sub(rf"(?<![\w.-])({any_old})(?![\w.-])", lambda match: new[match[0]], text)

    def _body_with_new_ids(self, body: bytes) -> bytes:
        for old, new in self._new_ids.items():
            if len(old) >= MIN_LENGTH_IN_BODY:
                body = body.replace(old.encode(), new.encode())
        return body


# Requests for one failure, and for all failures of a run.
MAX_REQUESTS: Final = 8
MAX_REQUESTS_PER_RUN: Final = 40

StillFails = Callable[[Exchange], bool]


class Shrinker:
    """Sends a failing request again, then with one part less each time; few requests in all.

    `recurred` is False where the last one to be shrunk did not fail when it was sent again.
    """

    def __init__(self, client: Client) -> None:
        self.recurred = True
        self._client = client
        self._replayer = Replayer(client)
        self._left = MAX_REQUESTS_PER_RUN

    def shrink(self, exchange: Exchange, still_fails: StillFails) -> Exchange:
        """Return the smallest exchange that still fails; `exchange` itself at worst.

        A request that uses up a quota, or reaches other people, is not repeated.
        """
        self.recurred = True
        if not self._may_repeat(exchange):
            return exchange
        smallest, attempts = exchange, min(MAX_REQUESTS, self._left)
        candidates = [smallest.request, *_smaller(smallest.request)]
        while candidates and attempts > 0:
            request = candidates.pop(0)
            attempts, self._left = attempts - 1, self._left - 1
            try:
                repeated = self._replayer.send(replace(smallest, request=request, valid=None))
            except (NotPermitted, BudgetExceeded):
                return smallest
            fails = repeated.response is not None and still_fails(repeated)
            if request is exchange.request:
                self.recurred = fails or repeated.response is None
                if not self.recurred:
                    return exchange
            elif fails:
                smallest, candidates = repeated, list(_smaller(repeated.request))
        return smallest

    def _may_repeat(self, exchange: Exchange) -> bool:
        operation = self._client.contract.operations.get(exchange.operation or "")
        if operation is None or exchange.response is None:
            return False
        return self._client.is_repeatable(operation)


def _smaller(request: RecordedRequest) -> Iterator[RecordedRequest]:
    """Yield the request without one of its query parameters, or of its body's members."""
    url = urlsplit(request.url)
    pairs = parse_qsl(url.query, keep_blank_values=True)
    for index in range(len(pairs)):
        rest = pairs[:index] + pairs[index + 1 :]
        shorter = url._replace(query=urlencode(rest)).geturl()
        yield replace(request, url=shorter, query=tuple(rest))
    if isinstance(request.json, dict):
        for name in request.json:
            body = {key: value for key, value in request.json.items() if key != name}
            yield replace(request, body=orjson.dumps(body))
