"""A mock that is wired and only needs a server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import specs
from mockserver.auth.control_plane import ControlTokenAuth, HostOriginGuard
from mockserver.auth.identities import Credential
from mockserver.clock import ClockSettings
from mockserver.config import Settings
from mockserver.control import api as control
from mockserver.control.api import Control
from mockserver.control.pages import Pages
from mockserver.errors import ApiError
from mockserver.faults.injection import FaultInjector
from mockserver.faults.labels import LabelPredictor
from mockserver.faults.parser import FaultRuleParser
from mockserver.http.apis import Api, ApiRegistry
from mockserver.http.application import Application
from mockserver.http.cors import Cors
from mockserver.http.dispatch import Dispatcher
from mockserver.http.executors import call_in_thread, call_inline
from mockserver.http.messages import Response
from mockserver.http.prefer import Preferences
from mockserver.http.routing import Entrance, Routes, connect
from mockserver.jobs.admin import JobAdmin, JobLocator
from mockserver.openapi.operation import CompiledOperation, compile_operations
from mockserver.openapi.responses import ResponseValidator
from mockserver.openapi.schemas import Schemas
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.resolver import SandboxResolver
from mockserver.sandbox.state import SandboxConfig
from mockserver.scenarios.parser import ScenarioParser
from mockserver.store import open_store
from mockserver.store.base import Store
from mockserver.vendors import Vendor
from mockserver.vendors.registry import VendorRegistry, load_vendors
from specs.contract import read_operations


@dataclass(frozen=True, slots=True)
class App:
    """The application, and what there is to tell about it; identities are by vendor."""

    app: Application
    sandboxes: SandboxRegistry
    identities: Mapping[str, tuple[Credential, ...]]
    apis: tuple[Api, ...]
    store: Store


def vendor_api(contract: specs.Contract, vendor: Vendor) -> Api:
    """Return who answers under the prefixes of a vendor."""
    schemas = Schemas(contract.openapi)
    plans = compile_operations(schemas, contract.operations.values())
    return Api(
        name=contract.vendor,
        prefixes=contract.prefixes,
        openapi=contract.openapi,
        operations=plans,
        handlers=vendor.handlers,
        responses=_all_replies(schemas, plans),
        error=vendor.error,
        forbidden_status=contract.grant_refused,
        cors_enabled=True,
    )


def control_api(openapi: dict[str, Any], api: control.Control) -> Api:
    """Return who answers under /_mock."""
    schemas = Schemas(openapi)
    plans = compile_operations(schemas, read_operations(openapi))
    return Api(
        name=openapi["x-vendor"],
        prefixes=tuple(openapi["x-paths"]),
        openapi=openapi,
        operations=plans,
        handlers=api.handlers,
        responses=_all_replies(schemas, plans),
        error=control.error,
        forbidden_status=openapi["x-grant-refused"],
        cors_enabled=False,
    )


def fallback_api(apis: tuple[Api, ...]) -> Api:
    """Return who answers where no contract reaches: with the way to those that do."""
    known = [prefix for api in apis for prefix in api.prefixes]

    def error(refusal: ApiError, _operation: object = None) -> Response:
        return Response(refusal.status, {"message": refusal.message, "served": known})

    return Api("nobody", (), {}, {}, {}, None, error, 403, cors_enabled=True)


def credential_headers(apis: tuple[Api, ...]) -> tuple[str, ...]:
    """Return the headers, in lower case, that credentials come in."""
    schemes = [
        scheme
        for api in apis
        for scheme in api.openapi["components"].get("securitySchemes", {}).values()
    ]
    return tuple(
        sorted({"authorization" if s["type"] == "http" else s["name"].lower() for s in schemes})
    )


def _all_replies(schemas: Schemas, plans: Mapping[str, CompiledOperation]) -> ResponseValidator:
    """Return for each status of a contract the first reply that it lists."""
    listed: dict[int, Mapping[str, Any]] = {}
    for plan in plans.values():
        listed = {**plan.operation.responses, **listed}
    return ResponseValidator(schemas, listed)


def create_app(settings: Settings, store: Store | None = None) -> App:
    """Return the mock that `settings` describe.

    Raises:
        SpecError: a contract has a fault.
        ConfigurationError: a setting or a fixture cannot work.
    """
    cast = load_vendors(settings)
    openapi = specs.load_control()
    vendors = {name: vendor_api(cast.contracts[name], it) for name, it in cast.vendors.items()}
    faults = _faults(cast, vendors, Schemas(openapi), settings)
    cast.library.open(ScenarioParser(cast.contracts, faults), settings.scenario)
    store = store or open_store(settings.store)
    run = call_in_thread if store.shared else call_inline
    sandboxes = _sandboxes(cast, store, faults, settings)
    control = Control(
        sandboxes, JobAdmin(cast.vendors), cast.access_info, tuple(vendors), faults, cast.library
    )
    apis = (*vendors.values(), control_api(openapi, control))
    routes: Routes[Entrance] = Routes()
    endpoint = Dispatcher(
        settings.largest_body, Preferences(vendors), cast.library.resolve_scenario, run
    )
    gate = Application(
        inside=connect(apis, cast.authenticators(), endpoint, routes),
        apis=(everyone := ApiRegistry(apis, fallback_api(apis))),
        choose=SandboxResolver(sandboxes, credential_headers(apis)),
        methods=routes.methods,
        lock=ControlTokenAuth(settings.control_token),
        guard=HostOriginGuard(settings.control_hosts, settings.control_origins),
        cors=Cors(settings.origins, vendors.values()),
        control_cors=Cors(settings.control_origins, apis[-1:]),
        pages=Pages(apis),
        injector=_injector(cast, everyone, faults, settings),
        run=run,
        settle=sandboxes.flush,
    )
    return App(gate, sandboxes, cast.library.identities, apis, store)


def _faults(
    cast: VendorRegistry, vendors: dict[str, Api], control: Schemas, settings: Settings
) -> FaultRuleParser:
    return FaultRuleParser(
        control=control,
        contracts=cast.contracts,
        roles=cast.library.roles,
        forecast=LabelPredictor(vendors),
        longest=settings.longest_delay * 1000,
    )


def _sandboxes(
    cast: VendorRegistry, store: Store, faults: FaultRuleParser, settings: Settings
) -> SandboxRegistry:
    told = settings.pace != ClockSettings()  # else a scenario's clock counts
    return SandboxRegistry(
        SandboxConfig(settings.seed, settings.pace, settings.scenario, told),
        settings.profile,
        store,
        cast.seed,
        faults.read,
        settings.limits,
        begin_of=cast.library.resolve_scenario,
        refresh=cast.library.refresh,
    )


def _injector(
    cast: VendorRegistry, apis: ApiRegistry, faults: FaultRuleParser, settings: Settings
) -> FaultInjector:
    return FaultInjector(
        apis=apis,
        reader=faults,
        find=JobLocator(cast.contracts, cast.vendors).state,
        longest=settings.longest_delay * 1000,
    )
