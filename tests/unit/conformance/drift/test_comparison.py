"""Two results are compared without noise: rates by their numbers, durations by their bounds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from conformance import cli
from conformance.drift import compare_results
from conformance.drift.comparison import rates_differ
from conformance.errors import UsageError
from conformance.evaluation.job_times import ResourceState
from conformance.evaluation.shapes import error_words, mask
from conformance.http import Exchange
from tests.unit.conformance._cases import contract, exchange
from tests.unit.conformance.drift._runs import case, response, result, seconds, strings


def kinds(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return [difference.kind for difference in compare_results(a, b).differences]


@given(st.integers(1, 300), st.integers(1, 300))
def test_rates_always_and_never_differ_and_equal_ones_do_not(one: int, other: int) -> None:
    assert rates_differ(one, one, 0, other)
    assert not rates_differ(one, one, other, other)
    assert not rates_differ(0, one, 0, other)


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_rates_differ_alike_in_both_directions(a: int, of_a: int, b: int, of_b: int) -> None:
    a, b = min(a, of_a), min(b, of_b)
    assert rates_differ(a, of_a, b, of_b) == rates_differ(b, of_b, a, of_a)


def test_rates_of_what_varies_need_numbers() -> None:
    assert not rates_differ(1, 10, 0, 10)
    assert not rates_differ(3, 10, 6, 10)
    assert rates_differ(5, 100, 60, 100)


def test_status_and_error_code_of_the_same_request_are_told_apart() -> None:
    a = result(cases=[case("TD-STAT-003; id unknown", **{"_404 /code=not_found": 3})])
    other_status = result(cases=[case("TD-STAT-003; id unknown", _410=2)])
    other_code = result(cases=[case("TD-STAT-003; id unknown", **{"_404 /code=no_job": 1})])
    (status,) = compare_results(a, other_status).differences
    (code,) = compare_results(a, other_code).differences
    assert (status.kind, code.kind) == ("status", "error code")
    assert status.requirements[0] == code.requirements[0] == "TD-STAT-003"


def test_members_differ_by_presence_type_value_and_null() -> None:
    place = "/job/timezone"
    a = result(responses=[response({place: strings(4)})])
    null = {"types": {"null": 4}, "forms": {}}
    assert kinds(a, result(responses=[response({})])) == ["member"]
    assert kinds(a, result(responses=[response({place: null})])) == ["type"]
    assert kinds(a, result(responses=[response({place: strings(4, "uuid")})])) == ["format"]
    found = compare_results(a, result(responses=[response({place: null})])).differences
    assert "TD-JOB-005" in found[0].requirements


def test_durations_differ_only_where_their_bounds_are_apart() -> None:
    a = result(jobs=seconds(24, 27))
    assert kinds(a, result(jobs=seconds(20, 25))) == []
    assert kinds(a, result(jobs=seconds(27.5, 30))) == []
    assert kinds(a, result(jobs=seconds(40, 43))) == ["duration"]


def test_header_that_varies_is_no_value_to_compare() -> None:
    same = {"cache-control": {"no-store": 4}}
    a = result(responses=[response({}, headers=same)])
    varying = {"cache-control": {"no-store": 2, "max-age={n}": 2}}
    assert kinds(a, result(responses=[response({}, headers=varying)])) == []
    other = {"cache-control": {"max-age={n}": 4}}
    assert kinds(a, result(responses=[response({}, headers=other)])) == ["header value"]
    assert kinds(a, result(responses=[response({})])) == ["header"]


def test_random_requests_of_other_seeds_need_several_samples() -> None:
    a = result(cases=[case("fuzz; as primary", _200=1)])
    b = {**result(cases=[case("fuzz; as primary", _400=1)]), "seed": 2}
    assert kinds(a, b) == []
    assert kinds(a, {**b, "seed": 1}) == ["status"]


def test_chance_that_generated_requests_fail_is_no_difference_between_seeds() -> None:
    row = {"id": "TD-NET-002", "operation": None, "text": "", "reason": "", "checked": 400}
    passes = {**row, "verdict": "PASS", "failures": 0}
    fails = {**row, "verdict": "FAIL", "failures": 1}
    a, b = {**result(), "requirements": [passes]}, {**result(), "requirements": [fails]}
    assert kinds(a, b) == ["verdict"]
    assert kinds(a, {**b, "seed": 2}) == []
    assert kinds(a, {**b, "seed": 2, "requirements": [{**fails, "failures": 400}]}) == ["verdict"]


def test_share_of_a_member_differs_only_where_both_were_asked_for_the_same() -> None:
    sides = [response({"/job/timezone": strings(count)}, 40) for count in (0, 40, 4, 36)]
    never, always, seldom, often = sides
    asked = [case("examples; as primary; job DONE", _200=40)]
    other = [case("jobs; as primary; job DONE", _200=40)]

    def found(a: Any, b: Any, cases: Any) -> list[str]:
        first = result(responses=[a], cases=asked)
        return kinds(first, result(responses=[b], cases=cases))

    assert found(seldom, often, asked) == ["member"]
    assert found(seldom, often, other) == []
    assert found(never, always, other) == ["member"]


def test_order_differs_by_a_state_only_where_none_can_be_missed() -> None:
    def jobs(order: str, *, watched: bool) -> Any:
        return {"watched": watched, "orders": {order: 9}, "seconds": {}}

    def found(a: str, b: str, *, watched: bool) -> list[str]:
        one, other = jobs(a, watched=watched), jobs(b, watched=watched)
        return kinds(result(jobs=one), result(jobs=other))

    assert found("CREATED > DONE", "CREATED > PROCESSING > DONE", watched=False) == []
    assert found("CREATED > DONE", "CREATED > PROCESSING > DONE", watched=True) == ["order"]
    assert found("CREATED > DONE", "CREATED > FAILED", watched=False) == ["order"]


def update(code: str, id_: str = "1", status: int = 200, method: str = "PUT") -> Exchange:
    operation = "updateReportGroup" if method == "PUT" else "deleteReportGroup"
    sent = {"reportGroupCode": code} if method == "PUT" else None
    path = {"reportGroupId": id_}
    return exchange(operation, status, vendor="energycap", path=path, sent=sent, method=method)


@pytest.mark.parametrize(
    ("before", "holder"),
    [
        ([], ""),
        ([update("a", "2")], "taken"),
        ([update(" A", "2")], "taken"),
        ([update("a")], "its own"),
        ([update("a", "2", 400)], ""),
        ([update("a", "2", 503)], None),
        ([update("a", "2"), update("", "2", method="DELETE")], None),
        ([update("a", "2"), update("b", "2")], None),
    ],
)
def test_who_has_a_unique_value_is_part_of_a_request(before: Any, holder: str | None) -> None:
    resources = ResourceState(contract("energycap"))
    for earlier in before:
        resources.observe(earlier)
    request = update("a")
    ((name, value),) = resources.unique_values(request)
    assert resources.holder(name, value, request) == holder


def test_masks_hide_what_changes_from_run_to_run() -> None:
    one = "/files/3707a692-af6d-441c-918b-5a1d199b0e45?at=2026-03-30T09:00:00Z&n=12"
    other = "/files/00000000-0000-4000-8000-000000000001?at=2027-01-01T00:00:00.5Z&n=7"
    assert mask(one) == mask(other)
    assert mask('Bearer realm="a"') != mask('Bearer realm="b"')


@pytest.mark.parametrize("path", ["/jobs/5404ab", "/jobs/a-404-b", "/jobs/x404"])
def test_a_part_of_an_id_of_the_request_hides_no_error_code(path: str) -> None:
    assert error_words({"code": 404}, f"GET {path}") == ("/code=404",)
    assert error_words({"code": 404}, f"GET {path}?page=404") == ()


def test_words_of_the_request_are_no_error_codes() -> None:
    body = {"code": "not_found", "message": "no job abc", "field": "abc", "id": "abc"}
    assert error_words(body, "GET /jobs/abc") == ("/code=not_found",)


def test_results_of_two_vendors_are_refused() -> None:
    with pytest.raises(UsageError, match="differ in their vendor"):
        compare_results(result(), {**result(), "vendor": "energycap"})


def test_result_of_an_older_version_is_refused() -> None:
    old = {name: value for name, value in result().items() if name != "behaviour"}
    with pytest.raises(UsageError, match="run it again"):
        compare_results(result(), old)


def test_result_of_another_contract_is_refused() -> None:
    case_of_another = {**case("examples", _200=1), "operation": "getJob"}
    other = result(cases=[case_of_another])
    with pytest.raises(UsageError, match="about another contract, with 'getJob'"):
        compare_results(other, other)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(cli.main, ["compare", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    a, b = tmp_path / "a.json", tmp_path / "b.json"
    a.write_text(json.dumps(result(jobs=seconds(24, 27))))
    b.write_text(json.dumps(result(jobs=seconds(40, 43))))
    return a, b


def test_command_fails_on_drift_only_where_asked(files: tuple[Path, Path]) -> None:
    assert run(*files).exit_code == 0
    failed = run(*files, "--fail-on", "drift")
    assert failed.exit_code == 1
    assert "PROCESSING" in failed.output
    assert "more" not in failed.output
    assert run(files[0], files[0], "--fail-on", "drift").exit_code == 0


def test_earlier_comparison_is_a_baseline(files: tuple[Path, Path], tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    run(*files, "--report", f"json={known}")
    accepted = run(*files, "--baseline", known, "--fail-on", "drift")
    assert accepted.exit_code == 0, accepted.output
    assert "1 more accepted" in accepted.output
    gone = run(files[0], files[0], "--baseline", known)
    assert "no difference any more: duration" in gone.output


def test_reports_name_both_sides_and_escape_their_words(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    hostile = "<script>alert(1)</script>|`x`"
    result_b = result(cases=[case("examples", **{f"_200 {hostile}": 1})])
    files[1].write_text(json.dumps(result_b))
    files[0].write_text(json.dumps(result(cases=[case("examples", _200=1)])))
    html, markdown = tmp_path / "d.html", tmp_path / "d.md"
    shown = run(*files, "--report", f"html={html}", "--report", f"markdown={markdown}")
    assert shown.exit_code == 0, shown.output
    assert "<script>" not in html.read_text() + markdown.read_text()
    assert str(files[0]) in html.read_text()


def test_unknown_kind_of_report_is_a_usage_error(files: tuple[Path, Path]) -> None:
    refused = run(*files, "--report", "pdf=x")
    assert refused.exit_code == 2
    assert "KIND=PATH" in refused.output


def test_two_urls_need_a_vendor() -> None:
    refused = run("http://127.0.0.1:1", "http://127.0.0.1:1")
    assert refused.exit_code == 2
    assert "--vendor" in refused.output
