"""Tests of what the user gives for access: secrets and certificate authorities."""

import dataclasses
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.session import open_session
from conformance.settings import Settings
from conformance.target import read_target
from tests.unit.conformance._tiny_vendor import contract, target

FILE = """\
vendor: talkdesk
credentials:
  primary: {token: {env: A_TOKEN}}
  limited: {client_id: some-client, client_secret: {env: A_SECRET}}
"""
GOOD = {"A_TOKEN": "invented-token", "A_SECRET": "invented-sécret"}


@pytest.mark.parametrize(
    ("name", "secret", "place"),
    [
        ("A_TOKEN", "invented-token\n", "/credentials/primary/token"),
        ("A_TOKEN", "invented-token\r\n", "/credentials/primary/token"),
        ("A_TOKEN", " invented-token", "/credentials/primary/token"),
        ("A_TOKEN", "invented\ntoken", "/credentials/primary/token"),
        ("A_TOKEN", "invented\x7ftoken", "/credentials/primary/token"),
        ("A_TOKEN", "invented-tökén", "/credentials/primary/token"),
        ("A_SECRET", "invented-secret\n", "/credentials/limited/client_secret"),
        ("A_SECRET", "invented\x00secret", "/credentials/limited/client_secret"),
    ],
)
def test_a_secret_that_cannot_be_sent_is_named(tmp_path: Path, name: str, secret: str, place: str):
    file = tmp_path / "target.yaml"
    file.write_text(FILE, encoding="utf-8")
    with pytest.raises(UsageError) as info:
        read_target("talkdesk", "https://api.example", {**GOOD, name: secret}, file=file)
    text = str(info.value)
    assert place in text
    assert name in text
    assert "\n" not in text
    assert "invented" not in text


def test_a_client_secret_may_have_any_letters(tmp_path: Path):
    file = tmp_path / "target.yaml"
    file.write_text(FILE, encoding="utf-8")
    read = read_target("talkdesk", "https://api.example", GOOD, file=file)
    assert read.credentials["limited"].client_secret == GOOD["A_SECRET"]


def test_a_literal_secret_is_checked_too(tmp_path: Path):
    file = tmp_path / "target.yaml"
    file.write_text('vendor: talkdesk\ncredentials: {primary: {token: "abc\\n"}}\n')
    with pytest.raises(UsageError, match="/credentials/primary/token: has white space"):
        read_target("talkdesk", "http://127.0.0.1:9", {}, file=file)


JUNK = {"text": b"junk", "empty": b"", "bytes": bytes(range(256))}
JUNK["no base64"] = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("content", JUNK.values(), ids=JUNK)
def test_a_junk_ca_bundle_is_named(tmp_path: Path, content: bytes):
    file = tmp_path / "authorities.pem"
    file.write_bytes(content)
    settings = dataclasses.replace(Settings(), ca_bundle=str(file))
    with pytest.raises(UsageError, match=r"^--ca-bundle: .*authorities\.pem: [^\n]+$"):
        open_session(contract(), target("http://127.0.0.1:9"), settings)


def test_a_junk_ca_bundle_of_the_environment_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "authorities.pem"
    file.write_bytes(b"junk")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with pytest.raises(UsageError, match=r"^REQUESTS_CA_BUNDLE: .*authorities\.pem: "):
        open_session(contract(), target("https://api.example"), Settings())
