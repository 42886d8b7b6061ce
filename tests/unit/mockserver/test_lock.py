"""The lock of the control plane: three ways to carry its token, and one path without."""

from base64 import b64encode

import pytest

from mockserver.auth.control_plane import ControlTokenAuth
from mockserver.errors import ApiError

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
