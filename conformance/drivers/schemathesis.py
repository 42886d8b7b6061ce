"""Schemathesis generates requests from the contract, right and wrong; ours send and judge them.

Everything that depends on how Schemathesis 4.32 works inside is in this module.
"""

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine.core import Engine, ExecutionPlan
from schemathesis.engine.run import PhaseName
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CoveragePhaseData
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport

from conformance.access.client import DEFAULTS
from conformance.access.target import PRIMARY
from conformance.contracts.inspection import id_parameters
from conformance.contracts.validity import Validity
from conformance.drivers.base import DriverCase
from conformance.failures import BudgetSpent, NotJudged, Refused
from conformance.requests.filling import existing
from conformance.settings import Effort
from conformance.traffic.draft import Draft
from conformance.traffic.exchange import Exchange
from conformance.traffic.transport import Label
from specs import Contract, Operation

NAME = "schemathesis"
PLACEHOLDER_URL = "http://target.invalid"
PHASES = frozenset({PhaseName.EXAMPLES, PhaseName.COVERAGE, PhaseName.FUZZING})
# So many things an operation may make at the target by requests of this driver.
MOST_MADE = {Effort.QUICK: 3, Effort.DEFAULT: 10, Effort.DEEP: 100}
_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "x-schemathesis-testcaseid"}
    | {name.lower() for name in DEFAULTS}
)


def drive(case: DriverCase) -> None:
    """Send what Schemathesis generates for each operation; left out where effort is quick."""
    config = SchemathesisConfig.from_dict(_configuration(case))
    document = _only(case.contract, set(case.operations))
    schema: Any = schemathesis.openapi.from_dict(document, config=config)
    courier = _Courier(case)
    # The engine asks the schema for its transport: this is the one place to put ours.
    schema.__class__ = type(
        "GuardedSchema",
        (type(schema),),
        {"__slots__": (), "transport": property(lambda _: courier)},
    )
    for _ in _QuietEngine(schema).execute():
        pass
    if courier.stopped is not None:
        raise courier.stopped


def _configuration(case: DriverCase) -> dict[str, Any]:
    no_pool = {"extra-data-sources": {"responses": False}, "operation-ordering": "none"}
    return {
        "seed": case.seed,
        "workers": 1,
        "base-url": PLACEHOLDER_URL,
        "cache": {"enabled": False},
        "continue-on-failure": True,
        "suppress-health-check": ["all"],
        "checks": {"enabled": False, "not_a_server_error": {"enabled": True}},
        "generation": {
            "database": "none",
            "max-examples": case.effort.examples,
            "mode": "all",
            "no-shrink": True,
            "with-security-parameters": False,
        },
        "phases": {
            "examples": no_pool,
            "coverage": {**no_pool, "unexpected-methods": []},
            "fuzzing": {**no_pool, "error-feedback": {"enabled": False}},
            "stateful": {"enabled": False},
        },
    }


def _only(contract: Contract, operations: set[str]) -> dict[str, Any]:
    """Return the contract's document with `operations` alone, and without links."""
    document = copy.deepcopy(contract.openapi)
    for item in document["paths"].values():
        for method in [key for key, entry in item.items() if _is_other(entry, operations)]:
            del item[method]
    return _without_links(document)


def _is_other(entry: Any, operations: set[str]) -> bool:
    return isinstance(entry, dict) and entry.get("operationId", "") not in {"", *operations}


def _without_links(document: dict[str, Any]) -> dict[str, Any]:
    for item in document["paths"].values():
        for entry in item.values():
            if isinstance(entry, dict):
                for response in entry.get("responses", {}).values():
                    response.pop("links", None)
    return document


class _QuietEngine(Engine):
    """The engine without the phases that send requests of their own or follow links."""

    def _create_execution_plan(self) -> ExecutionPlan:
        plan = super()._create_execution_plan()
        return ExecutionPlan([phase for phase in plan.phases if phase.name in PHASES])


class _Courier(RequestsTransport):
    """Takes the engine's cases to our client."""

    def __init__(self, case: DriverCase) -> None:
        super().__init__()
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self.stopped: BudgetSpent | NotJudged | None = None
        self._case = case
        self._client = case.client
        self._validity = Validity(case.contract)
        self._by_route = {(o.method, o.path): o for o in case.contract.operations.values()}
        self._sent: set[tuple[Any, ...]] = set()
        self._counts: dict[str, int] = {}
        self._made: dict[str, int] = {}
        self._points: set[tuple[Any, ...]] = set()

    def send(self, case: Case[Any], *, session: Any = None, **kwargs: Any) -> Response:  # noqa: ARG002
        """Send one generated case through the client, unless it was sent before.

        The engine never sees the answer: what it generates does not depend on the target, and
        nothing that a target says can upset it.
        """
        operation = self._by_route.get((case.operation.method.upper(), case.operation.path))
        generated = self._generated(case)
        request = self._prepare(case, kwargs)
        if operation is not None and self.stopped is None and case.method == operation.method:
            draft = _draft(request)
            if not (self._is_like_another(case, operation) or self._was_sent(draft)):
                self._deliver(operation, case, draft, generated)
        return Response(200, {}, b"", request, 0.0, verify=True)

    def _was_sent(self, draft: Draft) -> bool:
        key = (draft.method, draft.target, draft.body, tuple(draft.headers.items()))
        known = key in self._sent
        self._sent.add(key)
        return known

    def _is_like_another(self, case: Case[Any], operation: Operation) -> bool:
        """Tell whether a request was sent to make the same point (six wrong types make one)."""
        data = case.meta.phase.data if case.meta else None
        if self._case.effort is Effort.DEEP or not isinstance(data, CoveragePhaseData):
            return False
        point = (operation.id, data.scenario, data.description, data.parameter)
        known = point in self._points
        self._points.add(point)
        return known

    @staticmethod
    def _generated(case: Case[Any]) -> bool | None:
        """Return what the generator meant: True for a right request, False for a wrong one."""
        meta = case.meta
        return None if meta is None else meta.generation.mode.is_positive

    def _prepare(self, case: Case[Any], kwargs: dict[str, Any]) -> requests.PreparedRequest:
        self._settle(case)
        data = self._build_request_data(case, kwargs)
        names = ("method", "url", "headers", "params", "data", "json", "files")
        return requests.Request(**{k: data[k] for k in names if k in data}).prepare()

    def _settle(self, case: Case[Any]) -> None:
        """Put things that are there, or that certainly are not, where random ids stand."""
        operation = self._by_route.get((case.operation.method.upper(), case.operation.path))
        if operation is None:
            return
        count = self._counts[operation.id] = self._counts.get(operation.id, -1) + 1
        there = existing(self._client, operation)
        if there and count % 2 == 0 and self._fits(operation, case):
            self._put(operation, case, there[(count // 2) % len(there)])
        objection = self._client.guard.objection(operation, case.path_parameters)
        if objection is not None:
            ids = id_parameters(self._case.contract, operation)
            self._put(operation, case, {name: self._client.absent_id(name) for name in ids})

    def _fits(self, operation: Operation, case: Case[Any]) -> bool:
        """Tell whether the ids in the path are right ones: wrong ones are there on purpose."""
        ids = id_parameters(self._case.contract, operation)
        return all(
            self._client.guard.fits(operation, name, str(case.path_parameters.get(name, "")))
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

    def _deliver(
        self, operation: Operation, case: Case[Any], draft: Draft, generated: bool | None
    ) -> None:
        if self._has_made_enough(operation, generated):
            return
        path = {key: str(value) for key, value in case.path_parameters.items()}
        valid = self._valid(operation, draft, path, generated)
        label = Label(operation.id, NAME, PRIMARY, valid, path)
        try:
            self._note(operation, self._client.send(operation, draft, {}, label=label))
        except Refused:
            return
        except (BudgetSpent, NotJudged) as reason:
            self.stopped = reason

    def _valid(
        self, operation: Operation, draft: Draft, path: Mapping[str, str], generated: bool | None
    ) -> bool | None:
        """Return the generator's word where our own reading of the contract agrees."""
        media = next((v for k, v in draft.headers.items() if k.lower() == "content-type"), None)
        allowed = self._validity.allows(operation, path, draft.query, media, draft.body)
        return allowed if allowed is generated else None

    def _has_made_enough(self, operation: Operation, generated: bool | None) -> bool:
        return generated is True and self._made.get(operation.id, 0) >= MOST_MADE[self._case.effort]

    def _note(self, operation: Operation, exchange: Exchange) -> None:
        if self._client.guard.is_write(operation) and exchange.status in {200, 201, 202}:
            self._made[operation.id] = self._made.get(operation.id, 0) + 1


def _draft(request: requests.PreparedRequest) -> Draft:
    parts = urlsplit(request.url or "")
    body = request.body.encode() if isinstance(request.body, str) else request.body
    generated = {
        str(name): str(value)
        for name, value in request.headers.items()
        if name.lower() not in _OURS
    }
    return Draft(
        method=request.method or "",
        path=parts.path,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers={**DEFAULTS, **generated},
        body=body,
        raw_query=parts.query,
    )
