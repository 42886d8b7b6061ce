"""Exchange checks of HTTP statuses and response headers."""

import re
from collections.abc import Mapping, Sequence
from email.policy import HTTP
from http import HTTPStatus
from typing import Any, Final

from conformance.checks import Responses, exchange_check
from conformance.checks.cases import NOT_OFFERED, ExchangeCase, is_echo
from conformance.errors import describe_schema_error
from conformance.verdict import CheckResult, failed, passed
from specs.pointer import resolve

# The two spellings of a file's name in a Content-Disposition, quoted texts emptied before.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_PLAIN_NAME: Final = re.compile(r';\s*filename\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;"]+)', re.IGNORECASE)
_NAMES: Final = re.compile(r";\s*filename(\*?)\s*=", re.IGNORECASE)

# HTTP itself allows these for any request (RFC 9110, 6585), whatever a vendor lists.
GENERIC: Final = frozenset(
    {405, 406, 408, 411, 412, 413, 414, 415, 416, 417, 421, 426, 428, 429, 431, 451}
)


@exchange_check("no_server_error", responses=Responses.ANY)
def no_server_error(case: ExchangeCase) -> CheckResult | None:
    """No 5xx to any request; 503 is overload (implied by all sources)."""
    status, request = case.response.status, case.exchange.request
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    if status >= 500:
        return failed(f"{request.method} {request.path} is answered {status}")
    return passed()


@exchange_check("success_status")
def success_status(case: ExchangeCase, *, also: Sequence[int] = ()) -> CheckResult | None:
    """A success or redirect has a status that the contract lists, or one of `also`."""
    if case.response.status >= 400:
        return None
    listed = sorted({*(s for s in case.operation.responses if s < 400), *also})
    if case.response.status not in listed:
        expected = " or ".join(map(str, listed))
        return failed(f"{case.response.status}, not {expected}, is the success")
    return passed()


@exchange_check("status_listed")
def status_listed(case: ExchangeCase) -> CheckResult | None:
    """A 4xx is a status of the contract, or one that HTTP allows for any request."""
    status, responses = case.response.status, case.operation.responses
    if not 400 <= status < 500:
        return None
    if status in NOT_OFFERED - responses.keys():
        return None  # so a server answers that does not have the operation
    if status in responses or status in GENERIC:
        return passed()
    return failed(f"{status} is none of {', '.join(str(s) for s in sorted(responses) if s >= 400)}")


@exchange_check("headers")
def headers(
    case: ExchangeCase, *, headers: Sequence[str], required: bool = False
) -> CheckResult | None:
    """The headers, where present (or `required`), match their schemas in the contract."""
    described = case.operation.responses.get(case.response.status, {}).get("headers", {})
    sent = case.response.headers
    missing = [name for name in headers if name not in sent]
    if missing and required:
        return failed(f"the header {missing[0]} is missing")
    present = [name for name in headers if name in sent]
    for name in present:
        if error := _schema_error(case, described.get(name, {}), sent[name]):
            return failed(f"{name}: {error}")
    return passed() if present else None


def _schema_error(case: ExchangeCase, described: Mapping[str, Any], text: str) -> str | None:
    schema = resolve(case.contract.openapi, described.get("schema", {"type": "string"}))
    value: Any = text
    if schema.get("type") == "integer" and text.strip().lstrip("-").isdigit():
        value = int(text)
    validator = case.contract.validator(schema)
    errors = (e for e in validator.iter_errors(value) if not is_echo(case.exchange, e))
    return next((describe_schema_error(error) for error in errors), None)


@exchange_check("disposition_parses")
def disposition_parses(case: ExchangeCase, *, required: bool = False) -> CheckResult | None:
    """A Content-Disposition parses by RFC 6266; if `required`, it is present and an attachment.

    A file name is never required.
    """
    text = case.response.headers.get("Content-Disposition")
    if text is None:
        return failed("the header Content-Disposition is missing") if required else None
    # RFC 6266 recommends `filename` beside `filename*`, which the parser takes for a duplicate.
    twice = sorted(_NAMES.findall(_QUOTED.sub('""', text))) == ["", "*"]
    parsed: Any = HTTP.header_factory(
        "Content-Disposition", _PLAIN_NAME.sub("", text, count=1) if twice else text
    )
    if parsed.defects or not parsed.content_disposition:
        return failed(f"Content-Disposition {text!r} does not parse")
    if required and parsed.content_disposition.lower() != "attachment":
        return failed(f"Content-Disposition {text!r} is not an attachment")
    return passed()
