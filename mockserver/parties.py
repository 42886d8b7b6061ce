"""The parties of one server: a vendor's, the control plane's, and nobody's."""

from collections.abc import Mapping
from typing import Any

import specs
from mockserver.contract import Plan, compile_plans
from mockserver.contract.reply import Replies
from mockserver.contract.schemas import Schemas
from mockserver.control import api as control
from mockserver.errors import Refusal
from mockserver.exchange import Reply
from mockserver.party import Party
from mockserver.vendors.base import Vendor
from specs.contract import read_operations


def of_vendor(contract: specs.Contract, vendor: Vendor) -> Party:
    """Return who answers under the prefixes of a vendor."""
    schemas = Schemas(contract.openapi)
    plans = compile_plans(schemas, contract.operations.values())
    return Party(
        name=contract.vendor,
        prefixes=contract.prefixes,
        openapi=contract.openapi,
        plans=plans,
        handlers=vendor.handlers,
        replies=_all_replies(schemas, plans),
        error=vendor.error,
        grant_refused=contract.grant_refused,
        open=True,
    )


def of_control(openapi: dict[str, Any], api: control.Control) -> Party:
    """Return who answers under /_mock."""
    schemas = Schemas(openapi)
    plans = compile_plans(schemas, read_operations(openapi))
    return Party(
        name=openapi["x-vendor"],
        prefixes=tuple(openapi["x-paths"]),
        openapi=openapi,
        plans=plans,
        handlers=api.handlers,
        replies=_all_replies(schemas, plans),
        error=control.error,
        grant_refused=openapi["x-grant-refused"],
        open=False,
    )


def of_nobody(parties: tuple[Party, ...]) -> Party:
    """Return who answers where no contract reaches: with the way to those that do."""
    known = [prefix for party in parties for prefix in party.prefixes]

    def error(refusal: Refusal, _operation: object = None) -> Reply:
        return Reply(refusal.status, {"message": refusal.message, "served": known})

    return Party("nobody", (), {}, {}, {}, None, error, 403, open=True)


def carriers(parties: tuple[Party, ...]) -> tuple[str, ...]:
    """Return the headers, in lower case, that credentials come in."""
    schemes = [
        scheme
        for party in parties
        for scheme in party.openapi["components"].get("securitySchemes", {}).values()
    ]
    return tuple(
        sorted({"authorization" if s["type"] == "http" else s["name"].lower() for s in schemes})
    )


def _all_replies(schemas: Schemas, plans: Mapping[str, Plan]) -> Replies:
    """Return for each status of a contract the first reply that it lists."""
    listed: dict[int, Mapping[str, Any]] = {}
    for plan in plans.values():
        listed = {**plan.operation.responses, **listed}
    return Replies(schemas, listed)
