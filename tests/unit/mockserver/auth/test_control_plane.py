"""The control plane: loopback names, no other site's pages, and three ways to carry its token."""

from base64 import b64encode

import pytest

from mockserver.auth.control_plane import ControlTokenAuth, HostOriginGuard
from mockserver.errors import ApiError


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:4010"},
        {"host": "127.1.2.3"},
        {"host": "localhost:1"},
        {"host": "LOCALHOST"},
        {"host": "[::1]:4010"},
        {"host": "[::ffff:127.0.0.1]:4010"},
        {"host": "localhost.:4010"},
        {"host": "mock.localhost:4010", "origin": "http://mock.localhost:4010"},
        {"host": "mock.internal.:4010"},
        {"host": "localhost:4010", "origin": "http://localhost:4010"},
        {"host": "localhost:4010", "sec-fetch-site": "same-origin"},
        {"host": "localhost:4010", "sec-fetch-site": "none"},
        {
            "host": "127.0.0.1:4010",
            "origin": "http://localhost:8080",
            "sec-fetch-site": "same-origin",
        },
        {"host": "mock.internal:4010"},
    ],
)
def test_own_pages_and_tools_pass(headers: dict[str, str]) -> None:
    HostOriginGuard(["mock.internal"]).check(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": ""},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost.evil.example:4010"},
        {"host": "8.8.8.8"},
        {"host": "[::ffff:8.8.8.8]"},
        {"host": "xlocalhost"},
        {"host": "."},
        {"host": "[::1"},
        {"host": "localhost:4010", "origin": "http://evil.example"},
        {"host": "localhost:4010", "origin": "http://localhost:4011"},
        {"host": "localhost:4010", "origin": "http://evil.example", "sec-fetch-site": "none"},
        {"host": "localhost:4010", "origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"host": "evil.example", "origin": "http://evil.example", "sec-fetch-site": "same-origin"},
        {"host": "localhost:4010", "origin": "null"},
        {"host": "localhost:4010", "origin": ""},
        {"host": "localhost:4010", "sec-fetch-site": "cross-site"},
        {"host": "localhost:4010", "sec-fetch-site": "same-site"},
    ],
)
def test_foreign_host_or_origin_is_403(headers: dict[str, str]) -> None:
    with pytest.raises(ApiError) as caught:
        HostOriginGuard().check(headers)
    assert caught.value.status == 403


def test_pages_of_an_origin_that_is_named_pass_at_hosts_that_are_served() -> None:
    guard = HostOriginGuard(origins=["https://app.example"])
    page = {"origin": "https://app.example", "sec-fetch-site": "cross-site"}
    guard.check({"host": "localhost:4010", **page})
    for headers in (
        {"host": "evil.example", **page},
        {"host": "localhost:4010", "sec-fetch-site": "cross-site"},
        {"host": "localhost:4010", "origin": "https://app.example:8443"},
    ):
        with pytest.raises(ApiError):
            guard.check(headers)


def test_any_host_where_told_so() -> None:
    HostOriginGuard(["*"]).check({"host": "whatever.example"})


TOKEN = "mock-control-token"


def basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def test_without_a_token_nothing_is_asked_and_nothing_proven() -> None:
    assert not ControlTokenAuth(None).check("/_mock/clock", {})


@pytest.mark.parametrize(
    "headers",
    [
        {"x-mock-token": TOKEN},
        {"authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer  {TOKEN}"},
        {"authorization": basic("", TOKEN)},
        {"authorization": basic("anybody", TOKEN)},
    ],
)
def test_who_knows_the_token_has_proven_it(headers: dict[str, str]) -> None:
    assert ControlTokenAuth(TOKEN).check("/_mock/clock", headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-mock-token": ""},
        {"x-mock-token": TOKEN[:-1]},
        {"x-mock-token": "\xff\ud800"},
        {"authorization": TOKEN},
        {"authorization": "Basic %"},
        {"authorization": basic(TOKEN, "")},
    ],
)
def test_others_are_told_the_way(headers: dict[str, str]) -> None:
    with pytest.raises(ApiError) as caught:
        ControlTokenAuth(TOKEN).check("/_mock/clock", headers)
    assert caught.value.status == 401
    assert "X-Mock-Token" in caught.value.message
    assert TOKEN not in str(caught.value)
    assert "WWW-Authenticate" in caught.value.headers


def test_readiness_is_open() -> None:
    assert ControlTokenAuth(TOKEN).check("/_mock/health", {})
