"""Talkdesk Explore: report jobs, their files, and tokens."""

from mockserver.vendors.talkdesk.vendor import create

__all__ = ["create"]
