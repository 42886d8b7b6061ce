"""Tests of target files and of the built-in targets."""

from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.target import check_url, is_loopback, read_target
from specs import vendors

AWAY = "https://vendor.example"


def written(folder: Path, text: str) -> Path:
    file = folder / "target.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"])
def test_loopback_is_recognised(host: str):
    assert is_loopback(f"http://{host}:8080")


@pytest.mark.parametrize("host", ["10.0.0.1", "vendor.example", "128.0.0.1", "localhost.example"])
def test_other_hosts_are_no_loopback(host: str):
    assert not is_loopback(f"http://{host}:8080")


@pytest.mark.parametrize("vendor", vendors())
def test_each_vendor_has_a_built_in_target_that_allows_writes(vendor: str):
    target = read_target(vendor, "http://127.0.0.1:1/", {})
    assert target.base_url == "http://127.0.0.1:1"
    assert target.writes
    assert target.has_credential("primary")
    assert target.has_credential("limited")


def test_the_built_in_target_consents_to_exec_with_override_users():
    consent = read_target("energycap", "http://localhost:1", {}).consent
    assert consent["executeReportDistribution"].query == {
        "overrideUserIds": ("7", "8", "9", "10", "11")
    }


def test_elsewhere_a_target_file_is_needed():
    with pytest.raises(UsageError, match="--target"):
        read_target("talkdesk", AWAY, {})


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("vendor.example", "not an http:// or https:// URL"),
        ("ftp://vendor.example", "not an http:// or https:// URL"),
        ("http://", "not an http:// or https:// URL"),
        ("http://vendor.example:port", "is not a URL"),
        ("http://user:pw@vendor.example", "must not have a user"),
        ("http://vendor.example/?a=b", "must not have a user"),
    ],
)
def test_a_bad_url_names_its_flag(url: str, reason: str):
    with pytest.raises(UsageError, match=f"--base-url.*{reason}"):
        check_url(url, "--base-url")


def test_secrets_come_from_the_environment(tmp_path: Path):
    file = written(
        tmp_path,
        "vendor: talkdesk\ncredentials:\n"
        "  primary: {client_id: {env: TD_ID}, client_secret: {env: TD_SECRET}}\n"
        "  reader: {token: {env: TD_READER}}\n",
    )
    environment = {"TD_ID": "id-1", "TD_SECRET": "secret-1", "TD_READER": "token-1"}
    target = read_target("talkdesk", AWAY, environment, file=file)
    assert target.credentials["primary"].client_secret == "secret-1"
    assert target.credentials["reader"].placeholder == "$TALKDESK_READER_TOKEN"
    assert not target.writes
    assert "secret-1" not in repr(target)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("vendor: talkdesk\n", "credentials"),
        ("vendor: energycap\ncredentials: {primary: {token: {env: X}}}\n", "it is for 'energycap'"),
        (
            "vendor: talkdesk\ncredentials: {primary: {token: abc}}\n",
            r"/primary/token: use an env",
        ),
        (
            "vendor: talkdesk\ncredentials: {primary: {token: {env: NOT_SET}}}\n",
            "the environment variable NOT_SET is not set",
        ),
        ("vendor: talkdesk\ncredentials: {primary: {}}\n", "/credentials/primary"),
        ("vendor: talkdesk\ncredentials: {primary: {client_id: x}}\n", "client_secret"),
        (
            "vendor: talkdesk\nwrites: sometimes\ncredentials: {primary: {token: {env: X}}}\n",
            "/writes",
        ),
        ("vendor: talkdesk\nwrite: true\ncredentials: {primary: {token: {env: X}}}\n", "write"),
        ("vendor: [talkdesk\n", "line 2"),
        ("- a\n", "/: "),
    ],
)
def test_a_bad_target_file_names_file_and_field(tmp_path: Path, text: str, reason: str):
    file = written(tmp_path, text)
    with pytest.raises(UsageError, match=reason) as caught:
        read_target("talkdesk", AWAY, {"X": "y"}, file=file)
    assert str(file) in str(caught.value)
