"""Wires a client for a target: the one place where transport, credentials and control meet."""

from conformance.access.client import Client
from conformance.access.config import is_loopback
from conformance.access.control import Control
from conformance.access.credentials import Credentials
from conformance.access.target import Target
from conformance.settings import Settings
from conformance.traffic.budget import Budget
from conformance.traffic.clock import Clock, SystemClock
from conformance.traffic.transport import Limits, Transport
from conformance.traffic.vault import Vault
from conformance.traffic.wire import GuardedAdapter, Session
from specs import Contract


def open_session(
    contract: Contract, target: Target, settings: Settings, clock: Clock | None = None
) -> tuple[Client, Transport]:
    """Return a client for `target` and the transport under it; nothing is sent yet."""
    clock = clock or SystemClock()
    budget = Budget(clock, settings.max_requests, settings.rate, settings.max_time)
    vault = Vault()
    limits = Limits(settings.timeout)

    def transport_to(url: str, download_hosts: tuple[str, ...] = ()) -> Transport:
        session = Session(GuardedAdapter(url, download_hosts), settings.ca_bundle)
        direct = is_loopback(url)
        return Transport(url, session, vault=vault, budget=budget, limits=limits, direct=direct)

    transport = transport_to(target.base_url, target.download_hosts)
    urls = {c.token_url for c in target.credentials.values() if c.token_url}
    desks = {url: transport_to(url) for url in urls}
    credentials = Credentials(contract, target, transport, desks)
    control = None
    if target.control_url is not None:
        direct = is_loopback(target.control_url)
        control = Control(target.control_url, target.sandbox, settings.timeout, direct=direct)
    return Client(contract, target, transport, credentials, control), transport
