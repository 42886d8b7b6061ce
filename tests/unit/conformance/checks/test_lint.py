"""The lint of the checks that a requirements.yaml names: planted mistakes, and the real files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import specs
from conformance.checks.lint import describe_type, requirement_issues
from specs.lint.plugins import check_plugins
from specs.requirements import Requirements


def changed(check: str, name: str = "", **arguments: Any) -> specs.Contract:
    """Return a contract with one of its requirements, whose check has other arguments."""
    contract, row, old = next(
        (contract, row, row.check)
        for contract in map(specs.load, specs.vendors())
        for row in contract.requirements
        if row.check and row.check.name == check
    )
    new = specs.Check(name or check, {**old.arguments, **arguments})
    rows = Requirements({}, (replace(row, check=new),), {})
    return replace(contract, load_requirements=lambda: rows)


@pytest.mark.parametrize("profile", specs.PROFILES)
@pytest.mark.parametrize("vendor", specs.vendors())
def test_real_requirements_have_no_issue(vendor: str, profile: str) -> None:
    assert list(requirement_issues(specs.load(vendor, profile))) == []


@pytest.mark.parametrize(
    ("check", "arguments", "reason"),
    [
        ("object_body", {"name": "no_such"}, "unknown check 'no_such'"),
        ("object_body", {"surprise": 1}, "takes no argument 'surprise'"),
        ("object_body", {"name": "headers"}, "needs the argument 'headers'"),
        ("field_matches_schema", {"pointers": "/job"}, "'pointers' must be a list of strings"),
        ("field_matches_schema", {"pointers": [1]}, "'pointers' must be a list of strings"),
        ("object_body", {"statuses": ["200"]}, "'statuses' must be a list of integers"),
        ("object_body", {"statuses": [True]}, "'statuses' must be a list of integers"),
        ("file_media", {"media": {"csv": "text/csv"}}, "'media' must be a mapping to lists of"),
        ("headers", {"required": "no"}, "'required' must be a boolean"),
        ("field_matches_schema", {"pointers": ["/x"]}, "'pointers' names '/x', which does not"),
        ("iana_zone", {"pointer": "/x"}, "'pointer' names '/x', which does not exist"),
        ("field_equals_parameter", {"parameter": "x"}, "'parameter' names 'x', which does not"),
        ("headers", {"headers": ["X"]}, "'headers' names 'X', which does not exist"),
        ("redirect_only_in", {"states": ["X"]}, "'states' names 'X', which does not exist"),
        ("token_works", {"operation": "x"}, "'operation' names 'x', which does not exist"),
        ("link_targets_same_resource", {"to": "x"}, "'to' names 'x', which does not exist"),
        ("deleted_is_gone", {"create": "x"}, "'create' names 'x', which does not exist"),
        ("deleted_is_gone", {"read": "x"}, "'read' names 'x', which does not exist"),
    ],
)
def test_a_planted_mistake_is_named(check: str, arguments: Mapping[str, Any], reason: str) -> None:
    ((_, text),) = requirement_issues(changed(check, **arguments))
    assert reason in text


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (str, "string"),
        (Sequence[int], "list of integers"),
        (Sequence[Any], "list of values"),
        (Mapping[str, Sequence[str]], "mapping to lists of strings"),
    ],
)
def test_types_are_described_in_words(hint: Any, words: str) -> None:
    assert describe_type(hint) == words


def test_the_lint_of_specs_runs_this_one(tmp_path: Path) -> None:
    for path in specs.files.ROOT.glob("*/*.yaml"):
        copy = tmp_path / path.parent.name / path.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(
            path.read_text(encoding="utf-8").replace("name: object_body,", "name: no_such,"),
            encoding="utf-8",
        )
    issues = check_plugins(tmp_path)
    assert issues
    assert {issue.reason for issue in issues} == {"unknown check 'no_such'"}
    assert {Path(issue.file).name for issue in issues} == {"requirements.yaml"}
