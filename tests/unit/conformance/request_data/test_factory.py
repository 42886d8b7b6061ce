"""Request data: from the contract's examples, the target file, and tiny pools."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.http.request import UNSET
from conformance.request_data import OperationRequest
from conformance.request_data.factory import EDGE_CASE_STRINGS, RequestFactory
from tests.unit.conformance._reference import reference_client


def test_plain_is_the_contracts_first_example() -> None:
    with reference_client("talkdesk") as client:
        asked = RequestFactory(client).minimal("createReportJob")
    assert asked.path == {"type": "calls"}
    assert asked.json["name"] == "Calls of one day"
    assert asked.json["format"] == "csv"


def test_plain_takes_the_values_of_the_target_file() -> None:
    with reference_client("talkdesk", values={"type": ("contacts",), "name": ("Mine",)}) as client:
        asked = RequestFactory(client).minimal("createReportJob")
    assert asked.path == {"type": "contacts"}
    assert asked.json["name"] == "Mine"


def test_plain_sends_a_form_where_the_contract_wants_one() -> None:
    with reference_client("talkdesk") as client:
        asked = RequestFactory(client).minimal("createToken")
    assert asked.form == {"grant_type": "client_credentials"}
    assert asked.json is UNSET


def test_unique_members_are_unlike_all_before() -> None:
    with reference_client("energycap") as client:
        requests = RequestFactory(client)
        first = requests.minimal("createReportGroup")
        first.send(client, "test")
        second = requests.minimal("createReportGroup")
        digits = requests.with_fresh_unique_values(first.with_member("/reportGroupCode", "123"))
    assert first.json["reportGroupCode"] != second.json["reportGroupCode"]
    assert digits.json["reportGroupCode"].isdigit()


def test_requests_that_are_sent_together_differ_in_each_sentence() -> None:
    with reference_client("energycap") as client:
        requests = RequestFactory(client)
        first = requests.minimal("createReportGroup")
        together = [first, *(requests.with_fresh_unique_values(first, n) for n in (1, 2))]
    bodies = [request.json for request in together]
    assert len({body["reportGroupInfo"] for body in bodies}) == 3
    assert len({body["reportGroupCode"] for body in bodies}) == 3
    assert all(body["reportIds"] == first.json["reportIds"] for body in bodies)


def test_variants_hold_each_value_text_and_omission() -> None:
    with reference_client("talkdesk") as client:
        variants = list(RequestFactory(client).variants("createReportJob"))
    bodies = [variant.json for variant in variants]
    assert {body["format"] for body in bodies} == {"csv", "json", "json_bulk"}
    assert set(EDGE_CASE_STRINGS) <= {body.get("name") for body in bodies}
    assert {"format", "timespan"} in [set(body) for body in bodies]
    assert {variant.path["type"] for variant in variants} == {"calls", "user_status"}


@pytest.mark.parametrize(
    ("vendor", "operation", "member", "unbounded"),
    [
        ("energycap", "createReportGroup", "reportGroupInfo", True),
        ("energycap", "createReportDistribution", "emailSubject", False),
    ],
)
def test_texts_without_a_bound_are_longer_than_a_column(
    vendor: str, operation: str, member: str, unbounded: bool
) -> None:
    with reference_client(vendor) as client:
        texts = RequestFactory(client).body_options(operation)[member]
    assert (max(map(len, texts)) > 255) is unbounded


def test_lists_hold_duplicates() -> None:
    with reference_client("energycap") as client:
        requests = RequestFactory(client)
        groups = requests.body_options("createReportGroup")["reportIds"]
        runs = [v.query.get("overrideUserIds") for v in requests.variants(EXEC)]
    assert [] in groups
    assert any(len(set(ids)) < len(ids) for ids in groups)
    assert None in runs
    assert any(ids and len(set(ids)) < len(ids) for ids in runs)


EXEC = "executeReportDistribution"


def test_bare_has_only_what_is_required() -> None:
    with reference_client("talkdesk") as client:
        requests = RequestFactory(client)
        bare = requests.required_only(requests.minimal("createReportJob"))
        assert bare is not None
        assert set(bare.json) == {"format", "timespan"}
        assert requests.required_only(bare) is None


def test_strategy_draws_requests_that_the_contract_allows() -> None:
    with reference_client("talkdesk") as client:
        strategy: st.SearchStrategy[OperationRequest] = RequestFactory(client).strategy(
            "createReportJob"
        )

        @given(strategy)
        @settings(max_examples=25)
        def check(asked: OperationRequest) -> None:
            assert asked.path["type"] in {"calls", "user_status"}
            assert asked.json["format"] in {"csv", "json", "json_bulk"}
            assert set(asked.json) >= {"format", "timespan"}

        check()


def test_changes_leave_the_request_they_are_made_from() -> None:
    asked = OperationRequest("x", {"id": "1"}, {"mode": "test"}, {"a": 1})
    assert asked.with_parameter("id", "2").path == {"id": "2"}
    assert asked.with_parameter("mode", None).query == {"mode": None}
    assert asked.with_member("/b", 2).json == {"a": 1, "b": 2}
    assert asked.without_member("a").json == {}
    assert asked.json == {"a": 1}
