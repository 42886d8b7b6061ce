"""Oracle Clinical One: report jobs, their files, and the list of reports."""

from mockserver.vendors.clinicalone.vendor import create

__all__ = ["create"]
