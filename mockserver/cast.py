"""The vendors that are played: the contract, the module, and what the fixtures say of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import specs
from mockserver import vendors
from mockserver.auth import Door
from mockserver.clock import Clock, Mode, Pace
from mockserver.identities import headers_within, key_header, secrets_within
from mockserver.journal import Bounds, Budget, Journal
from mockserver.sandbox import Sandbox
from mockserver.scenarios.folders import Folders
from mockserver.scenarios.library import Library
from mockserver.scenarios.scenario import Seed
from mockserver.settings import Settings
from mockserver.store.base import Records
from mockserver.store.memory import MemoryStore
from mockserver.vendors.base import Vendor


@dataclass(frozen=True, slots=True)
class Cast:
    """All by the vendor's slug, in alphabetical order. The library has to be opened once."""

    contracts: Mapping[str, specs.Contract]
    vendors: Mapping[str, Vendor]
    library: Library

    def fill(self, sandbox: Sandbox) -> None:
        """Put the seed data of every vendor into an empty sandbox, as its scenario has them."""
        seeds = self.library.begin(sandbox.scenario).seeds
        for name, vendor in self.vendors.items():
            vendor.seed(sandbox, seeds[name])

    def ways_in(self, sandbox: Sandbox) -> dict[str, Any]:
        """Return what chooses a sandbox: the secrets, and headers that hold them, by vendor."""
        identities = self.library.identities.items()
        return {
            "credentials": {name: secrets_within(known, sandbox) for name, known in identities},
            "headers": {
                name: headers_within(known, sandbox, key_header(self.contracts[name].openapi))
                for name, known in identities
            },
        }

    def doors(self) -> Mapping[str, Door]:
        """Return who lets callers in."""
        secrets = self.library.secrets
        return {name: Door(secrets[name], it.identify) for name, it in self.vendors.items()}


def read_cast(settings: Settings) -> Cast:
    """Return the vendors in the profile of the settings.

    Raises:
        SpecError: a contract has a fault.
    """
    contracts = {name: specs.load(name, settings.profile) for name in specs.vendors()}
    played = {name: vendors.create(contract) for name, contract in contracts.items()}

    def check(vendor: str, seed: Seed) -> None:
        played[vendor].seed(_scratch(settings.profile), seed)

    folders = Folders(specs.fixtures(), settings.fixtures, settings.scenarios, tuple(contracts))
    return Cast(contracts, played, Library(folders, contracts, settings.faults, check))


def _scratch(profile: str) -> Sandbox:
    """Return a sandbox to try seed data in."""
    return Sandbox(
        name="scratch",
        seed=1,
        profile=profile,
        clock=Clock(Pace(Mode.MANUAL)),
        records=Records(MemoryStore(), "scratch"),
        journal=Journal(Bounds(), Budget()),
    )
