"""A mock that is wired and only needs a server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import specs
from mockserver.auth.control_plane import Guard, Lock
from mockserver.auth.identities import Known
from mockserver.clock import Pace
from mockserver.config import Settings
from mockserver.control import api as control
from mockserver.control.api import Control
from mockserver.control.pages import Pages
from mockserver.errors import Refusal
from mockserver.faults.injection import Injector
from mockserver.faults.labels import Forecast
from mockserver.faults.parser import Reader
from mockserver.http.apis import Parties, Party
from mockserver.http.application import Gate
from mockserver.http.cors import Cors
from mockserver.http.dispatch import Endpoint
from mockserver.http.executors import at_once, in_thread
from mockserver.http.messages import Reply
from mockserver.http.prefer import Preferences
from mockserver.http.routing import Entrance, Routes, connect
from mockserver.jobs.admin import Jobs, NamedJobs
from mockserver.openapi.operation import Plan, compile_plans
from mockserver.openapi.responses import Replies
from mockserver.openapi.schemas import Schemas
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.resolver import Choice
from mockserver.sandbox.state import Start
from mockserver.scenarios.parser import ScenarioReader
from mockserver.store import open_store
from mockserver.store.base import Store
from mockserver.vendors import Vendor
from mockserver.vendors.registry import Cast, read_cast
from specs.contract import read_operations


@dataclass(frozen=True, slots=True)
class Mock:
    """The application, and what there is to tell about it; identities are by vendor."""

    app: Gate
    sandboxes: Sandboxes
    identities: Mapping[str, tuple[Known, ...]]
    parties: tuple[Party, ...]
    store: Store


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


def build(settings: Settings, store: Store | None = None) -> Mock:
    """Return the mock that `settings` describe.

    Raises:
        SpecError: a contract has a fault.
        SetupError: a setting or a fixture cannot work.
    """
    cast = read_cast(settings)
    openapi = specs.load_control()
    vendors = {name: of_vendor(cast.contracts[name], it) for name, it in cast.vendors.items()}
    faults = _faults(cast, vendors, Schemas(openapi), settings)
    cast.library.open(ScenarioReader(cast.contracts, faults), settings.scenario)
    store = store or open_store(settings.store)
    run = in_thread if store.shared else at_once
    sandboxes = _sandboxes(cast, store, faults, settings)
    control = Control(
        sandboxes, Jobs(cast.vendors), cast.ways_in, tuple(vendors), faults, cast.library
    )
    parties = (*vendors.values(), of_control(openapi, control))
    routes: Routes[Entrance] = Routes()
    endpoint = Endpoint(settings.largest_body, Preferences(vendors), cast.library.begin, run)
    gate = Gate(
        inside=connect(parties, cast.doors(), endpoint, routes),
        parties=(everyone := Parties(parties, of_nobody(parties))),
        choose=Choice(sandboxes, carriers(parties)),
        methods=routes.methods,
        lock=Lock(settings.control_token),
        guard=Guard(settings.control_hosts),
        cors=Cors(settings.origins, parties),
        pages=Pages(parties),
        injector=_injector(cast, everyone, faults, settings),
        run=run,
        settle=sandboxes.settle,
    )
    return Mock(gate, sandboxes, cast.library.identities, parties, store)


def _faults(cast: Cast, vendors: dict[str, Party], control: Schemas, settings: Settings) -> Reader:
    return Reader(
        control=control,
        contracts=cast.contracts,
        roles=cast.library.roles,
        forecast=Forecast(vendors),
        longest=settings.longest_delay * 1000,
    )


def _sandboxes(cast: Cast, store: Store, faults: Reader, settings: Settings) -> Sandboxes:
    told = settings.pace != Pace()  # else a scenario's clock counts
    return Sandboxes(
        Start(settings.seed, settings.pace, settings.scenario, told),
        settings.profile,
        store,
        cast.fill,
        faults.read,
        settings.limits,
        begin_of=cast.library.begin,
        refresh=cast.library.refresh,
    )


def _injector(cast: Cast, parties: Parties, faults: Reader, settings: Settings) -> Injector:
    return Injector(
        parties=parties,
        reader=faults,
        find=NamedJobs(cast.contracts, cast.vendors).state,
        longest=settings.longest_delay * 1000,
    )
