"""Bodies and values beside the valid ones."""

from typing import Any

import pytest

from conformance.request_data.edge_cases import (
    Mutations,
    edge_case_parameters,
    malformed_json,
)
from tests.unit.conformance._cases import contract

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
