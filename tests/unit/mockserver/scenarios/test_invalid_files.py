"""Scenarios, fixtures and folders with a fault stop the start: file, place and reason."""

import re
from pathlib import Path

import pytest

from mockserver.errors import ConfigurationError
from tests.unit.mockserver.fixture_folders import MINE, open_repository, write

SCENARIO_FAULTS = {
    "no scenario at all": ("a: 1", "/: "),
    "nothing": ("", "/: must be of type object"),
    "another vendor": (MINE.replace("talkdesk", "energycap"), "/vendor: must be the folder's name"),
    "a member too many": (MINE + "surprise: 1\n", "/surprise: is not known; known: "),
    "no part": ("vendor: talkdesk\nsummary: x\n", "/: "),
    "an unknown state": (MINE.replace("PROCESSING", "LOST"), "/jobs/0/stuck: unknown state"),
    "a bad duration": (
        MINE.replace("stuck: PROCESSING", "ends: {in: FAILED, after: soon}"),
        "/jobs/0/ends/after: ",
    ),
    "an unknown operation": (
        MINE + "faults: [{match: {operation: nope}, fault: {kind: reset}}]\n",
        "/faults/0: match.operation: unknown value nope",
    ),
    "another vendor's operation": (
        MINE + "faults: [{match: {operation: downloadReport}, fault: {kind: reset}}]\n",
        "/faults/0: match.operation: downloadReport belongs to clinicalone",
    ),
    "a fault of no kind": (MINE + "faults: [{fault: {kind: x}}]\n", "/faults/0: fault.kind"),
    "a number beyond JSON": (
        MINE + f"faults: [{{fault: {{kind: wrong-type, value: {9**30}}}}}]\n",
        "/faults/0: fault: cannot be written as JSON",
    ),
    "a script for no job": (
        MINE.replace("}]", ", nth: 2, after: 2}]"),
        "/jobs/0/nth: 2 must be greater than after",
    ),
    "a moment that is none": (MINE + "clock: {now: tomorrow}\n", "/clock/now: "),
    "a day that is none": (MINE + "clock: {now: '2026-02-30T00:00:00Z'}\n", "/clock/now: "),
    "seed data of another shape": (
        MINE + "seed: {replace: {jobs: [{id: 1}]}}\n",
        "/seed, then /jobs/0",
    ),
    "seed data that cannot work": (
        MINE + "seed: {add: {jobs: [{id: a, account: acme, type: calls, held: LOST, format: csv, "
        "timespan: {from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z'}}]}}\n",
        "/seed, then /jobs/7",
    ),
    "rows for what must be a list": (
        MINE + "seed: {add: {vendor: [1]}}\n",
        "/seed/add/vendor: must be a list",
    ),
}


@pytest.mark.parametrize("name", SCENARIO_FAULTS)
def test_scenario_with_a_fault_stops_the_start(tmp_path: Path, name: str) -> None:
    text, reason = SCENARIO_FAULTS[name]
    path = write(tmp_path, "talkdesk/mine.yaml", text)
    with pytest.raises(ConfigurationError) as refused:
        open_repository(scenarios=tmp_path)
    assert str(refused.value).startswith(f"{path}: {reason}")


IDENTITY = "{role: a, scheme: bearer, secret: s, account: acme, grants: ['data-reports:read']}"
FIXTURE_FAULTS = {
    "talkdesk/identities.yaml": [
        ("vendor: talkdesk\n", "/identities: is required"),
        ("vendor: energycap\nidentities: [" + IDENTITY + "]\n", "/vendor: must be the folder's"),
        ("vendor: talkdesk\nidentities: [{role: a}]\n", "/identities/0/scheme: is required"),
        (
            "vendor: talkdesk\nidentities: [" + IDENTITY.replace("read", "raed") + "]\n",
            "/identities/0/grants: unknown grant data-reports:raed; known: data-reports:read",
        ),
        (
            "vendor: talkdesk\nidentities: [" + IDENTITY + ", " + IDENTITY + "]\n",
            "/identities/1/secret: duplicate secret",
        ),
        (
            "vendor: talkdesk\nidentities: ["
            + IDENTITY + ", " + IDENTITY.replace("secret: s", "secret: t") + "]\n",
            "/identities/1/role: duplicate role a",
        ),
        (
            "vendor: talkdesk\nidentities: [" + IDENTITY.replace(" s,", " 's t',") + "]",
            "/identities/0/secret: ",
        ),
    ],
    "talkdesk/seed.yaml": [("vendor: talkdesk\n", "/reports: is required"), ("- 1\n", "/: ")],
    "talkdesk/sede.yaml": [("a: 1\n", "file: unknown file; known: identities.yaml")],
    "talkdesk/scenarios/Mine.yaml": [(MINE, "file: must be named with")],
    "talkdesk/scenarios/mine.yml": [(MINE, "file: must be named with")],
    "talkdesk/scenarios/none.yaml": [(MINE, "file: the name none is reserved")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [(name, text, reason) for name, rows in FIXTURE_FAULTS.items() for text, reason in rows],
)
def test_fixture_with_a_fault_stops_the_start(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(ConfigurationError) as refused:
        open_repository(fixtures=tmp_path)
    assert str(refused.value).startswith(f"{path}: {reason}")


@pytest.mark.parametrize("job", ["{}", "0", f"{'x' * 5000}", "{id: 1, name: 2, held: 3}"])
def test_many_mistakes_are_one_short_line(tmp_path: Path, job: str) -> None:
    seed = f"vendor: talkdesk\nsummary: Mine.\nseed: {{replace: {{jobs: [{job}, {job}]}}}}\n"
    path = write(tmp_path, "talkdesk/mine.yaml", seed)
    with pytest.raises(ConfigurationError) as caught:
        open_repository(scenarios=tmp_path)
    line = str(caught.value)
    assert line.startswith(f"{path}: /seed, then /jobs/")
    assert re.search(r" \(and [1-9]\d* more like it\)$", line)
    assert "\n" not in line
    assert len(line) < 500


def test_folders_that_are_none_or_nobodys_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--fixtures .*: no such folder"):
        open_repository(fixtures=tmp_path / "none")
    with pytest.raises(ConfigurationError, match=r"--scenarios .*: no such folder"):
        open_repository(scenarios=tmp_path / "none")
    write(tmp_path, "talkdesc/mine.yaml", MINE)
    with pytest.raises(ConfigurationError, match=r"talkdesc: unknown vendor; known: clinicalone"):
        open_repository(scenarios=tmp_path)


@pytest.mark.parametrize("name", ["mine.yaml", "mine.yml", "mine.json"])
@pytest.mark.parametrize("option", ["scenarios", "fixtures"])
def test_file_outside_a_vendors_folder_is_rejected(tmp_path: Path, option: str, name: str) -> None:
    path = write(tmp_path, name, MINE)
    write(tmp_path, "README.md", "Explanations are allowed.")
    with pytest.raises(ConfigurationError) as refused:
        open_repository(tmp_path) if option == "fixtures" else open_repository(scenarios=tmp_path)
    assert str(refused.value).startswith(f"{path}: file: must be in a vendor's folder")


def test_links_out_of_the_folders_stop_the_start(tmp_path: Path) -> None:
    outside = write(tmp_path, "outside.yaml", MINE)
    (tmp_path / "mine/talkdesk/scenarios").mkdir(parents=True)
    (tmp_path / "mine/talkdesk/scenarios/mine.yaml").symlink_to(outside)
    with pytest.raises(ConfigurationError, match="links outside"):
        open_repository(fixtures=tmp_path / "mine")
    (tmp_path / "theirs/talkdesk").mkdir(parents=True)
    (tmp_path / "theirs/talkdesk/seed.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="No such file"):
        open_repository(fixtures=tmp_path / "theirs")
