"""Lint the shape of our own formats against the schemas in `specs/meta`."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from specs.errors import SpecIssue
from specs.files import ROOT, walk

META = ROOT / "meta"
OF_DOCUMENT = ("x-vendor", "x-paths", "x-grant-refused")


def check_shape(content: Any, path: Path) -> Iterator[SpecIssue]:
    """Yield an issue for each place of a lifecycle.yaml or requirements.yaml of wrong shape."""
    for place, reason in _errors(content, path.stem):
        yield SpecIssue(str(path), place or "/", reason)
    if isinstance(content, dict) and content.get("vendor") not in (None, path.parent.name):
        yield SpecIssue(str(path), "/vendor", f"must be the folder's name, {path.parent.name!r}")


def check_extensions(openapi: Any, path: Path) -> Iterator[SpecIssue]:
    """Yield an issue for each unknown, missing or malformed `x-` key of an openapi.yaml.

    What is inside a patch of a profile is linted once the patch is applied.
    """
    if not isinstance(openapi, dict):
        yield SpecIssue(str(path), "/", "must be a mapping")
        return
    for key in OF_DOCUMENT:
        if key not in openapi:
            yield SpecIssue(str(path), "/", f"{key} is missing")
    if openapi.get("x-vendor") not in (None, path.parent.name):
        yield SpecIssue(str(path), "/x-vendor", f"must be the folder's name, {path.parent.name!r}")
    for place, node in walk(openapi):
        if "/x-profiles/" in place:
            continue
        extensions = {key: value for key, value in node.items() if str(key).startswith("x-")}
        for inside, reason in _errors(extensions, path.stem):
            yield SpecIssue(str(path), f"{place}{inside}" or "/", reason)


def _errors(content: Any, stem: str) -> Iterator[tuple[str, str]]:
    for error in _validator(stem).iter_errors(content):
        yield "".join(f"/{token}" for token in error.instance_path), error.message


@cache
def _validator(stem: str) -> jsonschema_rs.Draft202012Validator:
    schema = json.loads((META / f"{stem}.schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema)
