"""The contract for Specmatic: only values that exist in the reference app."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import specs
from specs import pointer
from tests.benchmarks.contenders.specmatic import readable

_KNOWN = Path(__file__).with_name("known.yaml")
_MARK = "$"


def narrow(contract: specs.Contract, held: Mapping[str, str]) -> dict[str, Any]:
    """Return the document with the values of known.yaml; `held` has a job's id by state."""
    known = specs.read_yaml(_KNOWN)[contract.vendor]
    document = readable(contract.openapi)
    for item in document["paths"].values():
        shared = item.pop("parameters", [])
        for operation in item.values():
            entries = [*operation.get("parameters", []), *shared]
            wanted = known["parameters"].get(operation["operationId"], {})
            operation["parameters"] = [
                _only(pointer.resolve(document, entry), wanted, held) for entry in entries
            ]
    for place, schema in known["bodies"].items():
        parent, _, name = place.rpartition("/")
        pointer.find(document, parent)[name] = schema
    return document


def _only(
    parameter: Mapping[str, Any], wanted: Mapping[str, Any], held: Mapping[str, str]
) -> dict[str, Any]:
    found = copy.deepcopy(dict(parameter))
    value = wanted.get(found["name"])
    if isinstance(value, str) and value.startswith(_MARK):
        value = held[value.removeprefix(_MARK)]
    if value is not None:
        kind = "integer" if isinstance(value, int) else "string"
        found["schema"] = {"type": kind, "enum": [value]}
    return found
