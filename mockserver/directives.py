"""Header values that are lists of directives: `name=value; option=value, another`."""

import re
from collections.abc import Iterator

LONGEST = 2048
"""Characters of such a value; more is refused."""

_DIRECTIVE = re.compile(
    r'\s*(?P<name>[^\s=;,"]+)\s*(?:=\s*(?P<value>"(?:[^"\\]|\\.)*"|[^;,"]*))?\s*(?P<end>[;,]|$)'
)
_ESCAPED = re.compile(r"\\(.)")

Directive = tuple[str, str | None]
"""A name, and the text after its `=` without quotes; None where there is no `=`."""


def read_directives(text: str) -> list[list[Directive]]:
    """Return what commas part, each as the directives that semicolons part.

    Raises:
        ValueError: the text is no such list; the message says from where on.
    """
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    groups: list[list[Directive]] = [[]]
    for directive, end in _scan(text):
        groups[-1].append(directive)
        if end == ",":
            groups.append([])
    return groups


def _scan(text: str) -> Iterator[tuple[Directive, str]]:
    place, end = 0, ""
    while place < len(text):
        found = _DIRECTIVE.match(text, place)
        if found is None:
            raise ValueError(f"cannot be read from {text[place : place + 20]!r} on")
        end = found["end"]
        yield (found["name"], _unquoted(found["value"])), end
        place = found.end()
    if end or not text:
        raise ValueError("ends where something should follow")


def _unquoted(value: str | None) -> str | None:
    if value is None or not value.startswith('"'):
        return value and value.strip()
    return _ESCAPED.sub(r"\1", value[1:-1])
