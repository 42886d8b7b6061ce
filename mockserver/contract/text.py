"""Text of a path, a query or a header as the JSON value that its schema asks for."""

import re
from collections.abc import Callable
from typing import Any

Parse = Callable[[str], Any]

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?")
_TRUTH = {"true": True, "false": False}


def parser(schema: dict[str, Any]) -> Parse:
    """Return what turns text into a value of `schema` (without a `$ref`).

    The result raises ValueError, with the reason, for text that is no such value. The word `null`
    is None where the schema is nullable.
    """
    parse = _PARSERS.get(schema.get("type", "string"), str)
    if not schema.get("nullable"):
        return parse
    return lambda text: None if text == "null" else parse(text)


def _integer(text: str) -> int:
    if _WHOLE.fullmatch(text):
        return int(text)
    if text.removeprefix("-").isdecimal() and len(text) > 18:
        raise ValueError("is out of range")
    raise ValueError("is not a whole number")


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    raise ValueError("is not a number")


def _boolean(text: str) -> bool:
    try:
        return _TRUTH[text]
    except KeyError:
        raise ValueError("is neither true nor false") from None


_PARSERS: dict[str, Parse] = {"integer": _integer, "number": _number, "boolean": _boolean}
