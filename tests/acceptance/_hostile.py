"""Bad requests, made of good ones by a seed: on every operation, of every vendor and our own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

import specs
from specs import Operation
from specs.contract import read_operations

CALLERS = (
    "Authorization: Bearer mock-talkdesk-writer",
    "Authorization: Bearer mock-talkdesk-noscope",
    "Authorization: Bearer mock-clinicalone-manager",
    "Authorization: Basic bW9jay10YWxrZGVzay1jbGllbnQ6bW9jay10YWxrZGVzay1zZWNyZXQ=",
    "Authorization: Bearer ",
    "Authorization: Basic %%%",
    "Authorization: \xff\xfe",
    "ECI-ApiKey: mock-energycap-manager",
    "ECI-ApiKey: " + "k" * 5000,
    "X-None: 1",
)
MEDIA = (
    "application/json", "application/json; charset=utf-8", "application/json;charset=utf-7",
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a", "",
    "application/json, text/plain", "\xe9/\xff",
)  # fmt: skip
TEXTS = (
    "", " ", "0", "-1", "1e309", "NaN", "null", "true", "\0", "\ufeff", "\ud7ff", "\U0010ffff",
    "../../etc/passwd", "..%2f..%2f", "%00", "%", "%zz", "'; DROP TABLE record; --", "${jndi:x}",
    "a" * 300, "9" * 400, "2026-02-30T00:00:00Z", "0000-00-00", "9999-12-31T23:59:60Z", "{{7*7}}",
    "!!python/object:os.system", "&a [*a]", "default", "sb-000000000000", "\r\nX-Injected: 1",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**31, 2**63, -(2**63), 10**40, [], {}, [[]], [None],
    {"": ""}, {"$ref": "#/"}, {"__proto__": {}}, *TEXTS,
)  # fmt: skip
HEADERS = (
    "X-Mock-Sandbox: default", "X-Mock-Sandbox: nobody", "X-Mock-Sandbox: \xff", "Prefer: code=9",
    "Prefer: code=404", "Prefer: ;;;=", "Prefer: dynamic=true", "X-Mock-Fault: nonsense",
    "X-Mock-Fault: ;=,", "X-Mock-Scenario: nothing", "Origin: null", "Origin: http://evil.example",
    "Expect: 100-continue", "Range: bytes=0-", "If-None-Match: *", "Cookie: a=b", "TE: trailers",
    "Accept: nothing/at-all", "Accept-Encoding: br", "Connection: upgrade\r\nUpgrade: websocket",
)  # fmt: skip
GOOD = {
    "type": ("calls", "contacts"),
    "vendor": ("talkdesk", "clinicalone", "energycap"),
    "id": ("3f2c9d1e-0000-4000-8000-000000000001", "default", "1", "fault-1"),
    "jobId": ("6A7C29DD011241DFBE1B64399283C860",),
    "studyId": ("CFD8129A430A473C8A02F4BA5DAAD865",),
    "mode": ("test",),
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")
BODIES = (
    b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b"{'a':1}",
    b'{"a":NaN}', b'"\\ud800"', b"[" * 5000, b'{"a":' * 2000, b"0" * 3000, b"1e400", b"a=1&a=2",
    b"grant_type=client_credentials&scope=%ff", b"%PDF-1.4", b"\0" * 100,
)  # fmt: skip
GARBAGE = (
    b"\r\n\r\n", b"\0" * 64, b"\x16\x03\x01\x02\x00\x01", b"GET", b"GET /\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n", b"get / http/1.1\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n", b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    b"GET / HTTP/1.1\r\n: v\r\n\r\n", b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes to be sent; `alone` on a connection that is closed for writing after them."""

    data: bytes
    alone: bool
    operation: str = ""


def operations() -> list[tuple[Operation, Mapping[str, Any]]]:
    """Return every operation of every contract, with an example of its body."""
    found = [op for name in specs.vendors() for op in specs.load(name).operations.values()]
    found += read_operations(specs.load_control())
    return [(operation, _example(operation)) for operation in found]


def bad_requests(seed: int, count: int) -> Iterator[Raw]:
    """Yield requests; most of them are bad, and some only look so."""
    chance = Random(seed)
    known = operations()
    for _ in range(count):
        if chance.random() < 0.1:
            yield Raw(_garbage(chance), alone=True)
        else:
            operation, example = chance.choice(known)
            data = _request(chance, operation, example)
            yield Raw(data, alone=False, operation=operation.id)


def _request(chance: Random, operation: Operation, example: Any) -> bytes:
    method = operation.method.upper() if chance.random() < 0.9 else chance.choice(METHODS)
    target = _path(chance, operation) + _query(chance, operation)
    head = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", chance.choice(CALLERS)]
    head += chance.sample(HEADERS, chance.choice((0, 0, 0, 1, 2)))
    body = b""
    if method in {"POST", "PUT", "PATCH"}:
        body = _body(chance, example)
        media = "application/json" if chance.random() < 0.8 else chance.choice(MEDIA)
        head += [f"Content-Type: {media}"]
    head += [f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def _path(chance: Random, operation: Operation) -> str:
    path = operation.path
    for row in operation.parameters:
        if row["in"] == "path":
            good = chance.choice(GOOD.get(row["name"], ("1", "2", "3")))
            text = good if chance.random() < 0.6 else chance.choice(TEXTS)
            safe = "" if chance.random() < 0.8 else "%/.;"
            path = path.replace(f"{{{row['name']}}}", quote(text, safe=safe, errors="replace"))
    return path if chance.random() < 0.95 else path + chance.choice(("/", "//", "/x", ";a", "%2F"))


def _query(chance: Random, operation: Operation) -> str:
    names = [row["name"] for row in operation.parameters if row["in"] == "query"]
    names += ["nonsense"] if chance.random() < 0.1 else []
    pairs = [
        f"{name}={quote(str(chance.choice(VALUES)), safe='', errors='replace')}"
        for name in names
        if chance.random() < 0.5
    ]
    pairs += [chance.choice(("&&", "=", "%ff", "a[]=1"))] if chance.random() < 0.05 else []
    return f"?{'&'.join(pairs)}" if pairs else ""


def _body(chance: Random, example: Any) -> bytes:
    if chance.random() < 0.2:
        return chance.choice(BODIES)
    changed = json.loads(json.dumps(example))
    for _ in range(chance.choice((0, 1, 1, 2))):
        changed = _changed(chance, changed)
    return json.dumps(changed).encode()


def _changed(chance: Random, value: Any) -> Any:
    """Return a value with something in it put wrong."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        if chance.random() < 0.2:
            return {k: v for k, v in value.items() if k != key}
        return value | {key: _changed(chance, value[key])}
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        return [*value[:place], _changed(chance, value[place]), *value[place + 1 :]]
    return chance.choice(VALUES)


def _garbage(chance: Random) -> bytes:
    if chance.random() < 0.7:
        return chance.choice(GARBAGE)
    return chance.randbytes(chance.randrange(1, 2000))


def _example(operation: Operation) -> Any:
    """Return an example of an operation's body; an empty object where there is none."""
    for media in (operation.body or {}).get("content", {}).values():
        for row in media.get("examples", {}).values():
            return row["value"]
        if "example" in media:
            return media["example"]
    return {}
