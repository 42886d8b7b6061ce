"""The responses that an exchange check applies to, and what it is given of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from conformance.http.exchange import Exchange, RecordedResponse
from specs import Contract, Operation, Requirement

# The statuses with which a server answers an operation that it does not have.
NOT_OFFERED: Final = frozenset({404, 405, 501})
MAX_URL_LENGTH: Final = 2000
# Segments of letters, digits and the punctuation of ids; none of dots alone.
_PLAIN_PATH: Final = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9._~@:+-]*)*")


class Responses(Enum):
    """The responses that an exchange check applies to.

    ANY is every response. COMPLETE are the complete ones to the operation's own method, with one
    of the argument `statuses` where the row gives it. SUCCESSFUL are those with a listed success
    or redirect unless `statuses` says otherwise. The check `complete_body` judges the incomplete.
    """

    ANY = "any"
    COMPLETE = "complete"
    SUCCESSFUL = "successful"


@dataclass(frozen=True, slots=True)
class ExchangeCase:
    """An exchange whose response a check applies to; `statuses` is that argument of its row.

    The exchange is one of the requirement's operation (of any, where it names none).
    """

    contract: Contract
    requirement: Requirement
    exchange: Exchange
    response: RecordedResponse
    statuses: Sequence[int] = ()

    @property
    def operation(self) -> Operation:
        """The operation of the exchange."""
        return self.contract.operations[self.exchange.operation or ""]

    @property
    def expected_statuses(self) -> Sequence[int]:
        """The argument `statuses`, or the successes and redirects of the operation."""
        return self.statuses or _successes(self.contract, self.requirement)


def exchange_case(
    contract: Contract, requirement: Requirement, exchange: Exchange, responses: Responses
) -> ExchangeCase | None:
    """Return the case of an exchange, None where the requirement's check does not apply to it."""
    response = exchange.response
    arguments = requirement.check.arguments if requirement.check else {}
    statuses = arguments.get("statuses", ())
    if response is None:
        return None
    case = ExchangeCase(contract, requirement, exchange, response, statuses)
    if responses is Responses.ANY:
        return case
    if not response.complete or exchange.operation is None:
        return None
    # A gateway that rejects malformed bytes may not know the vendor's error body.
    if response.status >= 400 and _is_malformed(exchange):
        return None
    # With an empty parameter the path may be another resource: /jobs/ is the list in many servers.
    is_other = "" in exchange.path_parameters.values()
    if is_other or exchange.request.method != case.operation.method:
        return None
    expected = case.expected_statuses if responses is Responses.SUCCESSFUL else statuses
    return case if not expected or response.status in expected else None


def _successes(contract: Contract, requirement: Requirement) -> Sequence[int]:
    operation = contract.operations[requirement.operation or ""]
    return tuple({200, 201, 202, *(s for s in operation.responses if s < 400)})


def _is_malformed(exchange: Exchange) -> bool:
    """Return True for a URL or body that web servers and gateways may reject by themselves."""
    request = exchange.request
    try:
        (request.body or b"").decode()
    except UnicodeDecodeError:
        return True
    path = unquote(urlsplit(request.url).path)
    query_texts = (text for pair in request.query for text in pair)
    return (
        len(request.url) > MAX_URL_LENGTH
        or _PLAIN_PATH.fullmatch(path) is None
        or any(not text.isprintable() for text in query_texts)
    )


def is_echo(exchange: Exchange, error: jsonschema_rs.ValidationError) -> bool:
    """Return True for a number that is out of bounds only because it is the request's own.

    No source states the bounds of pages and offsets: they are those of our contract.
    """
    bounds = jsonschema_rs.ValidationErrorKind.Maximum | jsonschema_rs.ValidationErrorKind.Minimum
    requested = {value for _, value in exchange.request.query}
    return isinstance(error.kind, bounds) and str(error.instance) in requested
