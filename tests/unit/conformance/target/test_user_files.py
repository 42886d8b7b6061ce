"""Tests of the user's files: whatever they hold, the command ends with 2 and one line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import main
from conformance.errors import UsageError
from conformance.target.user_files import MAX_BYTES, read_user_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
MERGES = "a: &a {x: 1, y: 2}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
HOSTILE = {
    "bomb": (BOMB, "values, with its aliases replaced"),
    "bomb of merges": (MERGES, "values, with its aliases replaced"),
    "list in itself": ("a: &a [*a]\n", "the alias *a contains itself"),
    "object in itself": ("a: &a\n  b: {c: *a}\n", "the alias *a contains itself"),
    "deep lists": ("[" * 20_000 + "]" * 20_000, "more than 50 levels"),
    "deep and never closed": ("a: " + "{a: " * 20_000, "more than 50 levels"),
    "deep blocks": ("".join(f"{' ' * n}a:\n" for n in range(1000)), "more than 50 levels"),
    "large": ("#" * (MAX_BYTES + 1), "is larger than"),
    "many values": ("[" + "1," * 100_001 + "]", "more than 100000 values"),
    "huge number": ("a: " + "9" * 5000, ""),
    "no number": ("a: !!int x\n", ""),
    "python": ("a: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
    "a set": ("a: !!set {b, c}\n", ""),
    "infinite": ("job_seconds: .inf\n", ""),
    "binary": ("\x00\x01", ""),
    "unknown alias": ("a: *b\n", "undefined alias"),
}


@pytest.mark.parametrize("option", ["--target", "--baseline"])
@pytest.mark.parametrize(("text", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_one_line_and_exit_code_2(
    tmp_path: Path, option: str, text: str, reason: str
):
    file = tmp_path / "file.yaml"
    file.write_text(text, encoding="utf-8")
    url = "http://127.0.0.1:9"
    result = CliRunner().invoke(main, ["run", "talkdesk", "--base-url", url, option, str(file)])
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert len(result.output) < 600
    assert f"{option}: {file}: " in result.output
    assert reason in result.output


def test_aliases_and_merge_keys_of_an_honest_file_are_read(tmp_path: Path):
    file = tmp_path / "file.yaml"
    file.write_text("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: [*a, *a]\n", encoding="utf-8")
    expected = {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": [{"x": 1}, {"x": 1}]}
    assert read_user_yaml(file, "--target") == expected


def test_a_device_is_not_read():
    with pytest.raises(UsageError, match="not a regular file"):
        read_user_yaml(Path("/dev/zero"), "--target")
