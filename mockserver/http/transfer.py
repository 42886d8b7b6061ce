"""Reading the body of a request, and getting rid of one that nobody wants."""

import asyncio
import re
from collections.abc import Mapping

import orjson

from mockserver.errors import BrokenReply, Refusal
from mockserver.http.context import Receive, Send, Visit
from mockserver.http.messages import FileBody, Reply

DRAINED = 64 * 1024 * 1024
"""Bytes of an unwanted body that are read, so that the caller, still sending, gets the answer."""


async def read_body(visit: Visit, largest: int) -> bytes:
    """Return the whole body of a request.

    Raises:
        Refusal: 413, it is larger than `largest` bytes; 400, it ends too early.
    """
    told = visit.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > largest:
        raise _too_large(largest)
    chunks: list[bytes] = []
    size = 0
    while not visit.read:
        chunk = await _next(visit)
        size += len(chunk)
        if size > largest:
            raise _too_large(largest)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def drain(visit: Visit) -> None:
    """Read what is left of the body, unless there is too much or the caller waits to be asked."""
    if "expect" in visit.headers:
        return
    size = 0
    while not visit.read and size <= DRAINED:
        try:
            size += len(await _next(visit))
        except Refusal:
            return


async def _next(visit: Visit) -> bytes:
    message = await visit.receive()
    if message["type"] == "http.disconnect":
        raise Refusal(400, "The connection ended before the body did.")
    visit.read = not message.get("more_body", False)
    chunk: bytes = message.get("body", b"")
    return chunk


def _too_large(largest: int) -> Refusal:
    return Refusal(413, f"The body is larger than {largest} bytes.", field="body")


Pairs = list[tuple[bytes, bytes]]

JSON = b"application/json"
_UNFIT = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


def encode(reply: Reply) -> bytes:
    """Return the body of a reply that is no file.

    Raises:
        BrokenReply: it holds what JSON cannot say.
    """
    if reply.body is None:
        return b""
    try:
        return orjson.dumps(reply.body)
    except TypeError as error:
        raise BrokenReply(f"the body cannot be encoded: {error}") from None


def encode_headers(headers: Mapping[str, str]) -> Pairs:
    """Return headers as bytes, names in lower case.

    Raises:
        BrokenReply: a value holds what no header can, a line break above all.
    """
    if not headers:
        return []
    for name, value in headers.items():
        if _UNFIT.search(value):
            raise BrokenReply(f"the header {name} holds a character that no header can")
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
    send: Send, receive: Receive, status: int, headers: Pairs, file: FileBody
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
