"""The schemas of our formats describe every key, so that an editor can explain it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import isodate
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import specs
from specs.files import ROOT

SCHEMAS = sorted((ROOT / "meta").glob("*.schema.json"))
OURS = sorted(
    path for kind in ("lifecycle", "requirements") for path in ROOT.glob(f"*/{kind}.yaml")
)


def load(name: str) -> Any:
    return json.loads((ROOT / "meta" / f"{name}.schema.json").read_text(encoding="utf-8"))


def described(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The place and schema of every key that a schema names."""
    if isinstance(node, dict):
        for name, child in node.get("properties", {}).items():
            if node.get("additionalProperties") is False or "type" in node:
                yield f"{place}/{name}", child
        for key, child in node.items():
            if key == "properties":
                for name, value in child.items():
                    yield from described(value, f"{place}/{name}")
            else:
                yield from described(child, f"{place}/{key}")
    elif isinstance(node, list):
        for child in node:
            yield from described(child, place)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_key_has_a_description(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    keys = dict(described(schema))
    assert len(keys) > 5
    undescribed = [place for place, node in keys.items() if not node.get("description", "").strip()]
    assert undescribed == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_files_name_their_schema_for_editors(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    prefix, _, name = first.partition("$schema=")
    assert prefix == "# yaml-language-server: "
    assert (path.parent / name).resolve() == ROOT / "meta" / f"{path.stem}.schema.json"


def stage() -> Any:
    return load("lifecycle")["$defs"]["timeline"]["items"]["properties"]["lasts"]


@given(st.from_regex(stage()["pattern"], fullmatch=True))
def test_every_duration_that_the_schema_allows_has_seconds(text: str) -> None:
    assert isodate.parse_duration(text).total_seconds() >= 0
    assert not hasattr(isodate.parse_duration(text), "months")  # whose length is unknown


@given(st.sampled_from(["P", "PT", "P1M", "P1Y", "PT5", "P-1D", "5S", "", "P1DT", "PT1.S", "p1d"]))
def test_schema_refuses_what_is_no_duration_in_seconds(text: str) -> None:
    assert not jsonschema_rs.Draft202012Validator(stage()).is_valid(text)


def test_profiles_of_the_schema_are_those_of_the_loader() -> None:
    wire = load("lifecycle")["properties"]["states"]["additionalProperties"]["properties"]["wire"]
    rows = load("requirements")["properties"]["requirements"]["items"]["properties"]
    assert set(wire["properties"]) == set(specs.PROFILES)
    assert set(rows["profiles"]["items"]["enum"]) == set(specs.PROFILES)
