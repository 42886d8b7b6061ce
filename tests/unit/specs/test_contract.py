"""What a loaded contract answers."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import specs
from specs import pointer
from specs.files import ROOT
from specs.profile import merge
from specs.schema import to_json_schema

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


def test_profiles_differ_where_the_sources_clash() -> None:
    documented, observed = (specs.load("talkdesk", profile) for profile in specs.PROFILES)
    assert 300 in documented.operations["getReportJob"].responses
    assert 303 in observed.operations["getReportJob"].responses
    assert 300 not in observed.operations["getReportJob"].responses
    assert documented.lifecycle.wire_name("DONE") != observed.lifecycle.wire_name("DONE")


def test_a_wire_name_may_stand_for_several_states() -> None:
    lifecycle = specs.load("talkdesk").lifecycle
    assert lifecycle.states_named("DELETED") == {"DELETED", "CANCELED"}
    assert lifecycle.states_named("nothing") == frozenset()


def test_reachable_follows_edges_of_the_given_cause() -> None:
    lifecycle = specs.load("talkdesk").lifecycle
    assert lifecycle.reachable("DONE") == {"DELETED"}
    assert lifecycle.reachable("DONE", frozenset({"time"})) == frozenset()


def test_plan_is_told_in_seconds() -> None:
    plan = specs.load("talkdesk").lifecycle.timeline
    assert [(step.state, step.seconds) for step in plan] == [
        ("CREATED", 5.0),
        ("PROCESSING", 25.0),
        ("DONE", None),
    ]


@pytest.mark.parametrize("vendor", specs.vendors())
def test_every_job_ends_within_two_minutes(vendor: str) -> None:
    for profile in specs.PROFILES:
        plan = specs.load(vendor, profile).lifecycle.timeline
        assert sum(step.seconds or 0 for step in plan) <= 120


@given(target=JSON, patch=JSON)
def test_merge_patch_is_idempotent_and_leaves_no_null(target: object, patch: object) -> None:
    once = merge(target, patch)
    assert merge(once, patch) == once


@given(document=st.dictionaries(st.text(min_size=1, max_size=5), JSON, max_size=4))
def test_pointer_finds_every_key(document: dict[str, object]) -> None:
    for key, value in document.items():
        escaped = key.replace("~", "~0").replace("/", "~1")
        assert pointer.find(document, f"/{escaped}") == value


@pytest.mark.parametrize(
    ("openapi", "json_schema"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "enum": ["a"], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            {"type": "integer", "exclusiveMinimum": 0},
        ),
        (
            {"type": "integer", "maximum": 9, "exclusiveMaximum": False},
            {"type": "integer", "maximum": 9},
        ),
    ],
)
def test_convert_says_the_same_in_json_schema(openapi: object, json_schema: object) -> None:
    assert to_json_schema(openapi) == json_schema


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("*/openapi.yaml")), ids=lambda path: path.parent.name
)
def test_documents_use_no_yaml_that_other_tools_do_not_read(file: Path) -> None:
    tokens = list(yaml.scan(file.read_text(encoding="utf-8")))
    assert not [token for token in tokens if isinstance(token, yaml.TagToken)]
    assert not [t for t in tokens if isinstance(t, yaml.ScalarToken) and t.value == "<<"]
