"""From a routed request to its response: validation by the contract, then the handler."""

from collections.abc import Callable

from msgspec.structs import replace

from mockserver.errors import ApiError, ServiceUnavailable
from mockserver.http import Executor, call_inline
from mockserver.http.context import RequestContext
from mockserver.http.messages import Request, Response
from mockserver.http.prefer import Preferences
from mockserver.http.routing import Handler
from mockserver.http.transfer import read_body
from mockserver.sandbox.factory import ResolveScenario
from mockserver.sandbox.sandbox import Sandbox

Replacement = Callable[[Sandbox], Sandbox | None]
"""Returns what a sandbox has become by a reset, None if it has not been reset."""

_SCENARIO = "x-mock-scenario"
_NO_BODIES = frozenset({b"", b"{}", b"null"})


class Dispatcher:
    """Calls handlers with requests that the contract allows.

    `max_body_bytes` bounds a request body. `run` calls handlers, in a thread where the store may
    block. `resolve_scenario` returns the initial state that a scenario describes, `replacement` the
    sandbox after a reset.
    """

    def __init__(
        self,
        max_body_bytes: int,
        preferences: Preferences,
        resolve_scenario: ResolveScenario,
        run: Executor,
        replacement: Replacement,
    ) -> None:
        self._max_body_bytes = max_body_bytes
        self._preferences = preferences
        self._resolve_scenario = resolve_scenario
        self._run = run
        self._never_waits = run is call_inline
        self._replacement = replacement

    async def respond(self, context: RequestContext) -> Response:
        """Return the response that a request prefers (see `mockserver.http.prefer`), or the
        handler's.

        Raises:
            ApiError: 400, 413 or 415, a parameter, the media type or the body breaks the contract;
                or what the handler refuses the request with.
        """
        request = await self._read_request(context)
        assert context.api is not None
        if "prefer" in request.headers:
            preferred = self._preferences.answer(request)
            if preferred is not None:
                return preferred
        context.handled = True
        handler = context.api.handlers[request.operation.id]
        if self._never_waits:
            return self._call(context, handler, request)
        return await self._run(self._call, context, handler, request)

    async def _read_request(self, context: RequestContext) -> Request:
        """Return the request, parsed and valid."""
        operation, headers, sandbox = context.operation, context.headers, context.sandbox
        assert operation is not None
        assert sandbox is not None
        path = operation.path.read_path(context.segments)
        query = operation.query.read_query(context.query)
        operation.headers.read_headers(headers)
        body = media = None
        if "content-type" in headers:
            is_empty = headers.get("content-length") == "0"
            media = operation.body.check_media(headers["content-type"], is_empty=is_empty)
        if operation.body.expected:
            context.body = await read_body(context, self._max_body_bytes)
            body = operation.body.read(context.body, media)
        elif context.is_control and not context.body_complete:
            context.body = await read_body(context, self._max_body_bytes)
            if context.body.strip() not in _NO_BODIES:  # one that would be ignored, not obeyed
                raise ApiError(400, "The operation takes no body.", field="body")
        if _SCENARIO in headers:
            sandbox = self._with_scenario(sandbox, headers[_SCENARIO])
        return Request(
            operation.operation,
            path,
            query,
            headers,
            body,
            context.identity,
            sandbox,
            context.root_path,
        )

    def _call(self, context: RequestContext, handler: Handler, request: Request) -> Response:
        """Call a handler; call it again if the sandbox was reset while it ran.

        Its first run may have read a part of the old state and a part of nothing. What it wrote
        was deleted with the old state.
        """
        assert context.api is not None
        while True:
            try:
                response = handler(request)
            except ServiceUnavailable:
                raise
            except Exception:
                fresh = self._replaced(context)
                if fresh is None:
                    raise
            else:
                if not context.api.is_vendor:  # a reset itself, for instance
                    return response
                fresh = self._replaced(context)
                if fresh is None:
                    return response
            context.touched_jobs.clear()
            fresh = context.sandbox = fresh.for_request(context.touched_jobs)
            if _SCENARIO in request.headers:
                fresh = self._with_scenario(fresh, request.headers[_SCENARIO])
            request = replace(request, sandbox=fresh)

    def _replaced(self, context: RequestContext) -> Sandbox | None:
        """Return what the sandbox has become by a reset, None if it is as it was.

        Raises:
            ApiError: 404, it was deleted, as if that had been before the request.
        """
        assert context.sandbox is not None
        try:
            return self._replacement(context.sandbox)
        except ApiError:
            context.handled = False
            raise

    def _with_scenario(self, sandbox: Sandbox, scenario: str) -> Sandbox:
        """Return the sandbox with the job scripts of another scenario, for this request alone."""
        try:
            initial_state = self._resolve_scenario(scenario)
        except ApiError as error:
            text = f"X-Mock-Scenario: {error.message}"
            raise ApiError(400, text, field="X-Mock-Scenario", reason=error.reason) from None
        return sandbox.with_scripts(initial_state.scripts)
