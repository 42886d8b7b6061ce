"""Requests that Schemathesis generates from a contract, valid and invalid; none is sent here."""

import copy
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import FatalError, NonFatalError
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CoveragePhaseData

from conformance.errors import TargetUnavailable
from specs import Contract

PLACEHOLDER_URL = "http://target.invalid"
DOCUMENT_PATH = "/contract-of-this-run.json"


@dataclass(frozen=True, slots=True)
class GeneratedCase:
    """A request as the engine generated it.

    `is_valid` tells whether it is meant to be valid. `coverage_key` names what it covers where the
    engine enumerates the contract value by value, None where it was drawn at random.
    """

    operation: str
    case: Case[Any]
    is_valid: bool | None
    coverage_key: tuple[Any, ...] | None


def generate_cases(
    contract: Contract, operations: Collection[str], seed: int, examples: int
) -> tuple[GeneratedCase, ...]:
    """Return the requests for some operations; they do not depend on any target.

    Raises:
        TargetUnavailable: Schemathesis cannot generate any from this contract.
    """
    return _generate(orjson.dumps(_document_with(contract, set(operations))), seed, examples)


# Generation takes longer than sending, so the requests are cached for further runs.
@lru_cache(maxsize=8)
def _generate(document: bytes, seed: int, examples: int) -> tuple[GeneratedCase, ...]:
    """Have the engine test an application that answers everything with an empty 200.

    In the path values of a call to a WSGI application the engine writes `_` for control
    characters; no HTTP client could send them unescaped, and the systematic data has them.
    """
    config = SchemathesisConfig.from_dict(_configuration(seed, examples))
    schema: Any = schemathesis.openapi.from_wsgi(DOCUMENT_PATH, _answering(document), config=config)
    cases: list[GeneratedCase] = []

    @schema.hook("after_call")  # type: ignore[untyped-decorator]
    def keep(_context: Any, case: Case[Any], _response: Any) -> None:
        if case.method.upper() == case.operation.method.upper():
            cases.append(_generated(case))

    for event in schemathesis.engine.from_schema(schema).execute():
        if isinstance(event, NonFatalError | FatalError):
            error = event.value if isinstance(event, NonFatalError) else event.exception
            raise TargetUnavailable(
                f"no requests could be generated from the contract: {error}"
            ) from error
    return tuple(cases)


def _answering(document: bytes) -> Callable[[dict[str, Any], Any], list[bytes]]:
    """Return a WSGI application that serves the contract, and an empty 200 for all else."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        is_document = environ["PATH_INFO"] == DOCUMENT_PATH
        start_response("200 OK", [("Content-Type", "application/json")] if is_document else [])
        return [document] if is_document else [b""]

    return application


def _configuration(seed: int, examples: int) -> dict[str, Any]:
    no_pool = {"extra-data-sources": {"responses": False}, "operation-ordering": "none"}
    return {
        "seed": seed,
        "workers": 1,
        "cache": {"enabled": False},
        "continue-on-failure": True,
        "suppress-health-check": ["all"],
        "analysis": {"constants": {"enabled": False}},  # it would read our own source for values
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


def _generated(case: Case[Any]) -> GeneratedCase:
    operation = case.operation.definition.raw["operationId"]
    data = case.meta.phase.data if case.meta else None
    key = None
    if isinstance(data, CoveragePhaseData):
        key = (operation, data.scenario, data.description, data.parameter)
    is_valid = case.meta.generation.mode.is_positive if case.meta else None
    return GeneratedCase(operation, copy_case(case), is_valid, key)


def copy_case(case: Case[Any]) -> Case[Any]:
    """Return a copy of a case whose parameters can be changed."""
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
