"""A request of an operation before it is sent, and the ways to change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from conformance.access.client import UNSET, Client
from conformance.access.target import PRIMARY
from conformance.traffic.exchange import Exchange

_ANNOUNCED: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Asked:
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
        """Send the request; see `Client.call`.

        Where a vendor refuses other content types even without a body, JSON is announced.
        """
        operation = client.contract.operations[self.operation]
        picky = operation.body is None and 415 in operation.responses
        return client.call(
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

    def with_parameter(self, name: str, new: Any) -> "Asked":
        """Return the request with another value of a parameter; None leaves it out."""
        if name in self.path:
            return replace(self, path={**self.path, name: new})
        return replace(self, query={**self.query, name: new})

    def with_body(self, new: Any) -> "Asked":
        """Return the request with another body."""
        return replace(self, form=new) if self.form is not None else replace(self, json=new)

    def with_member(self, pointer: str, new: Any) -> "Asked":
        """Return the request with another value of a member of the body (`/name`)."""
        body = self.form if self.form is not None else self.json
        members = dict(body) if isinstance(body, Mapping) else {}
        return self.with_body({**members, pointer.removeprefix("/"): new})

    def without_member(self, name: str) -> "Asked":
        """Return the request without a member of the body."""
        body = self.form if self.form is not None else self.json
        return self.with_body({key: one for key, one in dict(body).items() if key != name})
