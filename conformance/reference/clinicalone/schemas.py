"""Validation of Clinical One's query parameters and of the field specs in a body."""

from collections.abc import Mapping
from typing import Any

from conformance.reference.context import AppContext
from conformance.reference.parsing import bad_request, choice, is_integer

MODES = ("test", "active", "training")
FIELD_TYPES = ("list", "date", "date-time", "number", "string", "boolean")


def read_study(params: Mapping[str, str]) -> str | None:
    """Return the study id; None, a tenant report, if absent, empty or the word null."""
    return params.get("studyId") if params.get("studyId") not in {"", "null"} else None


def read_mode(params: Mapping[str, str], context: AppContext, any_value_defect: str) -> str | None:
    """Return the mode, None if absent; ``any_value_defect`` accepts any value."""
    if "mode" not in params:
        return None
    if params["mode"] == "design" and context.has_defect("c1-mode-design-taken"):
        return None
    if params["mode"] not in MODES and context.has_defect(any_value_defect):
        return None
    return choice(params["mode"], "mode", MODES)


def check_specs(body: Mapping[str, Any], context: AppContext) -> None:
    """Raise a 400 for field specs that are neither a list of specs nor an object."""
    refusing = {
        "fieldSpecsList": context.has_defect("c1-kickoff-specs-refused"),
        "extFieldSpecsList": context.has_defect("c1-kickoff-ext-specs-refused"),
    }
    for name, broken in refusing.items():
        value = body.get(name, {})
        if broken and name in body:
            raise bad_request(name, "is not expected")
        if isinstance(value, list):
            texts = [str(item) for item in value]
            context.raise_if_planted("c1-crash-repeated-specs", when=len({*texts}) < len(texts))
            context.raise_if_planted("c1-crash-many-specs", when=len(texts) > 30)
            for number, item in enumerate(value):
                _check_spec(item, f"{name}[{number}]", context)
        elif not isinstance(value, dict):
            raise bad_request(name, "must be a list of field specs, or an object")


def _check_spec(item: object, name: str, context: AppContext) -> None:
    context.raise_if_planted("c1-crash-plain-spec", when=not isinstance(item, dict))
    if not isinstance(item, dict):
        raise bad_request(name, "must be an object")
    sequence = item.get("fieldSequence", 0)
    context.raise_if_planted("c1-crash-large-sequence", when=is_integer(sequence, 2**31, 2**62))
    context.raise_if_planted("c1-crash-date-time-spec", when=item.get("fieldType") == "date-time")
    field = item.get("fieldName", "a")
    if not isinstance(field, str) or not 1 <= len(field) <= 255:
        raise bad_request(f"{name}.fieldName", "must be a string of 1 to 255 characters")
    context.raise_if_planted("c1-crash-long-field", when=len(field) > 250)
    if len(field) > 100 and context.has_defect("c1-kickoff-long-field-refused"):
        raise bad_request(f"{name}.fieldName", "must be a string of 1 to 100 characters")
    if field != "subjectNumber" and context.has_variant("c1-free-known-fields"):
        raise bad_request(f"{name}.fieldName", "is no field of the report")
    context.raise_if_planted("c1-crash-unicode-field", when=not field.isascii())
    if is_integer(sequence, 2**15) and context.has_defect("c1-kickoff-sequence-16-bits"):
        raise bad_request(f"{name}.fieldSequence", "must be an integer from 0 to 32767")
    if not is_integer(sequence, 0):
        raise bad_request(f"{name}.fieldSequence", "must be an integer from 0 to 2147483647")
    choice(item.get("fieldType", "string"), f"{name}.fieldType", FIELD_TYPES)
    if not isinstance(item.get("fieldValueList", []), list):
        raise bad_request(f"{name}.fieldValueList", "must be a list")
