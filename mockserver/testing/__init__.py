"""A mock for tests. Each name is imported at its first use: a client does not need a server."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.testing.client import ControlError, MockVendor, VerificationError, open_vendor
    from mockserver.testing.server import MockServer

__all__ = ["ControlError", "MockServer", "MockVendor", "VerificationError", "open_vendor"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name != "MockServer":
        return getattr(import_module(f"{__name__}.client"), name)
    from mockserver.server.lean_imports import lean_imports  # noqa: PLC0415

    with lean_imports():
        return import_module(f"{__name__}.server").MockServer
