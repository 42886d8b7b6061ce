"""Tests of the reference app: invalid requests, and how it is served."""

import gzip
import socket

import pytest
import requests
from click.testing import CliRunner
from flask.testing import FlaskClient

from conformance.reference.__main__ import main
from conformance.reference.app import create_app
from conformance.reference.serving import serve

JSON = {"Content-Type": "application/json"}
CREDENTIALS = {
    "talkdesk": {"Authorization": "Bearer mock-talkdesk-writer"},
    "clinicalone": {"Authorization": "Bearer mock-clinicalone-manager"},
    "energycap": {"ECI-ApiKey": "mock-energycap-manager"},
}
WRITES = {
    "talkdesk": "/data/reports/calls/jobs",
    "clinicalone": "/ec-reporting-svc/rest/v1.0/report/job/6A7C29DD011241DFBE1B64399283C861",
    "energycap": "/api/v3/report/reportgroup",
}
READS = {
    "talkdesk": "/data/reports/calls/jobs",
    "clinicalone": "/ec-reporting-svc/rest/v2.0/reports/download",
    "energycap": "/api/v202106/reportdistribution",
}
UNKNOWN = {
    "talkdesk": "/data/reports//jobs/",
    "clinicalone": "/ec-reporting-svc/rest/v9",
    "energycap": "/api/v3/report/nothing",
}
BODIES = {
    "nothing": (b"", 400),
    "no JSON": (b"{not json", 400),
    "not UTF-8": (b'{"name": "\xff"}', 400),
    "deep": (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400),
    "a list": (b"[]", 400),
    "a word": (b'"word"', 400),
    "no number": (b'{"format": NaN}', 400),
    "very long number": (b'{"format": ' + b"9" * 5000 + b"}", 400),
    "ten megabytes": (b'{"a": "' + b"x" * 10_000_000 + b'"}', 413),
}
MEMBERS = {
    "talkdesk": {"code", "message"},
    "clinicalone": {"status", "errorData"},
    "energycap": {"message"},
}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app().test_client()


def _is_error_of(vendor: str, body: object) -> bool:
    return isinstance(body, dict) and body.keys() >= MEMBERS[vendor]


@pytest.mark.parametrize("vendor", WRITES)
@pytest.mark.parametrize("name", BODIES)
def test_bad_body_gets_the_vendors_error_body(client: FlaskClient, vendor: str, name: str) -> None:
    data, status = BODIES[name]
    response = client.post(WRITES[vendor], data=data, headers=CREDENTIALS[vendor] | JSON)
    assert response.status_code == status
    assert _is_error_of(vendor, response.get_json())


@pytest.mark.parametrize("vendor", WRITES)
@pytest.mark.parametrize("media", ["text/plain", "application/xml", "application/json; charset=x"])
def test_wrong_media_type_is_refused(client: FlaskClient, vendor: str, media: str) -> None:
    headers = CREDENTIALS[vendor] | {"Content-Type": media}
    response = client.post(WRITES[vendor], data=b"{}", headers=headers)
    assert response.status_code == 415
    assert _is_error_of(vendor, response.get_json())


@pytest.mark.parametrize("vendor", READS)
@pytest.mark.parametrize("query", ["?verbose=1", "?id=1&id=2", "?=", "?pageNumber=0&page=0&id="])
def test_bad_query_is_refused(client: FlaskClient, vendor: str, query: str) -> None:
    response = client.get(READS[vendor] + query, headers=CREDENTIALS[vendor])
    assert response.status_code == 400
    assert _is_error_of(vendor, response.get_json())


@pytest.mark.parametrize("vendor", READS)
def test_missing_credentials_are_refused(client: FlaskClient, vendor: str) -> None:
    response = client.get(READS[vendor])
    assert response.status_code == 401
    assert _is_error_of(vendor, response.get_json())


@pytest.mark.parametrize("vendor", UNKNOWN)
def test_unknown_path_gets_the_vendors_error_body(client: FlaskClient, vendor: str) -> None:
    response = client.get(UNKNOWN[vendor], headers=CREDENTIALS[vendor])
    assert response.status_code == 404
    assert _is_error_of(vendor, response.get_json())


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/data/reports/calls/jobs/a", "PUT", "DELETE, GET, HEAD, OPTIONS"),
        ("/oauth/token", "GET", "OPTIONS, POST"),
        ("/ec-reporting-svc/rest/v2.0/reports/download", "POST", "GET, HEAD, OPTIONS"),
        ("/api/v202106/reportdistribution/exec", "GET", "OPTIONS, POST"),
        ("/api/v202106/reportdistribution/log", "PUT", "DELETE, GET, HEAD, OPTIONS"),
        ("/api/v202106/reportdistribution/1", "TRACE", "DELETE, GET, HEAD, OPTIONS, PUT"),
    ],
)
def test_wrong_method_gets_allow(client: FlaskClient, path: str, method: str, allowed: str) -> None:
    response = client.open(path, method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("number", ["2147483648", "-2147483649", "9" * 400, "1.5", "%00", "٣"])
def test_bad_number_in_a_path_is_refused(client: FlaskClient, number: str) -> None:
    headers = CREDENTIALS["energycap"]
    path = f"/api/v202106/reportdistribution/{number}"
    assert client.get(path, headers=headers).status_code == 400
    assert client.post(f"{path}/exec", headers=headers).status_code == 400


@pytest.mark.parametrize("users", ["2147483648", "7,", "7,,8", "7 8", "seven", "13", "99"])
def test_bad_override_user_is_refused(client: FlaskClient, users: str) -> None:
    path = f"/api/v202106/reportdistribution/1/exec?overrideUserIds={users}"
    assert client.post(path, headers=CREDENTIALS["energycap"]).status_code == 400


def test_repeated_override_users_add_up(client: FlaskClient) -> None:
    path = "/api/v202106/reportdistribution/1/exec?overrideUserIds=7&overrideUserIds=7,8"
    answer = client.post(path, headers=CREDENTIALS["energycap"])
    assert answer.get_json()["numberOfRecipients"] == 2


@pytest.mark.parametrize("vendor", READS)
def test_head_and_options_have_no_body(client: FlaskClient, vendor: str) -> None:
    path = READS[vendor] + ("?id=6A7C29DD011241DFBE1B64399283C860" * (vendor == "clinicalone"))
    head = client.head(path, headers=CREDENTIALS[vendor])
    assert (head.status_code, head.data) == (200, b"")
    options = client.options(path)
    assert (options.status_code, options.data) == (200, b"")
    assert "GET" in options.headers["Allow"]


def test_lone_surrogates_are_echoed(client: FlaskClient) -> None:
    body = b'{"reportGroupCode": "\\ud800", "reportGroupInfo": "\\udfff\\u0000"}'
    path = "/api/v3/report/reportgroup"
    answer = client.post(path, data=body, headers=CREDENTIALS["energycap"] | JSON)
    assert answer.status_code == 200
    assert b"\\udfff" in answer.data


def test_served_app_answers_and_stops() -> None:
    with serve(create_app()) as base:
        assert requests.get(f"{base}/_mock/health", timeout=5).json() == {"status": "ok"}
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{base}/_mock/health", timeout=5)


def test_served_bodies_can_be_chunked_compressed_and_cut() -> None:
    path, headers = "/data/reports/calls/jobs", CREDENTIALS["talkdesk"]
    with serve(create_app(defects=["td-free-chunked", "td-free-gzip"])) as base:
        answer = requests.get(base + path, headers=headers, timeout=5, stream=True)
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert gzip.decompress(b"".join(answer.raw.stream())).startswith(b'{"_embedded"')
    download = READS["clinicalone"] + "?id=6A7C29DD011241DFBE1B64399283C860"
    with (
        serve(create_app(defects=["c1-file-short"])) as base,
        pytest.raises(requests.exceptions.ChunkedEncodingError),
    ):
        requests.get(base + download, headers=CREDENTIALS["clinicalone"], timeout=5)


def test_command_refuses_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = CliRunner().invoke(main, ["--port", str(taken.getsockname()[1])])
    assert refused.exit_code == 2
    assert "--port" in refused.output
