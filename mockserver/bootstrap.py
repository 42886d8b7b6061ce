"""The one place where everything is wired; it reads as a diagram.

server ─ Gate ─ Choice ─ [Connexion: routing ─ security] ─ Endpoint ─ handlers ─ jobs ─ store
"""

from collections.abc import Mapping
from typing import Any

import specs
from mockserver import vendors
from mockserver.app import Target, connect, docs
from mockserver.auth import Door
from mockserver.choice import Choice
from mockserver.contract import Plan, compile_plans
from mockserver.contract.reply import Replies
from mockserver.contract.schemas import Schemas
from mockserver.control import api as control
from mockserver.cors import Cors
from mockserver.endpoint import Endpoint
from mockserver.errors import Refusal
from mockserver.exchange import Reply
from mockserver.faults.forecast import Forecast
from mockserver.faults.injector import Injector
from mockserver.faults.reading import Reader
from mockserver.gate import DOCS, Gate
from mockserver.guard import Guard
from mockserver.identities import Known, by_secret, read_identities
from mockserver.jobs.named import NamedJobs
from mockserver.jobs.service import Jobs
from mockserver.mock import Mock
from mockserver.party import Parties, Party
from mockserver.prefer import Preferences
from mockserver.routes import Routes
from mockserver.sandbox import Sandbox
from mockserver.sandboxes import Sandboxes, World
from mockserver.settings import Settings
from mockserver.store.base import Store
from mockserver.store.memory import MemoryStore
from mockserver.vendors.base import Vendor
from specs.contract import read_operations


def build(settings: Settings, store: Store | None = None) -> Mock:
    """Return the mock that `settings` describe.

    Raises:
        SpecError: a contract has a fault.
        SetupError: a setting or a fixture cannot work.
    """
    contracts = [specs.load(name, settings.profile) for name in specs.vendors()]
    played = {contract.vendor: vendors.create(contract) for contract in contracts}
    identities = {name: read_identities(settings.fixtures, name) for name in played}
    content = {name: specs.read_yaml(settings.fixtures / name / "seed.yaml") for name in played}

    def fill(sandbox: Sandbox) -> None:
        for name, vendor in played.items():
            vendor.seed(sandbox, content[name])

    def credentials(sandbox: Sandbox) -> Mapping[str, Mapping[str, str]]:
        return {name: _secrets(known, sandbox) for name, known in identities.items()}

    vendor_parties = tuple(_vendor(contract, played[contract.vendor]) for contract in contracts)
    known_contracts = {contract.vendor: contract for contract in contracts}
    by_name = {party.name: party for party in vendor_parties}
    reader = Reader(
        control=Schemas(specs.load_control()),
        contracts=known_contracts,
        roles=lambda vendor: {row.identity.role for row in identities[vendor]},
        forecast=Forecast(by_name),
        longest=settings.longest_delay * 1000,
    )
    sandboxes = Sandboxes(
        World(settings.seed, settings.pace),
        settings.profile,
        store or MemoryStore(),
        fill,
        settings.limits,
    )
    parties = (
        *vendor_parties,
        _control(control.Control(sandboxes, Jobs(played), credentials, tuple(played), reader)),
    )
    every = Parties(parties, _nobody(parties))
    doors = {name: Door(by_secret(identities[name]), played[name].identify) for name in played}
    routes: Routes[Target] = Routes()
    inside = connect(parties, doors, Endpoint(settings.largest_body, Preferences(by_name)), routes)
    gate = Gate(
        inside=inside,
        parties=every,
        choose=Choice(sandboxes, _carriers(parties)),
        methods=routes.methods,
        guard=Guard(settings.control_hosts),
        cors=Cors(settings.origins, parties),
        pages=docs(parties, DOCS),
        injector=Injector(
            parties=every,
            reader=reader,
            find=NamedJobs(known_contracts, played).state,
            longest=settings.longest_delay * 1000,
        ),
    )
    return Mock(gate, sandboxes, identities, parties)


def _vendor(contract: specs.Contract, vendor: Vendor) -> Party:
    plans = compile_plans(contract.openapi, contract.operations.values())
    return Party(
        name=contract.vendor,
        prefixes=contract.prefixes,
        openapi=contract.openapi,
        plans=plans,
        handlers=vendor.handlers,
        replies=_all_replies(contract.openapi, plans),
        error=vendor.error,
        grant_refused=contract.grant_refused,
        open=True,
    )


def _control(api: control.Control) -> Party:
    openapi = specs.load_control()
    plans = compile_plans(openapi, read_operations(openapi))
    return Party(
        name=openapi["x-vendor"],
        prefixes=tuple(openapi["x-paths"]),
        openapi=openapi,
        plans=plans,
        handlers=api.handlers,
        replies=_all_replies(openapi, plans),
        error=control.error,
        grant_refused=openapi["x-grant-refused"],
        open=False,
    )


def _nobody(parties: tuple[Party, ...]) -> Party:
    """Return who answers where no contract reaches: with the way to those that do."""
    known = [prefix for party in parties for prefix in party.prefixes]

    def error(refusal: Refusal, _operation: object = None) -> Reply:
        return Reply(refusal.status, {"message": refusal.message, "served": known})

    return Party("nobody", (), {}, {}, {}, None, error, 403, open=True)


def _all_replies(openapi: dict[str, Any], plans: Mapping[str, Plan]) -> Replies:
    """Return for each status of a contract the first reply that it lists."""
    listed: dict[int, Mapping[str, Any]] = {}
    for plan in plans.values():
        listed = {**plan.operation.responses, **listed}
    return Replies(Schemas(openapi), listed)


def _carriers(parties: tuple[Party, ...]) -> tuple[str, ...]:
    schemes = [
        scheme
        for party in parties
        for scheme in party.openapi["components"].get("securitySchemes", {}).values()
    ]
    return tuple(
        sorted({"authorization" if s["type"] == "http" else s["name"].lower() for s in schemes})
    )


def _secrets(known: tuple[Known, ...], sandbox: Sandbox) -> dict[str, str]:
    secrets: dict[str, str] = {}
    for row in known:
        if row.scheme == "basic":
            name, _, password = row.within(sandbox).partition(":")
            secrets |= {"client-id": name, "client-secret": password}
        else:
            secrets[row.identity.role] = row.within(sandbox)
    return secrets
