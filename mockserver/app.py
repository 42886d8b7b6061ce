"""The composition root: creates all components and connects them.

server - Application: routing - sandbox - security - validation - handler - jobs, resources - store
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import specs
from mockserver.auth.control_plane import ControlPlaneAccess, ControlTokenAuth, HostOriginGuard
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
from mockserver.http import call_in_thread, call_inline
from mockserver.http.application import Application
from mockserver.http.cors import Cors
from mockserver.http.dispatch import Dispatcher
from mockserver.http.messages import Response
from mockserver.http.prefer import Preferences
from mockserver.http.routing import Api, ApiRegistry, build_router
from mockserver.http.security import Security
from mockserver.jobs.admin import JobAdmin, JobLocator
from mockserver.journal.redaction import is_secret
from mockserver.openapi import CompiledOperation, compile_operations
from mockserver.openapi.responses import ResponseValidator
from mockserver.openapi.schemas import Schemas
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.resolver import SandboxResolver
from mockserver.sandbox.state import SandboxConfig
from mockserver.scenarios.parser import ScenarioParser
from mockserver.scenarios.repository import FixtureRepository
from mockserver.store import open_store
from mockserver.store.base import Store
from mockserver.vendors import Vendor
from mockserver.vendors.registry import VendorRegistry, load_vendors
from specs.contract import read_operations


@dataclass(frozen=True, slots=True)
class App:
    """The application with what the start-up banner and tests use; identities are by vendor."""

    app: Application
    sandboxes: SandboxRegistry
    identities: Mapping[str, tuple[Credential, ...]]
    apis: tuple[Api, ...]
    store: Store
    fixtures: FixtureRepository
    vendors: Mapping[str, Vendor]


def create_app(settings: Settings, store: Store | None = None) -> App:
    """Return the mock that `settings` describe.

    Raises:
        SpecError: a contract is invalid.
        ConfigurationError: a setting or a fixture is invalid.
    """
    registry = load_vendors(settings)
    openapi = specs.load_control()
    vendors = vendor_apis(registry, settings.cors_origin)
    locator = JobLocator(registry.contracts, registry.vendors)
    faults = _fault_rule_parser(registry, vendors, Schemas(openapi), settings, locator)
    registry.fixtures.open(ScenarioParser(registry.contracts, faults), settings.scenario)
    store = store or open_store(settings.store)
    run = call_in_thread if store.shared else call_inline
    sandboxes = _sandboxes(registry, store, faults, settings)
    control = Control(
        sandboxes,
        JobAdmin(registry.vendors),
        registry.access_info,
        registry.contracts,
        faults,
        registry.fixtures,
        settings.scheme,
    )
    apis = (*vendors.values(), control_api(openapi, control, settings.control_origin))
    everyone = ApiRegistry(apis, fallback_api(apis, settings.cors_origin, settings.root_path or ""))
    application = Application(
        apis=everyone,
        router=build_router(apis),
        control_access=ControlPlaneAccess(
            ControlTokenAuth(settings.control_token),
            HostOriginGuard(settings.control_host, settings.control_origin),
        ),
        pages=Pages(apis),
        resolve_sandbox=SandboxResolver(sandboxes, credential_headers(apis)),
        security=Security(apis, registry.authenticators()),
        dispatcher=Dispatcher(
            settings.max_body,
            Preferences(vendors),
            registry.fixtures.resolve_scenario,
            run,
            sandboxes.replacement,
        ),
        fault_injector=FaultInjector(
            everyone, faults, locator.state, settings.longest_delay * 1000
        ),
        run=run,
        flush_journal=sandboxes.flush,
        virtual_date=settings.date_header == "virtual",
        credential_names=_credential_names(apis),
    )
    return App(
        application,
        sandboxes,
        registry.fixtures.identities,
        apis,
        store,
        registry.fixtures,
        registry.vendors,
    )


def vendor_apis(registry: VendorRegistry, origins: tuple[str, ...]) -> dict[str, Api]:
    """Return the API of each vendor by its slug."""
    contracts = registry.contracts.values()
    cors = Cors(origins, [row for contract in contracts for row in contract.operations.values()])
    return {
        slug: vendor_api(registry.contracts[slug], vendor, cors)
        for slug, vendor in registry.vendors.items()
    }


def vendor_api(contract: specs.Contract, vendor: Vendor, cors: Cors | None = None) -> Api:
    """Return the API under the prefixes of a vendor."""
    schemas = Schemas(contract.openapi)
    operations = compile_operations(schemas, contract.operations.values())
    return Api(
        name=contract.vendor,
        prefixes=contract.prefixes,
        openapi=contract.openapi,
        operations=operations,
        handlers=vendor.handlers,
        responses=_all_responses(schemas, operations),
        error=vendor.error,
        forbidden_status=contract.grant_refused,
        cors=cors,
        is_vendor=True,
    )


def control_api(openapi: dict[str, Any], api: control.Control, origins: tuple[str, ...]) -> Api:
    """Return the API under /_mock; pages of `origins` may call it."""
    schemas = Schemas(openapi)
    declared = list(read_operations(openapi))
    operations = compile_operations(schemas, declared)
    return Api(
        name=openapi["x-vendor"],
        prefixes=tuple(openapi["x-paths"]),
        openapi=openapi,
        operations=operations,
        handlers=api.handlers,
        responses=_all_responses(schemas, operations),
        error=control.error,
        forbidden_status=openapi["x-grant-refused"],
        cors=Cors(origins, declared) if origins else None,
    )


def fallback_api(apis: tuple[Api, ...], origins: tuple[str, ...], root_path: str = "") -> Api:
    """Return the API of all other paths: its errors list the prefixes that are served."""
    served = [root_path + prefix for api in apis for prefix in api.prefixes]

    def error(api_error: ApiError, _operation: object = None) -> Response:
        return Response(api_error.status, {"message": api_error.message, "served": served})

    return Api("nobody", (), {}, {}, {}, None, error, 403, Cors(origins, ()))


def credential_headers(apis: tuple[Api, ...]) -> tuple[str, ...]:
    """Return the headers, in lower case, that carry credentials."""
    return tuple(sorted({_header_of(scheme) for scheme in _schemes(apis)} - {""}))


def _credential_names(apis: tuple[Api, ...]) -> frozenset[str]:
    """Return the names that only their contract shows to be those of a credential."""
    names = {scheme["name"].lower() for scheme in _schemes(apis) if scheme["type"] == "apiKey"}
    return frozenset(name for name in names if not is_secret(name))


def _schemes(apis: tuple[Api, ...]) -> Iterator[Mapping[str, Any]]:
    for api in apis:
        yield from api.openapi["components"].get("securitySchemes", {}).values()


def _header_of(scheme: Mapping[str, Any]) -> str:
    if scheme["type"] == "http":
        return "authorization"
    name: str = scheme["name"].lower()
    return {"header": name, "cookie": "cookie"}.get(scheme["in"], "")


def _all_responses(
    schemas: Schemas, operations: Mapping[str, CompiledOperation]
) -> ResponseValidator:
    """Return a validator of the first response that an API lists for each status."""
    listed: dict[int, Mapping[str, Any]] = {}
    for operation in operations.values():
        listed = {**operation.operation.responses, **listed}
    return ResponseValidator(schemas, listed)


def _fault_rule_parser(
    registry: VendorRegistry,
    vendors: dict[str, Api],
    control: Schemas,
    settings: Settings,
    locator: JobLocator,
) -> FaultRuleParser:
    return FaultRuleParser(
        control=control,
        contracts=registry.contracts,
        roles=registry.fixtures.roles,
        predictor=LabelPredictor(vendors),
        max_delay_ms=settings.longest_delay * 1000,
        names_job=locator.names_job,
    )


def _sandboxes(
    registry: VendorRegistry, store: Store, faults: FaultRuleParser, settings: Settings
) -> SandboxRegistry:
    pace_is_explicit = settings.pace != ClockSettings()  # else a scenario's clock counts
    return SandboxRegistry(
        SandboxConfig(settings.seed, settings.pace, settings.scenario, pace_is_explicit),
        settings.profile,
        store,
        registry.seed,
        faults.read,
        settings.sandbox_limits,
        resolve_scenario=registry.fixtures.resolve_scenario,
        refresh=registry.fixtures.refresh,
    )
