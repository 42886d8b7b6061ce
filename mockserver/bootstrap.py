"""The one place where everything is wired; it reads as a diagram.

server ─ Gate ─ Choice ─ [routing ─ Connexion: security] ─ Endpoint ─ handlers ─ jobs ─ store
"""

import specs
from mockserver.app import Entrance, connect
from mockserver.beside import at_once, in_thread
from mockserver.cast import Cast, read_cast
from mockserver.choice import Choice
from mockserver.clock import Pace
from mockserver.contract.schemas import Schemas
from mockserver.control.api import Control
from mockserver.control.pages import Pages
from mockserver.cors import Cors
from mockserver.endpoint import Endpoint
from mockserver.faults.forecast import Forecast
from mockserver.faults.injector import Injector
from mockserver.faults.reading import Reader
from mockserver.gate import Gate
from mockserver.guard import Guard
from mockserver.jobs.named import NamedJobs
from mockserver.jobs.service import Jobs
from mockserver.lock import Lock
from mockserver.mock import Mock
from mockserver.parties import carriers, of_control, of_nobody, of_vendor
from mockserver.party import Parties, Party
from mockserver.prefer import Preferences
from mockserver.routes import Routes
from mockserver.sandboxes import Sandboxes
from mockserver.scenarios.reading import ScenarioReader
from mockserver.settings import Settings
from mockserver.store.base import Store
from mockserver.store.opening import open_store
from mockserver.world import Start


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
