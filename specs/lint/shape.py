"""Lint the shape of our own formats against the schemas in `specs/meta`."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from specs.errors import SpecIssue
from specs.explanation import FileShape
from specs.files import ROOT, walk
from specs.profile import KEY

META = ROOT / "meta"
STRICT_ID = re.compile(r"[A-Z0-9]{2}-[A-Z]{2,5}-[0-9]{3}")
OF_DOCUMENT = ("x-vendor", "x-paths", "x-grant-refused")


def check_shape(content: Any, path: Path, slug: str, *, own: bool = False) -> Iterator[SpecIssue]:
    """Yield an issue for each place of a lifecycle.yaml or requirements.yaml of wrong shape.

    In a user's folder the ids of requirements have any form, and defaults are filled in.
    """
    for place, reason in (*_errors(content, path.stem), *_ids(content, own), *_strict(content)):
        yield SpecIssue(str(path), place or "/", reason)
    if isinstance(content, dict) and content.get("vendor") not in (None, slug):
        yield SpecIssue(str(path), "/vendor", f"must be the folder's name, {slug!r}")


def check_patches(content: Any, path: Path) -> Iterator[SpecIssue]:
    """Yield an issue for each malformed `x-profiles` of a lifecycle.yaml, not yet applied."""
    patches = content.get(KEY) if isinstance(content, dict) else None
    if patches is not None:
        for place, reason in _errors({KEY: patches}, "openapi"):
            yield SpecIssue(str(path), place, reason)


def _ids(content: Any, own: bool) -> Iterator[tuple[str, str]]:
    rows = content.get("requirements") if isinstance(content, dict) else None
    for number, row in enumerate(rows if isinstance(rows, list) and not own else ()):
        if isinstance(row, dict) and not STRICT_ID.fullmatch(str(row.get("id"))):
            yield f"/requirements/{number}/id", f"must match {STRICT_ID.pattern}"


def _strict(content: Any) -> Iterator[tuple[str, str]]:
    """Yield what only a user's lifecycle.yaml may leave out, and no default is there for."""
    if not isinstance(content, dict) or "states" not in content:
        return
    for key in ("vendor", "title", "job", "initial"):
        if key not in content:
            yield "/", f"{key} is missing"
    rows: list[tuple[str, Any, tuple[str, ...]]] = []
    if isinstance(content["states"], dict):
        states = content["states"].items()
        rows += [(f"/states/{name}", row, ("meaning", "source")) for name, row in states]
    edges = content.get("edges")
    if isinstance(edges, list):
        rows += [(f"/edges/{number}", row, ("source",)) for number, row in enumerate(edges)]
    actions = content.get("actions")
    if isinstance(actions, dict):
        found = ((name, row) for name, row in actions.items() if isinstance(row, dict))
        rows += [(f"/actions/{n}", row, ("refused",)) for n, row in found if "allowed" in row]
    for place, row, keys in rows:
        for key in keys if isinstance(row, dict) else ():
            if key not in row:
                yield place, f"{key} is missing"


def check_extensions(openapi: Any, path: Path, *, own: str | None = None) -> Iterator[SpecIssue]:
    """Yield an issue for each unknown, missing or malformed `x-` key of an openapi.yaml.

    What is inside a patch of a profile is linted once the patch is applied. `own` is the slug of a
    user's vendor, whose document may have keys for other tools.
    """
    if not isinstance(openapi, dict):
        yield SpecIssue(str(path), "/", "must be a mapping")
        return
    for key in OF_DOCUMENT if own is None else ():
        if key not in openapi:
            yield SpecIssue(str(path), "/", f"{key} is missing")
    slug = own or path.parent.name
    if openapi.get("x-vendor") not in (None, slug):
        yield SpecIssue(str(path), "/x-vendor", f"must be the folder's name, {slug!r}")
    known = _known_extensions()
    for place, node in walk(openapi):
        if "/x-profiles/" in place:
            continue
        extensions = {
            key: value
            for key, value in node.items()
            if str(key).startswith("x-") and (own is None or key in known)
        }
        for inside, reason in _errors(extensions, path.stem) if extensions else ():
            yield SpecIssue(str(path), f"{place}{inside}" or "/", reason)


@cache
def _known_extensions() -> frozenset[str]:
    schema = json.loads((META / "openapi.schema.json").read_text(encoding="utf-8"))
    return frozenset(schema["properties"])


def _errors(content: Any, stem: str) -> Iterator[tuple[str, str]]:
    yield from _shape(stem).errors(content)


@cache
def _shape(stem: str) -> FileShape:
    return FileShape(json.loads((META / f"{stem}.schema.json").read_text(encoding="utf-8")))
