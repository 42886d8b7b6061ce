"""EnergyCAP: report groups, and report distributions with the logs of their runs."""

from mockserver.vendors.energycap.vendor import create

__all__ = ["create"]
