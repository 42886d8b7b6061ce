"""How Clinical One reads its query parameters and the field specs of a body."""

from collections.abc import Mapping
from typing import Any

from conformance.reference.inputs import bad, choice, is_integer
from conformance.reference.stage import Stage

MODES = ("test", "active", "training")
FIELD_TYPES = ("list", "date", "date-time", "number", "string", "boolean")


def read_study(asked: Mapping[str, str]) -> str | None:
    """The study id; absent, empty and the word null all mean a tenant report, so None."""
    return asked.get("studyId") if asked.get("studyId") not in {"", "null"} else None


def read_mode(asked: Mapping[str, str], stage: Stage, unchecked: str) -> str | None:
    """The mode, one of three, None if absent; ``unchecked`` is the defect that takes any."""
    if "mode" not in asked:
        return None
    if asked["mode"] not in MODES and stage.broken(unchecked):
        return None
    return choice(asked["mode"], "mode", MODES)


def check_specs(body: Mapping[str, Any], stage: Stage) -> None:
    """A 400 for a list of field specs that is neither a list of specs nor an object."""
    refused = {
        "fieldSpecsList": stage.broken("c1-kickoff-specs-refused"),
        "extFieldSpecsList": stage.broken("c1-kickoff-ext-specs-refused"),
    }
    for name, broken in refused.items():
        value = body.get(name, {})
        if broken and name in body:
            raise bad(name, "is not expected")
        if isinstance(value, list):
            for number, item in enumerate(value):
                _check_spec(item, f"{name}[{number}]", stage)
        elif not isinstance(value, dict):
            raise bad(name, "must be a list of field specs, or an object")


def _check_spec(item: object, name: str, stage: Stage) -> None:
    if not isinstance(item, dict):
        raise bad(name, "must be an object")
    sequence = item.get("fieldSequence", 0)
    stage.crash("c1-crash-large-sequence", when=is_integer(sequence, 2**31, 2**62))
    stage.crash("c1-crash-date-time-spec", when=item.get("fieldType") == "date-time")
    field = item.get("fieldName", "a")
    if not isinstance(field, str) or not 1 <= len(field) <= 255:
        raise bad(f"{name}.fieldName", "must be a string of 1 to 255 characters")
    if not is_integer(sequence, 0):
        raise bad(f"{name}.fieldSequence", "must be an integer from 0 to 2147483647")
    choice(item.get("fieldType", "string"), f"{name}.fieldType", FIELD_TYPES)
    if not isinstance(item.get("fieldValueList", []), list):
        raise bad(f"{name}.fieldValueList", "must be a list")
