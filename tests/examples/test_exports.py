"""The example `exports`: polled until it has a pre-signed URL. Three files, no Python."""

import csv
import io
import re
from typing import Any

import pytest
import requests

from tests.examples.conftest import Caller

ORDER = {"dataset": "orders", "note": "for March"}


def created(call: Caller, **more: Any) -> Any:
    answer = call("POST", "/api/exports", json={**ORDER, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def shown(call: Caller, export: Any) -> Any:
    answer = call("GET", f"/api/exports/{export['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def ready(call: Caller, **more: Any) -> Any:
    export = created(call, **more)
    call.sandbox.clock.advance(minutes=2)
    return shown(call, export)


def test_a_whole_life(exports: Caller) -> None:
    export = created(exports)
    assert {key: export[key] for key in ("status", "dataset", "format", "note")} == {
        "status": "queued",
        "dataset": "orders",
        "format": "csv",  # the default of the contract
        "note": "for March",
    }
    lives = [export]
    for advance in ("PT10S", "PT50S", "P1D"):
        exports.sandbox.clock.advance(advance)
        lives.append(shown(exports, export))
    assert [life["status"] for life in lives] == ["queued", "working", "ready", "expired"]
    assert [sorted(life.keys() - export.keys()) for life in lives] == [
        [],
        [],
        ["download_url", "expires_at", "finished_at"],
        ["finished_at"],
    ]


def test_the_url_needs_no_credentials_and_names_its_sandbox(exports: Caller) -> None:
    url = ready(exports)["download_url"]
    answer = requests.get(url, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 50
    assert list(rows[0]) == ["id", "created_at", "amount", "country"]
    assert requests.get(url, timeout=30).content == answer.content
    journal = exports("GET", "/_mock/requests").text
    assert "signature=[redacted]" in journal
    assert url.partition("signature=")[2].partition("&")[0] not in journal


@pytest.mark.parametrize(("form", "media"), [("json", "application/json"), ("jsonl", "x-ndjson")])
def test_the_file_has_the_format_that_was_asked_for(exports: Caller, form: str, media: str) -> None:
    answer = requests.get(ready(exports, format=form)["download_url"], timeout=30)
    assert media in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda url: re.sub(r"signature=.", "signature=z", url), "is not valid"),
        (lambda url: re.sub(r"expires=\d", "expires=9", url), "is not valid"),
        (lambda url: re.sub(r"/download/[^?]*", "/download/another", url), "is not valid"),
    ],
)
def test_a_changed_url_is_refused(exports: Caller, change: Any, reason: str) -> None:
    answer = requests.get(change(ready(exports)["download_url"]), timeout=30)
    assert answer.status_code == 403
    assert reason in answer.json()["message"]


def test_an_expired_url_is_refused_and_a_new_one_is_not(exports: Caller) -> None:
    export = ready(exports)
    exports.sandbox.clock.advance(hours=2)
    answer = requests.get(export["download_url"], timeout=30)
    assert (answer.status_code, answer.json()["field"]) == (403, "expires")
    fresh = shown(exports, export)["download_url"]
    assert requests.get(fresh, timeout=30).status_code == 200


def test_a_url_of_another_sandbox_is_another_file(exports: Caller, server: Any) -> None:
    url = ready(exports)["download_url"]
    foreign = url.rsplit(".", 1)[0]  # without the sandbox
    assert requests.get(foreign, timeout=30).status_code == 403


def test_cancel_while_it_works_and_no_later(exports: Caller) -> None:
    export = created(exports)
    for _ in range(2):  # a second time it changes nothing
        assert exports("DELETE", f"/api/exports/{export['id']}").status_code == 204
    assert shown(exports, export)["status"] == "cancelled"
    done = ready(exports)
    answer = exports("DELETE", f"/api/exports/{done['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_failed_export_has_a_reason_and_no_file(exports: Caller) -> None:
    export = created(exports)
    exports.sandbox.outcome("exports", export["id"], "ERROR")
    failed = shown(exports, export)
    assert failed["status"] == "error"
    assert "error" in failed["error_message"]
    assert "download_url" not in failed


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_are_complete_and_newest_first(exports: Caller, size: int) -> None:
    made = []
    for _ in range(7):
        made.append(created(exports)["id"])
        exports.sandbox.clock.advance(seconds=1)
    listed: list[str] = []
    page: int | None = 1
    while page is not None:
        body = exports("GET", f"/api/exports?page={page}&per_page={size}").json()
        assert body["total"] == 7
        listed += [row["id"] for row in body["data"]]
        page = body["next_page"]
    assert listed == made[::-1]


def test_another_account_sees_nothing(exports: Caller) -> None:
    export = created(exports)
    path = f"/api/exports/{export['id']}"
    assert exports("GET", path, role="other").status_code == 404
    assert exports("DELETE", path, role="other").status_code == 404
    assert exports("GET", "/api/exports", role="other").json()["data"] == []


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("GET", "/api/exports/{id}/none", {}, 404, "not_found"),
        ("GET", "/api/exports/7f3c1c52-5f40-4dc6-a4c3-5d0b8a52a9b1", {}, 404, "not_found"),
        ("PUT", "/api/exports", {}, 405, "method_not_allowed"),
        ("GET", "/api/exports", {"role": None}, 401, "unauthorized"),
        ("POST", "/api/exports", {"json": {"dataset": "moons"}}, 400, "bad_request"),
        ("POST", "/api/exports", {"data": b"{"}, 415, "unsupported_media_type"),
        (
            "POST",
            "/api/exports",
            {"data": b"[" * 2_000_000, "headers": {"Content-Type": "application/json"}},
            413,
            "request_entity_too_large",
        ),
        ("GET", "/api/exports?page=0", {}, 400, "bad_request"),
    ],
)
def test_refusals_that_the_contract_does_not_list_have_its_error_body(
    exports: Caller, method: str, path: str, more: dict[str, Any], status: int, code: str
) -> None:
    answer = exports(method, path, **more)
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["code"] in (code, "content_too_large")
    assert body["message"]
    if status == 405:
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_faults_and_the_journal_work_on_it(exports: Caller) -> None:
    rule = exports.sandbox.fault("drop-field", match={"operation": "getExport"})
    assert rule["label"] == "violating"
    export = created(exports)
    assert len(shown(exports, export)) < len(export)
    assert exports.sandbox.fault("rate-limit", match={"vendor": "exports"})["label"]
    assert exports("GET", "/api/exports").status_code == 429
    (entry,) = exports.sandbox.requests(operation="getExport")
    assert entry["vendor"] == "exports"
    exports.sandbox.verify(operation="createExport", count={"exactly": 1})


def test_a_reset_and_the_same_requests_give_the_same_bytes(exports: Caller) -> None:
    first = requests.get(ready(exports)["download_url"], timeout=30)
    exports.sandbox.reset()
    second = requests.get(ready(exports)["download_url"], timeout=30)
    assert (first.url, first.content) == (second.url, second.content)


def test_the_documentation_and_the_dashboard_show_it(server: Any) -> None:
    answer = requests.get(f"{server.control_url}/docs/exports/openapi.json", timeout=30)
    assert answer.json()["info"]["title"] == "Data exports"
    lifecycles = requests.get(f"{server.control_url}/lifecycles", timeout=30).json()
    assert "exports" in {row["vendor"] for row in lifecycles["lifecycles"]}
    collection = requests.get(f"{server.control_url}/collections/exports", timeout=30)
    assert "createExport" in collection.text
