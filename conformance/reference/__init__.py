"""The reference app: the three vendors by hand, with a switch for each planted defect."""

from conformance.reference.app import create_app

__all__ = ["create_app"]
