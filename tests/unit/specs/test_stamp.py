"""The stamp that spares a start the lint of files without fault."""

from pathlib import Path

import pytest

import specs
from specs import stamp


def test_stamp_is_of_the_files_as_they_are_now() -> None:
    text = stamp.STAMP.read_text(encoding="utf-8")
    assert stamp.render() == text, "stale: run `python -m specs --write`"


@pytest.mark.parametrize("file", ["openapi.yaml", "lifecycle.yaml", "requirements.yaml"])
def test_any_change_of_a_file_is_checked_again(contracts: Path, file: str) -> None:
    assert stamp.is_known("talkdesk", contracts)
    path = contracts / "talkdesk" / file
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert not stamp.is_known("talkdesk", contracts)
    assert specs.load("talkdesk", root=contracts).vendor == "talkdesk"
