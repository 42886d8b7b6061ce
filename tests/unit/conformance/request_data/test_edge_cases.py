"""Bodies and values beside the valid ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import load_checks
from conformance.drivers import DriverCase
from conformance.drivers.directed import drive_negative
from conformance.evaluation.evaluator import Evaluator
from conformance.request_data.edge_cases import (
    Mutations,
    all_unusual,
    edge_case_parameters,
    integers_at_bounds,
    malformed_json,
    values_at_bounds,
)
from conformance.settings import Effort, Settings
from conformance.target.safety import near_ids
from tests.unit.conformance._cases import contract
from tests.unit.conformance._reference import reference_client

FIELDS = {
    "fieldSpecsList": [
        {"fieldName": "a", "fieldSequence": 1, "fieldType": "string", "fieldValueList": []}
    ]
}


def changed() -> list[Any]:
    found = contract("clinicalone")
    body = found.operations["kickOffReportJob"].body
    assert body is not None
    schema = body["content"]["application/json"]["schema"]
    return list(Mutations(found.openapi).mutate(schema, FIELDS))


def specs() -> list[Any]:
    bodies = [body.get("fieldSpecsList") for body in changed()]
    first = [body[0] for body in bodies if isinstance(body, list) and body]
    return [spec for spec in first if isinstance(spec, dict)]


def test_mutations_change_one_thing_at_a_time() -> None:
    for body in changed():
        spec = (body.get("fieldSpecsList") or [None])[0] if body.get("fieldSpecsList") else None
        if isinstance(spec, dict) and len(body["fieldSpecsList"]) == 1:
            original = FIELDS["fieldSpecsList"][0]
            names = original.keys() & spec.keys()
            assert sum(spec[name] != original[name] for name in names) <= 1


def test_mutations_reach_what_breaks_servers() -> None:
    assert {"fieldType": "date-time"}.items() <= next(
        spec for spec in specs() if spec.get("fieldType") == "date-time"
    ).items()
    assert any(spec.get("fieldSequence") == 2**31 for spec in specs())
    assert any(spec.get("fieldName") == "" for spec in specs())
    assert [*FIELDS["fieldSpecsList"], *FIELDS["fieldSpecsList"]] in [
        body.get("fieldSpecsList") for body in changed()
    ]


def test_mutations_do_not_touch_what_they_are_made_from() -> None:
    before = repr(FIELDS)
    changed()
    assert repr(FIELDS) == before


def test_broken_json_is_broken_in_many_ways() -> None:
    bodies = list(malformed_json(b'{"a": 1}'))
    assert b'{"\xff\xfea": 1}' in bodies
    assert b'{"a": 1' in bodies
    assert b"" in bodies
    assert any(body.startswith(b"[[[[") for body in bodies)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, "2147483648"),
        ({"type": "array"}, "7,,8"),
        ({"type": "string", "format": "date-time"}, "2026-02-30T00:00:00Z"),
        ({"type": "string"}, "a\x00b"),
    ],
)
def test_parameter_values(schema: dict[str, Any], value: str) -> None:
    assert value in edge_case_parameters(schema)


def test_items_of_another_type_and_lengths_beyond_the_bound_are_among_the_first() -> None:
    first = [body.get("fieldSpecsList") for body in changed()[:60]]
    items = [body[0] for body in first if isinstance(body, list) and body]
    assert {None, 7, "x"} <= {item for item in items if not isinstance(item, dict | list)}
    assert {255, 256} <= {len(str(spec.get("fieldName"))) for spec in items if type(spec) is dict}


bounds = st.integers(-(2**31), 2**31 - 2)


@given(low=bounds, width=st.integers(1, 2**31))
def test_integers_at_bounds_are_the_bounds_and_one_beyond(low: int, width: int) -> None:
    high = low + width
    values = integers_at_bounds({"type": "integer", "minimum": low, "maximum": high})
    assert {low - 1, low, high, high + 1} <= set(values)


@given(low=st.integers(0, 50), width=st.integers(12, 300))
def test_values_at_bounds_are_allowed(low: int, width: int) -> None:
    text = {"type": "string", "minLength": low, "maxLength": low + width}
    usual, values = values_at_bounds(text)
    assert {max(1, low), low + width} <= {len(value) for value in values}
    assert all(low <= len(value) <= low + width for value in values)
    assert usual
    assert values_at_bounds({"type": "string"}) == ([], [])


@given(st.one_of(st.integers(1, 2**31 - 1).map(str), st.text("0123456789ABCDEF", max_size=40)))
def test_near_ids_are_no_id_of_their_own(id_: str) -> None:
    near = near_ids(id_)
    assert id_ not in near
    assert near or len(id_) < 16


def test_all_that_is_unusual_in_one_body_keeps_its_types() -> None:
    usual = {"name": "Two words", "format": "csv", "ids": [1, 2], "from": "2026-03-01T00:00:00Z"}
    unusual = all_unusual({"timespan": usual})["timespan"]
    assert unusual["name"].startswith("Two words ")
    assert max(unusual["name"]) > "\uffff"
    assert unusual["format"] == "csv"
    assert unusual["ids"] == [1, 2, 1, 2]
    assert unusual["from"].startswith("2026-03-01T00:00:00+")


def test_a_bound_that_no_source_states_is_not_sent_as_if_it_were_legal() -> None:
    with reference_client("talkdesk") as client:
        found, effort = client.contract, Effort.DEEP
        evaluator = Evaluator(found, load_checks(), (), Settings(), {})
        names = ("listReportJobs",)
        drive_negative(
            DriverCase(found, client, client.target, 1, effort, names, evaluator, shrinks=False)
        )
        beyond = [e for e in client.exchanges if ("page", "2147483648") in e.request.query]
    assert beyond
    assert not any(exchange.valid for exchange in beyond)
