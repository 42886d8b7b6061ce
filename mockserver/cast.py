"""The vendors that are played: the contract, the module, the identities and the seed of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import specs
from mockserver import vendors
from mockserver.auth import Door
from mockserver.identities import Known, by_secret, read_identities, secrets_within
from mockserver.sandbox import Sandbox
from mockserver.settings import Settings
from mockserver.vendors.base import Vendor


@dataclass(frozen=True, slots=True)
class Cast:
    """All by the vendor's slug, in alphabetical order."""

    contracts: Mapping[str, specs.Contract]
    vendors: Mapping[str, Vendor]
    identities: Mapping[str, tuple[Known, ...]]
    seeds: Mapping[str, Any]

    def fill(self, sandbox: Sandbox) -> None:
        """Put the seed data of every vendor into an empty sandbox."""
        for name, vendor in self.vendors.items():
            vendor.seed(sandbox, self.seeds[name])

    def credentials(self, sandbox: Sandbox) -> Mapping[str, Mapping[str, str]]:
        """Return the secrets that choose a sandbox, by vendor and role."""
        return {name: secrets_within(known, sandbox) for name, known in self.identities.items()}

    def roles(self, vendor: str) -> set[str]:
        """Return the roles of a vendor's identities."""
        return {row.identity.role for row in self.identities[vendor]}

    def doors(self) -> Mapping[str, Door]:
        """Return who lets callers in."""
        return {
            name: Door(by_secret(self.identities[name]), vendor.identify)
            for name, vendor in self.vendors.items()
        }


def read_cast(settings: Settings) -> Cast:
    """Return the vendors in the profile of the settings.

    Raises:
        SpecError: a contract or a fixture has a fault.
        SetupError: the identities cannot work.
    """
    contracts = {name: specs.load(name, settings.profile) for name in specs.vendors()}
    return Cast(
        contracts=contracts,
        vendors={name: vendors.create(contract) for name, contract in contracts.items()},
        identities={name: read_identities(settings.fixtures, name) for name in contracts},
        seeds={name: specs.read_yaml(settings.fixtures / name / "seed.yaml") for name in contracts},
    )
