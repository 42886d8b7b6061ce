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

_OURS = ("code", "example", "dynamic", "fault")
_APPLIED = "Preference-Applied"


@dataclass(frozen=True, slots=True)
class Preference:
    """What a request would like; `fault` is written like X-Mock-Fault, within quotes."""

    code: str | None = None
    example: str | None = None
    dynamic: bool = False
    fault: str | None = None

    @property
    def chooses(self) -> bool:
        """Whether a reply is chosen."""
        return self.dynamic or self.code is not None or self.example is not None


def read_prefer(text: str) -> Preference:
    """Return the preferences that are known; RFC 7240 lets the others, and bad ones, pass."""
    try:
        groups = read_directives(text) if text else []
    except ValueError:
        return Preference()
    told = {name.lower(): value for group in groups for name, value in group}
    ours = {name: value or "" for name, value in told.items() if name in _OURS}
    return Preference(
        code=ours.get("code"),
        example=ours.get("example"),
        dynamic=ours.get("dynamic", "").lower() == "true",
        fault=ours.get("fault"),
    )


class Preferences:
    """Answers requests as they prefer. `parties` are the vendors by name."""

    def __init__(self, apis: Mapping[str, Api]) -> None:
        self._apis = apis
        self._samples = {name: ExampleResponses(api.openapi) for name, api in apis.items()}

    def answer(self, request: Request) -> Response | None:
        """Return the reply that a call prefers; None where it leaves the choice to the handler.

        Raises:
            ApiError: the operation has no such status or example; the message lists what it has.
        """
        api = self._apis.get(request.operation.vendor)
        preference = read_prefer(request.headers["prefer"])
        if api is None or not preference.chooses:
            return None
        status = _status(request, preference)
        if preference.example is None and not preference.dynamic and status >= 400:
            response = self._error(request, api, status)
        else:
            response = self._sample(request, preference, status)
        applied = {_APPLIED: f"code={status}"}
        return response._replace(headers={**response.headers, **applied})

    def _sample(self, request: Request, preference: Preference, status: int) -> Response:
        samples, operation = self._samples[request.operation.vendor], request.operation
        chance = request.sandbox.ids.random(f"prefer {operation.id} {status}", 0)
        try:
            return samples.make(
                operation, status, chance, example=preference.example, drawn=preference.dynamic
            )
        except LookupError:
            names = ", ".join(samples.examples(operation, status)) or "none"
            raise _refuse(
                request, f"status {status} has no example {preference.example}; it has: {names}"
            ) from None

    def _error(self, request: Request, api: Api, status: int) -> Response:
        """Return the vendor's own error; a sample where the contract has another one."""
        refusal = ApiError(status, "This answer was asked for with Prefer.")
        sample = self._sample(request, Preference(), status)
        if self._samples[api.name].has_example(request.operation, status):
            return sample
        response = api.error(refusal, request.operation)
        response = response._replace(headers={**sample.headers, **response.headers})
        try:
            api.operations[request.operation.id].responses.check(response)
        except ContractViolation:
            return sample
        return response


def _status(request: Request, preference: Preference) -> int:
    operation = request.operation
    if preference.code is None:
        return operation.success
    listed = [status for status in operation.responses if str(status) == preference.code]
    if not listed:
        known = ", ".join(map(str, sorted(operation.responses)))
        raise _refuse(
            request, f"{operation.id} has no status {preference.code[:20]}; it has: {known}"
        )
    return listed[0]


def _refuse(request: Request, reason: str) -> ApiError:
    status = min(status for status in request.operation.responses if 400 <= status < 500)
    return ApiError(status, f"Prefer: {reason}.", field="Prefer", reason=reason)
