"""Schemathesis's engine: its runs over a contract, our requirements as its checks, its cases."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson
import requests
import schemathesis
from schemathesis import Case, CheckContext, CheckFunction, HookContext, Response, transport
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import EngineEvent, FatalError, Interrupted, NonFatalError
from schemathesis.generation.meta import CoveragePhaseData

from conformance.contract_queries import match_path
from conformance.drivers.generated import PHASES, GeneratedRequest, document_with
from conformance.errors import InternalError
from conformance.http import Exchange
from conformance.http.request import DEFAULT_HEADERS, HttpRequest
from specs import Contract, Requirement

PLACEHOLDER_URL: Final = "http://target.invalid"
DOCUMENT_PATH: Final = "/contract-of-this-run.json"
_SET_BY_CLIENT: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "x-schemathesis-testcaseid"}
    | {name.lower() for name in DEFAULT_HEADERS}
)

ExchangeOf = Callable[[Case[Any], Response], Exchange | None]
"""Finds the exchange of a case; None where there is none to judge."""

FailureOf = Callable[[Exchange], str | None]
"""Returns why an exchange violates a requirement, None where it does not."""


def check_name(requirement: Requirement) -> str:
    """Return the name of a requirement's check, such as `td_job_001`."""
    return requirement.id.lower().replace("-", "_")


def requirement_check(
    contract: Contract, requirement: Requirement, exchange_of: ExchangeOf, failure_of: FailureOf
) -> CheckFunction:
    """Return the check of a requirement; it does not apply to exchanges of other operations."""

    def check(_context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
        exchange = exchange_of(case, response)
        if exchange is None or requirement.operation not in {None, exchange.operation}:
            return True  # for Schemathesis: not checked
        reason = failure_of(exchange)
        if reason is not None:
            raise AssertionError(failure_message(contract, requirement, reason))
        return None

    check.__name__ = check_name(requirement)
    return check


def failure_message(contract: Contract, requirement: Requirement, reason: str) -> str:
    """Return what is broken, what was seen, and where the vendor promised it."""
    promised = [
        f"{id_} ({contract.statements[id_].page}): {contract.statements[id_].text}"
        for id_ in requirement.statements
    ]
    source = f"source: {requirement.source}, level: {requirement.level}"
    implied = [requirement.implied] if requirement.implied else []
    return "\n".join([f"{requirement.id}: {requirement.text}", reason, source, *promised, *implied])


@contextmanager
def registered(checks: Sequence[CheckFunction]) -> Iterator[None]:
    """Register checks with Schemathesis, whose registry is global, for one run of its engine."""
    others = {
        check.__name__: CHECKS.get_one(check.__name__)
        for check in checks
        if check.__name__ in CHECKS.get_all_names()
    }
    for check in checks:
        schemathesis.check(check)
    try:
        yield
    finally:
        for check in checks:
            CHECKS.unregister(check.__name__)
        for other in others.values():
            CHECKS.register(other)


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One run of the engine over some operations of a contract.

    `phases` are `examples`, `coverage` and `fuzzing`. Without `shrink` everything is sent, whatever
    fails; with it Hypothesis looks for the smallest example of what fails first.
    """

    contract: Contract
    operations: Collection[str]
    phases: Collection[str]
    seed: int
    examples: int
    shrink: bool

    def execute(
        self, checks: Sequence[CheckFunction], send: Callable[[Case[Any]], None]
    ) -> Iterator[EngineEvent]:
        """Run it; `send` is called with each case, before the checks of that case.

        Raises:
            InternalError: Schemathesis cannot generate any request from this contract.
        """
        document = orjson.dumps(document_with(self.contract, self.operations))
        with registered(checks):
            config = SchemathesisConfig.from_dict(self._configuration(checks))
            schema: Any = schemathesis.openapi.from_wsgi(
                DOCUMENT_PATH, _answering(document), config=config
            )

            @schema.hook("after_call")  # type: ignore[untyped-decorator]
            def after_call(_context: HookContext, case: Case[Any], _response: Response) -> None:
                send(case)

            stream = schemathesis.engine.from_schema(schema).execute()
            try:
                for event in stream:
                    _raise_error(event)
                    yield event
            finally:
                stream.stop()

    def _configuration(self, checks: Sequence[CheckFunction]) -> dict[str, Any]:
        common = {"extra-data-sources": {"responses": False}, "operation-ordering": "none"}
        own: dict[str, dict[str, Any]] = {
            "examples": {},
            "coverage": {"unexpected-methods": []},
            "fuzzing": {"error-feedback": {"enabled": False}},
        }
        return {
            "seed": self.seed,
            "workers": 1,
            "cache": {"enabled": False},
            "continue-on-failure": not self.shrink,
            "suppress-health-check": ["all"],
            "analysis": {
                "constants": {"enabled": False}
            },  # it would read our own source for values
            "checks": {"enabled": False, **{check.__name__: {"enabled": True} for check in checks}},
            "generation": {
                "database": "none",
                "max-examples": self.examples,
                "mode": "all",
                "no-shrink": not self.shrink,
                "with-security-parameters": False,
            },
            "phases": {
                "stateful": {"enabled": False},
                **{
                    name: {**common, **more, "enabled": name in self.phases}
                    for name, more in own.items()
                },
            },
        }


def _raise_error(event: EngineEvent) -> None:
    if isinstance(event, Interrupted):
        raise KeyboardInterrupt
    if isinstance(event, NonFatalError | FatalError):
        error = event.value if isinstance(event, NonFatalError) else event.exception
        raise InternalError(f"no requests could be generated from the contract: {error}") from error


def _answering(document: bytes) -> Callable[[dict[str, Any], Any], list[bytes]]:
    """Return a WSGI application that serves the contract, and an empty 200 for all else.

    The engine takes it for the target, so that what it generates depends on the seed and on what
    fails alone. The requests go through our client in its place, and the checks look at those. In
    the path values of a call to a WSGI application the engine writes `_` for control characters; no
    HTTP client could send them unescaped, and the systematic data has them.
    """

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        is_document = environ["PATH_INFO"] == DOCUMENT_PATH
        start_response("200 OK", [("Content-Type", "application/json")] if is_document else [])
        return [document] if is_document else [b""]

    return application


def generate(
    contract: Contract, operations: Collection[str], seed: int, examples: int
) -> Sequence[GeneratedRequest]:
    """Return what the engine generates for some operations, without checking anything.

    Raises:
        InternalError: Schemathesis cannot generate any request from this contract.
    """
    requests: list[GeneratedRequest] = []

    def keep(case: Case[Any]) -> None:
        if (request := generated_request(case)) is not None:
            requests.append(request)

    for _ in EngineRun(contract, operations, PHASES, seed, examples, shrink=False).execute(
        [], keep
    ):
        pass
    return requests


def generated_request(case: Case[Any]) -> GeneratedRequest | None:
    """Return the request of a case; None if it has another method than its operation."""
    if case.method.upper() != case.operation.method.upper():
        return None
    request = _http_request(case)
    values = match_path(case.path, request.path)
    if values is None:
        values = {name: str(value) for name, value in case.path_parameters.items()}
    data = case.meta.phase.data if case.meta else None
    coverage = None
    if isinstance(data, CoveragePhaseData):
        coverage = (data.scenario.value, data.description or "", data.parameter)
    return GeneratedRequest(
        operation=case.operation.definition.raw["operationId"],
        phase=case.meta.phase.name.value if case.meta else "",
        valid=case.meta.generation.mode.is_positive if case.meta else None,
        coverage=coverage,
        request=request,
        path_parameters=dict(values),
    )


def _http_request(case: Case[Any]) -> HttpRequest:
    """Return the request of a case as our client sends it, without the credential."""
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
