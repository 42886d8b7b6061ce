"""The ASGI application: one request, one response, in the order of `Application.handle`."""

import logging
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter_ns
from typing import NoReturn

from msgspec.structs import replace

from mockserver.auth.control_plane import ControlPlaneAccess
from mockserver.control.pages import Pages
from mockserver.errors import ApiError, ContractViolation, ServiceUnavailable
from mockserver.faults.injection import FaultInjector
from mockserver.http import Executor, call_inline, transfer
from mockserver.http.context import CONTEXT_KEY, Asgi, Receive, RequestContext, Scope, Send
from mockserver.http.cors import is_preflight
from mockserver.http.dispatch import Dispatcher
from mockserver.http.headers import HeaderCache
from mockserver.http.messages import Response, Result
from mockserver.http.routing import Api, ApiRegistry, Route, Router
from mockserver.http.security import Security
from mockserver.journal import Flush
from mockserver.journal.base import Outcome
from mockserver.journal.recorder import Recorder
from mockserver.sandbox.sandbox import Sandbox
from mockserver.server import Rejection
from mockserver.timestamps import to_http_date

log = logging.getLogger("mockserver")

_RETRY_AFTER_SECONDS = "1"
_INTERNAL_ERROR = "the mock has a fault; its log says more"

ResolveSandbox = Callable[[RequestContext], Sandbox]


class Application:
    """Serves the APIs of all vendors and the control plane on one port."""

    def __init__(  # noqa: PLR0913 (the collaborators of every step)
        self,
        *,
        apis: ApiRegistry,
        router: Router[Route],
        control_access: ControlPlaneAccess,
        pages: Pages,
        resolve_sandbox: ResolveSandbox,
        security: Security,
        dispatcher: Dispatcher,
        fault_injector: FaultInjector,
        run: Executor,
        flush_journal: Flush | None,
        virtual_date: bool = False,
        credential_names: frozenset[str] = frozenset(),
    ) -> None:
        self._apis = apis
        self._router = router
        self._control_access = control_access
        self._pages = pages
        self._resolve_sandbox = resolve_sandbox
        self._security = security
        self._dispatcher = dispatcher
        self._fault_injector = fault_injector
        self._run = run
        self._never_waits = run is call_inline  # a coroutine for nothing costs more than the rest
        self._flush_journal = flush_journal
        self._virtual_date = virtual_date
        self._header_cache = HeaderCache(credential_names)
        self._recorder = Recorder(credential_names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI event: a request, or the lifespan of the server."""
        if scope["type"] == "lifespan":
            await _answer_lifespan(receive, send)
        if scope["type"] != "http":
            return
        started_at = perf_counter_ns()
        head = self._header_cache.read(scope["headers"])
        context = scope[CONTEXT_KEY] = RequestContext(scope, receive, head)
        try:
            if context.is_control and (page := self._enter_control_plane(context)) is not None:
                is_head = context.method == "HEAD"
                await page(scope, receive, transfer.without_body(send) if is_head else send)
                return
            result = Result(await self.handle(context))
        except ApiError as error:
            result = self._refused(context, error)
        except ServiceUnavailable as error:
            result = self._unavailable(context, error)
        except Exception:
            log.exception("%s %s", context.method, context.redacted_path)
            result = self._internal_error(context, _INTERNAL_ERROR)
        if not context.body_complete:
            late_error = await transfer.discard_body(context, result.response.status)
            if late_error is not None:
                result = self._refused(context, late_error)
        response, body, headers = await self._finish(context, result, started_at)
        if context.fault_session is not None:
            with suppress(ServiceUnavailable):  # then without faults
                send = await context.fault_session.wrap_send(send, context.connection)
        await transfer.send_response(context, send, response, headers, body)

    async def handle(self, context: RequestContext) -> Response:
        """Return the response to a request.

        Raises:
            ApiError: the request is refused by one of the steps; the first that refuses counts.
        """
        if context.rejection is not None:
            await self._reject(context, context.rejection)
        refusal = self._route(context)
        if self._never_waits:
            self._choose_sandbox(context, refusal)
        else:
            await self._run(self._choose_sandbox, context, refusal)
        if context.method == "OPTIONS":
            return self._options(context)
        await self._security.authenticate(context)
        if context.fault_session is not None:
            response = await context.fault_session.before_handler(context, self._run)
            if response is not None:
                return response
        return await self._dispatcher.respond(context)

    async def _reject(self, context: RequestContext, rejection: Rejection) -> NoReturn:
        """Refuse what the server took for no request; where it names a sandbox, that records it.

        Raises:
            ApiError: always.
        """
        if context.method:
            with suppress(ApiError):
                context.sandbox = await self._run(self._resolve_sandbox, context)
        raise ApiError(rejection.status, rejection.message)

    def _route(self, context: RequestContext) -> ApiError | None:
        """Set the route of a request; return the 404 or 405 where there is none."""
        if context.method == "OPTIONS":
            return None
        try:
            route, context.segments = self._router.find(context.method, context.path)
        except ApiError as error:
            return error
        context.api, context.operation = route
        return None

    def _choose_sandbox(self, context: RequestContext, refusal: ApiError | None) -> None:
        """Set the sandbox; a refusal by the path comes before an unknown sandbox."""
        try:
            sandbox = self._resolve_sandbox(context)
        except ApiError as error:
            raise refusal or error from None
        context.sandbox = sandbox.for_request(context.touched_jobs)
        context.fault_session = self._fault_injector.start(context)
        if refusal is not None:
            raise refusal

    async def _finish(
        self, context: RequestContext, result: Result, started_at: int
    ) -> tuple[Response, bytes, transfer.Pairs]:
        """Check, record and encode a response; one that breaks the contract becomes a 500."""
        try:
            if result.outcome is not Outcome.BROKEN:
                self._check_contract(context, result.response)
                if context.fault_session is not None:
                    after_handler = context.fault_session.after_handler
                    result = Result(
                        *await self._run(
                            after_handler, context, result.response, result.outcome, result.reason
                        )
                    )
            body, headers = self._encode(context, result.response)
        except ServiceUnavailable as error:
            result = self._unavailable(context, error)
            body, headers = self._encode(context, result.response)
        except ContractViolation as violation:
            reason = f"the response breaks the contract: {violation}"
            log.error("%s %s: %s", context.method, context.redacted_path, reason)
            result = self._internal_error(context, reason)
            body, headers = self._encode(context, result.response)
        if not context.is_control:
            try:
                self._recorder.record(context, self._api(context), result, body, started_at)
                if self._flush_journal is not None and not result.is_deferred:
                    await self._flush_journal()
            except ServiceUnavailable as error:
                result = self._unavailable(context, error)
                body, headers = self._encode(context, result.response)
                self._recorder.record(context, self._api(context), result, body, started_at)
        return result.response, body, headers

    def _encode(self, context: RequestContext, response: Response) -> tuple[bytes, transfer.Pairs]:
        body, headers = transfer.encode(response)
        cors = self._api(context).cors
        if cors is not None:
            # Of what was rejected, the line that names the origin may never have been read.
            origin = context.headers.get("origin", None if context.rejection is None else "")
            if added := cors.headers(origin):
                headers += transfer.encode_headers(added)
        if self._virtual_date and context.sandbox is not None and not context.is_control:
            headers.append((b"date", to_http_date(context.sandbox.now()).encode()))
        return body, headers

    def _check_contract(self, context: RequestContext, response: Response) -> None:
        session = context.fault_session
        if context.rejection is not None or context.method == "OPTIONS":
            return
        if session is not None and session.replaced:  # its label says how it fits the contract
            return
        validator = (context.operation or self._api(context)).responses
        if validator is not None:
            validator.check(response, handled=context.handled)

    def _enter_control_plane(self, context: RequestContext) -> Asgi | None:
        """Return the page that a request to the control plane asks for, None for an operation.

        Raises:
            ApiError: 401 or 403, the request may not enter the control plane.
        """
        cors = self._api(context).cors
        if cors is not None and is_preflight(context.method, context.headers):
            return None  # a preflight carries no credentials
        self._control_access.check(context.path, context.headers)
        return self._pages.find(context.path)

    def _options(self, context: RequestContext) -> Response:
        # RFC 9110, 9.3.7: `*` is the server in general.
        is_server = context.path == "*"
        methods = self._router.all_methods() if is_server else self._router.methods(context.path)
        cors = self._api(context).cors
        if cors is not None and is_preflight(context.method, context.headers):
            return cors.preflight(context.headers, methods)
        if not methods:
            raise ApiError(404, f"Nothing is at {context.redacted_path[:200]}.")
        return Response(204, headers={"Allow": ", ".join(methods)})

    def _api(self, context: RequestContext) -> Api:
        if context.api is None:  # where no operation matches
            context.api = self._apis.for_path(context.path)
        return context.api

    def _error_response(self, context: RequestContext, error: ApiError) -> Response:
        operation = context.operation.operation if context.operation else None
        response = self._api(context).error(error, operation)
        missing = {n: v for n, v in error.headers.items() if n not in response.headers}
        if not missing:
            return response
        return replace(response, headers={**response.headers, **missing})

    def _refused(self, context: RequestContext, error: ApiError) -> Result:
        return Result(self._error_response(context, error), Outcome.REFUSED, error.message)

    def _unavailable(self, context: RequestContext, error: ServiceUnavailable) -> Result:
        """Return a 503; no contract needs to list it, so nothing checks it."""
        reason = str(error)
        headers = {"Retry-After": _RETRY_AFTER_SECONDS}
        response = self._error_response(context, ApiError(503, f"{reason}.", headers=headers))
        return Result(response, Outcome.BROKEN, reason, is_deferred=True)

    def _internal_error(self, context: RequestContext, reason: str) -> Result:
        """Return the only kind of 500; no contract lists it, so nothing checks it."""
        error = ApiError(500, f"The mock is at fault: {reason}.")
        return Result(self._error_response(context, error), Outcome.BROKEN, reason)


async def _answer_lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return
