"""Registers the requirements that judge one exchange as checks of `st run`.

Load it with `SCHEMATHESIS_HOOKS=conformance.st_checks`. The operation that a request is for is that
of the contract with the same method and path, whatever the schema calls it. Environment variables:
CONFORMANCE_VENDOR (default: all vendors, each for its own operations), CONFORMANCE_PROFILE, and
CONFORMANCE_STRICT (any value: what would be a WARN of the suite fails too).
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from schemathesis import APIOperation, BaseSchema, Case, HookContext, Response
from schemathesis.core.result import Ok

import specs
from conformance.checks import CheckKind, RegisteredCheck, Verdict, load_checks
from conformance.contract_queries import is_basic, load_contract, match_path, security_scheme
from conformance.drivers.engine import requirement_check
from conformance.evaluation.evaluator import Evaluator, failure_verdict
from conformance.http import Exchange, RecordedRequest, RecordedResponse
from conformance.http.redaction import Redactor
from conformance.settings import Settings
from conformance.target import PRIMARY
from specs import Contract, Operation, Requirement

DRIVER: Final = "schemathesis"
_PARAMETER: Final = re.compile(r"\{[^}]*\}")


class VendorChecks:
    """The checks of one vendor, over the exchanges of `st run`."""

    def __init__(
        self, contract: Contract, checks: Mapping[str, RegisteredCheck], settings: Settings
    ) -> None:
        self._contract = contract
        self._settings = settings
        self._requirements = [
            requirement
            for requirement in contract.requirements
            if requirement.check is not None
            and requirement.source != "assumed"
            and checks[requirement.check.name].kind is CheckKind.EXCHANGE
        ]
        self._evaluator = Evaluator(contract, checks, self._requirements, settings)
        self._last: tuple[Response, Exchange | None] | None = None

    def register(self) -> None:
        """Register one check for each requirement."""
        for requirement in self._requirements:
            failure_of = partial(self._failure_of, requirement)
            schemathesis.check(
                requirement_check(self._contract, requirement, self._exchange_of, failure_of)
            )

    def operation_of(self, called: APIOperation[Any, Any, Any, Any]) -> Operation | None:
        """Return the contract's operation with the method and path of one of a schema."""
        path = _PARAMETER.sub("{}", called.schema.get_full_path(called.path))
        for operation in self._contract.operations.values():
            same_path = path.endswith(_PARAMETER.sub("{}", operation.path))
            if same_path and operation.method == called.method.upper():
                return operation
        return None

    def _failure_of(self, requirement: Requirement, exchange: Exchange) -> str | None:
        if failure_verdict(requirement, self._settings) is not Verdict.FAIL:
            return None
        reason = self._evaluator.failure_of(requirement, exchange)
        return None if reason is None else self._redactor(exchange).redact(reason)

    def _exchange_of(self, case: Case[Any], response: Response) -> Exchange | None:
        last = self._last
        if last is not None and last[0] is response:
            return last[1]
        operation = self.operation_of(case.operation)
        exchange = None if operation is None else _exchange(operation, case, response)
        self._last = (response, exchange)
        return exchange

    def _redactor(self, exchange: Exchange) -> Redactor:
        """Return one that knows the credential of the request, and tokens in the response."""
        redactor = Redactor()
        operation = self._contract.operations[exchange.operation or ""]
        scheme = security_scheme(self._contract, operation) or {}
        header = str(scheme.get("name", "Authorization")).lower()
        for name, value in exchange.request.headers.items():
            if name.lower() == header:
                redactor.register(value.rpartition(" ")[2], "$CREDENTIAL")
        if is_basic(scheme):
            redactor.register_tokens(exchange.response_body, "$TOKEN")
        return redactor


def _exchange(operation: Operation, case: Case[Any], response: Response) -> Exchange:
    sent = response.request
    url = urlsplit(sent.url or "")
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    request = RecordedRequest(
        method=sent.method or case.method,
        url=sent.url or "",
        path=url.path,
        query=tuple(parse_qsl(url.query, keep_blank_values=True)),
        headers={str(name): str(value) for name, value in sent.headers.items()},
        body=body if isinstance(body, bytes) else None,
        role=PRIMARY,
    )
    answer = RecordedResponse(
        status=response.status_code,
        headers={name: ", ".join(values) for name, values in response.headers.items()},
        body=response.content,
        complete=response.content_size == len(response.content),
        elapsed=response.elapsed,
    )
    parameters = match_path(operation.path, url.path) or case.path_parameters
    return Exchange(1, operation.id, request, answer, None, DRIVER, None, parameters)


def vendor_checks(environment: Mapping[str, str]) -> Iterator[VendorChecks]:
    """Yield the checks of the vendors that the environment names.

    Raises:
        UsageError: it names an unknown vendor or profile.
    """
    profile = environment.get("CONFORMANCE_PROFILE") or specs.DOCUMENTED
    named = environment.get("CONFORMANCE_VENDOR")
    settings = Settings(profile=profile, strict=bool(environment.get("CONFORMANCE_STRICT")))
    checks = load_checks()
    for vendor in [named] if named else specs.vendors():
        yield VendorChecks(load_contract(vendor, profile), checks, settings)


def _register() -> None:
    vendors = [*vendor_checks(os.environ)]
    for vendor in vendors:
        vendor.register()

    @schemathesis.hook
    def after_load_schema(_context: HookContext, schema: BaseSchema) -> None:
        """Say so where no operation of the schema is judged."""
        operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
        if not any(vendor.operation_of(one) for vendor in vendors for one in operations):
            sys.stderr.write(
                "conformance.st_checks: no operation of this schema has the method and path of "
                "one of a vendor's contract, so none is judged by its requirements\n"
            )


_register()
