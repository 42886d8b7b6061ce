"""The shape of our own files, by the meta-schemas in `specs/meta`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from specs.errors import Fault
from specs.files import ROOT

META = ROOT / "meta"


def check_meta(document: Any, path: Path) -> Iterator[Fault]:
    """Yield a fault for each place where `document` has not the shape its file name asks for."""
    schema = json.loads((META / f"{path.stem}.schema.json").read_text(encoding="utf-8"))
    for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(document):
        place = "/" + "/".join(str(token) for token in error.instance_path)
        yield Fault(str(path), place, error.message)
    if isinstance(document, dict) and document.get("vendor") not in (None, path.parent.name):
        yield Fault(str(path), "/vendor", f"is not the folder's name, {path.parent.name!r}")
