"""Changes of the profile `observed` become a block of a file, whose other text stays."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs import edits
from specs.editing import ContractEditor, with_patch
from specs.files import OBSERVED, read_yaml
from specs.profile import KEY, apply, difference, extended

EXAMPLES = Path(__file__).parents[2] / "examples"
Json = dict[str, Any]

NAMES = st.sampled_from(["a", "b", "c", "200", "/x/{id}", "no", "x y"])
LEAVES = st.booleans() | st.integers(0, 9) | st.sampled_from(["on", "2026-01-01", "x: y", "#", ""])
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=3), max_leaves=12
)
OBJECTS: st.SearchStrategy[Json] = st.dictionaries(NAMES, VALUES, max_size=4)


def with_patches(document: Any, draw: Callable[..., Any]) -> Any:
    """Return a document in which some objects have patches of their own."""
    if not isinstance(document, dict):
        return document
    changed = {key: with_patches(value, draw) for key, value in document.items()}
    if draw(st.booleans()):
        changed[KEY] = {OBSERVED: draw(OBJECTS)}
    return changed


@given(OBJECTS, OBJECTS)
def test_the_difference_of_two_objects_leads_from_one_to_the_other(old: Json, new: Json) -> None:
    assert apply({**old, KEY: {OBSERVED: difference(old, new)}}, OBSERVED) == new


@given(OBJECTS, OBJECTS, st.data())
def test_a_patch_at_the_top_wins_over_those_inside(
    plain: Json, wanted: Json, data: st.DataObject
) -> None:
    document = with_patches(plain, data.draw)
    patch = difference(apply(document, OBSERVED), wanted)
    whole = extended(document, patch, OBSERVED)
    changed = {**document, KEY: {OBSERVED: whole}}
    assert apply(changed, "documented") == apply(document, "documented")
    assert apply(changed, OBSERVED) == wanted


@given(
    OBJECTS.filter(bool),
    st.sampled_from(["a: 1 # one\nb: [1,\n  2]\n", "a: 1", "# x\r\na: 1\r\n"]),
)
def test_text_is_kept_and_the_patch_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, patch: Json, text: str
) -> None:
    path = tmp_path_factory.mktemp("text") / "x.yaml"
    once = with_patch(text, patch, {(next(iter(patch)),): ["why"]})
    assert once.startswith(text)
    assert once.count("# why") == 1
    assert ("\r\n" in once) is ("\r\n" in text)
    path.write_bytes(once.encode())
    assert read_yaml(path)[KEY] == {OBSERVED: patch}
    assert with_patch(once, patch, {}) == once


def test_a_file_in_json_stays_json() -> None:
    assert json.loads(with_patch('{"a": 1}', {"a": 2}, {})) == {"a": 1, KEY: {OBSERVED: {"a": 2}}}


@pytest.fixture
def editor(tmp_path: Path) -> ContractEditor:
    return ContractEditor(Path(shutil.copytree(EXAMPLES / "exports", tmp_path / "exports")))


def test_a_second_change_keeps_the_first_and_its_comment(editor: ContractEditor) -> None:
    for note, name in (("first", "started"), ("second", "in_progress")):
        again = ContractEditor(editor.folder)
        with again.noted(note):
            edits.rename_state(again, "queued" if note == "first" else "working", name)
        assert again.issues() == []
        for file, (_, new) in again.texts().items():
            (editor.folder / file).write_text(new, encoding="utf-8")
    text = (editor.folder / "lifecycle.yaml").read_text(encoding="utf-8")
    assert text.count("x-profiles") == 1
    assert [line.strip() for line in text.splitlines() if "#" in line] == ["# first", "# second"]
    assert edits.wire_names(ContractEditor(editor.folder)).keys() >= {"started", "in_progress"}


def test_what_fails_halfway_or_in_the_lint_changes_nothing(editor: ContractEditor) -> None:
    def half() -> None:
        with editor.noted("no such action"):
            edits.rename_state(editor, "queued", "started")
            edits.set_enters(editor, "delete", "QUEUED")

    def unsound() -> None:
        with editor.noted("unsound", lint=True):
            edits.set_timeline(editor, [{"state": "QUEUED"}, {"state": "READY"}])

    for change in (half, unsound):
        with pytest.raises(LookupError):
            change()
    assert editor.texts() == {}
