"""Sends the requests that Schemathesis generates from a contract, valid and invalid."""

import copy
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import requests
import schemathesis
from schemathesis import transport
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import FatalError, NonFatalError
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CoveragePhaseData

from conformance.contract_queries import id_parameters
from conformance.drivers import DriverCase
from conformance.drivers.request_validation import RequestValidator
from conformance.errors import InternalError, NotPermitted
from conformance.http.exchange import ExchangeInfo
from conformance.http.request import DEFAULT_HEADERS, HttpRequest
from conformance.request_data.operation_request import existing_resources
from conformance.settings import Effort
from conformance.target.config import PRIMARY
from specs import Contract, Operation

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
        InternalError: Schemathesis cannot generate any from this contract.
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
            raise InternalError(
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


NAME = "fuzz"
# The number of resources that an operation may create by valid requests of this driver.
MAX_CREATED = {Effort.QUICK: 3, Effort.DEFAULT: 10, Effort.DEEP: 100}
_SET_BY_CLIENT = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "x-schemathesis-testcaseid"}
    | {name.lower() for name in DEFAULT_HEADERS}
)


def drive(case: DriverCase) -> None:
    """Send the generated requests of each operation; this driver does not run at quick effort."""
    sender = _CaseSender(case)
    cases = generate_cases(case.contract, case.operations, case.seed, case.effort.examples)
    for generated in cases:
        sender.send_case(generated)


class _CaseSender:
    """Sends generated cases through our client."""

    def __init__(self, case: DriverCase) -> None:
        self._case = case
        self._client = case.client
        self._validator = RequestValidator(case.contract)
        self._sent: set[tuple[Any, ...]] = set()
        self._coverage_keys: set[tuple[Any, ...]] = set()
        self._counts: Counter[str] = Counter()
        self._created: Counter[str] = Counter()

    def send_case(self, generated: GeneratedCase) -> None:
        """Send a request, unless an equivalent one was sent before.

        Raises:
            BudgetExceeded: nothing more may be sent.
            TargetUnavailable: the target cannot be reached any more.
        """
        operation = self._case.contract.operations[generated.operation]
        case = copy_case(generated.case)
        self._bind_ids(operation, case)
        request = _http_request(case)
        if self._is_covered(generated) or self._was_sent(request):
            return
        limit = MAX_CREATED[self._case.effort]
        if generated.is_valid is True and self._created[operation.id] >= limit:
            return
        path = {name: str(value) for name, value in case.path_parameters.items()}
        valid = self._valid(operation, request, path, generated.is_valid)
        info = ExchangeInfo(operation.id, NAME, PRIMARY, valid, path)
        try:
            exchange = self._client.send(operation, request, {}, info=info)
        except NotPermitted:
            return
        if self._client.policy.is_write(operation) and exchange.status in {200, 201, 202}:
            self._created[operation.id] += 1

    def _was_sent(self, request: HttpRequest) -> bool:
        key = (request.method, request.target, request.body, tuple(request.headers.items()))
        was_sent = key in self._sent
        self._sent.add(key)
        return was_sent

    def _is_covered(self, generated: GeneratedCase) -> bool:
        """Return True if a request for the same coverage was sent (six wrong types are one)."""
        key = generated.coverage_key
        if self._case.effort is Effort.DEEP or key is None:
            return False
        is_covered = key in self._coverage_keys
        self._coverage_keys.add(key)
        return is_covered

    def _bind_ids(self, operation: Operation, case: Case[Any]) -> None:
        """Replace random ids by ids that exist, or that certainly do not."""
        count = self._counts[operation.id]
        self._counts[operation.id] += 1
        existing = existing_resources(self._client, operation)
        ids = id_parameters(self._case.contract, operation)
        policy = self._client.policy
        # An invalid id is what the case is about, so it stays.
        valid_ids = all(
            policy.matches(operation, name, str(case.path_parameters.get(name, ""))) for name in ids
        )
        if existing and count % 2 == 0 and valid_ids:
            _set(operation, case, existing[(count // 2) % len(existing)])
        if policy.denial_reason(operation, case.path_parameters) is not None:
            _set(operation, case, {name: self._client.unused_id(name) for name in ids})

    def _valid(
        self,
        operation: Operation,
        request: HttpRequest,
        path: Mapping[str, str],
        generated: bool | None,
    ) -> bool | None:
        """Return the generator's `is_valid` where our own validation agrees, else None."""
        media = next((v for k, v in request.headers.items() if k.lower() == "content-type"), None)
        is_valid = self._validator.is_valid(operation, path, request.query, media, request.body)
        return is_valid if is_valid is generated else None


def _set(operation: Operation, case: Case[Any], values: Mapping[str, Any]) -> None:
    locations = {parameter["name"]: parameter["in"] for parameter in operation.parameters}
    for name, value in values.items():
        parameters = case.path_parameters if locations[name] == "path" else case.query
        parameters[name] = value


def _http_request(case: Case[Any]) -> HttpRequest:
    # The cases come from a WSGI application; `None` stands for a target that is reached by HTTP.
    data = transport.get(None).serialize_case(case, base_url=PLACEHOLDER_URL)
    names = ("method", "url", "headers", "params", "data", "json", "files")
    request = requests.Request(**{name: data[name] for name in names if name in data}).prepare()
    url = urlsplit(request.url or "")
    generated = {
        str(name): str(value)
        for name, value in request.headers.items()
        if name.lower() not in _SET_BY_CLIENT
    }
    return HttpRequest(
        method=request.method or "",
        path=url.path,
        query=tuple(parse_qsl(url.query, keep_blank_values=True)),
        headers={**DEFAULT_HEADERS, **generated},
        body=request.body.encode() if isinstance(request.body, str) else request.body,
        raw_query=url.query,
    )
