"""Reading the body of a request, and sending a response."""

import asyncio
import re
from collections.abc import Mapping

import orjson

from mockserver.errors import ApiError, ContractViolation
from mockserver.http.context import Receive, RequestContext, Send
from mockserver.http.messages import Response, StreamingBody
from mockserver.server.connection import REJECTION_KEY

MAX_DISCARDED_BYTES = 64 * 1024 * 1024
"""Bytes of an unwanted body that are read before the response to it."""


async def read_body(context: RequestContext, largest: int) -> bytes:
    """Return the whole body of a request.

    Raises:
        ApiError: 413, it is larger than `largest` bytes; 400, it ends too early or is malformed;
            408, it takes too long to arrive.
    """
    told = context.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > largest:
        raise _too_large(largest)
    chunks: list[bytes] = []
    size = 0
    while not context.read:
        chunk = await _next(context)
        size += len(chunk)
        if size > largest:
            raise _too_large(largest)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def discard_body(context: RequestContext, status: int) -> ApiError | None:
    """Read what is left of an unwanted body; return why it has to be refused, if it has.

    What is too large, or has to be asked for, is left to the server, which drops it after the
    response.
    """
    length = context.headers.get("content-length", "")
    too_large = length.isdecimal() and int(length[:20]) > MAX_DISCARDED_BYTES
    if status == 413 or too_large or "expect" in context.headers:
        return None
    size = 0
    try:
        while not context.read and size <= MAX_DISCARDED_BYTES:
            size += len(await _next(context))
    except ApiError as refusal:
        return refusal
    return None


async def _next(context: RequestContext) -> bytes:
    message = await context.receive()
    if message["type"] == "http.disconnect":
        context.rejection = message.get(REJECTION_KEY)
        if context.rejection is None:
            raise ApiError(400, "The connection ended before the body did.")
        raise ApiError(context.rejection.status, context.rejection.message)
    context.read = not message.get("more_body", False)
    chunk: bytes = message.get("body", b"")
    return chunk


def _too_large(largest: int) -> ApiError:
    return ApiError(413, f"The body is larger than {largest} bytes.", field="body")


Pairs = list[tuple[bytes, bytes]]

JSON = b"application/json"
_UNFIT = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


def encode(response: Response) -> bytes:
    """Return the body of a reply that is no file.

    Raises:
        ContractViolation: it holds what JSON cannot say.
    """
    if response.body is None:
        return b""
    try:
        return orjson.dumps(response.body)
    except TypeError as error:
        raise ContractViolation(f"the body cannot be encoded: {error}") from None


def encode_headers(headers: Mapping[str, str]) -> Pairs:
    """Return headers as bytes, names in lower case.

    Raises:
        ContractViolation: a value holds what no header can, a line break above all.
    """
    if not headers:
        return []
    for name, value in headers.items():
        if _UNFIT.search(value):
            raise ContractViolation(f"the header {name} holds a character that no header can")
    return [
        (name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()
    ]


async def send_body(
    send: Send, status: int, headers: Pairs, body: bytes, media: bytes | None = JSON
) -> None:
    """Send a reply at once; a 204 has no body and no length."""
    if status != 204:
        headers.append((b"content-length", b"%d" % len(body)))
        if body and media is not None:
            headers.append((b"content-type", media))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_file(
    send: Send, receive: Receive, status: int, headers: Pairs, file: StreamingBody
) -> None:
    """Stream a file; stop where the caller hangs up. Other requests are served between chunks."""
    headers.append((b"content-type", file.media.encode("latin-1")))
    if file.length is not None:
        headers.append((b"content-length", b"%d" % file.length))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    hung_up = asyncio.ensure_future(_hang_up(receive))
    try:
        for chunk in file.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(0)
            if hung_up.done():
                return
        await send({"type": "http.response.body", "body": b""})
    finally:
        hung_up.cancel()


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
