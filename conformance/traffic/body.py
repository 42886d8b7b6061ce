"""Reads and decodes the body of an answer, and tells how it fell short."""

import zlib
from dataclasses import dataclass

import requests
from urllib3.exceptions import HTTPError, IncompleteRead, ReadTimeoutError

from conformance.failures import NetworkFailure, Timeout

CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """A body as far as it could be read; `fault` tells how it fell short, None where it did not.

    `late`: the rest may have come, but not in time.
    """

    content: bytes
    fault: str | None = None
    late: bool = False


def read_body(response: requests.Response, limit: int, timeout: float) -> Body:
    """Read the whole body of a streamed answer and undo its Content-Encoding.

    Raises:
        NetworkFailure: the connection broke before anything was promised.
        Timeout: the body was still coming after `timeout` seconds, or after `limit` bytes.
    """
    raw = bytearray()
    try:
        for chunk in response.raw.stream(CHUNK, decode_content=False):
            raw += chunk
            if len(raw) > limit:
                raise Timeout(too_large(limit))
    except ReadTimeoutError:
        return _stalled(response, bytes(raw), timeout)
    except IncompleteRead:
        return Body(bytes(raw), _short(response, len(raw)))
    except (HTTPError, OSError, ValueError) as error:
        if isinstance(error.__context__, IncompleteRead) or isinstance(error, HTTPError):
            return Body(bytes(raw), _short(response, len(raw)))
        raise NetworkFailure("the connection broke while the body was coming") from error
    return _decode(bytes(raw), response.headers.get("Content-Encoding", ""), limit)


def too_large(limit: int) -> str:
    """Say that an answer has more than `limit` bytes."""
    return f"the answer is larger than {limit // 2**20} MB; the suite stopped reading"


def _stalled(response: requests.Response, raw: bytes, timeout: float) -> Body:
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and raw:
        return Body(raw, f"{_short(response, len(raw))} within {timeout:g} s", late=True)
    raise Timeout(f"the body was still coming after {timeout:g} s")


def _short(response: requests.Response, size: int) -> str:
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit():
        return f"the body ended after {size} of the {announced} bytes that Content-Length announces"
    return f"the body broke off after {size} bytes"


def _decode(raw: bytes, encoding: str, limit: int) -> Body:
    coding = encoding.strip().lower()
    if coding in {"", "identity"} or not raw:
        return Body(raw)
    if coding not in {"gzip", "x-gzip", "deflate"}:
        return Body(raw, f"the body is in the coding {encoding!r}, which was not asked for")
    try:
        return _inflate(raw, coding, limit)
    except zlib.error:
        return Body(raw, f"the body does not decode as {coding}, its Content-Encoding")


def _inflate(raw: bytes, coding: str, limit: int) -> Body:
    # 47: gzip or zlib by its header; -15: the bare stream that some servers call deflate.
    bare = coding == "deflate" and raw[0] & 0x0F != 8
    decoder = zlib.decompressobj(-15 if bare else 47)
    content = decoder.decompress(raw, limit + 1)
    if len(content) > limit:
        raise Timeout(too_large(limit))
    if not decoder.eof:
        return Body(content, f"the {coding} body ends before its stream does")
    return Body(content)
