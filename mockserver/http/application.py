"""The outermost layer: each request gets a sandbox, each reply is checked, journaled and sent."""

import logging
from collections.abc import Callable
from time import perf_counter_ns

from mockserver.auth.control_plane import Guard, Lock
from mockserver.control.pages import Pages
from mockserver.errors import BrokenReply, Refusal
from mockserver.faults.injection import Injector
from mockserver.http import transfer
from mockserver.http.apis import Parties, Party
from mockserver.http.context import KEY, Asgi, Receive, Scope, Send, Visit
from mockserver.http.cors import Cors, is_preflight
from mockserver.http.executors import Run
from mockserver.http.headers import Heads
from mockserver.http.messages import Reply
from mockserver.http.transfer import drain
from mockserver.jobs import serialization
from mockserver.journal import Settle
from mockserver.journal.entry import Verdict
from mockserver.journal.recorder import Recorder
from mockserver.sandbox.sandbox import Sandbox

log = logging.getLogger("mockserver")

CONTROL = "/_mock"
FAULT = "the mock has a fault; its log says more"

Choose = Callable[[Visit], Sandbox]
Methods = Callable[[str], tuple[str, ...]]


class Gate:
    """The ASGI application. The gate alone sends: what is inside leaves its reply on the visit."""

    def __init__(  # noqa: PLR0913 (all that stands around the inside)
        self,
        *,
        inside: Asgi,
        parties: Parties,
        choose: Choose,
        methods: Methods,
        lock: Lock,
        guard: Guard,
        cors: Cors,
        pages: Pages,
        injector: Injector,
        run: Run,
        settle: Settle | None,
    ) -> None:
        self._inside = inside
        self._parties = parties
        self._choose = choose
        self._methods = methods
        self._lock = lock
        self._guard = guard
        self._cors = cors
        self._pages = pages
        self._injector = injector
        self._run = run
        self._settle = settle
        self._heads = Heads()
        self._recorder = Recorder()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = perf_counter_ns()
        visit = scope[KEY] = Visit(scope, receive, self._heads.read(scope["headers"]))
        try:
            if not visit.path.startswith(CONTROL):
                visit.trail = serialization.begin()
            elif (page := self._find_page(visit)) is not None:
                await page(scope, receive, send)
                return
            try:
                visit.sandbox = await self._run(self._choose, visit)
            except Refusal:
                await self._refuse_path(visit, scope)  # a 404 or 405 comes first
                raise
            visit.mishaps = self._injector.open(visit)
            if visit.method == "OPTIONS":
                visit.reply = self._options(visit)
            else:
                await self._inside(scope, receive, _nobody_sends)
            assert visit.reply is not None
            reply, verdict, reason = visit.reply, Verdict.OK, ""
        except Refusal as refusal:
            verdict, reason = Verdict.REFUSED, refusal.message
            reply = self._refuse(visit, refusal)
        except Exception:
            log.exception("%s %s", visit.method, visit.path)
            reply, verdict, reason = self._fail(visit, FAULT), Verdict.BROKEN, FAULT
        if not visit.read:
            await drain(visit)
        await self._send(visit, reply, verdict, reason, send, began)

    def refuse(self, path: str, status: int, message: str) -> bytes:
        """Return the error body for what came to `path` and was no request."""
        return transfer.encode(self._parties.of(path).error(Refusal(status, message), None))

    def _find_page(self, visit: Visit) -> Asgi | None:
        """Let a request into the control plane; return the page that it is for, if it is for one.

        Raises:
            Refusal: it may not enter.
        """
        proven = self._lock.check(visit.path, visit.headers)
        self._guard.check(visit.headers, proven=proven)
        return self._pages.find(visit.path)

    async def _refuse_path(self, visit: Visit, scope: Scope) -> None:
        """Refuse what leads nowhere, if it does."""
        if visit.method not in self._methods(visit.path):
            await self._inside(scope, visit.receive, _nobody_sends)

    def _options(self, visit: Visit) -> Reply:
        methods = self._methods(visit.path)
        if is_preflight(visit) and self._party(visit).open:
            return self._cors.preflight(visit, methods)
        if not methods:
            raise Refusal(404, f"Nothing is at {visit.path[:200]}.")
        return Reply(204, headers={"Allow": ", ".join(methods)})

    def _party(self, visit: Visit) -> Party:
        return visit.party or self._parties.of(visit.path)

    def _refuse(self, visit: Visit, refusal: Refusal) -> Reply:
        operation = visit.plan.operation if visit.plan else None
        reply = self._party(visit).error(refusal, operation)
        missing = {n: v for n, v in refusal.headers.items() if n not in reply.headers}
        if not missing:
            return reply
        return Reply(reply.status, reply.body, {**reply.headers, **missing}, reply.file)

    def _fail(self, visit: Visit, reason: str) -> Reply:
        """Return the one kind of 5xx there is; no contract has it, so that nothing checks it."""
        return self._refuse(visit, Refusal(500, f"The mock is at fault: {reason}."))

    async def _send(
        self, visit: Visit, reply: Reply, verdict: Verdict, reason: str, send: Send, began: int
    ) -> None:
        try:
            if verdict is not Verdict.BROKEN:
                self._check(visit, reply)
                if visit.mishaps is not None:
                    after = visit.mishaps.after
                    reply, verdict, reason = await self._run(after, visit, reply, verdict, reason)
            body, headers = transfer.encode(reply), transfer.encode_headers(reply.headers)
        except BrokenReply as broken:
            verdict, reason = Verdict.BROKEN, f"the reply breaks the contract: {broken}"
            log.error("%s %s: %s", visit.method, visit.path, reason)
            reply = self._fail(visit, reason)
            body, headers = transfer.encode(reply), transfer.encode_headers(reply.headers)
        party = self._party(visit)
        origin = visit.headers.get("origin")
        if origin is not None and party.open:
            headers += transfer.encode_headers(self._cors.headers(origin))
        if not visit.path.startswith(CONTROL):
            self._recorder.record(visit, party, reply, body, (verdict, reason), began)
            if self._settle is not None:
                await self._settle()
        if visit.mishaps is not None:
            send = await self._injector.hold(visit, send)
        if reply.file is not None:
            await transfer.send_file(send, visit.receive, reply.status, headers, reply.file)
        else:
            await transfer.send_body(send, reply.status, headers, body)

    def _check(self, visit: Visit, reply: Reply) -> None:
        if visit.mishaps is not None and visit.mishaps.replaced:
            return  # its label says what the contract thinks of it
        if visit.plan is not None:
            visit.plan.replies.check(reply)
        elif visit.method != "OPTIONS" and (replies := self._party(visit).replies):
            replies.check(reply)


async def _nobody_sends(_message: object) -> None:
    raise BrokenReply("only the gate sends")
