"""Sends what Schemathesis generates, right and wrong: our client sends, our requirements judge.

Everything that depends on how Schemathesis 4.32 works inside is here and in `generation`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from schemathesis.generation.case import Case

from conformance.contract_queries import id_parameters
from conformance.drivers import DriverCase
from conformance.drivers.fuzz_cases import (
    PLACEHOLDER_URL,
    GeneratedCase,
    copy_case,
    generate_cases,
)
from conformance.drivers.request_validation import RequestValidator
from conformance.errors import NotPermitted
from conformance.http.exchange import Exchange, ExchangeInfo
from conformance.http.request import HttpRequest
from conformance.request_data.operation_request import existing_resources
from conformance.settings import Effort
from conformance.target.client import DEFAULT_HEADERS
from conformance.target.config import PRIMARY
from specs import Operation

NAME = "fuzz"
# So many things an operation may make at the target by requests of this driver.
MAX_CREATED = {Effort.QUICK: 3, Effort.DEFAULT: 10, Effort.DEEP: 100}
_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "x-schemathesis-testcaseid"}
    | {name.lower() for name in DEFAULT_HEADERS}
)


def drive(case: DriverCase) -> None:
    """Send what Schemathesis generates for each operation; left out where effort is quick."""
    courier = _CaseSender(case)
    for generated in generate_cases(
        case.contract, case.operations, case.seed, case.effort.examples
    ):
        courier.send_case(generated)


class _CaseSender:
    """Sends the engine's cases through our client."""

    def __init__(self, case: DriverCase) -> None:
        self._case = case
        self._client = case.client
        self._validity = RequestValidator(case.contract)
        self._sent: set[tuple[Any, ...]] = set()
        self._counts: dict[str, int] = {}
        self._made: dict[str, int] = {}
        self._coverage_keys: set[tuple[Any, ...]] = set()

    def send_case(self, generated: GeneratedCase) -> None:
        """Send a request through the client, unless its like was sent before.

        Raises:
            BudgetExceeded: nothing more may be sent.
            TargetUnavailable: the target cannot be reached any more.
        """
        operation = self._case.contract.operations[generated.operation]
        case = copy_case(generated.case)
        self._bind_ids(operation, case)
        draft = _draft(_prepare(case))
        if not (self._is_like_another(generated) or self._was_sent(draft)):
            self._send_request(operation, case, draft, generated.is_valid)

    def _was_sent(self, draft: HttpRequest) -> bool:
        key = (draft.method, draft.target, draft.body, tuple(draft.headers.items()))
        known = key in self._sent
        self._sent.add(key)
        return known

    def _is_like_another(self, generated: GeneratedCase) -> bool:
        """Tell whether a request was sent to make the same point (six wrong types make one)."""
        point = generated.coverage_key
        if self._case.effort is Effort.DEEP or point is None:
            return False
        known = point in self._coverage_keys
        self._coverage_keys.add(point)
        return known

    def _bind_ids(self, operation: Operation, case: Case[Any]) -> None:
        """Put things that are there, or that certainly are not, where random ids stand."""
        count = self._counts[operation.id] = self._counts.get(operation.id, -1) + 1
        there = existing_resources(self._client, operation)
        if there and count % 2 == 0 and self._fits(operation, case):
            self._put(operation, case, there[(count // 2) % len(there)])
        objection = self._client.policy.denial_reason(operation, case.path_parameters)
        if objection is not None:
            ids = id_parameters(self._case.contract, operation)
            self._put(operation, case, {name: self._client.unused_id(name) for name in ids})

    def _fits(self, operation: Operation, case: Case[Any]) -> bool:
        """Tell whether the ids in the path are right ones: wrong ones are there on purpose."""
        ids = id_parameters(self._case.contract, operation)
        return all(
            self._client.policy.matches(operation, name, str(case.path_parameters.get(name, "")))
            for name in ids
        )

    @staticmethod
    def _put(operation: Operation, case: Case[Any], values: Mapping[str, Any]) -> None:
        places = {parameter["name"]: parameter["in"] for parameter in operation.parameters}
        for name, value in values.items():
            if places[name] == "path":
                case.path_parameters[name] = value
            else:
                case.query[name] = value

    def _send_request(
        self, operation: Operation, case: Case[Any], draft: HttpRequest, generated: bool | None
    ) -> None:
        if self._has_made_enough(operation, generated):
            return
        path = {key: str(value) for key, value in case.path_parameters.items()}
        valid = self._valid(operation, draft, path, generated)
        label = ExchangeInfo(operation.id, NAME, PRIMARY, valid, path)
        try:
            self._note(operation, self._client.send(operation, draft, {}, info=label))
        except NotPermitted:
            return

    def _valid(
        self,
        operation: Operation,
        draft: HttpRequest,
        path: Mapping[str, str],
        generated: bool | None,
    ) -> bool | None:
        """Return the generator's word where our own reading of the contract agrees."""
        media = next((v for k, v in draft.headers.items() if k.lower() == "content-type"), None)
        allowed = self._validity.is_valid(operation, path, draft.query, media, draft.body)
        return allowed if allowed is generated else None

    def _has_made_enough(self, operation: Operation, generated: bool | None) -> bool:
        return (
            generated is True and self._made.get(operation.id, 0) >= MAX_CREATED[self._case.effort]
        )

    def _note(self, operation: Operation, exchange: Exchange) -> None:
        if self._client.policy.is_write(operation) and exchange.status in {200, 201, 202}:
            self._made[operation.id] = self._made.get(operation.id, 0) + 1


def _prepare(case: Case[Any]) -> requests.PreparedRequest:
    """Return a case as an HTTP request: it was made for a WSGI application, which has no URL."""
    data = case.as_transport_kwargs(base_url=PLACEHOLDER_URL)
    names = ("method", "headers", "data", "json", "files")
    parts = {name: data[name] for name in names if name in data}
    url, query = PLACEHOLDER_URL + data["path"], data.get("query_string")
    return requests.Request(url=url, params=query, **parts).prepare()


def _draft(request: requests.PreparedRequest) -> HttpRequest:
    parts = urlsplit(request.url or "")
    body = request.body.encode() if isinstance(request.body, str) else request.body
    generated = {
        str(name): str(value)
        for name, value in request.headers.items()
        if name.lower() not in _OURS
    }
    return HttpRequest(
        method=request.method or "",
        path=parts.path,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers={**DEFAULT_HEADERS, **generated},
        body=body,
        raw_query=parts.query,
    )
