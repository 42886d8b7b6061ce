"""A vendor's requests as a .http file or a Postman collection, its workflows as Arazzo."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson

from mockserver.openapi.request_body import JSON
from mockserver.sandbox.resolver import HEADER as SANDBOX_HEADER
from specs import Contract, Operation, pointer
from specs.arazzo import document
from specs.examples import CREATES, ExampleRequests, example_body

FORM = "application/x-www-form-urlencoded"
DESTROYS = "DELETE"
CLIENT = "client"
"""The role, among the headers of a sandbox, of a client of the token endpoint."""

POSTMAN_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_TIME = {"advance": "PT1H"}
"""Enough for a job of every vendor to end."""


class Result(NamedTuple):
    """A value in the response to the request of this name, and the text around it in a path."""

    request: str
    location: str
    before: str = ""
    after: str = ""

    @property
    def variable(self) -> str:
        """The name of a variable for it."""
        return "-".join((self.request, *pointer.tokens(self.location)))


Value = str | Result
Reference = Callable[[Result], str]
"""Writes the reference to a result."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request; path segments and query may be results of earlier ones, `role` is the caller."""

    name: str
    summary: str
    method: str
    path: tuple[Value, ...]
    query: tuple[tuple[str, Value], ...] = ()
    role: str | None = None
    headers: Mapping[str, str] | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a sandbox: the base URL, its id, and the headers of each role."""

    base_url: str
    sandbox: str
    headers: Mapping[str, Mapping[str, str]]
    grants: Mapping[str, frozenset[str]]

    def credential(self, grants: Iterable[str | None]) -> str | None:
        """Return the header value of a role that has all `grants`, if there is one."""
        wanted = set(grants) - {None}
        able = (role for role, row in self.grants.items() if wanted <= row and role in self.headers)
        return next((value for role in able for value in self.headers[role].values()), None)

    @property
    def variables(self) -> dict[str, str]:
        """The variables of a collection with their values."""
        values = {role: value for role, row in self.headers.items() for value in row.values()}
        return {"baseUrl": self.base_url, "sandbox": self.sandbox, "controlToken": "none"} | values


class Collection:
    """The requests of one vendor, in an order in which each can succeed."""

    def __init__(self, contract: Contract, access: Access) -> None:
        self._contract = contract
        self._access = access
        self._examples = ExampleRequests(contract)
        actions = contract.lifecycle.actions.values()
        self._states = {action.operation: action.allowed for action in actions}
        self._counts: dict[str, int] = {}
        self._made: dict[str, str] = {}  # the name of the last request of each operation
        self.calls = tuple(self._calls())

    def _calls(self) -> Iterator[Call]:
        """Yield what works on a new job, then what needs time, then what destroys."""
        destroyed: set[str] = set()
        ended: set[str] = set()
        for operation in sorted(self._contract.operations.values(), key=self._rank):
            needed = {it.operation for it in self._examples.sources(operation).values()}
            waits, acts = self._waits(operation), operation.id in self._states
            for source in sorted(needed):
                is_over = source in ended and acts and not waits
                if source not in self._made or source in destroyed or is_over:
                    yield self._request(self._contract.operations[source])
                    destroyed.discard(source)
                    ended.discard(source)
            if waits and not needed <= ended:
                yield self._advance(operation)
                ended |= set(self._made)
            if operation.id not in self._made:
                yield self._request(operation)
            if operation.method == DESTROYS:
                destroyed |= needed

    def _rank(self, operation: Operation) -> tuple[bool, bool, bool]:
        needs = bool(self._examples.sources(operation))
        return operation.method == DESTROYS, self._waits(operation), needs

    def _waits(self, operation: Operation) -> bool:
        """Return True if a new job must first end."""
        return self._contract.lifecycle.initial not in self._states.get(
            operation.id, self._contract.lifecycle.states
        )

    def _request(self, operation: Operation) -> Call:
        count = self._counts[operation.id] = self._counts.get(operation.id, 0) + 1
        name = operation.id if count == 1 else f"{operation.id}{count}"
        media, body = _body(operation)
        call = Call(
            name=name,
            summary=str(operation.raw.get("summary", operation.id)),
            method=operation.method,
            path=tuple(self._path(operation)),
            query=tuple(self._query(operation)),
            role=self._role(operation),
            headers={"Content-Type": media} if body is not None else None,
            body=body,
        )
        self._made[operation.id] = name
        return call

    def _advance(self, operation: Operation) -> Call:
        return Call(
            name=f"timeBefore{operation.id[:1].upper()}{operation.id[1:]}",
            summary="Move the sandbox's clock on, so that jobs end. Only the mock has this.",
            method="POST",
            path=("_mock", "clock"),
            headers={
                "Content-Type": JSON,
                SANDBOX_HEADER: "{{sandbox}}",
                "X-Mock-Token": "{{controlToken}}",
            },
            body=orjson.dumps(_TIME).decode(),
        )

    def _path(self, operation: Operation) -> Iterator[Value]:
        rows = {row["name"]: row for row in operation.parameters if row["in"] == "path"}
        for segment in operation.path.strip("/").split("/"):
            before, brace, rest = segment.partition("{")
            name, _, after = rest.partition("}")
            if not brace:
                yield segment
                continue
            value = self._value(operation, rows[name])
            if isinstance(value, Result):
                yield value._replace(before=before, after=after)
            else:
                yield f"{before}{value}{after}"

    def _query(self, operation: Operation) -> Iterator[tuple[str, Value]]:
        asks = operation.method == CREATES and not _form(operation)
        for row in self._examples.parameters(operation, optional=asks):
            if row["in"] == "query":
                yield row["name"], self._value(operation, row)

    def _value(self, operation: Operation, row: Mapping[str, Any]) -> Value:
        origin = self._examples.sources(operation).get(row["name"])
        if origin is not None and origin.operation in self._made:
            return Result(self._made[origin.operation], origin.location)
        example = self._examples.value(row)
        return str(example[0] if isinstance(example, list) else example)

    def _role(self, operation: Operation) -> str | None:
        schemes = {name for row in operation.security for name in row}
        if not schemes:
            return None
        declared = self._contract.openapi["components"]["securitySchemes"]
        if any(declared[name].get("scheme") == "basic" for name in schemes):
            return CLIENT if CLIENT in self._access.headers else None
        access = self._access
        able = (role for role, row in access.grants.items() if operation.grant in (None, *row))
        return next((role for role in able if role in access.headers), None)

    def _headers(self, call: Call) -> dict[str, str]:
        headers = dict(call.headers or {})
        if call.role is not None:
            headers |= dict.fromkeys(self._access.headers[call.role], f"{{{{{call.role}}}}}")
        return headers

    def arazzo(self, url: str) -> dict[str, Any]:
        """Return the life of a job as an Arazzo document; `url` is that of the contract."""
        actions = self._contract.lifecycle.actions.values()
        grants = (self._contract.operations[action.operation].grant for action in actions)
        return document(self._contract, url, self._access.credential(grants))

    def http(self) -> str:
        """Return a .http file as VS Code's REST Client, Visual Studio and httpYac read it."""
        title = self._contract.openapi["info"]["title"]
        lines = [f"# {title}. Send these from the top: later ones use what earlier ones made."]
        lines += [f"@{name} = {value}" for name, value in self._access.variables.items()]
        for call in self.calls:
            lines += ["", f"### {call.summary}", f"# @name {call.name}"]
            lines += [f"{call.method} {{{{baseUrl}}}}/{_target(call, _http_reference)}"]
            lines += [f"{name}: {value}" for name, value in self._headers(call).items()]
            lines += ["", call.body] if call.body is not None else []
        return "\n".join((*lines, ""))

    def postman(self) -> dict[str, Any]:
        """Return a Postman collection; a request keeps what later ones need in variables."""
        return {
            "info": {
                "name": f"{self._contract.openapi['info']['title']} (mock)",
                "description": "Run it in this order: later requests use what earlier ones made.",
                "schema": POSTMAN_SCHEMA,
            },
            "variable": [{"key": key, "value": it} for key, it in self._access.variables.items()],
            "item": [self._postman_item(call) for call in self.calls],
        }

    def _postman_item(self, call: Call) -> dict[str, Any]:
        query = [{"key": key, "value": _written(it, _postman_reference)} for key, it in call.query]
        request: dict[str, Any] = {
            "method": call.method,
            "description": call.summary,
            "header": [{"key": key, "value": it} for key, it in self._headers(call).items()],
            "url": {
                "raw": f"{{{{baseUrl}}}}/{_target(call, _postman_reference)}",
                "host": ["{{baseUrl}}"],
                "path": [_written(it, _postman_reference) for it in call.path],
                "query": query,
            },
        }
        if call.body is not None:
            request["body"] = {"mode": "raw", "raw": call.body}
        item = {"name": call.name, "request": request}
        kept = sorted({it for row in self.calls for it in _results(row) if it.request == call.name})
        if kept:
            script = {"type": "text/javascript", "exec": [_keep(it) for it in kept]}
            return item | {"event": [{"listen": "test", "script": script}]}
        return item


def _body(operation: Operation) -> tuple[str, str | None]:
    """Return the media type and the first example of a request body, None without a body."""
    found = example_body(operation)
    if found is None:
        return "", None
    media, example = found
    if media == FORM:
        return media, urlencode(example)
    return media, orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()


def _form(operation: Operation) -> bool:
    return FORM in (operation.body or {}).get("content", {})


def _results(call: Call) -> Iterator[Result]:
    for value in (*call.path, *(value for _, value in call.query)):
        if isinstance(value, Result):
            yield value


def _target(call: Call, reference: Reference) -> str:
    path = "/".join(_written(value, reference) for value in call.path)
    query = "&".join(f"{quote(name)}={_written(value, reference)}" for name, value in call.query)
    return f"{path}?{query}" if query else path


def _written(value: Value, reference: Reference) -> str:
    if isinstance(value, Result):
        return f"{quote(value.before)}{reference(value)}{quote(value.after, safe=':')}"
    return quote(value, safe="")


def _http_reference(result: Result) -> str:
    return f"{{{{{result.request}.response.body.$.{'.'.join(pointer.tokens(result.location))}}}}}"


def _postman_reference(result: Result) -> str:
    return f"{{{{{result.variable}}}}}"


def _keep(result: Result) -> str:
    path = "".join(f"[{orjson.dumps(it).decode()}]" for it in pointer.tokens(result.location))
    return f'pm.collectionVariables.set("{result.variable}", pm.response.json(){path});'
