"""Apply a fault to a response: replace it, corrupt its JSON body, delay it, and label it."""

from collections.abc import Callable, Iterable, Mapping
from math import log
from random import Random
from typing import Any

from msgspec.structs import replace

from mockserver.auth.authentication import www_authenticate
from mockserver.errors import ApiError, ContractViolation
from mockserver.faults import json_pointer
from mockserver.faults.json_pointer import Tokens
from mockserver.faults.model import BREAKS_HTTP, KEEPS_REPLY, Fault, Kind, Label, Layer
from mockserver.http.messages import Response
from mockserver.http.routing import Api
from mockserver.openapi import CompiledOperation
from mockserver.openapi.request_body import JSON
from mockserver.openapi.responses import ResponseValidator

UNKNOWN = "UNKNOWN_TO_THE_CONTRACT"
"""Default replacement for an enum value."""

Rank = Callable[[str], str]
"""Sort key of a JSON pointer; the smallest is corrupted where a rule names no pointer."""


class BodyCorruption:
    """Corrupts response bodies described by one OpenAPI document."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self._openapi = openapi

    def corrupt(self, fault: Fault, schema: Any, body: Any, rank: Rank) -> tuple[str, Any] | None:
        """Return the JSON pointer of the corrupted value and the corrupted body.

        `schema` is the body's schema, or None if the contract has none. Return None if the fault
        is not applicable to the body.
        """
        path = self._path(fault, schema, body, rank)
        if path is None:
            return None
        if fault.kind is Kind.DROP_FIELD:
            return json_pointer.write_path(path), json_pointer.without(body, path)
        if "value" in fault.options:  # which may be null
            value = fault["value"]
        else:
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
        if fault.kind is not Kind.UNKNOWN_ENUM or (fault["pointer"] and "value" in fault.options):
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
    """Return a value of another JSON type than `value`."""
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
    """Return the delay of one response in milliseconds, at most `max_ms`.

    The option `ms` is the fixed delay, the minimum of a uniform, the mean of a normal, or the
    median of a lognormal distribution.
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
    """Applies faults to the responses of one vendor."""

    def __init__(self, api: Api) -> None:
        self.vendor = api.name
        self._api = api
        self._corruption = BodyCorruption(api.openapi)

    def replacement_response(
        self, fault: Fault, compiled: CompiledOperation | None
    ) -> Response | None:
        """Return the error response of the fault, or None if it is not applicable.

        `compiled` is the requested operation, None if the request matched none.
        """
        error = self._error(fault, compiled)
        if error is None:
            return None
        response = self._api.error(error, compiled.operation if compiled else None)
        return replace(response, headers={**error.headers, **response.headers})

    def corrupt_body(
        self, fault: Fault, compiled: CompiledOperation | None, response: Response, rank: Rank
    ) -> tuple[str, Response] | None:
        """Return the JSON pointer and the corrupted response, or None if not applicable."""
        if response.body is None:
            return None
        corrupted = self._corruption.corrupt(
            fault, _schema(compiled, response.status), response.body, rank
        )
        return corrupted and (corrupted[0], replace(response, body=corrupted[1]))

    def is_applicable(self, fault: Fault, response: Response) -> bool:
        """Return True if a transport or latency fault is applicable to a response."""
        if fault.layer is Layer.TIME or fault.kind is Kind.RESET:
            return True
        if response.file is None:
            return response.body is not None and response.status != 204
        if fault.kind is Kind.WRONG_LENGTH:
            return bool(response.file.length)
        return response.file.length != 0

    def label(self, kind: Kind, compiled: CompiledOperation | None, response: Response) -> Label:
        """Return whether the contract allows `response` under a fault of this kind."""
        if kind in BREAKS_HTTP:
            return Label.VIOLATING
        if kind in KEEPS_REPLY:
            return Label.VALID
        responses = compiled.responses if compiled else self._api.responses
        return label_response(response, responses)

    def secret(self, compiled: CompiledOperation | None, headers: Mapping[str, str]) -> str:
        """Return the raw credentials of a request, empty if there are none."""
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
        """Return the security scheme of an operation, None if it requires no credentials."""
        if compiled is None or not compiled.operation.security:
            return None
        name = next(iter(compiled.operation.security[0]))
        scheme: Mapping[str, Any] = self._api.openapi["components"]["securitySchemes"][name]
        return scheme


def label_response(response: Response, responses: ResponseValidator | None) -> Label:
    """Return the label of a response; a 429 or 503 with Retry-After is always valid."""
    if response.status in _RETRY_LATER and "Retry-After" in response.headers:
        return Label.VALID
    try:
        if responses is not None:
            responses.check(response)
    except ContractViolation:
        return Label.VIOLATING
    return Label.VALID


def worst_label(labels: Iterable[Label]) -> Label:
    """Return `violating` if any label is."""
    return Label.VIOLATING if Label.VIOLATING in set(labels) else Label.VALID


def _retry_after(fault: Fault) -> dict[str, str]:
    return {"Retry-After": str(fault["retry_after"])}


def _schema(compiled: CompiledOperation | None, status: int) -> Any:
    response = compiled.operation.responses.get(status, {}) if compiled else {}
    return response.get("content", {}).get(JSON, {}).get("schema")
