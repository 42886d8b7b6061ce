"""Change what a vendor's files say in the profile `observed`, and write it into their text.

A change becomes part of the merge patch at the top of a file, with a comment that says why; the
rest of the text, and what the profile `documented` says, stay as they are.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from specs import pointer
from specs.contract import is_json
from specs.errors import SpecIssue
from specs.files import OBSERVED, is_own, read_yaml
from specs.lifecycle import is_by_profile
from specs.own import METHODS
from specs.profile import KEY, apply, changed_paths, difference, extended

OPENAPI, LIFECYCLE = "openapi.yaml", "lifecycle.yaml"
Place = tuple[str | int, ...]
Notes = Mapping[tuple[str, ...], Sequence[str]]
_MAX_LINE = 110
_PLAIN = re.compile(r"[A-Za-z_/][\w/.-]*")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_COMBINED = ("allOf", "oneOf", "anyOf")


class ContractEditor:
    """The files of one vendor in the profile `observed`, to be changed.

    `openapi` and `lifecycle` are their contents as JSON types.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Aliases of YAML are one object, and must not change together.
        self._raw = {name: _copy(read_yaml(folder / name)) for name in (OPENAPI, LIFECYCLE)}
        self._old = {name: _copy(apply(raw, OBSERVED)) for name, raw in self._raw.items()}
        self._new = deepcopy(self._old)
        self._notes: dict[str, dict[tuple[str, ...], list[str]]] = {OPENAPI: {}, LIFECYCLE: {}}

    @property
    def openapi(self) -> dict[str, Any]:
        """The content of openapi.yaml."""
        return self._new[OPENAPI]

    @property
    def lifecycle(self) -> dict[str, Any]:
        """The content of lifecycle.yaml."""
        return self._new[LIFECYCLE]

    @contextmanager
    def noted(self, text: str, *, lint: bool = False) -> Iterator[list[str]]:
        """Write `text` as a comment before what changes; the list has the changed files then.

        After an exception nothing has changed. With `lint`, what the lint finds is a LookupError.
        """
        before = deepcopy(self._new)
        changed: list[str] = []
        try:
            yield changed
            if lint and (issues := self.issues()):
                raise LookupError(issues[0])
        except Exception:
            self._new = before
            raise
        for name, content in before.items():
            parents: set[tuple[str, ...]] = set()
            for path in changed_paths(content, self._new[name]):
                changed.append(name)
                if path[:-1] not in parents:
                    parents.add(path[:-1])
                    self._notes[name].setdefault(path, []).append(text)

    def issues(self) -> list[SpecIssue]:
        """Return what the lint finds in the changed files."""
        from specs.lint import check_folder, check_vendor  # noqa: PLC0415  (slow to import)

        name = self.folder.resolve().name
        with TemporaryDirectory() as temporary:
            copy = Path(shutil.copytree(self.folder, Path(temporary) / name))
            for file, raw in self._raw.items():
                content = {**raw, KEY: {OBSERVED: self._patch(file)}}
                (copy / file).write_text(json.dumps(content), encoding="utf-8")
            return check_folder(copy) if is_own(self.folder) else check_vendor(name, copy.parent)

    def texts(self) -> dict[str, tuple[str, str]]:
        """Return the text of each changed file, before and after."""
        found = {}
        for name in (name for name, old in self._old.items() if old != self._new[name]):
            patch = self._patch(name)
            if apply({**self._raw[name], KEY: {OBSERVED: patch}}, OBSERVED) != self._new[name]:
                raise ValueError(f"{name}: a merge patch cannot say this change")
            text = (self.folder / name).read_bytes().decode()
            found[name] = (text, with_patch(text, patch, self._notes[name]))
        return found

    def _patch(self, name: str) -> dict[str, Any]:
        patch = difference(self._old[name], self._new[name])
        return extended(self._raw[name], patch, OBSERVED)

    # --- lifecycle.yaml

    def set_by_profile(self, parent: dict[str, Any], key: str, value: Any) -> None:
        """Set a value that may be a mapping by profile."""
        if is_by_profile(parent.get(key)):
            parent[key][OBSERVED] = value
        else:
            parent[key] = value

    def by_profile(self, parent: Mapping[str, Any], key: str, default: Any = None) -> Any:
        """Return a value that may be a mapping by profile."""
        value = parent.get(key, default)
        return value[OBSERVED] if is_by_profile(value) else value

    # --- openapi.yaml

    def operation(self, operation_id: str) -> Place:
        """Return the place of an operation.

        Raises:
            LookupError: there is none.
        """
        for path, item in self.openapi["paths"].items():
            for method in METHODS:
                if item.get(method, {}).get("operationId") == operation_id:
                    return ("paths", path, method)
        raise LookupError(operation_id)

    def at(self, place: Place) -> Any:
        """Return what is at a place."""
        value: Any = self.openapi
        for step in place:
            value = value[step]
        return value

    def response(self, operation_id: str, status: int | str) -> Place:
        """Return the place of the response that stands for a status, references followed.

        An error that an operation does not list looks like the first error with a body.

        Raises:
            LookupError: there is none.
        """
        responses = (*self.operation(operation_id), "responses")
        first = str(status)[0]
        names = (str(status), f"{first}XX", f"{first}xx", "default")
        name = next((name for name in names if name in self.at(responses)), None)
        if name is None and first == "4":
            return next(self._errors())
        if name is None:
            raise LookupError(status)
        return self._followed((*responses, name))

    def own_response(self, operation_id: str, status: int) -> Place:
        """Return the place of an operation's response of its own for a status, made if need be.

        Raises:
            LookupError: there is nothing to make it from.
        """
        source = self.at(self.response(operation_id, status))
        place = (*self.operation(operation_id), "responses", str(status))
        self._put(place, deepcopy(source))
        return place

    def _errors(self) -> Iterator[Place]:
        for path, item in self.openapi["paths"].items():
            for method in METHODS:
                for name in item.get(method, {}).get("responses", {}):
                    place = self._followed(("paths", path, method, "responses", name))
                    if name[0] in "4d" and self.at(place).get("content"):
                        yield place
        raise LookupError("no error")

    def schema(self, response: Place) -> Place:
        """Return the place of the schema of a response's JSON body.

        Raises:
            LookupError: it has none.
        """
        for media, row in self.at(response).get("content", {}).items():
            if is_json(media) and "schema" in row:
                return self._followed((*response, "content", media, "schema"))
        raise LookupError("schema")

    def member(self, schema: Place, tokens: Sequence[str], *, own: bool = False) -> Place:
        """Return the place of the schema of a member or item (`*`), references followed.

        With `own` what is referred to on the way is copied, so that a change concerns this body
        alone.

        Raises:
            LookupError: the schema does not define it.
        """
        for token in tokens:
            schema = self._step(schema, token)
            schema = self._claimed(schema) if own else self._followed(schema)
        return schema

    def own_schema(self, operation_id: str, status: int, tokens: Sequence[str]) -> Place:
        """Return the place of a member's schema that no other response shares; see `member`."""
        response = self.own_response(operation_id, status)
        media = next(m for m, row in self.at(response)["content"].items() if is_json(m))
        return self.member(self._claimed((*response, "content", media, "schema")), tokens, own=True)

    def _step(self, schema: Place, token: str) -> Place:
        content = self.at(schema)
        if token == "*" and "items" in content:
            return (*schema, "items")
        if token in content.get("properties", {}):
            return (*schema, "properties", token)
        for word in _COMBINED:
            for number in range(len(content.get(word, ()))):
                try:
                    return self._step(self._followed((*schema, word, number)), token)
                except LookupError:
                    continue
        raise LookupError(token)

    def _followed(self, place: Place) -> Place:
        while isinstance(content := self.at(place), dict) and "$ref" in content:
            place = tuple(pointer.tokens(content["$ref"].removeprefix("#")))
        return place

    def _claimed(self, place: Place) -> Place:
        self._put(place, deepcopy(self.at(self._followed(place))))
        return place

    def _put(self, place: Place, value: Any) -> None:
        self.at(place[:-1])[place[-1]] = value


def _copy(value: Any) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(value))
    return copied


# --- The text


def with_patch(text: str, patch: Mapping[str, Any], notes: Notes) -> str:
    """Return the text of a YAML mapping with `patch` as its patch for `observed`.

    A patch that is there is replaced, and its comments are kept. A mapping in flow style (JSON) is
    written anew, without comments.
    """
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert isinstance(root, yaml.MappingNode)
    if root.flow_style:
        content = {**json.loads(text), KEY: {OBSERVED: patch}}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.removesuffix(end).split(end)
    first, last = len(lines), len(lines)
    kept: dict[tuple[str, ...], list[str]] = {}
    for key, value in root.value:
        if key.value == KEY:
            first, last = key.start_mark.line, _last_line(value) + 1
            kept = _comments(value, lines)
    for path, rows in notes.items():
        kept[path] = list(dict.fromkeys((*kept.get(path, ()), *rows)))
    block = [f"{KEY}:", f"  {OBSERVED}:", *_block(patch, (), kept, 4)]
    head = [*lines[:first], ""] if first == len(lines) else lines[:first]
    return end.join([*head, *block, *lines[last:], ""])


def _last_line(node: yaml.Node) -> int:
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return max(_last_line(value) for _, value in node.value)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return max(map(_last_line, node.value))
    end = node.end_mark
    return end.line if end.column else end.line - 1


def _comments(node: yaml.Node, lines: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    """Return the comments before each key of a block, by the path below the profile."""
    found: dict[tuple[str, ...], list[str]] = {}

    def visit(node: yaml.Node, path: tuple[str, ...]) -> None:
        is_block = isinstance(node, yaml.MappingNode) and not node.flow_style
        for key, value in node.value if is_block else ():
            place, line = (*path, key.value), key.start_mark.line - 1
            while lines[line].lstrip().startswith("#"):
                found.setdefault(place[1:], []).insert(0, lines[line].strip(" #"))
                line -= 1
            visit(value, place)

    visit(node, ())
    return found


def _block(
    patch: Mapping[str, Any], path: tuple[str, ...], notes: Notes, indent: int
) -> Iterator[str]:
    margin = " " * indent
    for key, value in patch.items():
        place = (*path, key)
        yield from (f"{margin}# {note}" for note in notes.get(place, ()))
        line = f"{margin}{_key(key)}: {_flow(value)}"
        below = any(len(p) > len(place) and p[: len(place)] == place for p in notes)
        if isinstance(value, dict) and value and (below or len(line) > _MAX_LINE):
            yield f"{margin}{_key(key)}:"
            yield from _block(value, place, notes, indent + 2)
        else:
            yield line


def _key(key: str) -> str:
    plain = _PLAIN.fullmatch(key) and key.lower() not in _RESERVED
    return key if plain else json.dumps(key, ensure_ascii=False)


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6
    )
    return text.removesuffix("\n").removesuffix("\n...")
