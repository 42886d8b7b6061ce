"""Faults in the JSON of a reply: a member dropped, an unknown enum value, a wrong type."""

from collections.abc import Callable, Iterable, Mapping
from math import log
from random import Random
from typing import Any

from mockserver.auth.authentication import www_authenticate
from mockserver.errors import ApiError, ContractViolation
from mockserver.faults import json_pointer
from mockserver.faults.json_pointer import Tokens
from mockserver.faults.model import BREAKS_HTTP, KEEPS_REPLY, Fault, Kind, Label, Layer
from mockserver.http.apis import Api
from mockserver.http.messages import Response
from mockserver.openapi.operation import CompiledOperation
from mockserver.openapi.request_body import JSON
from mockserver.openapi.responses import ResponseValidator

UNKNOWN = "UNKNOWN_TO_THE_CONTRACT"
"""What stands where an enum is, unless a rule says otherwise."""

Rank = Callable[[str], str]
"""What to sort JSON pointers by where a rule names none."""


class BodyCorruption:
    """Changes bodies of one OpenAPI document."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self._openapi = openapi

    def corrupt(self, fault: Fault, schema: Any, body: Any, rank: Rank) -> tuple[str, Any] | None:
        """Return where the fault struck, as a JSON pointer, and the changed body.

        `schema` is that of the body, None where the contract has none. Return None where there is
        no place for the fault.
        """
        path = self._path(fault, schema, body, rank)
        if path is None:
            return None
        if fault.kind is Kind.DROP_FIELD:
            return json_pointer.write_path(path), json_pointer.without(body, path)
        value = fault["value"]
        if value is None:
            value = self._value(fault.kind, schema, body, path)
        return json_pointer.write_path(path), json_pointer.changed_at(body, path, value)

    def _path(self, fault: Fault, schema: Any, body: Any, rank: Rank) -> Tokens | None:
        if fault["pointer"] is not None:
            path = json_pointer.read_path(fault["pointer"], body)
            return path if path and self._is_applicable(fault, schema, body, path) else None
        candidates = [
            path
            for path in json_pointer.members(body)
            if self._is_applicable(fault, schema, body, path)
        ]
        return min(candidates, key=lambda path: rank(json_pointer.write_path(path)), default=None)

    def _is_applicable(self, fault: Fault, schema: Any, body: Any, path: Tokens) -> bool:
        if fault.kind is not Kind.UNKNOWN_ENUM or (fault["pointer"] and fault["value"] is not None):
            return True
        if schema is None or json_pointer.value_at(body, path) is None:
            return False
        return json_pointer.enum_at(self._openapi, schema, path) is not None

    def _value(self, kind: Kind, schema: Any, body: Any, path: Tokens) -> Any:
        if kind is Kind.WRONG_TYPE:
            return wrong_type(json_pointer.value_at(body, path))
        enum = json_pointer.enum_at(self._openapi, schema, path) or []
        numbers = [value for value in enum if isinstance(value, int)]
        return max(numbers) + 1 if numbers else _not_in(enum)


def wrong_type(value: Any) -> Any:
    """Return a value of a JSON type that no reader of `value` expects."""
    if isinstance(value, str):
        return {"not": "a text"}
    if isinstance(value, list):
        return {"not": "a list"}
    if isinstance(value, dict):
        return ["not an object"]
    return "not what it was"  # a number, a boolean or null


def _not_in(enum: list[Any]) -> str:
    value = UNKNOWN
    while value in enum:
        value += "_"
    return value


_DEFAULT_DEVIATION = 0.25
_DEFAULT_SIGMA = 0.5


def draw_delay(fault: Fault, rng: Random, max_ms: float) -> float:
    """Return the delay of one reply in milliseconds, at most `longest`.

    `ms` is the delay itself, the least of a uniform one, the mean of a normal one, or the median
    of a lognormal one.
    """
    return min(max(_draw(fault, rng), 0.0), max_ms)


def _draw(fault: Fault, rng: Random) -> float:
    ms = float(fault["ms"])
    match fault["distribution"]:
        case "uniform":
            return rng.uniform(ms, 2 * ms if fault["to_ms"] is None else fault["to_ms"])
        case "normal":
            deviation = fault["deviation_ms"]
            return rng.gauss(ms, ms * _DEFAULT_DEVIATION if deviation is None else deviation)
        case "lognormal" if ms > 0:
            sigma = fault["sigma"]
            return rng.lognormvariate(log(ms), _DEFAULT_SIGMA if sigma is None else sigma)
        case _:
            return ms


_RETRY_LATER = frozenset({429, 503})


class FaultApplier:
    """Lets faults strike the replies of one vendor."""

    def __init__(self, api: Api) -> None:
        self.vendor = api.name
        self._api = api
        self._corruption = BodyCorruption(api.openapi)

    def replacement_response(
        self, fault: Fault, compiled: CompiledOperation | None
    ) -> Response | None:
        """Return the error that takes the reply's place; None where the fault cannot strike.

        `plan` is that of the operation, None where the request reached none.
        """
        error = self._error(fault, compiled)
        if error is None:
            return None
        response = self._api.error(error, compiled.operation if compiled else None)
        return response._replace(headers={**error.headers, **response.headers})

    def corrupt_body(
        self, fault: Fault, compiled: CompiledOperation | None, response: Response, rank: Rank
    ) -> tuple[str, Response] | None:
        """Return where the fault struck, and the reply with a changed body; None if it cannot."""
        if response.body is None:
            return None
        corrupted = self._corruption.corrupt(
            fault, _schema(compiled, response.status), response.body, rank
        )
        return corrupted and (corrupted[0], response._replace(body=corrupted[1]))

    def is_applicable(self, fault: Fault, response: Response) -> bool:
        """Tell whether a fault of the wire or of time can strike a reply."""
        if fault.layer is Layer.TIME or fault.kind is Kind.RESET:
            return True
        if response.file is None:
            return response.body is not None and response.status != 204
        if fault.kind is Kind.WRONG_LENGTH:
            return bool(response.file.length)
        return response.file.length != 0

    def label(self, kind: Kind, compiled: CompiledOperation | None, response: Response) -> Label:
        """Return whether a vendor that keeps its contract could answer `reply` so."""
        if kind in BREAKS_HTTP:
            return Label.VIOLATING
        if kind in KEEPS_REPLY:
            return Label.VALID
        responses = compiled.responses if compiled else self._api.responses
        return label_response(response, responses)

    def secret(self, compiled: CompiledOperation | None, headers: Mapping[str, str]) -> str:
        """Return the credentials of a request as they were sent, empty where there are none."""
        scheme = self._scheme(compiled)
        if scheme is None:
            return ""
        name = scheme["name"] if scheme["type"] == "apiKey" else "authorization"
        return headers.get(name.lower(), "")

    def _error(self, fault: Fault, compiled: CompiledOperation | None) -> ApiError | None:
        if fault.kind is Kind.RATE_LIMIT:
            return ApiError(429, "Too many requests.", headers=_retry_after(fault))
        if fault.kind is Kind.SERVER_ERROR:
            status = fault["status"]
            headers = _retry_after(fault) if status in _RETRY_LATER else {}
            return ApiError(status, "The server could not answer.", headers=headers)
        scheme = self._scheme(compiled)
        if scheme is None:
            return None
        kind = scheme.get("scheme", "apiKey").lower()
        return ApiError(401, "The credentials have expired.", headers=www_authenticate(kind))

    def _scheme(self, compiled: CompiledOperation | None) -> Mapping[str, Any] | None:
        """Return the security scheme of an operation, None where it asks for no credentials."""
        if compiled is None or not compiled.operation.security:
            return None
        name = next(iter(compiled.operation.security[0]))
        scheme: Mapping[str, Any] = self._api.openapi["components"]["securitySchemes"][name]
        return scheme


def label_response(response: Response, responses: ResponseValidator | None) -> Label:
    """Return what a contract says of a reply; one that says when to come back is always valid."""
    if response.status in _RETRY_LATER and "Retry-After" in response.headers:
        return Label.VALID
    try:
        if responses is not None:
            responses.check(response)
    except ContractViolation:
        return Label.VIOLATING
    return Label.VALID


def worst_label(labels: Iterable[Label]) -> Label:
    """Return `violating` if one of the labels is that."""
    return Label.VIOLATING if Label.VIOLATING in set(labels) else Label.VALID


def _retry_after(fault: Fault) -> dict[str, str]:
    return {"Retry-After": str(fault["retry_after"])}


def _schema(compiled: CompiledOperation | None, status: int) -> Any:
    response = compiled.operation.responses.get(status, {}) if compiled else {}
    return response.get("content", {}).get(JSON, {}).get("schema")
