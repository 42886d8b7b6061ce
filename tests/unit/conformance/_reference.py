"""A client on the reference app, for the tests of drivers and of what they are made of."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from conformance.http.adapter import WsgiAdapter
from conformance.http.limits import SkippingClock
from conformance.reference.app import create_app
from conformance.session import open_session
from conformance.settings import Settings
from conformance.target import read_target
from conformance.target.client import Client
from tests.unit.conformance._cases import contract

URL = "http://127.0.0.1:8080"


@contextmanager
def reference_client(
    vendor: str, switches: Collection[str] = (), *, control: bool = True, **target: Any
) -> Iterator[Client]:
    """A client on a fresh app in this process; `target` changes fields of the built-in target."""
    app = create_app(defects=switches)
    found = read_target(vendor, URL, {}, control_url=f"{URL}/_mock" if control else None)
    yield open_session(
        contract(vendor),
        replace(found, **target),
        Settings(),
        clock=SkippingClock(),
        adapter=lambda url, hosts: WsgiAdapter(app, url, *hosts),
    )
