"""Read somebody's OpenAPI document: JSON or YAML, of several files, OpenAPI 3 or Swagger 2.0."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from specs import pointer
from specs.errors import SpecError, SpecIssue
from specs.files import read_yaml
from specs.swagger import upgrade

_SCHEMAS = "#/components/schemas/"
_MAX_DEPTH = 40  # of files that refer to each other without a schema in between


def read_document(path: Path, note: Callable[[str], None]) -> Any:
    """Return the document as one of OpenAPI 3, with what it refers to in other files.

    `note` is told of references that lead nowhere or to the network: they are left out.

    Raises:
        SpecError: a file is missing or cannot be read, or has not what another refers to.
    """
    document = _read(path)
    if isinstance(document, dict):
        document = _Bundle(path.resolve(), document, note).whole()
    if isinstance(document, dict) and str(document.get("swagger")) == "2.0":
        document = upgrade(document)
    return document


def _read(path: Path) -> Any:
    """Return a file's content; JSON may hold characters that YAML forbids."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("{"):
            return json.loads(text)
    except json.JSONDecodeError:
        pass  # YAML's braces
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError([SpecIssue(str(path), "file", str(error))]) from error
    return read_yaml(path)


class _Bundle:
    """A document that takes in what it refers to in other files.

    Schemas become components, for they may contain themselves; all else is put in place.
    """

    def __init__(self, path: Path, document: dict[str, Any], note: Callable[[str], None]) -> None:
        self._path = path
        self._note = note
        self._files: dict[Path, Any] = {path: document}
        self._names: dict[tuple[Path, str], str] = {}
        self._schemas: dict[str, Any] = {}

    def whole(self) -> dict[str, Any]:
        """Return the document without references to other files."""
        source = self._files[self._path]
        is_old = "swagger" in source
        key = "definitions" if is_old else "schemas"
        components = source if is_old else source.get("components") or {}
        for name, row in (components.get(key) or {}).items():
            if isinstance(row, dict) and row.keys() == {"$ref"} and not row["$ref"].startswith("#"):
                file, _, fragment = row["$ref"].partition("#")  # an alias of what is elsewhere
                self._names[(self._path.parent / unquote(file)).resolve(), fragment] = name
        document: dict[str, Any] = self._part(source, self._path, "", False, 0)
        if self._schemas:
            parent = document if is_old else document.setdefault("components", {})
            parent[key] = {**parent.get(key, {}), **self._schemas}
        return document

    def _part(self, node: Any, file: Path, place: str, is_schema: bool, depth: int) -> Any:
        """Return a part of a file; its references to itself stay, if it is the document."""
        if isinstance(node, list):
            kept = [row for row in node if not self._is_dangling(row, file) or is_schema]
            rows = enumerate(kept)
            return [self._part(row, file, f"{place}/{n}", is_schema, depth) for n, row in rows]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if self._is_dangling(node, file):
            self._note(f"{reference}, which is not there")
            return {}
        if not isinstance(reference, str) or (file == self._path and reference.startswith("#")):
            return {
                key: self._part(
                    value,
                    file,
                    f"{place}/{pointer.escape(str(key))}",
                    is_schema
                    or key == "schema"
                    or place in ("/components/schemas", "/definitions"),
                    depth,
                )
                for key, value in node.items()
            }
        return self._target(node, reference, file, place, is_schema, depth)

    def _is_dangling(self, node: Any, file: Path) -> bool:
        """Return True for a reference to the network, or of the document into itself to nowhere."""
        reference = node.get("$ref") if isinstance(node, dict) else None
        if not isinstance(reference, str):
            return False
        if file != self._path or not reference.startswith("#"):
            return "://" in reference
        try:
            pointer.find(self._files[file], unquote(reference[1:]))
        except LookupError:
            return True
        return False

    def _target(
        self,
        node: Mapping[str, Any],
        reference: str,
        file: Path,
        place: str,
        is_schema: bool,
        depth: int,
    ) -> Any:
        name, _, fragment = reference.partition("#")
        other = (file.parent / unquote(name)).resolve() if name else file
        if depth > _MAX_DEPTH:
            raise self._error(file, place, reference, "it leads to itself")
        try:
            if other not in self._files:
                self._files[other] = _read(other)
            found = pointer.find(self._files[other], unquote(fragment))
        except (LookupError, SpecError) as error:
            reason = error.issues[0].reason if isinstance(error, SpecError) else "there is no such"
            raise self._error(file, place, reference, reason) from error
        at = "" if other != self._path else fragment
        if not is_schema:
            return self._part(found, other, at, is_schema, depth + 1)
        if other == self._path and fragment.startswith(_SCHEMAS[1:]):
            return {**node, "$ref": f"#{fragment}"}
        key = other, fragment
        if key not in self._names:
            self._names[key] = self._free_name(fragment.rpartition("/")[2] or other.stem)
        name = self._names[key]
        if name not in self._schemas:
            self._schemas[name] = {}  # it may contain itself
            self._schemas[name] = self._part(found, other, at, is_schema, 0)
        return {**node, "$ref": _SCHEMAS + name}

    def _free_name(self, wanted: str) -> str:
        """Return a name of a component that nothing else has."""
        document = self._files[self._path]
        known = {*document.get("definitions", {}), *self._names.values()}
        known |= (document.get("components") or {}).get("schemas", {}).keys()
        plain = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in wanted)
        number = 1
        while (name := plain if number == 1 else f"{plain}_{number}") in known:
            number += 1
        return name

    def _error(self, file: Path, place: str, reference: str, reason: str) -> SpecError:
        return SpecError([SpecIssue(str(file), place, f"$ref {reference}: {reason}")])
