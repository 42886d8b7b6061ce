"""A request of an operation before it is sent, and the ways to change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from conformance.contract_queries import id_parameters, parameter_schema
from conformance.http.exchange import Exchange
from conformance.target.client import UNSET, Client, PreparedCall
from conformance.target.config import PRIMARY
from specs import Operation

_ANNOUNCED: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """A request to be sent: parameters by name, and the body as JSON or form members."""

    operation: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Any = UNSET
    form: Mapping[str, str] | None = None

    def send(
        self,
        client: Client,
        driver: str,
        *,
        role: str | None = PRIMARY,
        valid: bool | None = True,
        headers: Mapping[str, str | None] | None = None,
    ) -> Exchange:
        """Send the request; see `Client.call`."""
        call = self.prepare(client, driver, role=role, valid=valid, headers=headers)
        return client.send_prepared(call)

    def prepare(
        self,
        client: Client,
        driver: str,
        *,
        role: str | None = PRIMARY,
        valid: bool | None = True,
        headers: Mapping[str, str | None] | None = None,
    ) -> PreparedCall:
        """Return the request ready to be sent.

        Where a vendor refuses other content types even without a body, JSON is announced.
        """
        operation = client.contract.operations[self.operation]
        picky = operation.body is None and 415 in operation.responses
        return client.prepare(
            self.operation,
            path=self.path,
            query=self.query,
            headers={**(_ANNOUNCED if picky else {}), **(headers or {})},
            json=self.json,
            form=self.form,
            role=role,
            driver=driver,
            valid=valid,
        )

    def with_parameter(self, name: str, new: Any) -> "OperationRequest":
        """Return the request with another value of a parameter; None leaves it out."""
        if name in self.path:
            return replace(self, path={**self.path, name: new})
        return replace(self, query={**self.query, name: new})

    def with_body(self, new: Any) -> "OperationRequest":
        """Return the request with another body."""
        return replace(self, form=new) if self.form is not None else replace(self, json=new)

    def with_member(self, pointer: str, new: Any) -> "OperationRequest":
        """Return the request with another value of a member of the body (`/name`)."""
        body = self.form if self.form is not None else self.json
        members = dict(body) if isinstance(body, Mapping) else {}
        return self.with_body({**members, pointer.removeprefix("/"): new})

    def without_member(self, name: str) -> "OperationRequest":
        """Return the request without a member of the body."""
        body = self.form if self.form is not None else self.json
        return self.with_body({key: one for key, one in dict(body).items() if key != name})


def parameter_values(
    client: Client, operation: Operation, *, every: bool = False
) -> dict[str, dict[str, Any]]:
    """Return values for the required parameters (`every`: for the optional ones too) by place.

    A value comes from the target file, what the run has made, the contract's example or closed
    list; an id that nothing is known of names nothing.
    """
    ids = id_parameters(client.contract, operation)
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.parameters:
        if parameter.get("required") or every:
            name = parameter["name"]
            places[parameter["in"]][name] = parameter_value(client, parameter, is_id=name in ids)
    return places


def existing_resources(
    client: Client, operation: Operation, role: str = PRIMARY
) -> list[dict[str, Any]]:
    """Return sets of parameter values that each name something which is there for `role`.

    Reading operations may name known things and those that the run has made, writing ones those
    that the run has made and those to which the target file consents.
    """
    named = {p["name"] for p in operation.parameters if p["in"] in {"path", "query"}}
    ids = set(id_parameters(client.contract, operation)) or named & set(client.tracker.parameters)
    found = []
    if not client.policy.is_write(operation):
        found += [row for rows in client.target.known.values() for row in rows]
    for name in client.tracker.parameters:
        found += [
            {**origin.path_parameters, name: id_}
            for id_, origin in client.tracker.origins(name)
            if origin.request.role == role
        ]
    kept = ({key: row[key] for key in row if key in named} for row in found)
    return [row for row in kept if ids and ids <= row.keys()]


def parameter_value(client: Client, parameter: Mapping[str, Any], *, is_id: bool = False) -> Any:
    """Return a value for one parameter."""
    name = parameter["name"]
    if name in client.target.values:
        return client.target.values[name][0]
    if made := client.tracker.created(name):
        return made[-1]
    return client.unused_id(name) if is_id else _described(client, parameter)


def _described(client: Client, parameter: Mapping[str, Any]) -> Any:
    schema = parameter_schema(client.contract, parameter)
    for source, key in ((parameter, "example"), (schema, "example"), (schema, "default")):
        if key in source:
            return source[key]
    if "enum" in schema:
        return schema["enum"][0]
    return schema.get("minimum", 1) if schema.get("type") in {"integer", "number"} else "x"
