"""A vendor with a sandbox and no server: calls go to its handlers, and replies are checked."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import specs
from mockserver.auth import Identity
from mockserver.clock import Clock, ClockSettings, Mode
from mockserver.errors import ApiError
from mockserver.faults.rules import FaultRules
from mockserver.http.messages import Request, Response
from mockserver.ids import Ids
from mockserver.journal.base import Bounds
from mockserver.journal.memory import MemoryBudget, MemoryJournal
from mockserver.openapi import compile_operations
from mockserver.openapi.schemas import Schemas
from mockserver.sandbox.sandbox import Sandbox
from mockserver.store.base import Records, Store
from mockserver.store.memory import MemoryStore
from mockserver.vendors import registry
from specs import Contract


@cache
def contract_of(vendor: str, profile: str = specs.DOCUMENTED) -> Contract:
    return specs.load(vendor, profile)


def make_sandbox(
    store: Store | None = None,
    *,
    name: str = "default",
    seed: int = 1,
    profile: str = specs.DOCUMENTED,
) -> Sandbox:
    store = store or MemoryStore()
    store.create(name)
    ids, records = Ids(seed, name), Records(store, name)
    return Sandbox(
        id=name,
        seed=seed,
        profile=profile,
        clock=Clock(ClockSettings(Mode.MANUAL)),
        records=records,
        ids=ids,
        faults=FaultRules(ids, records),
        journal=MemoryJournal(Bounds(), MemoryBudget(2**20)),
    )


def seed_of(vendor: str) -> dict[str, Any]:
    content: dict[str, Any] = specs.read_yaml(specs.fixtures() / vendor / "seed.yaml")
    return content


class VendorHarness:
    """One vendor in one profile, its time at a standstill."""

    def __init__(
        self,
        vendor: str,
        account: str,
        profile: str = specs.DOCUMENTED,
        *,
        options: Mapping[str, str] | None = None,
        fixtures: Mapping[str, Any] | None = None,
        **sandbox: Any,
    ) -> None:
        self.contract = contract_of(vendor, profile)
        self.vendor = registry.create(self.contract, options)
        self.sandbox = make_sandbox(profile=profile, **sandbox)
        self.vendor.seeds.load(self.sandbox, fixtures or seed_of(vendor))
        self.account = account
        self._plans = compile_operations(
            Schemas(self.contract.openapi), self.contract.operations.values()
        )

    def call(
        self,
        operation: str,
        path: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        account: str | None = None,
        **query: Any,
    ) -> Response:
        """Return the reply of a handler, or the vendor's to its error; the contract allows it."""
        plan = self._plans[operation]
        identity = Identity(self.contract.vendor, "manager", account or self.account, frozenset())
        defaults = plan.query.read_fields({}) if not _required(plan.operation) else {}
        asked = {**defaults, **query}
        call = Request(plan.operation, path or {}, asked, {}, body, identity, self.sandbox)
        try:
            reply = self.vendor.handlers[operation](call)
        except ApiError as error:
            reply = self.vendor.error(error, plan.operation)
        plan.responses.check(reply)
        return reply

    def pass_seconds(self, seconds: float) -> None:
        self.sandbox.clock.move(advance=round(seconds * 1000))


def content(reply: Response) -> bytes:
    """Return the whole file of a reply, whose length is as told."""
    assert reply.file is not None
    data = b"".join(reply.file.chunks())
    assert reply.file.length == len(data)
    return data


def _required(operation: specs.Operation) -> bool:
    return any(row["in"] == "query" and row.get("required") for row in operation.parameters)
