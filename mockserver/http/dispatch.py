"""The endpoint behind Connexion: the request against its contract, then the handler."""

from mockserver.errors import ApiError
from mockserver.http.context import CONTEXT_KEY, Receive, RequestContext, Scope, Send
from mockserver.http.executors import Executor
from mockserver.http.messages import Request
from mockserver.http.prefer import Preferences
from mockserver.http.transfer import read_body
from mockserver.sandbox.factory import ResolveScenario
from mockserver.sandbox.sandbox import Sandbox

_SCENARIO = "x-mock-scenario"


class Dispatcher:
    """Calls handlers, with requests that the contract allows and no others.

    `largest` is the size of a body in bytes from which it is refused. `run` calls handlers: beside
    the event loop, where the store may let them wait. `begin_of` tells what scenarios say.
    """

    def __init__(
        self, largest: int, preferences: Preferences, begin_of: ResolveScenario, run: Executor
    ) -> None:
        self._largest = largest
        self._begin_of = begin_of
        self._preferences = preferences
        self._run = run

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        context: RequestContext = scope[CONTEXT_KEY]
        assert context.operation is not None
        assert context.api is not None
        if context.fault_session is not None:
            context.response = await context.fault_session.before_handler(context, self._run)
            if context.response is not None:
                return
        plan = context.operation
        path = plan.path.read_path(context.segments)
        query = plan.query.read_query(context.query)
        plan.headers.read_headers(context.headers)
        media = plan.body.check_media(context.headers.get("content-type"))
        body = None
        if plan.body.expected:
            context.body = await read_body(context, self._largest)
            body = plan.body.read(context.body, media)
        sandbox = self._sandbox(context)
        request = Request(
            plan.operation, path, query, context.headers, body, context.identity, sandbox
        )
        if "prefer" in context.headers:
            context.response = self._preferences.answer(request)
            if context.response is not None:
                return
        handler = context.api.handlers[plan.operation.id]
        context.response = await self._run(handler, request)

    def _sandbox(self, context: RequestContext) -> Sandbox:
        """Return the sandbox as the request has it."""
        assert context.sandbox is not None
        if _SCENARIO in context.headers:
            return self._with_scenario(context.sandbox, context.headers[_SCENARIO])
        return context.sandbox

    def _with_scenario(self, sandbox: Sandbox, scenario: str) -> Sandbox:
        """Return the sandbox as the request alone has it: with the futures of another scenario."""
        try:
            beginning = self._begin_of(scenario)
        except ApiError as refusal:
            text = f"X-Mock-Scenario: {refusal.message}"
            raise ApiError(400, text, field="X-Mock-Scenario", reason=refusal.reason) from None
        return sandbox.with_scripts(beginning.scripts)
