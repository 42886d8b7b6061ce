"""The version of the installed distribution."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """Return the version, or `unknown` where the code runs without being installed."""
    try:
        return installed("report-contracts")
    except PackageNotFoundError:
        return "unknown"
