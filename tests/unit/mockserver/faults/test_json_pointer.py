"""Places in a body: found by pointer and by schema, changed without touching the rest."""

from typing import Any

import pytest

from mockserver.faults import json_pointer
from mockserver.faults.effects import UNKNOWN, BodyCorruption, wrong_type
from mockserver.faults.model import Fault, Kind

BODY: dict[str, Any] = {
    "job": {"id": "1", "state": "DONE", "a/b": {"~": None}},
    "rows": [{"n": 1}, {"n": 2}],
    "tags": ["x"],
}
SCHEMA = {
    "type": "object",
    "properties": {
        "job": {"$ref": "#/components/schemas/Job"},
        "rows": {"type": "array", "items": {"properties": {"n": {"enum": [1, 2]}}}},
    },
}
OPENAPI: dict[str, Any] = {
    "components": {
        "schemas": {
            "Job": {
                "allOf": [
                    {"properties": {"state": {"anyOf": [{"enum": ["DONE"]}, {"enum": [UNKNOWN]}]}}}
                ],
                "additionalProperties": {"enum": ["free"]},
            }
        }
    }
}


def spoil(kind: Kind, body: Any = BODY, **told: Any) -> tuple[str, Any] | None:
    return BodyCorruption(OPENAPI).corrupt(Fault(kind, told), SCHEMA, body, str)


def test_members_are_all_of_objects_and_the_first_of_arrays() -> None:
    assert [json_pointer.write_path(way) for way in json_pointer.members(BODY)] == [
        "/job", "/job/id", "/job/state", "/job/a~1b", "/job/a~1b/~0",
        "/rows", "/rows/0/n", "/tags",
    ]  # fmt: skip
    assert list(json_pointer.members([])) == list(json_pointer.members("text")) == []


@pytest.mark.parametrize("text", ["/job/id", "/job/a~1b/~0", "/rows/1/n", "/tags/0", "/rows"])
def test_ways_are_read_and_written(text: str) -> None:
    way = json_pointer.read_path(text, BODY)
    assert way is not None
    assert json_pointer.write_path(way) == text


@pytest.mark.parametrize("text", ["/nope", "/job/id/x", "/rows/2", "/rows/-", "/rows/n", "/tags/x"])
def test_ways_to_nowhere_are_none(text: str) -> None:
    assert json_pointer.read_path(text, BODY) is None


def test_changes_leave_the_original_alone() -> None:
    before = repr(BODY)
    assert json_pointer.without(BODY, ("job", "id"))["job"].keys() == {"state", "a/b"}
    assert json_pointer.without(BODY, ("rows", 0))["rows"] == [{"n": 2}]
    assert json_pointer.changed_at(BODY, ("rows", 1, "n"), 7)["rows"] == [{"n": 1}, {"n": 7}]
    assert repr(BODY) == before


def test_enums_are_found_through_references_and_alternatives() -> None:
    assert json_pointer.enum_at(OPENAPI, SCHEMA, ("job", "state")) == ["DONE", UNKNOWN, "free"]
    assert json_pointer.enum_at(OPENAPI, SCHEMA, ("job", "id")) == ["free"]
    assert json_pointer.enum_at(OPENAPI, SCHEMA, ("rows", 0, "n")) == [1, 2]
    assert json_pointer.enum_at(OPENAPI, SCHEMA, ("tags", 0)) is None


def test_unknown_value_is_in_no_enum() -> None:
    assert spoil(Kind.UNKNOWN_ENUM, pointer="/job/state") == (
        "/job/state",
        {**BODY, "job": {**BODY["job"], "state": f"{UNKNOWN}_"}},
    )
    struck = spoil(Kind.UNKNOWN_ENUM, pointer="/rows/1/n")
    assert struck is not None
    assert struck[1]["rows"][1]["n"] == 3


def test_place_is_chosen_by_rank_among_those_that_fit() -> None:
    assert (spoil(Kind.UNKNOWN_ENUM) or ("",))[0] == "/job/a~1b"
    assert (spoil(Kind.DROP_FIELD) or ("",))[0] == "/job"
    assert spoil(Kind.UNKNOWN_ENUM, {"other": 1}) is None
    assert spoil(Kind.DROP_FIELD, []) is None
    assert spoil(Kind.DROP_FIELD, pointer="/nope") is None
    assert spoil(Kind.UNKNOWN_ENUM, pointer="/tags") is None


@pytest.mark.parametrize("value", [17, None])
def test_value_may_be_told(value: Any) -> None:
    struck = spoil(Kind.WRONG_TYPE, pointer="/job/id", value=value)
    assert struck is not None
    assert struck[1]["job"]["id"] == value


@pytest.mark.parametrize("value", ["x", 1, 1.5, True, None, [], {}])
def test_wrong_type_is_another_type(value: Any) -> None:
    assert type(wrong_type(value)) is not type(value)
