"""Reading the body of a request, and getting rid of one that nobody wants."""

from mockserver.errors import Refusal
from mockserver.visit import Visit

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
