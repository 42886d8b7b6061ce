"""Requests that Schemathesis generates from a contract, right and wrong; nothing is sent here."""

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine.core import Engine, ExecutionPlan
from schemathesis.engine.events import FatalError, NonFatalError
from schemathesis.engine.run import PhaseName
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CoveragePhaseData
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport

from conformance.errors import TargetUnavailable
from specs import Contract

PLACEHOLDER_URL = "http://target.invalid"
PHASES = frozenset({PhaseName.EXAMPLES, PhaseName.COVERAGE, PhaseName.FUZZING})


@dataclass(frozen=True, slots=True)
class GeneratedCase:
    """A request as the engine made it.

    `is_valid` tells whether it is meant to be valid. `coverage_key` names what it covers where the
    engine enumerates the contract value by value, None where it was drawn at random.
    """

    operation: str
    case: Case[Any]
    options: Mapping[str, Any]
    is_valid: bool | None
    coverage_key: tuple[Any, ...] | None


def generate_cases(
    contract: Contract, operations: Collection[str], seed: int, examples: int
) -> tuple[GeneratedCase, ...]:
    """Return the requests for some operations, the same each time: no target has a say in them.

    Raises:
        TargetUnavailable: Schemathesis cannot make any from this contract.
    """
    return _generate(orjson.dumps(_document_with(contract, set(operations))), seed, examples)


# Making them takes longer than sending them: they are kept for further runs of the process.
@lru_cache(maxsize=8)
def _generate(document: bytes, seed: int, examples: int) -> tuple[GeneratedCase, ...]:
    config = SchemathesisConfig.from_dict(_configuration(seed, examples))
    schema: Any = schemathesis.openapi.from_dict(orjson.loads(document), config=config)
    collector = _CaseCollector()
    # The engine asks the schema for its transport: this is the one place to put ours.
    schema.__class__ = type(
        "GuardedSchema",
        (type(schema),),
        {"__slots__": (), "transport": property(lambda _: collector)},
    )
    for event in _QuietEngine(schema).execute():
        if isinstance(event, NonFatalError | FatalError):
            error = event.value if isinstance(event, NonFatalError) else event.exception
            raise TargetUnavailable(
                f"no requests could be made from the contract: {error}"
            ) from error
    return tuple(collector.cases)


def _configuration(seed: int, examples: int) -> dict[str, Any]:
    no_pool = {"extra-data-sources": {"responses": False}, "operation-ordering": "none"}
    return {
        "seed": seed,
        "workers": 1,
        "base-url": PLACEHOLDER_URL,
        "cache": {"enabled": False},
        "continue-on-failure": True,
        "suppress-health-check": ["all"],
        "checks": {"enabled": False, "not_a_server_error": {"enabled": True}},
        "generation": {
            "database": "none",
            "max-examples": examples,
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


def _document_with(contract: Contract, operations: set[str]) -> dict[str, Any]:
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


class _CaseCollector(RequestsTransport):
    """Keeps the engine's cases, and answers each with an empty 200: nothing is sent here."""

    def __init__(self) -> None:
        super().__init__()
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self.cases: list[GeneratedCase] = []

    def send(self, case: Case[Any], *, session: Any = None, **kwargs: Any) -> Response:  # noqa: ARG002
        """Keep a case, if it is one for the method of its operation."""
        if case.method.upper() == case.operation.method.upper():
            self.cases.append(_generated(case, kwargs))
        request = requests.Request("GET", PLACEHOLDER_URL).prepare()
        return Response(200, {}, b"", request, 0.0, verify=True)


def _generated(case: Case[Any], options: Mapping[str, Any]) -> GeneratedCase:
    operation = case.operation.definition.raw["operationId"]
    data = case.meta.phase.data if case.meta else None
    point = None
    if isinstance(data, CoveragePhaseData):
        point = (operation, data.scenario, data.description, data.parameter)
    right = case.meta.generation.mode.is_positive if case.meta else None
    return GeneratedCase(operation, copy_case(case), dict(options), right, point)


def copy_case(case: Case[Any]) -> Case[Any]:
    """Return a case whose parameters can be set without a change to the other."""
    return Case(
        case.operation,
        case.method,
        case.path,
        id=case.id,
        path_parameters=dict(case.path_parameters),
        headers=case.headers.copy(),
        cookies=dict(case.cookies),
        query=dict(case.query),
        body=case.body,
        media_type=case.media_type,
        multipart_content_types=case.multipart_content_types,
    )
