"""The header Prefer, as users of Prism know it: `code=404`, `example=csv`, `dynamic=true`.

The reply that is asked for comes in place of the handler's, fits the contract, and changes
nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.errors import ApiError, ContractViolation
from mockserver.http.apis import Api
from mockserver.http.headers import read_directives
from mockserver.http.messages import Request, Response
from mockserver.openapi.examples import ExampleResponses

_SUPPORTED = ("code", "example", "dynamic", "fault")
_APPLIED = "Preference-Applied"


@dataclass(frozen=True, slots=True)
class Preference:
    """What a request would like; `fault` is written like X-Mock-Fault, within quotes."""

    code: str | None = None
    example: str | None = None
    dynamic: bool = False
    fault: str | None = None

    @property
    def selects_response(self) -> bool:
        """Whether a reply is chosen."""
        return self.dynamic or self.code is not None or self.example is not None


def read_prefer(text: str) -> Preference:
    """Return the preferences that are known; RFC 7240 lets the others, and bad ones, pass."""
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
    """Answers requests as they prefer. `parties` are the vendors by name."""

    def __init__(self, apis: Mapping[str, Api]) -> None:
        self._apis = apis
        self._generators = {name: ExampleResponses(api.openapi) for name, api in apis.items()}

    def answer(self, request: Request) -> Response | None:
        """Return the reply that a call prefers; None where it leaves the choice to the handler.

        Raises:
            ApiError: the operation has no such status or example; the message lists what it has.
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
        applied = {_APPLIED: f"code={status}"}
        return response._replace(headers={**response.headers, **applied})

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
        """Return the vendor's own error; a sample where the contract has another one."""
        error = ApiError(status, "This answer was asked for with Prefer.")
        example = self._example_response(request, Preference(), status)
        if self._generators[api.name].has_example(request.operation, status):
            return example
        response = api.error(error, request.operation)
        response = response._replace(headers={**example.headers, **response.headers})
        try:
            api.operations[request.operation.id].responses.check(response)
        except ContractViolation:
            return example
        return response


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
