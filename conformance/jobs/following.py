"""Follows a redirect to a file, on the target's own host alone."""

from dataclasses import replace
from urllib.parse import urlsplit

from conformance.access.client import Client
from conformance.access.target import PRIMARY
from conformance.jobs.askers import DOWNLOAD
from conformance.jobs.handle import Handle
from conformance.traffic.draft import Draft
from conformance.traffic.exchange import Exchange
from conformance.traffic.transport import Label
from conformance.traffic.urls import read_url


def follow(client: Client, exchange: Exchange, handle: Handle) -> Exchange | None:
    """Fetch what the Location of a redirect names; None without one, or if its host is strange.

    The exchange belongs to no operation; its parameters are those of the job. One of the target's
    download hosts is asked without credentials.
    """
    received = exchange.received
    if received is None or not 300 <= received.status < 400:
        return None
    location = received.headers.get("Location")
    if location is None:
        return None
    base = urlsplit(client.target.base_url)
    there = read_url(location, exchange.sent.url)
    if there is None:
        return None  # the judges of links say what is wrong with it
    label = Label(None, DOWNLOAD, PRIMARY, None, {**handle.parameters, "id": handle.id})
    if (there.scheme, there.netloc) != (base.scheme, base.netloc):
        known = there.hostname in client.target.download_hosts
        return client.download(there, replace(label, role=None)) if known else None
    fetch = client.contract.operations[client.contract.lifecycle.roles["fetch"].operation]
    path = there.path.removeprefix(base.path) + (f"?{there.query}" if there.query else "")
    return client.send(fetch, Draft("GET", path), {"Accept": "*/*"}, label=label)
