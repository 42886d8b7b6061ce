"""The endpoint behind Connexion: the request against its contract, then the handler."""

from mockserver.errors import Refusal
from mockserver.http.context import KEY, Receive, Scope, Send, Visit
from mockserver.http.executors import Run
from mockserver.http.messages import Call
from mockserver.http.prefer import Preferences
from mockserver.http.transfer import read_body
from mockserver.sandbox.factory import BeginOf
from mockserver.sandbox.sandbox import Sandbox

_SCENARIO = "x-mock-scenario"


class Endpoint:
    """Calls handlers, with requests that the contract allows and no others.

    `largest` is the size of a body in bytes from which it is refused. `run` calls handlers: beside
    the event loop, where the store may let them wait. `begin_of` tells what scenarios say.
    """

    def __init__(self, largest: int, preferences: Preferences, begin_of: BeginOf, run: Run) -> None:
        self._largest = largest
        self._begin_of = begin_of
        self._preferences = preferences
        self._run = run

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        visit: Visit = scope[KEY]
        assert visit.plan is not None
        assert visit.party is not None
        if visit.mishaps is not None:
            visit.reply = await visit.mishaps.before(visit, self._run)
            if visit.reply is not None:
                return
        plan = visit.plan
        path = plan.path.read_path(visit.segments)
        query = plan.query.read_query(visit.query)
        plan.headers.read_headers(visit.headers)
        media = plan.body.check_media(visit.headers.get("content-type"))
        body = None
        if plan.body.expected:
            visit.body = await read_body(visit, self._largest)
            body = plan.body.read(visit.body, media)
        sandbox = self._sandbox(visit)
        call = Call(plan.operation, path, query, visit.headers, body, visit.identity, sandbox)
        if "prefer" in visit.headers:
            visit.reply = self._preferences.answer(call)
            if visit.reply is not None:
                return
        handler = visit.party.handlers[plan.operation.id]
        visit.reply = await self._run(handler, call)

    def _sandbox(self, visit: Visit) -> Sandbox:
        """Return the sandbox as the request has it."""
        assert visit.sandbox is not None
        if _SCENARIO in visit.headers:
            return self._foreseeing(visit.sandbox, visit.headers[_SCENARIO])
        return visit.sandbox

    def _foreseeing(self, sandbox: Sandbox, scenario: str) -> Sandbox:
        """Return the sandbox as the request alone has it: with the futures of another scenario."""
        try:
            beginning = self._begin_of(scenario)
        except Refusal as refusal:
            text = f"X-Mock-Scenario: {refusal.message}"
            raise Refusal(400, text, field="X-Mock-Scenario", reason=refusal.reason) from None
        return sandbox.foreseeing(beginning.futures)
