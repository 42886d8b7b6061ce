"""Property tests of the redactor: no spelling of a secret survives, and nothing else changes."""

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.http.redaction import Redactor

PLACEHOLDER = "$TINY_TOKEN"
SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="$_"), min_size=9
)
SPELLINGS = {
    "percent": lambda c: "".join(f"%{b:02X}" for b in c.encode()),
    "percent in small letters": lambda c: "".join(f"%{b:02x}" for b in c.encode()),
    "percent twice": lambda c: "".join(f"%25{b:02x}" for b in c.encode()),
    "quoted": lambda c: quote(c, safe=""),
    "json": lambda c: f"\\u{ord(c):04x}",
    "json in large letters": lambda c: f"\\u{ord(c):04X}",
    "json slash": lambda c: c if c.isalnum() else json.dumps(c)[1:-1].replace("/", "\\/"),
    "html in hex": lambda c: f"&#x{ord(c):X};",
    "html in decimal": lambda c: f"&#{ord(c)};",
    "html names": html.escape,
}


def redactor(secret: str) -> Redactor:
    found = Redactor()
    found.register(secret, PLACEHOLDER)
    return found


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(secret=SECRETS, data=st.data())
def test_no_spelling_survives_even_of_single_letters(
    spelling: str, secret: str, data: st.DataObject
):
    plain = data.draw(st.sets(st.integers(0, len(secret) - 1)))
    spell = SPELLINGS[spelling]
    kept = {i for i in plain if secret[i].isalnum()}
    echo = "".join(c if i in kept else spell(c) for i, c in enumerate(secret))
    text = f"<before {echo} after>"
    shown = redactor(secret).redact(text)
    # Where a secret ends with `&`, the rest of its `&amp;` may stay.
    assert shown.replace("amp; ", " ") == f"<before {PLACEHOLDER} after>"
    assert redactor(secret).redact_bytes(text.encode()).decode() == shown


@given(secret=SECRETS, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_base64_at_any_offset_does_not_survive(secret: str, before: bytes, after: bytes):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(before + secret.encode() + after).decode()
        for echo in (text, text.replace("/", "\\/"), quote(text, safe="")):
            shown = redactor(secret).redact(f"x {echo} y")
            assert PLACEHOLDER in shown
            assert text not in shown


@given(st.binary())
def test_bodies_without_a_secret_stay_as_they_are(body: bytes):
    assert redactor("an-invented-secret").redact_bytes(body) == body


@pytest.mark.parametrize(
    "name", ["X-Amz-Signature", "X-Amz-Security-Token", "sig", "Signature", "token", "session_id"]
)
@pytest.mark.parametrize("value", ["0123456789abcdef", "ab%2Bcd%2Fef%3D1"])
def test_signatures_in_urls_are_redacted_and_restored_for_the_download(name: str, value: str):
    url = f"https://files.example/a.csv?expires=60&{name}={value}"
    found = Redactor()
    shown = found.redact(url)
    assert value not in shown
    assert "expires=60" in shown
    assert found.restore_url(shown) == url
    body = json.dumps({"url": url}).replace("/", "\\/").replace("&", "\\u0026")
    assert value not in Redactor().redact(body)


def test_a_credential_is_never_restored_in_a_url():
    found = redactor("an-invented-secret")
    assert found.restore_url(f"https://x.example/?a={PLACEHOLDER}").endswith(PLACEHOLDER)


def test_a_token_too_short_to_be_secret_changes_no_other_text():
    redactor = Redactor()
    redactor.register_tokens(b'{"access_token": "a-token-of-16", "refresh_token": "r"}', "$TOKEN")
    assert redactor.redact("Bearer a-token-of-16") == "Bearer $TOKEN_1"
