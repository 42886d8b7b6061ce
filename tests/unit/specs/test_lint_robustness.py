"""Whatever a contract file holds, loading it succeeds or says what is wrong."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import specs
from specs.files import ROOT
from specs.lint_cache import LintCache

FILES = ("openapi.yaml", "lifecycle.yaml", "requirements.yaml")
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    "",
    "x",
    "DONE",
    [],
    [None],
    {},
    {"x": 1},
    {"$ref": "#/nothing"},
)


def draw_member(data: st.DataObject, document: Any) -> tuple[Any, Any]:
    """Draw a container somewhere in the document, and one of its keys or indices."""
    container, key = document, None
    while True:
        key = data.draw(st.sampled_from(sorted(keys_of(container))))
        if not keys_of(container[key]) or data.draw(st.integers(0, 4)) == 0:
            return container, key
        container = container[key]


def keys_of(node: Any) -> Any:
    return node if isinstance(node, dict) else range(len(node) if isinstance(node, list) else 0)


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_file_loads_or_is_refused(
    contracts: Path, lint_cache: LintCache, data: st.DataObject
) -> None:
    vendor = data.draw(st.sampled_from(specs.vendors()))
    file = data.draw(st.sampled_from(FILES))
    original = ROOT / vendor / file
    document = deepcopy(specs.read_yaml(original))
    container, key = draw_member(data, document)
    value = data.draw(st.sampled_from(("delete", *ODD)))
    if value == "delete":
        del container[key]
    else:
        container[key] = deepcopy(value)
    changed = contracts / vendor / file
    changed.write_text(json.dumps(document), encoding="utf-8")
    issues: tuple[specs.SpecIssue, ...] = ()
    try:
        assert specs.load(vendor, root=contracts, cache=lint_cache).requirements
    except specs.SpecError as error:
        issues = error.issues
    changed.write_bytes(original.read_bytes())
    assert all(len(str(issue).splitlines()) == 1 for issue in issues)
