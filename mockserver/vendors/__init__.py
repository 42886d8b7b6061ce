"""The vendors that the mock plays: one module for each folder in `specs`."""

from importlib import import_module

from mockserver.vendors.base import Vendor
from specs import Contract


def create(contract: Contract) -> Vendor:
    """Return the vendor of a contract, from the module that bears its slug.

    Raises:
        LookupError: the contract has an operation without a handler, or the reverse.
    """
    vendor: Vendor = import_module(f"{__name__}.{contract.vendor}").create(contract)
    if odd := set(vendor.handlers) ^ set(contract.operations):
        raise LookupError(f"{contract.vendor}: no handler or no operation: {sorted(odd)}")
    return vendor
