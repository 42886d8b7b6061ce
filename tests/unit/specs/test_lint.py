"""Each fault that the lint must find, planted in a copy of the contract files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import specs
from specs.lint import check_all
from specs.lint_cache import LintCache

Edit = Callable[[Any], object]


def spoil(path: Path, edit: Edit) -> None:
    document = specs.read_yaml(path)
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML, and quick to write


def job(document: Any) -> Any:
    return document["paths"]["/data/reports/{type}/jobs/{id}"]["get"]


def create(document: Any) -> Any:
    return document["paths"]["/data/reports/{type}/jobs"]["post"]


def poll(document: Any) -> Any:
    return document["paths"]["/data/reports/{type}/jobs/{id}"]["get"]


OPENAPI: dict[str, tuple[Edit, str]] = {
    "another version": (lambda d: d.update(openapi="3.1.0"), "must be 3.0.3"),
    "an unknown key": (lambda d: d.update(surprise=1), "surprise"),
    "a reference to nothing": (
        lambda d: job(d)["responses"].update({"404": {"$ref": "#/components/responses/No"}}),
        "No",
    ),
    "an unknown security scheme": (
        lambda d: job(d).update(security=[{"seal": []}]),
        "no security scheme is called 'seal'",
    ),
    "an int32 without its range": (
        lambda d: d["components"]["schemas"]["JobPage"]["properties"]["total"].pop("maximum"),
        "int32 without minimum and maximum",
    ),
    "a link to an unknown operation": (
        lambda d: create(d)["responses"]["202"]["links"]["status"].update(operationId="no"),
        "no operation is called 'no'",
    ),
    "a link that fills an unknown parameter": (
        lambda d: create(d)["responses"]["202"]["links"]["status"]["parameters"].update(no="x"),
        "getReportJob has no parameter 'no'",
    ),
    "a link into nothing of the body": (
        lambda d: create(d)["responses"]["202"]["links"]["status"]["parameters"].update(
            id="$response.body#/job/nothing"
        ),
        "points at nothing in the body",
    ),
    "a link from a parameter that is not sent": (
        lambda d: create(d)["responses"]["202"]["links"]["status"]["parameters"].update(
            type="$request.path.kind"
        ),
        "names no parameter of createReportJob",
    ),
    "an operation without a source": (lambda d: job(d).pop("x-source"), "x-source is None"),
    "a schema with an unknown source": (
        lambda d: d["components"]["schemas"]["Job"].update({"x-source": "rumour"}),
        "x-source is 'rumour'",
    ),
    "a documented response without its page": (
        lambda d: job(d)["responses"]["200"].pop("x-document"),
        "does not name the page",
    ),
    "a body example that breaks its schema": (
        lambda d: create(d)["requestBody"]["content"]["application/json"]["examples"]["csv"][
            "value"
        ].update(format="pdf"),
        "the example breaks its schema at /format",
    ),
    "a schema example that breaks its schema": (
        lambda d: d["components"]["schemas"]["Error"]["example"].pop("code"),
        "the example breaks its schema",
    ),
    "a state that the wire does not list": (
        lambda d: (
            d["components"]["schemas"]["JobStatus"]["enum"].remove("FAILED"),
            poll(d)["responses"]["200"]["content"]["application/json"]["examples"].pop("failed"),
        ),
        "disagree on 'FAILED' (profile documented)",
    ),
    "a fault in one profile only": (
        lambda d: d["components"]["schemas"]["JobStatus"]["x-profiles"]["observed"]["enum"].append(
            "lost"
        ),
        "disagree on 'lost' (profile observed)",
    ),
}

LIFECYCLE: dict[str, tuple[Edit, str]] = {
    "a missing key": (lambda d: d.pop("initial"), '"initial" is a required property'),
    "another vendor's name": (lambda d: d.update(vendor="other"), "is not the folder's name"),
    "an edge to an unknown state": (
        lambda d: d["edges"][0].update(to="LOST"),
        "no state is called 'LOST'",
    ),
    "a plan without an edge": (
        lambda d: d["plan"]["documented"].pop(1) and d["edges"].pop(1),
        "no edge by time leads from CREATED to DONE",
    ),
    "a plan that waits for ever and goes on": (
        lambda d: d["plan"]["documented"][0].pop("lasts"),
        "CREATED has no end",
    ),
    "an edge by nobody": (lambda d: d["edges"][-1].update(by="magic"), "'magic' is neither time"),
    "a final state that time leaves": (
        lambda d: d["states"]["PROCESSING"].update(final=True),
        "PROCESSING is final, but time leads on",
    ),
    "a state out of reach": (
        lambda d: (
            [e.update(to="DELETED") for e in d["edges"] if e["to"] == "CANCELED"]
            and d["operations"]["cancel"].update(enters="DELETED")
        ),
        "cannot be reached from CREATED",
    ),
    "a role for an unknown operation": (
        lambda d: d["operations"]["fetch"].update(operation="no"),
        "no operation is called 'no'",
    ),
    "an answer that the operation does not list": (
        lambda d: d["operations"]["poll"]["answers"]["documented"].update(DONE=299),
        "getReportJob lists no status 299",
    ),
    "a role that its edges contradict": (
        lambda d: d["operations"]["delete"]["allowed"].append("FAILED"),
        "disagree on FAILED",
    ),
    "a place that points at nothing": (
        lambda d: d["locations"]["getReportJob"].update(id="/job/number"),
        "points at nothing in the body of getReportJob",
    ),
    "an unknown statement": (
        lambda d: d["states"]["DONE"].update(statements=["TD-S99"]),
        "no statement is called 'TD-S99'",
    ),
}

REQUIREMENTS: dict[str, tuple[Edit, str]] = {
    "a row without a check or a reason": (
        lambda d: [d["requirements"][0].pop(key, None) for key in ("check", "not_tested")],
        "/requirements/0",
    ),
    "a forgotten statement": (
        lambda d: d["statements"].append({"id": "TD-S99", "document": "004", "text": "Nobody."}),
        "TD-S99: no requirement rests on this statement",
    ),
    "a row on an unknown statement": (
        lambda d: d["requirements"][0].update(statements=["TD-S99"]),
        "no statement is called 'TD-S99'",
    ),
    "two rows of one id": (
        lambda d: d["requirements"].append(d["requirements"][0]),
        "stands 2 times under requirements",
    ),
    "an unknown operation": (
        lambda d: d["requirements"][0].update(operation="no"),
        "no operation is called 'no'",
    ),
    "an element that is not there": (
        lambda d: d["requirements"][0].update(elements=["#/components/schemas/No"]),
        "points at nothing in openapi.yaml",
    ),
}


@pytest.mark.parametrize(
    ("file", "edit", "reason"),
    [
        pytest.param(file, edit, reason, id=f"{file}: {name}")
        for file, table in (
            ("openapi.yaml", OPENAPI),
            ("lifecycle.yaml", LIFECYCLE),
            ("requirements.yaml", REQUIREMENTS),
        )
        for name, (edit, reason) in table.items()
    ],
)
def test_load_names_file_and_reason(
    contracts: Path, cache: LintCache, file: str, edit: Edit, reason: str
) -> None:
    path = contracts / "talkdesk" / file
    spoil(path, edit)
    with pytest.raises(specs.SpecError) as caught:
        specs.load("talkdesk", root=contracts, cache=cache)
    assert [fault.file for fault in caught.value.faults if reason in str(fault)]


def test_lint_is_silent_on_the_real_files() -> None:
    assert check_all() == []


def test_lint_finds_an_operation_id_of_two_vendors(contracts: Path, cache: LintCache) -> None:
    taken = {
        "operationId": "getReportJob",
        "x-source": "assumed",
        "responses": {"204": {"description": "Nothing.", "x-source": "assumed"}},
    }
    shared = {"/taken": {"get": taken}}
    spoil(contracts / "energycap" / "openapi.yaml", lambda d: d["paths"].update(shared))
    found = check_all(contracts, cache)
    assert any("getReportJob: stands already in" in str(fault) for fault in found)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3", "the key 'a' stands twice"),
        ("a: [1\n", "line 2", "expected ',' or ']'"),
        ("a: !!python/object:os.system {}\n", "line 1", "could not determine a constructor"),
    ],
)
def test_read_yaml_names_the_line(tmp_path: Path, text: str, place: str, reason: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(specs.SpecError) as caught:
        specs.read_yaml(path)
    assert caught.value.faults[0].place == place
    assert reason in caught.value.faults[0].reason


def test_read_yaml_leaves_dates_as_text(tmp_path: Path) -> None:
    path = tmp_path / "dates.yaml"
    path.write_text("day: 2026-03-30\n", encoding="utf-8")
    assert specs.read_yaml(path) == {"day": "2026-03-30"}


def test_load_names_the_known_vendors() -> None:
    with pytest.raises(specs.SpecError, match="known are clinicalone, energycap, talkdesk"):
        specs.load("nobody")
