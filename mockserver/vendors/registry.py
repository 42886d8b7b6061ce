"""The vendors that are served: contract, module, options and fixtures of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import specs
from mockserver.auth.authentication import Authenticator
from mockserver.auth.identities import headers_for_sandbox, key_header, secrets_for_sandbox
from mockserver.clock import ORIGIN
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenarios import Seed
from mockserver.scenarios.files import FixturePaths
from mockserver.scenarios.repository import FixtureRepository
from mockserver.vendors import Options, Vendor
from specs import Contract

FLAG = "--vendor-option"


def parse_options(texts: Iterable[str], contracts: Mapping[str, Contract]) -> Mapping[str, Options]:
    """Return the options of each vendor, defaults filled in.

    Raises:
        ConfigurationError: a text is malformed, or the vendor, the option or the value is unknown.
    """
    options = {name: _defaults(contract) for name, contract in contracts.items()}
    for text in texts:
        name, equals, value = text.partition("=")
        vendor, dot, option = name.partition(".")
        if not (dot and equals):
            raise ConfigurationError(f"{FLAG} {text}: write VENDOR.NAME=VALUE")
        if vendor not in contracts:
            raise ConfigurationError(f"{FLAG} {text}: unknown vendor; choose {_listed(contracts)}")
        if option not in options[vendor]:
            known = _listed(options[vendor])
            raise ConfigurationError(
                f"{FLAG} {text}: unknown option; {vendor} has {known or 'none'}"
            )
        values = contracts[vendor].openapi["x-options"][option].get("values", [value])
        if value not in values:
            raise ConfigurationError(f"{FLAG} {text}: choose {' or '.join(values)}")
        options[vendor][option] = value
    return options


def _defaults(contract: Contract) -> dict[str, str]:
    declared = contract.openapi.get("x-options", {})
    return {name: row["default"] for name, row in declared.items()}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def create(contract: Contract, options: Options | None = None, scheme: str = "http") -> Vendor:
    """Return the vendor of a contract, from the module that is named like its folder in `specs`.

    Without `options` the defaults of the contract apply. A user's own vendor is played by
    `mockserver.vendors.generic`, with links of `scheme`.

    Raises:
        ConfigurationError: there is no such module, it has no `create`, or its handlers are not
            one for each operation of the contract.
    """
    if options is None:
        options = parse_options((), {contract.vendor: contract})[contract.vendor]
    if contract.own:
        options = {**options, "scheme": scheme}
    name = f"mockserver.vendors.{'generic' if contract.own else contract.vendor}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ConfigurationError(
            f"specs/{contract.vendor}: the module {name}, which plays this vendor, is missing"
        ) from None
    if not hasattr(module, "create"):
        raise ConfigurationError(f"{name}: the function create(contract, options) is missing")
    vendor: Vendor = module.create(contract, options)
    if missing := sorted(contract.operations.keys() - vendor.handlers.keys()):
        raise ConfigurationError(f"{name}: no handler for the operations {', '.join(missing)}")
    if unknown := sorted(vendor.handlers.keys() - contract.operations.keys()):
        raise ConfigurationError(f"{name}: handlers of unknown operations: {', '.join(unknown)}")
    return vendor


@dataclass(frozen=True, slots=True)
class VendorRegistry:
    """All by the vendor's slug, in alphabetical order. `fixtures` must be opened once."""

    contracts: Mapping[str, specs.Contract]
    vendors: Mapping[str, Vendor]
    fixtures: FixtureRepository

    def seed(self, sandbox: Sandbox) -> None:
        """Put the seed data of every vendor into an empty sandbox, as its scenario has them."""
        seeds = self.fixtures.resolve_scenario(sandbox.scenario).seeds
        for name, vendor in self.vendors.items():
            vendor.seeds.load(sandbox, seeds[name])

    def access_info(self, sandbox: Sandbox) -> dict[str, Any]:
        """Return what chooses a sandbox: the secrets, and headers that hold them, by vendor."""
        identities = self.fixtures.identities.items()
        return {
            "credentials": {
                name: secrets_for_sandbox(known, sandbox) for name, known in identities
            },
            "headers": {
                name: headers_for_sandbox(known, sandbox, key_header(self.contracts[name].openapi))
                for name, known in identities
            },
        }

    def authenticators(self) -> Mapping[str, Authenticator]:
        """Return the authenticator of each vendor."""
        secrets = self.fixtures.secrets
        return {
            name: Authenticator(secrets[name], it.identify) for name, it in self.vendors.items()
        }


def load_vendors(settings: Settings) -> VendorRegistry:
    """Return the vendors in the profile of the settings.

    Raises:
        SpecError: a contract is invalid.
        ConfigurationError: a vendor has no valid module, see `create`, or an option is unknown.
    """
    folders = specs.vendor_folders(settings.vendors)
    loaded = {
        name: specs.load(name, settings.profile, folder=folder)
        for name, folder in sorted(folders.items())
    }
    options = parse_options(settings.vendor_option, loaded)
    vendors = {
        name: create(contract, options[name], settings.scheme) for name, contract in loaded.items()
    }
    contracts = {name: vendor.contract for name, vendor in vendors.items()}

    def check(vendor: str, seed: Seed) -> None:
        vendors[vendor].seeds.records(seed, ORIGIN)

    paths = FixturePaths(
        specs.fixtures(),
        settings.fixtures,
        settings.scenarios,
        tuple(contracts),
        settings.faults,
        own={name: folder / "fixtures" for name, folder in folders.items() if specs.is_own(folder)},
    )
    return VendorRegistry(contracts, vendors, FixtureRepository(paths, contracts, check))
