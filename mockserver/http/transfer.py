"""Request bodies in, responses out: limits, content codings, and the encoding of headers."""

import asyncio
import re
import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.errors import ApiError, ContractViolation
from mockserver.http.context import Receive, RequestContext, Send
from mockserver.http.messages import Response, StreamingBody
from mockserver.server import REJECTION_KEY

MAX_KEPT_BYTES = 64 * 1024
"""Size of an unwanted body that is kept whole, for the journal."""

MAX_DISCARDED_BYTES = 64 * 1024 * 1024
"""Bytes of an unread body that are discarded, so that a client that still sends gets its answer."""

_PIECE_BYTES = 4096

_CODINGS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
"""The content codings that are decoded (RFC 9110, 8.4.1), with zlib's parameter for each."""


async def read_body(context: RequestContext, max_bytes: int) -> bytes:
    """Return the whole body of a request, decoded as its Content-Encoding says.

    Raises:
        ApiError: 413, it is larger than `max_bytes`, as sent or decoded; 415, the coding is not
            supported; 400, it ends too early, is malformed or does not
            decode; 408, it takes too long to arrive.
    """
    headers = context.headers
    codings = _content_codings(headers["content-encoding"]) if "content-encoding" in headers else ()
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > max_bytes:
        raise _too_large(max_bytes)
    chunks: list[bytes] = []
    size = 0
    while not context.body_complete:
        chunk = await _next(context)
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        chunks.append(chunk)
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    for coding in reversed(codings):
        body = _decode(body, coding, max_bytes)
    return body


def _content_codings(text: str) -> list[str]:
    names = [name.strip().lower() for name in text.split(",")]
    codings = [name for name in names if name not in {"", "identity"}]
    if unsupported := next((name for name in codings if name not in _CODINGS), None):
        supported = ", ".join(sorted(_CODINGS))
        raise ApiError(
            415,
            f"Content-Encoding {unsupported[:40]!r} is not supported; supported: {supported}.",
            field="Content-Encoding",
            headers={"Accept-Encoding": supported},  # RFC 9110, 15.5.16
        )
    return codings


def _decode(body: bytes, coding: str, max_bytes: int) -> bytes:
    decoded, decoder = bytearray(), None
    try:
        # Of what follows a member, zlib makes a copy: so it is given little at a time.
        for start in range(0, len(body), _PIECE_BYTES):
            piece = body[start : start + _PIECE_BYTES]
            while piece:  # a gzip file may have several members (RFC 1952, 2.2)
                decoder = decoder or zlib.decompressobj(_CODINGS[coding])
                decoded += decoder.decompress(piece, max_bytes + 1 - len(decoded))
                if len(decoded) > max_bytes:
                    raise _too_large(max_bytes)
                piece, decoder = decoder.unused_data, None if decoder.eof else decoder
        if decoder is not None:
            raise zlib.error("it ends too early")
    except zlib.error as error:
        message = f"The body is not {coding} as Content-Encoding says: {error}."
        raise ApiError(400, message, field="Content-Encoding") from None
    return bytes(decoded)


async def discard_body(context: RequestContext, status: int) -> ApiError | None:
    """Read what is left of an unwanted body; return why it has to be refused, if it has.

    The context has it afterwards, if it is small. What is too large is left to the server, which
    drops it after the response. A client that waits for a 100 gets it, unless the body is too
    large: that of Java 17 waits for ever where a refusal comes instead.
    """
    length = context.headers.get("content-length", "")
    too_large = length.isdecimal() and int(length[:20]) > MAX_DISCARDED_BYTES
    if status == 413 or too_large:
        return None
    size, kept = 0, bytearray()
    try:
        while not context.body_complete and size <= MAX_DISCARDED_BYTES:
            chunk = await _next(context)
            size += len(chunk)
            if size <= MAX_KEPT_BYTES:
                kept += chunk
    except ApiError as error:
        return error
    is_as_meant = size == len(kept) and "content-encoding" not in context.headers
    context.body_complete = context.body_complete and is_as_meant
    context.body = bytes(kept) if context.body_complete else b""
    return None


async def _next(context: RequestContext) -> bytes:
    message = await context.receive()
    if message["type"] == "http.disconnect":
        context.rejection = message.get(REJECTION_KEY)
        if context.rejection is None:
            raise ApiError(400, "The connection ended before the body did.")
        raise ApiError(context.rejection.status, context.rejection.message)
    context.body_complete = not message.get("more_body", False)
    chunk: bytes = message.get("body", b"")
    return chunk


def _too_large(max_bytes: int) -> ApiError:
    return ApiError(413, f"The body is larger than {max_bytes} bytes.", field="body")


Pairs = list[tuple[bytes, bytes]]

_JSON = (b"content-type", b"application/json")
_NO_STORE = (b"cache-control", b"no-store")
_BODILESS = frozenset({204, 304})
_UNFIT = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


def encode(response: Response) -> tuple[bytes, Pairs]:
    """Return the body and the headers of a response as bytes, header names in lower case.

    Nothing may be cached, file or not: the state behind a URL changes with time, and the control
    plane changes it without the client's knowledge (RFC 9111, 5.2.2.5).

    Raises:
        ContractViolation: the body has no JSON form, or a header holds a character it cannot have.
    """
    own = response.headers
    headers = encode_headers(own) if own else []
    if not own or "Cache-Control" not in own:
        headers.append(_NO_STORE)
    if response.file is not None:
        headers.append((b"content-type", response.file.media.encode("latin-1")))
        if response.file.length is not None:
            headers.append((b"content-length", b"%d" % response.file.length))
        return b"", headers
    try:
        body = b"" if response.body is None else orjson.dumps(response.body)
    except TypeError as error:
        raise ContractViolation(f"the body cannot be encoded: {error}") from None
    if response.status not in _BODILESS:
        headers.append((b"content-length", b"%d" % len(body)))
        if body and (not own or "Content-Type" not in own):
            headers.append(_JSON)
    return body, headers


def encode_headers(headers: Mapping[str, str]) -> Pairs:
    """Return headers as bytes, names in lower case.

    Raises:
        ContractViolation: a value holds a character that no header can have, such as a line break.
    """
    if not headers:
        return []
    for name, value in headers.items():
        if _UNFIT.search(value):
            raise ContractViolation(f"the header {name} holds a character that no header can have")
    return [
        (name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()
    ]


async def send_response(
    context: RequestContext, send: Send, response: Response, headers: Pairs, body: bytes
) -> None:
    """Send a response; for a HEAD its headers alone (RFC 9110, 9.3.2)."""
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if context.method == "HEAD":
        await send({"type": "http.response.body", "body": b""})
    elif response.file is not None:
        await _send_file(context.receive, send, response.file)
    else:
        await send({"type": "http.response.body", "body": body})


def without_body(send: Send) -> Send:
    """Return a `send` that keeps the bodies of responses back, for a HEAD."""

    async def send_head(message: dict[str, Any]) -> None:
        await send({**message, "body": b""} if "body" in message else message)

    return send_head


async def _send_file(receive: Receive, send: Send, file: StreamingBody) -> None:
    """Stream a file until the client hangs up; other requests are served between chunks."""
    disconnected = asyncio.ensure_future(_wait_for_disconnect(receive))
    try:
        for chunk in file.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(0)
            if disconnected.done():
                return
        await send({"type": "http.response.body", "body": b""})
    finally:
        disconnected.cancel()


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
