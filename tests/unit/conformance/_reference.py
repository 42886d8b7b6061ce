"""A client on the reference app, for the tests of drivers and of what they are made of."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from conformance.reference.app import create_app
from conformance.reference.serving import serve
from conformance.session import open_session
from conformance.settings import Settings
from conformance.target.client import Client
from conformance.target.config import read_target
from tests.unit.conformance._cases import contract


@contextmanager
def reference_client(
    vendor: str, switches: Collection[str] = (), *, control: bool = True, **target: Any
) -> Iterator[Client]:
    """A client on a fresh app; `target` changes fields of the built-in target."""
    with serve(create_app(defects=switches)) as url:
        found = read_target(vendor, url, {}, control_url=f"{url}/_mock" if control else None)
        client = open_session(contract(vendor), replace(found, **target), Settings())
        yield client
