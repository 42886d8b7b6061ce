"""Each issue that the lint must find, planted in a copy of the contract files."""

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import specs
from specs.files import ROOT
from specs.lint import check_all
from specs.lint_cache import LintCache

Edit = Callable[[Any], object]


original = cache(specs.read_yaml)


def spoil(path: Path, edit: Edit) -> None:
    document = deepcopy(original(ROOT / path.parent.name / path.name))
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
        "/responses/404: unresolvable reference '#/components/responses/No'",
    ),
    "an unknown extension": (lambda d: d.update({"x-surprise": 1}), "/x-surprise: is not known"),
    "an unknown profile": (
        lambda d: job(d)["x-profiles"].update(other={}),
        "/x-profiles/other: is not known; ",
    ),
    "an extension of another type": (lambda d: d.update({"x-paths": "/"}), "/x-paths: "),
    "a document without its prefixes": (lambda d: d.pop("x-paths"), "x-paths is missing"),
    "another vendor's name": (
        lambda d: d.update({"x-vendor": "energycap"}),
        "/x-vendor: must be the folder's name",
    ),
    "an operation without a success": (
        lambda d: [job(d)["responses"].pop("200"), job(d).pop("x-profiles")],
        "there is no 2xx response",
    ),
    "a response to a range of statuses": (
        lambda d: job(d)["responses"].update({"5XX": job(d)["responses"]["404"]}),
        "/responses/5XX: must be a status",
    ),
    "a reference out of the components": (
        lambda d: d["components"]["schemas"].update(Other={"$ref": "#/info"}),
        "/components/schemas/Other: a reference must begin with #/components/",
    ),
    "a malformed reference": (
        lambda d: d["components"]["schemas"].update(Other={"$ref": 1}),
        "unresolvable reference 1",
    ),
    "parameters that are no list": (
        lambda d: job(d).update(parameters=-1),
        "/get/parameters: -1 is not of type",
    ),
    "an operation without a 400": (
        lambda d: create(d)["responses"].pop("400"),
        "createReportJob: there is no response 400",
    ),
    "a secured operation without a 401": (
        lambda d: create(d)["responses"].pop("401"),
        "createReportJob: there is no response 401",
    ),
    "an operation with a grant that cannot be refused": (
        lambda d: create(d)["responses"].pop("403"),
        "createReportJob: there is no response 403",
    ),
    "an operation without an id": (lambda d: job(d).pop("operationId"), "operationId is missing"),
    "an unknown security scheme": (
        lambda d: job(d).update(security=[{"seal": []}]),
        "unknown security scheme 'seal'",
    ),
    "an int32 without its range": (
        lambda d: d["components"]["schemas"]["JobPage"]["properties"]["total"].pop("maximum"),
        "an int32 needs minimum and maximum",
    ),
    "a link to an unknown operation": (
        lambda d: create(d)["responses"]["202"]["links"]["status"].update(operationId="no"),
        "unknown operation 'no'",
    ),
    "a link that fills an unknown parameter": (
        lambda d: create(d)["responses"]["202"]["links"]["status"]["parameters"].update(no="x"),
        "getReportJob has no parameter 'no'",
    ),
    "a link into nothing of the body": (
        lambda d: create(d)["responses"]["202"]["links"]["status"]["parameters"].update(
            id="$response.body#/job/nothing"
        ),
        "/job/nothing is not in the body of createReportJob",
    ),
    "a link from a parameter that is not sent": (
        lambda d: create(d)["responses"]["202"]["links"]["status"]["parameters"].update(
            type="$request.path.kind"
        ),
        "is not a parameter of createReportJob",
    ),
    "an operation without a source": (lambda d: job(d).pop("x-source"), "x-source is missing"),
    "a schema with an unknown source": (
        lambda d: d["components"]["schemas"]["Job"].update({"x-source": "rumour"}),
        "x-source: must be one of documented, ",
    ),
    "a documented response without its page": (
        lambda d: job(d)["responses"]["200"].pop("x-document"),
        "x-document is missing",
    ),
    "a body example that breaks its schema": (
        lambda d: create(d)["requestBody"]["content"]["application/json"]["examples"]["csv"][
            "value"
        ].update(format="pdf"),
        "the example is invalid at /format",
    ),
    "a schema example that breaks its schema": (
        lambda d: d["components"]["schemas"]["Error"]["example"].pop("code"),
        "the example is invalid at /",
    ),
    "a state that the wire does not list": (
        lambda d: (
            d["components"]["schemas"]["JobStatus"]["enum"].remove("FAILED"),
            poll(d)["responses"]["200"]["content"]["application/json"]["examples"].pop("failed"),
        ),
        "differ in 'FAILED' (profile documented)",
    ),
    "an issue in one profile only": (
        lambda d: d["components"]["schemas"]["JobStatus"]["x-profiles"]["observed"]["enum"].append(
            "lost"
        ),
        "differ in 'lost' (profile observed)",
    ),
}

LIFECYCLE: dict[str, tuple[Edit, str]] = {
    "a missing key": (lambda d: d.pop("initial"), "initial is missing"),
    "another vendor's name": (lambda d: d.update(vendor="other"), "must be the folder's name"),
    "a patch of an unknown profile": (
        lambda d: d.update({"x-profiles": {"other": {}}}),
        "/x-profiles/other: is not known; ",
    ),
    "a patch that names an unknown state": (
        lambda d: d.update({"x-profiles": {"observed": {"initial": "LOST"}}}),
        "unknown state 'LOST'",
    ),
    "a patch of wrong shape": (
        lambda d: d.update({"x-profiles": {"observed": {"surprise": 1}}}),
        "surprise: is not known; ",
    ),
    "a duration of a state in the timeline": (
        lambda d: d["states"]["CREATED"].update(lasts="PT1S"),
        "the timeline says how long the state lasts",
    ),
    "a duration of a state that leads nowhere": (
        lambda d: d["states"]["FAILED"].update(lasts="PT1S"),
        "one edge by time must leave FAILED, not 0",
    ),
    "an edge to an unknown state": (
        lambda d: d["edges"][0].update(to="LOST"),
        "unknown state 'LOST'",
    ),
    "a timeline without an edge": (
        lambda d: d["timeline"]["documented"].pop(1) and d["edges"].pop(1),
        "no edge by time from CREATED to DONE",
    ),
    "a stage without end that is not the last": (
        lambda d: d["timeline"]["documented"][0].pop("lasts"),
        "CREATED needs a duration",
    ),
    "an edge by nobody": (lambda d: d["edges"][-1].update(by="magic"), "by: must be one of "),
    "an edge by an action that there is not": (
        lambda d: d["edges"].append(
            {"from": "FAILED", "to": "DONE", "by": "start", "source": "assumed"}
        ),
        "there is an edge by start, but no action start",
    ),
    "an edge to a state that its action does not enter": (
        lambda d: d["edges"].append(
            {"from": "DONE", "to": "CANCELED", "by": "delete", "source": "assumed"}
        ),
        "an edge by delete leads to CANCELED, which is not what it enters",
    ),
    "a first state that is not the initial one": (
        lambda d: d.update(initial="PROCESSING"),
        "/timeline: must begin with the initial state, PROCESSING",
    ),
    "a creation that enters another state": (
        lambda d: d["actions"]["create"].update(enters="PROCESSING"),
        "/actions/create: must enter the initial state, CREATED",
    ),
    "an end of the last stage": (
        lambda d: d["timeline"]["documented"][-1].update(lasts="PT5S"),
        "DONE is the last stage and has no duration",
    ),
    "a duration that is none": (
        lambda d: d["timeline"]["documented"][0].update(lasts="PT5"),
        "/timeline/documented/0/lasts",
    ),
    "a duration of unknown length": (
        lambda d: d["timeline"]["documented"][0].update(lasts="P1M"),
        "/timeline/documented/0/lasts",
    ),
    "a wire name written twice": (
        lambda d: d["states"]["DONE"].update(wire={"documented": "DONE", "observed": "DONE"}),
        "/states/DONE/wire: the value is the same in both profiles: write it once",
    ),
    "a timeline written twice": (
        lambda d: d["timeline"].update(observed=d["timeline"]["documented"]),
        "/timeline: the value is the same in both profiles: write it once",
    ),
    "answers in one profile only": (
        lambda d: d["actions"]["poll"]["answers"].pop("observed"),
        "/actions/poll/answers",
    ),
    "a final state that time leaves": (
        lambda d: d["states"]["PROCESSING"].update(final=True),
        "PROCESSING is final, but an edge by time leads to",
    ),
    "a state out of reach": (
        lambda d: (
            [e.update(to="DELETED") for e in d["edges"] if e["to"] == "CANCELED"]
            and d["actions"]["cancel"].update(enters="DELETED")
        ),
        "cannot be reached from CREATED",
    ),
    "an action with an unknown operation": (
        lambda d: d["actions"]["fetch"].update(operation="no"),
        "unknown operation 'no'",
    ),
    "an answer that the operation does not list": (
        lambda d: d["actions"]["poll"]["answers"]["documented"].update(DONE=299),
        "getReportJob has no response 299",
    ),
    "an action that its edges contradict": (
        lambda d: d["actions"]["delete"]["allowed"].append("FAILED"),
        "the edges by delete disagree on FAILED",
    ),
    "a place that points at nothing": (
        lambda d: d["locations"]["getReportJob"].update(id="/job/number"),
        "not in the success body of getReportJob",
    ),
    "an unknown statement": (
        lambda d: d["states"]["DONE"].update(statements=["TD-S99"]),
        "unknown statement 'TD-S99'",
    ),
}

REQUIREMENTS: dict[str, tuple[Edit, str]] = {
    "a row without a check or a reason": (
        lambda d: [d["requirements"][0].pop(key, None) for key in ("check", "not_tested")],
        "/requirements/0",
    ),
    "a forgotten statement": (
        lambda d: d["statements"].append({"id": "TD-S99", "document": "004", "text": "Nobody."}),
        "TD-S99: no requirement refers to this statement",
    ),
    "a statement of an unknown page": (
        lambda d: d["statements"][0].update(document="009"),
        "unknown document '009'",
    ),
    "a row on an unknown statement": (
        lambda d: d["requirements"][0].update(statements=["TD-S99"]),
        "unknown statement 'TD-S99'",
    ),
    "two rows of one id": (
        lambda d: d["requirements"].append(d["requirements"][0]),
        "duplicate id under requirements",
    ),
    "an unknown operation": (
        lambda d: d["requirements"][0].update(operation="no"),
        "unknown operation 'no'",
    ),
    "an element that is not there": (
        lambda d: d["requirements"][0].update(elements=["#/components/schemas/No"]),
        "/No does not exist in openapi.yaml",
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
    contracts: Path, lint_cache: LintCache, file: str, edit: Edit, reason: str
) -> None:
    path = contracts / "talkdesk" / file
    spoil(path, edit)
    with pytest.raises(specs.SpecError) as caught:
        specs.load("talkdesk", root=contracts, cache=lint_cache)
    assert [issue.file for issue in caught.value.issues if reason in str(issue)]


def test_lint_is_silent_on_the_real_files() -> None:
    assert check_all() == []


def test_lint_finds_an_operation_id_of_two_vendors(contracts: Path, lint_cache: LintCache) -> None:
    response = {"description": "Nothing.", "x-source": "assumed"}
    taken = {
        "operationId": "getReportJob",
        "x-source": "assumed",
        "responses": {"204": response, "400": response, "401": response},
    }
    shared = {"/taken": {"get": taken}}
    spoil(contracts / "energycap" / "openapi.yaml", lambda d: d["paths"].update(shared))
    found = check_all(contracts, lint_cache)
    assert any("getReportJob: duplicate" in str(issue) for issue in found)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3", "duplicate key 'a'"),
        ("a: [1\n", "line 2", "expected ',' or ']'"),
        ("a: !!python/object:os.system {}\n", "line 1", "could not determine a constructor"),
    ],
)
def test_read_yaml_names_the_line(tmp_path: Path, text: str, place: str, reason: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(specs.SpecError) as caught:
        specs.read_yaml(path)
    assert caught.value.issues[0].place == place
    assert reason in caught.value.issues[0].reason


def test_read_yaml_returns_a_copy_each_time(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("rows: [1]", encoding="utf-8")
    specs.read_yaml(path)["rows"].append(2)
    assert specs.read_yaml(path) == {"rows": [1]}


def test_read_yaml_leaves_dates_as_text(tmp_path: Path) -> None:
    path = tmp_path / "dates.yaml"
    path.write_text("day: 2026-03-30\n", encoding="utf-8")
    assert specs.read_yaml(path) == {"day": "2026-03-30"}


def test_load_names_the_known_vendors() -> None:
    with pytest.raises(
        specs.SpecError, match="unknown vendor; known are clinicalone, energycap, talkdesk"
    ):
        specs.load("nobody")
