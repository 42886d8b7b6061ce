"""Nothing that is kept of an exchange holds a secret."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.journal import redaction

SECRET = "hunter2hunter2"
WHOLE = 4096
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}"
IN_URLS = (
    *("sig", "signature", "jwt", "code", "code_verifier", "ticket", "sid", "PHPSESSID"),
    *("X-Amz-Signature", "X-Amz-Credential", "X-Goog-Signature", "AWSAccessKeyId"),
    *("id_token", "assertion", "client_assertion", "SAMLResponse", "passphrase", "auth"),
)


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "ECI-ApiKey", "cookie", "x-api-key", "proxy-authorization", "x-auth"),
        *("Ocp-Apim-Subscription-Key", "x-functions-key", "X-Hub-Signature-256", "Signature"),
        *("X-Amz-Security-Token", "X-Amzn-JWT", "X-Acme-Access"),
    ],
)
def test_headers_lose_their_secrets(name: str) -> None:
    headers = redaction.HeaderRedactor(frozenset({"x-acme-access"}))
    for _ in range(2):  # the second time it knows the names
        kept, secrets = headers.redact({name: SECRET, "accept": "text/csv"})
        assert kept == {name: redaction.REDACTED, "accept": "text/csv"}
        assert secrets == [SECRET]


@pytest.mark.parametrize("name", ["idempotency-key", "x-author", "sec-websocket-key", "x-signal"])
def test_headers_of_other_names_stay(name: str) -> None:
    assert redaction.HeaderRedactor().redact({name: SECRET}) == ({name: SECRET}, [])


@pytest.mark.parametrize("token", [f"Bearer {SECRET}", f"basic {SECRET}", JWT])
def test_headers_of_any_name_lose_tokens(token: str) -> None:
    headers = redaction.HeaderRedactor()
    headers.redact({"x-forwarded": "a"})  # from now on its name is known
    assert headers.redact({"x-forwarded": token}) == ({"x-forwarded": "[redacted]"}, [token])


@pytest.mark.parametrize(
    "address",
    [
        f"/files/1;jsessionid={SECRET}",
        f"/files/1?sv=2022-11-02&sig={SECRET}",
        f"/files/1?X-Amz-Signature={SECRET}&X-Amz-Expires=60",
        f"/callback?code={SECRET}&state=x",
        f"https://user:{SECRET}@example.test/x",
        f"https://example.test/x?a=1&access_token={SECRET}",
        f"/callback?%74oken={SECRET}",
        f"/callback#access_token={SECRET}",
        f"https://[{SECRET}",
    ],
)
def test_headers_with_an_address_lose_its_secrets(address: str) -> None:
    kept, _ = redaction.HeaderRedactor().redact({"referer": address})
    assert SECRET not in kept["referer"]


@pytest.mark.parametrize(
    "query",
    [
        f"token={SECRET}",
        f"a=1&access_token={SECRET}&b=2",
        f"ApiKey={SECRET}",
        f"a&api_key={SECRET}",
        f"client%5Fsecret={SECRET}",
        f"%73ecret={SECRET}",
        f"token+{SECRET}",
        *(f"{name}={SECRET}" for name in IN_URLS),
        f"next={quote(f'https://a.test/?sig={SECRET}')}",
        f"next={quote(quote(f'https://a.test/?code={SECRET}'))}",
        f"a=1;token={SECRET}",
        f"x={JWT}",
    ],
)
def test_queries_lose_their_secrets(query: str) -> None:
    assert SECRET not in redaction.redact_query(query)
    assert SECRET.encode() not in redaction.redact_body(query.encode(), WHOLE)


@pytest.mark.parametrize("query", ["page=1&mode=test", "name=a%20b", "", "zipcode=1", "a=b%3Dc"])
def test_query_without_secrets_stays(query: str) -> None:
    assert redaction.redact_query(query) == query


@pytest.mark.parametrize(
    "body",
    [
        f'{{"access_token":"{SECRET}","token_type":"Bearer"}}',
        f'{{"a": [{{"client_secret" : "{SECRET}"}}]}}',
        f'{{"token": {{"value": "{SECRET}"}}, "secrets": ["{SECRET}"]}}',
        f'{{"\\u0074oken": "{SECRET}"}}',
        f'{{"password": "x\\"{SECRET}"}}',
        f'{{"password": "{SECRET}',
        f'{{"headers": "Bearer {SECRET}"}}',
        f'{{"auth": "{SECRET}", "jwt": "{SECRET}", "sig": "{SECRET}"}}',
        f'{{"url": "https://u:{SECRET}@a.test/", "b": "https:\\/\\/u:{SECRET}@a.test"}}',
        f'{{"url": "/files/1?sv=1&sig={SECRET}"}}',
        f'{{"url": "/callback?code={SECRET}"}}',
        f'{{"x": "{JWT}"}}',
        f'{{"inner": "{{\\"token\\": \\"{SECRET}\\"}}"}}',
        f"<token>{SECRET}</token>",
        f"token: {SECRET}",
        f"Bearer {SECRET}\r\n",
        f'{{"token":"{SECRET}"}}'.encode("utf-16").decode("latin-1"),
        '{"token":' + "[" * 2000 + f'"{SECRET}"' + "]" * 2000 + "}",
    ],
)
def test_bodies_lose_their_secrets(body: str) -> None:
    raw = body.encode("latin-1")
    for longest in (WHOLE, len(raw) // 2, 20):
        kept = redaction.redact_body(raw, longest)
        assert len(kept) <= max(longest, len(redaction.WITHHELD))
        assert SECRET.encode() not in kept
        assert SECRET.encode("utf-16-le") not in kept


def test_body_without_secrets_stays() -> None:
    body = b'{"format":"csv","timespan":{"from":"2026-03-01","to":"2026-03-02"}}'
    assert redaction.redact_body(body, WHOLE) == body
    assert redaction.redact_body(body, 10) == body[:10]


@pytest.mark.parametrize(
    "body",
    [
        b'{"message": "The token is unknown.", "token_type": "x"}',
        b'{"code": "not_found", "signatureType": 1, "self": "/jobs?page=2&zipcode=1"}',
    ],
)
def test_body_that_only_speaks_of_secrets_stays(body: bytes) -> None:
    assert redaction.redact_body(body, WHOLE) == body


def test_link_in_a_body_stays_without_its_secret() -> None:
    kept = redaction.redact_body(b'{"href":"https://a.test/files/1?sv=1&sig=abc"}', WHOLE)
    assert kept == b'{"href":"https://a.test/files/1?sv=1&sig=[redacted]"}'


@given(st.binary(max_size=2048), st.integers(0, 3000))
def test_any_body_can_be_redacted(body: bytes, longest: int) -> None:
    assert len(redaction.redact_body(body, longest)) <= longest


@given(st.lists(st.sampled_from(["token", '"', ":", "secret=", "&", "{", "x"]), max_size=400))
def test_redaction_ends_soon_on_hostile_text(parts: list[str]) -> None:
    text = "".join(parts)[:2048]
    redaction.redact_body(text.encode(), WHOLE)
    redaction.redact_query(text)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["token", "access_token", "clientSecret", "API-Key", "password", "Authorization", "my.cookie"]
)


@given(JSON, NAMES, st.integers(0, 3), st.booleans())
def test_planted_secret_never_stays_in_json(
    around: object, name: str, depth: int, escaped: bool
) -> None:
    planted: object = {"before": around, name: SECRET, "after": around}
    for _ in range(depth):
        planted = [around, {"deeper": planted}]
    raw = json.dumps(planted, ensure_ascii=escaped).encode()
    assert SECRET.encode() not in redaction.redact_body(raw, 100_000)


@given(st.text(max_size=20), NAMES, st.text(max_size=20))
def test_planted_secret_never_stays_in_a_form(before: str, name: str, after: str) -> None:
    form = f"a={quote(before)}&{quote(name)}={SECRET}&b={quote(after)}"
    assert SECRET not in redaction.redact_query(form)
    assert SECRET.encode() not in redaction.redact_body(form.encode(), WHOLE)
