"""What is said of a body that is not valid: the member, the values it may have, the way out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import specs
from mockserver.openapi.schemas import Schemas, Validator

CONTROL = Schemas(specs.load_control())
RULES: Validator = CONTROL.validator(
    CONTROL.openapi["paths"]["/_mock/faults"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
)
KINDS = CONTROL.openapi["components"]["schemas"]["FaultKind"]["enum"]
RATE_LIMIT = {"kind": "rate-limit"}


@pytest.mark.parametrize(
    ("rule", "field", "said"),
    [
        (RATE_LIMIT, "fault", ["is required", "kind is not known", "known: fault"]),
        ({"fault": {"kind": "rate-limt"}}, "fault.kind", [*KINDS, "did you mean rate-limit?"]),
        ({"fault": {"kind": "RateLimit"}}, "fault.kind", ["did you mean rate-limit?"]),
        ({"fault": RATE_LIMIT | {"retryAfter": 5}}, "fault.retryAfter", ["retry_after?"]),
        ({"fault": RATE_LIMIT, "tims": 3}, "tims", ["is not known; did you mean times?"]),
        ({"fault": RATE_LIMIT, "xyz": 3}, "xyz", ["known: fault, id, match"]),
        ({"fault": {}}, "fault.kind", ["is required"]),
        ([{"fault": {"kind": "x"}}], "[0].fault.kind", KINDS),
        ([{"fault": RATE_LIMIT}, {}], "[1].fault", ["is required"]),
        (5, "", ["must be of type array or object"]),
    ],
    ids=str,
)
def test_rule_that_is_not_valid_is_explained(rule: Any, field: str, said: list[str]) -> None:
    found = RULES.first_error(rule)
    assert found is not None
    assert found[0] == field
    for text in said:
        assert text in found[1]
    assert "anyOf" not in found[1]
    assert "other candidates" not in found[1]


@given(name=st.text(min_size=1, max_size=40), value=st.text(min_size=12, max_size=40))
def test_no_value_is_repeated(name: str, value: str) -> None:
    found = RULES.first_error({"fault": {"kind": value, name: value}})
    assert found is not None
    assert name == value or value not in found[1]
