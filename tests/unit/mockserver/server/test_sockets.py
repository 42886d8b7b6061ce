"""Sockets: every address of a name, on one port."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.errors import ConfigurationError
from mockserver.server.sockets import bind

LOOPBACK_4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))
LOOPBACK_6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0))
ELSEWHERE = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))

Resolve = Callable[..., None]


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def connect(family: socket.AddressFamily, address: str, port: int) -> None:
    """Raise OSError unless somebody listens."""
    with socket.socket(family) as client:
        client.connect((address, port))


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Let every name have these addresses."""

    def resolved(*addresses: Any) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: list(addresses))

    return resolved


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_every_address_of_a_name_is_bound_on_one_port(resolve: Resolve) -> None:
    resolve(LOOPBACK_6, LOOPBACK_4, LOOPBACK_6)
    bound = bind("localhost", 0)
    try:
        assert [one.family for one in bound.sockets] == [socket.AF_INET6, socket.AF_INET]
        assert len({one.getsockname()[1] for one in bound.sockets}) == 1
        connect(socket.AF_INET, "127.0.0.1", bound.port)
        connect(socket.AF_INET6, "::1", bound.port)
        assert bound.local
        assert bound.authority == f"localhost:{bound.port}"
    finally:
        bound.close()


def test_two_addresses_of_one_family_are_bound(resolve: Resolve) -> None:
    resolve(LOOPBACK_4, (*LOOPBACK_4[:4], ("127.0.0.2", 0)))
    bound = bind("mock.example", 0)
    try:
        connect(socket.AF_INET, "127.0.0.1", bound.port)
        connect(socket.AF_INET, "127.0.0.2", bound.port)
    finally:
        bound.close()


def test_address_that_this_machine_has_not_is_passed_over(resolve: Resolve) -> None:
    resolve(ELSEWHERE, LOOPBACK_4)
    bound = bind("localhost", 0)
    assert [one.getsockname()[0] for one in bound.sockets] == ["127.0.0.1"]
    bound.close()


def test_name_of_other_machines_is_refused(resolve: Resolve) -> None:
    resolve(ELSEWHERE)
    with pytest.raises(ConfigurationError, match=r"Cannot listen on mock\.example port 0"):
        bind("mock.example", 0)


def test_port_that_is_taken_at_any_address_is_refused(resolve: Resolve) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        resolve(LOOPBACK_4, (*LOOPBACK_4[:4], ("127.0.0.2", port)))
        with pytest.raises(ConfigurationError, match=f"port {port}: Address already in use"):
            bind("mock.example", port)
        with socket.create_server(("127.0.0.1", port)):  # and the other address is free again
            pass
