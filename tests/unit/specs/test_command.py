"""`python -m specs [FOLDER]`."""

import shutil
from pathlib import Path

import pytest

from specs.__main__ import main
from specs.files import ROOT

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_package_has_no_issues(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "no issues" in capsys.readouterr().out


def test_folder_of_ones_own_needs_no_control_plane(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "clinicalone", tmp_path / "clinicalone")
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("specs: clinicalone ")
    file = tmp_path / "clinicalone" / "openapi.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("openapi: 3.0.3", "openapi: 3.0.0"))
    assert main([str(tmp_path)]) == 1
    assert f"{file}: /openapi: must be 3.0.3" in capsys.readouterr().err


def test_vendors_of_a_user_may_leave_out_what_ours_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(EXAMPLES / "exports", tmp_path / "exports")
    assert main([str(tmp_path)]) == 0, capsys.readouterr().err
    file = tmp_path / "exports" / "lifecycle.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("{state: EXPIRED}", "{state: GONE}"))
    assert main([str(tmp_path)]) == 1
    assert f"{file}: /timeline: unknown state 'GONE'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--wrong"], ["{empty}"], ["{empty}/nowhere"]])
def test_nothing_to_lint_is_a_usage_error(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([argument.format(empty=tmp_path) for argument in arguments])
    assert stop.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
