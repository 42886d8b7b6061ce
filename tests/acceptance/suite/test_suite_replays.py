"""A finding can be repeated: it shows again until it is mended."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import main
from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS
from tests.acceptance.suite._spy import spying

# One of each kind: a single answer, one that needs a state, a history, a probe, an odd request;
# those that do not hide one another are found and repeated together.
FOUND = (
    ("td-job-list",),
    ("td-redirect-early", "td-file-after-delete", "td-crash-long-id", "td-any-token-ok"),
    ("td-done-goes-back", "td-location-other"),
)


def conformance(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, str]]:
    """Find defects by the requirements that must catch them; return the result and its base URL."""

    @cache
    def find(*defects: str) -> tuple[Path, str]:
        file = tmp_path_factory.mktemp("found") / "result.json"
        ids = [id_ for defect in defects for id_ in DEFECTS[defect].requirements]
        only = [word for id_ in ids for word in ("--only", id_)]
        with spying(app=create_app(defects=defects)) as spy:
            where = ["--base-url", spy.url, "--control-url", f"{spy.url}/_mock"]
            run = conformance("run", "talkdesk", *where, *only, "--report", f"json={file}")
        assert run.exit_code == 1, run.output
        assert set(_ids(file)) == set(ids)
        return file, spy.url

    return find


def replayed(file: Path, *switches: str, more: tuple[str, ...] = ()) -> Result:
    """Repeat the findings at an app that has never seen them."""
    with spying(app=create_app(defects=switches)) as spy:
        where = ["--base-url", spy.url, "--control-url", f"{spy.url}/_mock"]
        return conformance("replay", str(file), *where, *more)


@pytest.mark.parametrize("defects", FOUND, ids="+".join)
def test_a_finding_shows_again_until_it_is_mended(found, defects: tuple[str, ...]):
    file, _ = found(*defects)
    again = replayed(file, *defects)
    assert again.exit_code == 1, again.output
    assert again.output.count("fails again") == len(_ids(file)), again.output
    mended = replayed(file)
    assert mended.exit_code == 0, mended.output
    assert mended.output.count("does not fail any more") == len(_ids(file)), mended.output


def test_a_finding_cannot_be_judged_where_nobody_answers(found):
    file, url = found(*FOUND[0])
    gone = conformance("replay", str(file))
    assert gone.exit_code == 3
    assert gone.output.startswith(f"conformance: {url} cannot be reached")


def test_a_replay_of_one_finding_names_it(found):
    file, _ = found(*FOUND[0])
    id_ = next(iter(_ids(file)))
    one = replayed(file, *FOUND[0], more=("--id", id_))
    assert one.exit_code == 1
    assert one.output.startswith(f"{id_}  fails again: ")
    other = replayed(file, more=("--id", "TD-NO-001"))
    assert other.exit_code == 2
    assert "--id: TD-NO-001 is not a failure of this result" in other.output


def _ids(file: Path) -> list[str]:
    rows = json.loads(file.read_text())["requirements"]
    return [row["id"] for row in rows if row["verdict"] in {"FAIL", "WARN"}]


@pytest.mark.parametrize(("content", "complaint"), [("{", "not JSON"), ("{}", "not a result of")])
def test_what_is_no_result_is_a_usage_error(content: str, complaint: str, tmp_path: Path):
    file = tmp_path / "odd.json"
    file.write_text(content)
    told = conformance("replay", str(file))
    assert told.exit_code == 2
    assert complaint in told.output
    assert "Traceback" not in told.output


def test_a_replay_cleans_up_after_itself(found):
    file, _ = found(*FOUND[1])
    with spying() as spy:
        where = ["--base-url", spy.url, "--control-url", f"{spy.url}/_mock"]
        conformance("replay", str(file), *where)
    assert [seen.method for seen in spy.writes].count("POST") >= 1
    assert any(seen.method == "DELETE" and seen.reply.status < 300 for seen in spy.writes)
