"""The header Prefer with Prism's preferences: `code=404`, `example=csv`, `dynamic=true`.

The preferred response replaces the handler's, conforms to the contract, and has no side effects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from mockserver.errors import ApiError, ContractViolation
from mockserver.http.headers import read_directives
from mockserver.http.messages import Request, Response
from mockserver.http.routing import Api
from mockserver.openapi.examples import ExampleResponses

_SUPPORTED = ("code", "example", "dynamic", "fault")
_APPLIED = "Preference-Applied"


@dataclass(frozen=True, slots=True)
class Preference:
    """The preferences of a request; `fault` has the syntax of X-Mock-Fault, quoted."""

    code: str | None = None
    example: str | None = None
    dynamic: bool = False
    fault: str | None = None

    @property
    def selects_response(self) -> bool:
        """True if a response is selected."""
        return self.dynamic or self.code is not None or self.example is not None


def read_prefer(text: str) -> Preference:
    """Return the supported preferences; RFC 7240 ignores unknown and malformed ones."""
    try:
        groups = read_directives(text) if text else []
    except ValueError:
        return Preference()
    directives = {name.lower(): value for group in groups for name, value in group}
    supported = {name: value or "" for name, value in directives.items() if name in _SUPPORTED}
    return Preference(
        code=supported.get("code"),
        example=supported.get("example"),
        dynamic=supported.get("dynamic", "").lower() == "true",
        fault=supported.get("fault"),
    )


class Preferences:
    """Builds preferred responses. `apis` are the vendors' APIs by name."""

    def __init__(self, apis: Mapping[str, Api]) -> None:
        self._apis = apis
        self._generators = {name: ExampleResponses(api.openapi) for name, api in apis.items()}

    def answer(self, request: Request) -> Response | None:
        """Return the preferred response, or None if the handler decides.

        Raises:
            ApiError: the operation has no such status or example; the message lists those it has.
        """
        api = self._apis.get(request.operation.vendor)
        preference = read_prefer(request.headers["prefer"])
        if api is None or not preference.selects_response:
            return None
        status = _status(request, preference)
        if preference.example is None and not preference.dynamic and status >= 400:
            response = self._error(request, api, status)
        else:
            response = self._example_response(request, preference, status)
        if request.root_path:
            response = _with_root_path(response, request.root_path, api.prefixes)
        applied = {_APPLIED: f"code={status}"}
        return replace(response, headers={**response.headers, **applied})

    def _example_response(self, request: Request, preference: Preference, status: int) -> Response:
        generator, operation = self._generators[request.operation.vendor], request.operation
        rng = request.sandbox.ids.random(f"prefer {operation.id} {status}", 0)
        try:
            return generator.make(
                operation, status, rng, example=preference.example, generated=preference.dynamic
            )
        except LookupError:
            names = ", ".join(generator.examples(operation, status)) or "none"
            raise _api_error(
                request, f"status {status} has no example {preference.example}; it has: {names}"
            ) from None

    def _error(self, request: Request, api: Api, status: int) -> Response:
        """Return the vendor's error, or an example if that does not conform to the contract."""
        error = ApiError(status, "This response was selected with Prefer.")
        example = self._example_response(request, Preference(), status)
        if self._generators[api.name].has_example(request.operation, status):
            return example
        response = api.error(error, request.operation)
        response = replace(response, headers={**example.headers, **response.headers})
        try:
            api.operations[request.operation.id].responses.check(response)
        except ContractViolation:
            return example
        return response


def _with_root_path(response: Response, root_path: str, prefixes: tuple[str, ...]) -> Response:
    """Return a response whose links to this server begin with `root_path`."""
    starts = tuple(f"{prefix}/" for prefix in prefixes)

    def prefixed(value: Any) -> Any:
        if isinstance(value, str):
            return root_path + value if value.startswith(starts) else value
        if isinstance(value, dict):
            return {name: prefixed(member) for name, member in value.items()}
        return [prefixed(item) for item in value] if isinstance(value, list) else value

    return replace(response, body=prefixed(response.body), headers=prefixed(dict(response.headers)))


def _status(request: Request, preference: Preference) -> int:
    operation = request.operation
    if preference.code is None:
        return operation.success
    listed = [status for status in operation.responses if str(status) == preference.code]
    if not listed:
        allowed = ", ".join(map(str, sorted(operation.responses)))
        raise _api_error(
            request, f"{operation.id} has no status {preference.code[:20]}; it has: {allowed}"
        )
    return listed[0]


def _api_error(request: Request, reason: str) -> ApiError:
    status = min(status for status in request.operation.responses if 400 <= status < 500)
    return ApiError(status, f"Prefer: {reason}.", field="Prefer", reason=reason)
