"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

_PACKAGES = ("connexion", "jsonschema-rs", "msgspec", "orjson", "starlette", "uvicorn", "uvloop")


def describe() -> dict[str, Any]:
    """Processors, system, Python and packages, and when; no name of the machine or its user."""
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
