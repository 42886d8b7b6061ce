"""A mock for tests. `MockServer` is imported at its first use: the client does not need it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.testing.server import MockServer

__all__ = ["MockServer"]


def __getattr__(name: str) -> Any:
    if name == "MockServer":
        from mockserver.testing.server import MockServer  # noqa: PLC0415

        return MockServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
