"""Request data: valid requests, their variants, and Hypothesis strategies."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl

from conformance.contract_queries import (
    ABSENT,
    id_parameters,
    match_path,
    parameter_schema,
    value_at,
)
from conformance.http import Exchange
from conformance.http.request import UNSET, PreparedCall, parse_url
from conformance.target import PRIMARY
from conformance.target.client import Client
from specs import Contract, Operation, Paging
from specs.contract import is_json
from specs.samples import sample
from specs.values import MORE, plain_name

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """A request to be sent: parameters by name, and the body as JSON or form members."""

    operation: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Any = UNSET
    form: Mapping[str, str] | None = None

    def send(self, client: Client, driver: str, **options: Any) -> Exchange:
        """Send the request; `options` are those of `prepare`. See `Client.send_prepared`."""
        return client.send_prepared(self.prepare(client, driver, **options))

    def prepare(
        self,
        client: Client,
        driver: str,
        *,
        role: str | None = PRIMARY,
        valid: bool | None = True,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
    ) -> PreparedCall:
        """Return the request ready to be sent, with the bytes of `body` in the place of its own.

        An operation without a body that may still answer 415 gets the Content-Type of JSON.
        Headers that are required parameters are sent.
        """
        operation = client.contract.operations[self.operation]
        return client.prepare(
            self.operation,
            path=self.path,
            query=self.query,
            headers={**_own_headers(client, operation), **(headers or {})},
            json=UNSET if body is not None else self.json,
            form=None if body is not None else self.form,
            body=body,
            role=role,
            driver=driver,
            valid=valid,
        )

    def with_parameter(self, name: str, value: Any) -> "OperationRequest":
        """Return the request with another value of a parameter; None omits it."""
        if name in self.path:
            return replace(self, path={**self.path, name: value})
        return replace(self, query={**self.query, name: value})

    def with_body(self, body: Any) -> "OperationRequest":
        """Return the request with another body."""
        return replace(self, form=body) if self.form is not None else replace(self, json=body)

    def with_member(self, pointer: str, value: Any) -> "OperationRequest":
        """Return the request with another value of a member of the body (`/name`)."""
        body = self.form if self.form is not None else self.json
        members = dict(body) if isinstance(body, Mapping) else {}
        return self.with_body({**members, pointer.removeprefix("/"): value})

    def without_member(self, name: str) -> "OperationRequest":
        """Return the request without a member of the body."""
        body = self.form if self.form is not None else self.json
        return self.with_body({key: value for key, value in dict(body).items() if key != name})


def following_page(
    contract: Contract, paging: Paging, request: OperationRequest, exchange: Exchange
) -> OperationRequest | None:
    """Return the request for the page after one; None after the last.

    It is what the page says comes next, where pages say so; else the id of the last job, where that
    is the cursor; else the next number or offset, until a page is empty.
    """
    if paging.next is not None:
        value = value_at(exchange.json, paging.next)
        if value is ABSENT or value == "" or not isinstance(value, str | int | float):
            return None
        if paging.next_is == "link":
            return _linked_page(contract, request, exchange, str(value))
        return request.with_parameter(paging.at, value) if paging.at else None
    location = contract.lifecycle.locations[request.operation]
    shown = value_at(exchange.json, location.items or "")
    if not isinstance(shown, list) or not shown or paging.at is None:
        return None
    if paging.style == "cursor":
        size = int(request.query.get(paging.size or "") or paging.default_size)
        is_last = not _has_more(exchange, is_full=len(shown) >= size)
        last = None if is_last else location.id_in(shown[-1], {})
        return None if last is None else request.with_parameter(paging.at, last)
    is_offset = paging.style == "offset"
    now = request.query.get(paging.at) or (0 if is_offset else paging.first)
    return request.with_parameter(paging.at, int(now) + (len(shown) if is_offset else 1))


def _has_more(exchange: Exchange, *, is_full: bool) -> bool:
    """Return whether a page is not the last: as its flag says, else if it is full."""
    body = exchange.json if isinstance(exchange.json, Mapping) else {}
    flags = (value for name, value in body.items() if plain_name(name) in MORE)
    return next((flag for flag in flags if isinstance(flag, bool)), is_full)


def json_media(operation: Operation) -> str | None:
    """Return the media type in which a request body is JSON, None if it has none."""
    media = [name for name in (operation.body or {}).get("content", {}) if is_json(name)]
    return JSON if JSON in media else next(iter(media), None)


def _own_headers(client: Client, operation: Operation) -> dict[str, str | None]:
    """Return the headers of every request of an operation: required parameters, a media type."""
    headers: dict[str, str | None] = {}
    media = json_media(operation)
    if operation.body is None and 415 in operation.responses:
        headers["Content-Type"] = JSON
    elif media not in (None, JSON):
        headers["Content-Type"] = media
    for parameter in operation.parameters:
        if parameter["in"] == "header" and parameter.get("required"):
            headers[parameter["name"]] = str(parameter_value(client, operation, parameter))
    return headers


def _linked_page(
    contract: Contract, request: OperationRequest, exchange: Exchange, link: str
) -> OperationRequest | None:
    url = parse_url(link, exchange.request.url)
    if url is None or match_path(contract.operations[request.operation].path, url.path) is None:
        return None
    return replace(request, query=dict(parse_qsl(url.query)))


def parameter_values(client: Client, operation: Operation) -> dict[str, dict[str, Any]]:
    """Return values for the required parameters by location (`path`, `query`, `header`)."""
    ids = id_parameters(client.contract, operation)
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.parameters:
        if parameter.get("required"):
            name = parameter["name"]
            value = parameter_value(client, operation, parameter, is_id=name in ids)
            values[parameter["in"]][name] = value
    return values


def existing_resources(client: Client, operation: Operation) -> list[dict[str, Any]]:
    """Return sets of parameter values, each of which names something that exists.

    Reading operations may name the jobs of the target file and what the run has created and not
    deleted, writing ones only the latter.
    """
    names = {p["name"] for p in operation.parameters if p["in"] in {"path", "query"}}
    ids = set(id_parameters(client.contract, operation)) or names & set(client.tracker.parameters)
    rows: list[Mapping[str, Any]] = []
    if not client.policy.is_write(operation):
        rows += [row for known in client.target.known.values() for row in known]
    for name in client.tracker.parameters:
        existing = set(client.tracker.existing(name))
        rows += [
            {**origin.path_parameters, name: id_}
            for id_, origin in client.tracker.origins(name)
            if origin.request.role == PRIMARY and id_ in existing
        ]
    sets = ({name: row[name] for name in row if name in names} for row in rows)
    return [values for values in sets if ids and ids <= values.keys()]


def parameter_value(
    client: Client, operation: Operation, parameter: Mapping[str, Any], *, is_id: bool = False
) -> Any:
    """Return a value for one parameter of an operation.

    It is from the target file's `values`, or one that the run has created, or an id for which the
    target file has a consent, or the contract's example, default, enum or minimum. An id of which
    none of these is known does not exist.
    """
    name = parameter["name"]
    if name in client.target.values:
        return client.target.values[name][0]
    if existing := client.tracker.existing(name):
        return existing[-1]
    if is_id:
        consented = client.policy.consented_ids(operation, name)
        return consented[0] if consented else client.unused_id(name)
    schema = parameter_schema(client.contract, parameter)
    for source, key in ((parameter, "example"), (schema, "example"), (schema, "default")):
        if key in source:
            return source[key]
    if "enum" in schema or client.contract.own:
        return sample(client.contract, schema)
    return schema.get("minimum", 1) if schema.get("type") in {"integer", "number"} else "x"
