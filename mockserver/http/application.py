"""The outermost layer: each request gets a sandbox, each reply is checked, journaled and sent."""

import logging
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter_ns
from typing import NoReturn

from mockserver.auth.control_plane import ControlTokenAuth, HostOriginGuard
from mockserver.control.pages import Pages
from mockserver.errors import ApiError, ContractViolation
from mockserver.faults.injection import FaultInjector
from mockserver.http import transfer
from mockserver.http.apis import Api, ApiRegistry
from mockserver.http.context import CONTEXT_KEY, Asgi, Receive, RequestContext, Scope, Send
from mockserver.http.cors import Cors, is_preflight
from mockserver.http.executors import Executor
from mockserver.http.headers import HeaderCache
from mockserver.http.messages import Response
from mockserver.http.transfer import discard_body
from mockserver.jobs import serialization
from mockserver.journal import Flush
from mockserver.journal.entry import Outcome
from mockserver.journal.recorder import Recorder
from mockserver.sandbox.sandbox import Sandbox
from mockserver.server.connection import Rejection

log = logging.getLogger("mockserver")

CONTROL = "/_mock"
# A state, a file or a refusal that a browser kept would outlive the job, the token or a reset.
_NO_STORE = (b"cache-control", b"no-store")
FAULT = "the mock has a fault; its log says more"

Choose = Callable[[RequestContext], Sandbox]
Methods = Callable[[str], tuple[str, ...]]


class Application:
    """The ASGI application. The gate alone sends: what is inside leaves its reply on the visit."""

    def __init__(  # noqa: PLR0913 (all that stands around the inside)
        self,
        *,
        inside: Asgi,
        apis: ApiRegistry,
        choose: Choose,
        methods: Methods,
        lock: ControlTokenAuth,
        guard: HostOriginGuard,
        cors: Cors,
        control_cors: Cors,
        pages: Pages,
        injector: FaultInjector,
        run: Executor,
        settle: Flush | None,
    ) -> None:
        self._inside = inside
        self._apis = apis
        self._choose = choose
        self._methods = methods
        self._lock = lock
        self._guard = guard
        self._cors = cors
        self._control_cors = control_cors
        self._pages = pages
        self._injector = injector
        self._run = run
        self._settle = settle
        self._heads = HeaderCache()
        self._recorder = Recorder()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = perf_counter_ns()
        context = scope[CONTEXT_KEY] = RequestContext(
            scope, receive, self._heads.read(scope["headers"])
        )
        try:
            if context.rejection is not None:
                await self._reject(context, context.rejection)
            if not context.path.startswith(CONTROL):
                context.touched_jobs = serialization.start_recording()
            elif (page := self._find_page(context)) is not None:
                await page(scope, receive, send)
                return
            response, verdict, reason = await self._respond(context, scope), Outcome.OK, ""
        except ApiError as refusal:
            verdict, reason = Outcome.REFUSED, refusal.message
            response = self._refuse(context, refusal)
        except Exception:
            log.exception("%s %s", context.method, context.path)
            response, verdict, reason = self._fail(context, FAULT), Outcome.BROKEN, FAULT
        if not context.read and (late := await discard_body(context, response.status)):
            verdict, reason = Outcome.REFUSED, late.message
            response = self._refuse(context, late)
        await self._send(context, response, verdict, reason, send, began)

    async def _respond(self, context: RequestContext, scope: Scope) -> Response:
        try:
            context.sandbox = await self._run(self._choose, context)
        except ApiError:
            await self._refuse_path(context, scope)  # a 404 or 405 comes first
            raise
        context.fault_session = self._injector.start(context)
        if context.method == "OPTIONS":
            return self._options(context)
        await self._inside(scope, context.receive, _nobody_sends)
        assert context.response is not None
        return context.response

    async def _reject(self, context: RequestContext, rejection: Rejection) -> NoReturn:
        """Refuse what the server took for no request; where it names a sandbox, that records it.

        Raises:
            ApiError: always.
        """
        if context.method:
            with suppress(ApiError):
                context.sandbox = await self._run(self._choose, context)
        raise ApiError(rejection.status, rejection.message)

    def _find_page(self, context: RequestContext) -> Asgi | None:
        """Let a request into the control plane; return the page that it is for, if it is for one.

        Raises:
            ApiError: it may not enter.
        """
        if self._control_cors.enabled and is_preflight(context):
            self._guard.check(context.headers)  # browsers send no credentials with a preflight
            return None
        proven = self._lock.check(context.path, context.headers)
        self._guard.check(context.headers, proven=proven)
        return self._pages.find(context.path)

    async def _refuse_path(self, context: RequestContext, scope: Scope) -> None:
        """Refuse what leads nowhere, if it does."""
        if context.method not in self._methods(context.path):
            await self._inside(scope, context.receive, _nobody_sends)

    def _options(self, context: RequestContext) -> Response:
        methods = self._methods(context.path)
        if is_preflight(context) and (cors := self._cors_of(self._api(context))).enabled:
            return cors.preflight(context, methods)
        if not methods:
            raise ApiError(404, f"Nothing is at {context.path[:200]}.")
        return Response(204, headers={"Allow": ", ".join(methods)})

    def _api(self, context: RequestContext) -> Api:
        return context.api or self._apis.for_path(context.path)

    def _cors_of(self, api: Api) -> Cors:
        return self._cors if api.cors_enabled else self._control_cors

    def _refuse(self, context: RequestContext, refusal: ApiError) -> Response:
        operation = context.operation.operation if context.operation else None
        response = self._api(context).error(refusal, operation)
        missing = {n: v for n, v in refusal.headers.items() if n not in response.headers}
        if not missing:
            return response
        return Response(
            response.status, response.body, {**response.headers, **missing}, response.file
        )

    def _fail(self, context: RequestContext, reason: str) -> Response:
        """Return the one kind of 5xx there is; no contract has it, so that nothing checks it."""
        return self._refuse(context, ApiError(500, f"The mock is at fault: {reason}."))

    async def _send(
        self,
        context: RequestContext,
        response: Response,
        verdict: Outcome,
        reason: str,
        send: Send,
        began: int,
    ) -> None:
        try:
            if verdict is not Outcome.BROKEN:
                self._check(context, response)
                if context.fault_session is not None:
                    after = context.fault_session.after_handler
                    response, verdict, reason = await self._run(
                        after, context, response, verdict, reason
                    )
            body, headers = transfer.encode(response), transfer.encode_headers(response.headers)
        except ContractViolation as broken:
            verdict, reason = Outcome.BROKEN, f"the reply breaks the contract: {broken}"
            log.error("%s %s: %s", context.method, context.path, reason)
            response = self._fail(context, reason)
            body, headers = transfer.encode(response), transfer.encode_headers(response.headers)
        api = self._api(context)
        # Of what was rejected, the line that names the origin may never have been read.
        origin = context.headers.get("origin", None if context.rejection is None else "")
        headers.append(_NO_STORE)
        if origin is not None:
            headers += transfer.encode_headers(self._cors_of(api).headers(origin))
        if not context.path.startswith(CONTROL):
            self._recorder.record(context, api, response, body, (verdict, reason), began)
            if self._settle is not None:
                await self._settle()
        if context.fault_session is not None:
            send = await self._injector.wrap_send(context, send)
        if response.file is not None:
            await transfer.send_file(send, context.receive, response.status, headers, response.file)
        else:
            await transfer.send_body(send, response.status, headers, body)

    def _check(self, context: RequestContext, response: Response) -> None:
        if context.fault_session is not None and context.fault_session.replaced:
            return  # its label says what the contract thinks of it
        if context.rejection is not None:
            return  # HTTP's own refusals stand in no contract
        if context.operation is not None:
            context.operation.responses.check(response)
        elif context.method != "OPTIONS" and (responses := self._api(context).responses):
            responses.check(response)


async def _nobody_sends(_message: object) -> None:
    raise ContractViolation("only the gate sends")
