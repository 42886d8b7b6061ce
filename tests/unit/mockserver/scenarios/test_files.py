"""No YAML and no path trick reads another file, takes the memory, or gets past as odd data."""

from pathlib import Path

import pytest

from mockserver.errors import ConfigurationError
from mockserver.scenarios.files import MAX_FILE_BYTES, File, load_yaml

LAUGHS = "a0: &a0 [1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)
)
MERGED = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 9)
)
MERGED_TWICE = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{{', '.join([f'<<: *a{n - 1}'] * 10)}}}\n" for n in range(1, 9)
)
ONE = {"b": 1}


def read(folder: Path, text: str | bytes) -> object:
    path = folder / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_yaml(File(path, folder, builtin=False))


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("a: 1\nb: [x, null, 1.5, true]", {"a": 1, "b": ["x", None, 1.5, True]}),
        ("a: 2026-03-30", {"a": "2026-03-30"}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}\ne: *x", {"a": ONE, "c": ONE | {"d": 2}, "e": ONE}),
        ('{"json": ["is", "YAML"]}', {"json": ["is", "YAML"]}),
        ("", None),
    ],
)  # fmt: skip
def test_plain_files_are_read(tmp_path: Path, text: str, content: object) -> None:
    assert read(tmp_path, text) == content


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, "aliases make more than"),
        (MERGED, "merge keys make more than"),
        (MERGED_TWICE, "merge keys make more than"),
        ("a: &a {b: {<<: *a}}", "merge keys make more than"),
        ("a: &a [*a]", "must not refer to its own parent"),
        ("a: &a {b: *a}", "must not refer to its own parent"),
        ("a: [" + "*b, " * 3000 + "1]", "at most 2000 aliases"),
        ("[" * 100_000, "at most 50 levels"),
        ("- " * 60_000, "at most 50 levels"),
        ("a: " + "x" * MAX_FILE_BYTES, "is larger than"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: !include /etc/passwd", "could not determine a constructor"),
        ("a: !!timestamp 2026-03-30", "/a: date"),
        ("a: !!timestamp 2026-13-45", "month must be"),
        ("a: !!binary aGk=", "/a: bytes"),
        ("a: !!set {b}", "/a: set"),
        ("a: !!omap [b: 1]", "/a/0: tuple"),
        ("a: !!int x", "invalid literal"),
        ("a: !!bool x", "file: 'x'"),
        ("a: .inf", "/a: float inf"),
        ("a: .nan", "/a: float nan"),
        ("a: " + "9" * 5000, "Exceeds the limit"),
        ("? [a]\n: b", "a key must be a string"),
        ("a: 1\na: 2", "line 2: duplicate key 'a'"),
        ("a: b: c", "line 1: mapping values"),
        ("a: *b", "undefined alias"),
        ("--- a\n--- b", "another document"),
        (b"\xff\xfe\x00", "file: unacceptable character"),
        (b"a: \x80", "file:"),
    ],
)
def test_tricks_are_refused_with_file_and_reason(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / 'file.yaml'}: ")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside.yaml"
    (inside / "deep").mkdir(parents=True)
    outside.write_text("a: 1", encoding="utf-8")
    (inside / "link.yaml").symlink_to(outside)
    (inside / "folder").symlink_to(tmp_path)
    (inside / "round.yaml").symlink_to(inside / "round.yaml")
    (inside / "nowhere.yaml").symlink_to(inside / "none")
    (inside / "real.yaml").write_text("a: 1", encoding="utf-8")
    (inside / "deep" / "alias.yaml").symlink_to(inside / "real.yaml")
    for name in ("link.yaml", "folder/outside.yaml", "../outside.yaml"):
        with pytest.raises(ConfigurationError, match="links outside"):
            load_yaml(File(inside / name, inside, builtin=False))
    for name in ("round.yaml", "nowhere.yaml", "missing.yaml", "deep"):
        with pytest.raises(ConfigurationError, match="file: "):
            load_yaml(File(inside / name, inside, builtin=False))
    assert load_yaml(File(inside / "deep/alias.yaml", inside, builtin=False)) == {"a": 1}
