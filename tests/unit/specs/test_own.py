"""The folder of a user's own vendor: what it may leave out, and how a fault in it is told."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import specs
from specs.implied import with_implied
from specs.lifecycle import id_in_link
from specs.lint_cache import LintCache
from specs.own import prefixes, server_path

EXAMPLES = Path(__file__).parents[2] / "examples"
Edit = Callable[[Any], object]


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """A copy of an example that a test may change."""
    return Path(shutil.copytree(EXAMPLES / "exports", tmp_path / "mine" / "exports"))


def edit(folder: Path, name: str, change: Edit) -> None:
    path = folder / name
    document = specs.read_yaml(path)
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def operation(document: Any, path: str, method: str) -> Any:
    return document["paths"][path][method]


def export(document: Any) -> Any:
    return document["components"]["schemas"]["Export"]


def examples() -> dict[str, specs.Contract]:
    folders = specs.vendor_folders([EXAMPLES])
    names = [name for name in folders if specs.is_own(folders[name])]
    return {name: specs.load(name, folder=folders[name]) for name in names}


BROKEN: dict[str, tuple[str, Edit, str]] = {
    "no version": ("openapi.yaml", lambda d: d.pop("openapi"), ": /openapi: must be 3.0.3"),
    "OpenAPI 3.1": (
        "openapi.yaml",
        lambda d: d.update(openapi="3.1.0"),
        "/openapi: must be 3.0.3, the newest version that Connexion supports (`mockserver new-v",
    ),
    "no paths": ("openapi.yaml", lambda d: d.pop("paths"), "required"),
    "a reference to nothing": (
        "openapi.yaml",
        lambda d: d["components"]["schemas"].pop("Export"),
        "unresolvable reference '#/components/schemas/Export'",
    ),
    "an operation without its id": (
        "openapi.yaml",
        lambda d: operation(d, "/api/exports", "post").pop("operationId"),
        ": /paths/~1api~1exports/post: operationId is missing",
    ),
    "no success": (
        "openapi.yaml",
        lambda d: operation(d, "/api/exports", "post")["responses"].pop("201"),
        ": /paths/~1api~1exports/post/responses: there is no 2xx response",
    ),
    "an unknown scheme": (
        "openapi.yaml",
        lambda d: d.update(security=[{"door": []}]),
        "unknown security scheme 'door'",
    ),
    "another vendor's slug": (
        "openapi.yaml",
        lambda d: d.update({"x-vendor": "other"}),
        ": /x-vendor: must be the folder's name, 'exports'",
    ),
    "no actions": ("lifecycle.yaml", lambda d: d.pop("actions"), ": /actions: is required"),
    "an unknown key": (
        "lifecycle.yaml",
        lambda d: d.update(actoins={}),
        ": /actoins: is not known; did you mean actions?",
    ),
    "an unknown operation": (
        "lifecycle.yaml",
        lambda d: d["actions"]["poll"].update(operation="getExprot"),
        ": /actions/poll: unknown operation 'getExprot'",
    ),
    "an unknown state": (
        "lifecycle.yaml",
        lambda d: d["timeline"][1].update(state="WORKNG"),
        ": /timeline: unknown state 'WORKNG'",
    ),
    "a state out of reach": (
        "lifecycle.yaml",
        lambda d: d["states"].update(LOST={"wire": "error"}),
        ": /states/LOST: cannot be reached from QUEUED",
    ),
    "a wire name that is not in the enum": (
        "lifecycle.yaml",
        lambda d: d["states"]["READY"].update(wire="done"),
        "the enum at /status and the states' wire names differ in 'done'",
    ),
    "an id that is nowhere": (
        "lifecycle.yaml",
        lambda d: d["locations"]["getExport"].update(id="/exportId"),
        ": /locations/getExport: not in the success body of getExport: exportId",
    ),
    "a creation without an id": (
        "lifecycle.yaml",
        lambda d: d["locations"].pop("createExport"),
        ": /locations: createExport creates a job: where is the job's id?",
    ),
    "a poll that shows no state": (
        "lifecycle.yaml",
        lambda d: d["locations"]["getExport"].pop("status"),
        ": /locations: getExport polls a job: where is the job's state (status or shown)?",
    ),
    "a value of two kinds": (
        "lifecycle.yaml",
        lambda d: d["values"]["default"]["/expires_at"].update(constant=1),
        ": /values/default//expires_at: fits several alternatives where one is due",
    ),
    "a value in an unknown state": (
        "lifecycle.yaml",
        lambda d: d["values"]["default"]["/expires_at"].update(when=["DONE"]),
        ": /values/default/expires_at: unknown state 'DONE'",
    ),
    "a link to nothing": (
        "lifecycle.yaml",
        lambda d: d["values"]["default"]["/download_url"].update(link="fech"),
        "a link to an unknown action or operation 'fech'",
    ),
    "a value that is not in the body": (
        "lifecycle.yaml",
        lambda d: d["values"].update(getExport={"/exprires_at": {"time": "expires_at"}}),
        ": /values/getExport/exprires_at: /exprires_at is not in the success body of getExport",
    ),
    "a list of an unknown operation": (
        "lifecycle.yaml",
        lambda d: d.update(lists={"listExprots": {"style": "page"}}),
        ": /lists/listExprots: unknown operation 'listExprots'",
    ),
    "a requirement without a check": (
        "requirements.yaml",
        lambda d: d["requirements"][0].pop("not_tested"),
        ": /requirements/0/check: is required",
    ),
    "a switch without a reason": (
        "requirements.yaml",
        lambda d: d.update(switched_off={"EXPORTS-AUTO-STATUS-getExport": ""}),
        ": /switched_off/EXPORTS-AUTO-STATUS-getExport: ",
    ),
    "pages by a parameter that is not there": (
        "lifecycle.yaml",
        lambda d: d.update(lists={"listExports": {"style": "page", "at": "nope"}}),
        ": /lists/listExports/at: unknown query parameter 'nope'",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_fault_is_told_by_file_place_and_reason(
    vendor: Path, lint_cache: LintCache, case: str
) -> None:
    name, change, text = BROKEN[case]
    edit(vendor, name, change)
    with pytest.raises(specs.SpecError) as caught:
        specs.load("exports", cache=lint_cache, folder=vendor)
    lines = str(caught.value).splitlines()
    assert any(text in line for line in lines), lines
    assert all(issue.file == str(vendor / name) for issue in caught.value.issues)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("openapi.yaml", "", "/: must be a mapping"),
        ("lifecycle.yaml", f"x: {'[' * 5000}{']' * 5000}", "file: is nested too deeply"),
        ("lifecycle.yaml", "states:\0 x", "file: unacceptable character #x0000"),
        ("lifecycle.yaml", "states:\n\tx: 1\n", "line 2: found character"),
        ("requirements.yaml", None, "file: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    vendor: Path, lint_cache: LintCache, name: str, content: str | None, text: str
) -> None:
    path = vendor / name
    path.unlink()
    path.mkdir() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(specs.SpecError) as caught:
        specs.load("exports", cache=lint_cache, folder=vendor)
    assert str(caught.value).startswith(f"{path}: {text}")
    assert "\n" not in str(caught.value)


def test_a_generated_row_that_is_not_there_cannot_be_switched_off(
    vendor: Path, lint_cache: LintCache
) -> None:
    edit(
        vendor,
        "requirements.yaml",
        lambda d: d.update(switched_off={"EXPORTS-AUTO-NO": "no reason"}),
    )
    contract = with_implied(specs.load("exports", cache=lint_cache, folder=vendor))
    with pytest.raises(specs.SpecError, match="/switched_off/EXPORTS-AUTO-NO: unknown requirement"):
        _ = contract.requirements


@pytest.mark.parametrize("profile", specs.PROFILES)
def test_what_a_users_vendor_leaves_out_is_derived(profile: str) -> None:
    folders = specs.vendor_folders([EXAMPLES])
    contract = specs.load("operations", profile, folder=folders["operations"])
    assert contract.own
    assert not specs.load("talkdesk").own
    assert contract.prefixes == ("/v1",)
    assert contract.grant_refused == 403
    assert contract.operations["getOperation"].path == "/v1/operations/{operation}"
    assert {operation.source for operation in contract.operations.values()} == {"documented"}
    assert contract.openapi["components"]["securitySchemes"]["token"] == {
        "type": "http",
        "scheme": "bearer",
    }
    assert contract.lifecycle.initial == "PENDING"


def test_requirements_are_optional(vendor: Path, lint_cache: LintCache) -> None:
    (vendor / "requirements.yaml").unlink()
    contract = specs.load("exports", cache=lint_cache, folder=vendor)
    assert all("-AUTO-" in row.id for row in contract.requirements)
    assert contract.switched_off == {}


def test_a_status_of_no_response_has_that_of_its_range_or_the_default() -> None:
    contracts = examples()
    render = contracts["operations"].operations["startRender"]
    assert render.response(202) is render.responses[202]
    error = render.response(418)
    assert error is not None
    assert error["description"] == "The request was refused."
    assert contracts["exports"].operations["getExport"].response(418) is None


def test_a_key_that_is_a_number_is_text_as_in_json(vendor: Path, lint_cache: LintCache) -> None:
    path = vendor / "openapi.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('"200":', "200:"), encoding="utf-8")
    contract = specs.load("exports", cache=lint_cache, folder=vendor)
    assert 200 in contract.operations["getExport"].responses


def test_a_folder_of_vendors_and_a_vendors_folder_are_both_found() -> None:
    whole, one = specs.vendor_folders([EXAMPLES]), specs.vendor_folders([EXAMPLES / "exports"])
    assert list(whole) == [*specs.vendors(), "exports", "operations"]
    assert list(one) == [*specs.vendors(), "exports"]


def test_a_folder_of_the_same_name_replaces_a_vendor(vendor: Path) -> None:
    mine = vendor.rename(vendor.with_name("talkdesk"))
    folders = specs.vendor_folders([mine])
    assert folders["talkdesk"] == mine
    assert list(folders) == list(specs.vendors())


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda root: root / "nothing", "folder: there is no such folder"),
        (lambda root: root, "folder: no vendor: neither it nor a folder in it has openapi.yaml"),
        (lambda root: _folder(root / "My Vendor"), "named in a-z, 0-9 and -, with a letter first"),
        (lambda root: _folder(root / "1st"), "named in a-z, 0-9 and -, with a letter first"),
        (lambda root: _folder(root / "control"), "the name is reserved: control"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told(
    tmp_path: Path, make: Callable[[Path], Path], text: str
) -> None:
    with pytest.raises(specs.SpecError, match=text):
        specs.vendor_folders([make(tmp_path)])


def _folder(path: Path) -> Path:
    path.mkdir()
    (path / "openapi.yaml").touch()
    return path


def test_two_folders_of_one_name_are_told(vendor: Path) -> None:
    with pytest.raises(specs.SpecError, match=r"duplicate: there is .*exports too"):
        specs.vendor_folders([EXAMPLES, vendor.parent])
    assert "exports" in specs.vendor_folders([EXAMPLES, EXAMPLES / "exports"])


@pytest.mark.parametrize(
    ("body", "states"),
    [
        ({"done": False, "metadata": {}}, {"PENDING"}),
        ({"done": False, "metadata": {"startTime": "2026-01-01T00:00:00Z"}}, {"RUNNING"}),
        ({"done": True, "response": {}}, {"SUCCEEDED"}),
        ({"done": True, "response": None, "error": {"status": "INTERNAL"}}, {"FAILED"}),
        ({"done": True, "error": {"status": "CANCELLED"}}, {"CANCELLED"}),
        ({"done": 1}, set()),
        (None, set()),
    ],
)
def test_states_are_told_by_several_members(body: Any, states: set[str]) -> None:
    lifecycle = examples()["operations"].lifecycle
    assert lifecycle.states_shown("getOperation", 200, body) == states


def test_states_are_told_by_one_member_of_any_type(vendor: Path, lint_cache: LintCache) -> None:
    def numbered(document: Any) -> None:
        document["components"]["schemas"]["Export"]["properties"]["status"] = {
            "type": "integer",
            "enum": [0, 1, 2, 3, 4, 5],
        }

    def wires(document: Any) -> None:
        for number, state in enumerate(document["states"].values()):
            state["wire"] = number

    edit(vendor, "openapi.yaml", numbered)
    edit(vendor, "lifecycle.yaml", wires)
    lifecycle = specs.load("exports", cache=lint_cache, folder=vendor).lifecycle
    assert lifecycle.states_shown("getExport", 200, {"status": 1}) == {"WORKING"}
    assert lifecycle.states_shown("getExport", 200, {"status": True}) == frozenset()
    assert lifecycle.wire_name("WORKING") == "1"
    assert lifecycle.states["WORKING"].value == 1


def test_states_are_told_by_the_http_status(vendor: Path, lint_cache: LintCache) -> None:
    def answers(document: Any) -> None:
        document["actions"]["poll"]["answers"] = {"READY": 303, "QUEUED": 202, "WORKING": 202}
        document["actions"]["poll"] |= {
            "allowed": ["QUEUED", "WORKING", "READY", "CANCELLED", "ERROR"],
            "refused": {"default": 410},
        }
        document["locations"]["getExport"] = {"id": "/id"}

    def listed(document: Any) -> None:
        poll = operation(document, "/api/exports/{export_id}", "get")["responses"]
        poll |= dict.fromkeys(("202", "303"), poll["200"])

    edit(vendor, "openapi.yaml", listed)
    edit(vendor, "lifecycle.yaml", answers)
    lifecycle = specs.load("exports", cache=lint_cache, folder=vendor).lifecycle
    shown = {
        status: lifecycle.states_shown("getExport", status, None)
        for status in (202, 303, 410, 200, 404)
    }
    assert shown == {
        202: {"QUEUED", "WORKING"},
        303: {"READY"},
        410: {"EXPIRED"},
        200: {"CANCELLED", "ERROR"},
        404: set(),
    }


@pytest.mark.parametrize("vendor_name", specs.vendors())
def test_a_built_in_vendor_shows_states_by_its_status_member(vendor_name: str) -> None:
    lifecycle = specs.load(vendor_name).lifecycle
    for operation_id, location in lifecycle.locations.items():
        for state in lifecycle.states.values() if location.status else ():
            body = {str(location.status).removeprefix("/"): state.wire}
            shown = lifecycle.states_shown(operation_id, 200, body)
            assert state.name in shown or "/" in str(location.status)[1:]


@pytest.mark.parametrize(
    ("link", "template", "found"),
    [
        ("https://a.example/v1/jobs/17", "/v1/jobs/{id}", "17"),
        ("/v1/jobs/17/status?x=1", "/v1/jobs/{id}/status", "17"),
        ("/v1/jobs/17:state", "/v1/jobs/{id}:state", "17"),
        ("/v1/jobs/a%2Fb/", "/v1/jobs/{id}", "a/b"),
        ("/elsewhere/17", "/v1/jobs/{id}/status", "17"),
        ("/", "/v1/jobs/{id}", None),
        (None, None, None),
    ],
)
def test_the_id_is_found_in_a_link(link: Any, template: str | None, found: str | None) -> None:
    assert id_in_link(link, template) == found


_SEGMENT = st.sampled_from(["v1", "v2", "jobs", "exports", "{id}", "{id}:cancel"])
_PATHS = st.lists(st.lists(_SEGMENT, min_size=1, max_size=4).map("/".join).map("/{}".format))


@given(_PATHS.filter(bool))
def test_every_path_is_below_a_derived_prefix(paths: list[str]) -> None:
    found = list(prefixes(paths))
    assert len(set(found)) == len(found)
    for path in paths:
        assert any(path == p or path.startswith(f"{p.rstrip('/')}/") for p in found)


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        ([{"url": "https://a.example/v1/"}], "/v1"),
        ([{"url": "/"}], ""),
        ([{"url": "/api/v2"}], "/api/v2"),
        (
            [{"url": "https://{host}/{base}", "variables": {"base": {"default": "v3"}}}],
            "/v3",
        ),
        ([{"url": "v1"}], ""),
        (None, ""),
        ([None], ""),
        ([{"url": "https://[broken"}], ""),
    ],
)
def test_the_path_of_the_first_server_is_part_of_every_path(servers: Any, path: str) -> None:
    assert server_path({"servers": servers}) == path


ODD: tuple[Any, ...] = (None, True, -1, "", "x", [], [None], {}, {"x": 1}, {"$ref": "#/nothing"})


@pytest.mark.parametrize("name", ["openapi.yaml", "lifecycle.yaml", "requirements.yaml"])
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_the_files_hold_is_loaded_or_told(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("odd") / "exports"
    shutil.copytree(EXAMPLES / "exports", folder)
    document = specs.read_yaml(folder / name)
    container: Any = document
    while True:
        keys = container if isinstance(container, dict) else range(len(container))
        key = data.draw(st.sampled_from(list(keys)))
        inner = container[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        container = inner
    container[key] = data.draw(st.sampled_from(ODD))
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    with suppress(specs.SpecError):
        assert specs.load("exports", folder=folder).operations


def test_a_lifecycle_has_a_patch_for_the_observed_profile(vendor: Path) -> None:
    slower = [{"state": "QUEUED", "lasts": "PT1M"}, {"state": "WORKING"}]
    patch = {"observed": {"timeline": slower, "states": {"READY": {"wire": "done"}}}}
    edit(vendor, "openapi.yaml", lambda d: export(d)["properties"]["status"].pop("enum"))
    edit(vendor, "lifecycle.yaml", lambda d: d.update({"x-profiles": patch}))
    documented, observed = (
        specs.load("exports", name, folder=vendor).lifecycle for name in specs.PROFILES
    )
    assert [stage.state for stage in observed.timeline] == ["QUEUED", "WORKING"]
    assert len(documented.timeline) == 4
    assert (documented.wire_name("READY"), observed.wire_name("READY")) == ("ready", "done")
