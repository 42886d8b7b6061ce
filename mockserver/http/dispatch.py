"""From a routed request to its response: validation by the contract, then the handler."""

from mockserver.errors import ApiError
from mockserver.http.context import RequestContext
from mockserver.http.executors import Executor
from mockserver.http.messages import Request, Response
from mockserver.http.prefer import Preferences
from mockserver.http.transfer import read_body
from mockserver.sandbox.factory import ResolveScenario
from mockserver.sandbox.sandbox import Sandbox

_SCENARIO = "x-mock-scenario"


class Dispatcher:
    """Calls handlers with requests that the contract allows.

    `max_body_bytes` bounds a request body. `run` calls handlers, in a thread where the store may
    block. `resolve_scenario` returns the initial state that a scenario describes.
    """

    def __init__(
        self,
        max_body_bytes: int,
        preferences: Preferences,
        resolve_scenario: ResolveScenario,
        run: Executor,
    ) -> None:
        self._max_body_bytes = max_body_bytes
        self._preferences = preferences
        self._resolve_scenario = resolve_scenario
        self._run = run

    async def read_request(self, context: RequestContext) -> Request:
        """Return the request, parsed and valid.

        Raises:
            ApiError: 400, 413 or 415; a parameter, the media type or the body breaks the contract.
        """
        operation, headers = context.operation, context.headers
        assert operation is not None
        assert context.sandbox is not None
        path = operation.path.read_path(context.segments)
        query = operation.query.read_query(context.query)
        operation.headers.read_headers(headers)
        media = operation.body.check_media(headers.get("content-type"))
        body = None
        if operation.body.expected:
            context.body = await read_body(context, self._max_body_bytes)
            body = operation.body.read(context.body, media)
        sandbox = self._with_scenario(context.sandbox, headers.get(_SCENARIO))
        return Request(operation.operation, path, query, headers, body, context.identity, sandbox)

    async def respond(self, context: RequestContext, request: Request) -> Response:
        """Return the response that the request prefers (see `mockserver.http.prefer`), or the
        handler's.

        Raises:
            ApiError: the handler refuses the request.
        """
        assert context.route is not None
        if "prefer" in request.headers:
            preferred = self._preferences.answer(request)
            if preferred is not None:
                return preferred
        context.handled = True
        return await self._run(context.route.api.handlers[request.operation.id], request)

    def _with_scenario(self, sandbox: Sandbox, scenario: str | None) -> Sandbox:
        """Return the sandbox with the job scripts of another scenario, for this request alone."""
        if scenario is None:
            return sandbox
        try:
            initial_state = self._resolve_scenario(scenario)
        except ApiError as error:
            text = f"X-Mock-Scenario: {error.message}"
            raise ApiError(400, text, field="X-Mock-Scenario", reason=error.reason) from None
        return sandbox.with_scripts(initial_state.scripts)
