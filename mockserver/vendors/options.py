"""Settings of one vendor, `VENDOR.NAME=VALUE`; each contract lists its own under x-options."""

from collections.abc import Iterable, Mapping

from mockserver.errors import ConfigurationError
from mockserver.vendors import Options
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
