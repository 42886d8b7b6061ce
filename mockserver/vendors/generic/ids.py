"""Ids of jobs in the form that a contract asks for."""

import re
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from mockserver.errors import ConfigurationError
from mockserver.ids import Ids
from mockserver.openapi.schemas import Schemas
from mockserver.vendors.generic.errors import flatten
from specs import Contract, Location, pointer
from specs.contract import json_schema_of

Form = Callable[[Ids, str, int], str]

_FORMS: tuple[Form, ...] = (
    lambda ids, kind, number: ids.uuid(kind, number),
    lambda ids, kind, number: ids.hex(kind, number).lower()[:24],
    lambda ids, kind, number: ids.hex(kind, number).lower(),
    lambda ids, kind, number: ids.hex(kind, number)[:16],
    lambda ids, kind, number: f"job-{ids.hex(kind, number).lower()[:12]}",
    lambda ids, kind, number: str(1_000_000 + int(ids.hex(kind, number)[:8], 16)),
    lambda ids, kind, number: ids.hex(kind, number).lower()[:8],
)


def id_schemas(contract: Contract) -> Iterator[Mapping[str, Any]]:
    """Yield the schema of the job's id in each body that shows one, and in the poll's parameter."""
    for name, location in contract.lifecycle.locations.items():
        schema = _id_schema(contract, name, location)
        if schema:
            yield schema
    poll = contract.operations[contract.lifecycle.actions["poll"].operation]
    for row in poll.parameters:
        if row["in"] == "path" and poll.path.rstrip("/").endswith(f"{{{row['name']}}}"):
            yield flatten(contract.openapi, row.get("schema", {}))


def _id_schema(contract: Contract, name: str, location: Location) -> Mapping[str, Any]:
    if location.id_header is not None or location.id_link is not None:
        return {}
    operation = contract.operations[name]
    schema = json_schema_of(operation.responses[operation.success].get("content", {}))
    at = location.id if location.items is None else f"{location.items}/-{location.id}"
    try:
        return flatten(contract.openapi, pointer.schema_at(contract.openapi, schema, at))
    except (LookupError, TypeError):
        return {}


def is_numbered(contract: Contract) -> bool:
    """Return whether ids of jobs are numbers."""
    return any(schema.get("type") in ("integer", "number") for schema in id_schemas(contract))


class IdMaker:
    """Makes ids that every schema of a contract allows."""

    def __init__(self, contract: Contract) -> None:
        schemas = Schemas(contract.openapi)
        validators = [schemas.validator(dict(schema)) for schema in id_schemas(contract)]
        patterns = [str(row["pattern"]) for row in id_schemas(contract) if "pattern" in row]
        by_pattern = (_of_pattern(pattern) for pattern in patterns)
        forms = (*(form for form in by_pattern if form is not None), *_FORMS)
        probe = Ids(0, "probe")
        fitting = (
            form
            for form in forms
            if all(each.is_valid(form(probe, "id", 1)) for each in validators)
        )
        if is_numbered(contract):
            self.of: Form = lambda _ids, _kind, number: str(number)
            return
        form = next(fitting, None)
        if form is None:
            raise ConfigurationError(
                f"{contract.folder}/openapi.yaml: no id that the mock can make fits the pattern "
                f"{' and '.join(patterns) or 'of the job id'}"
            )
        self.of = form


_TOKEN = re.compile(
    r"(?P<cls>\[\^?\]?[^\]]*\]|\\[dwsDWS]|\\.|\.|[^\\\[\](){}?*+|^$])"
    r"(?P<count>\{(?P<low>\d+)(?:,(?P<high>\d*))?\}|[?*+])?"
)
_CLASSES = {"\\d": "0123456789", "\\w": "abcdefghijklmnopqrstuvwxyz0123456789", ".": "abcdef"}


def text_of_pattern(pattern: str, rng: Random) -> str | None:
    """Return a text that matches a simple pattern without groups; None for any other pattern."""
    rest = pattern.removeprefix("^").removesuffix("$")
    text, position = "", 0
    while position < len(rest):
        match = _TOKEN.match(rest, position)
        if match is None:
            return None
        letters = _letters(match["cls"])
        if not letters:
            return None
        count = {None: 1, "?": 1, "*": 8, "+": 8}.get(match["count"], int(match["low"] or 0))
        text += "".join(rng.choice(letters) for _ in range(count))
        position = match.end()
    try:
        return text if re.search(pattern, text) else None
    except re.error:
        return None


def _letters(token: str) -> str:
    if token in _CLASSES:
        return _CLASSES[token]
    if token.startswith("\\"):
        return token[1] if not token[1].isalpha() else ""
    if not token.startswith("["):
        return token
    if token.startswith("[^"):
        return "".join(c for c in "abcdefghijklmnopqrstuvwxyz0123456789" if c not in token[2:-1])
    letters = ""
    inside = token[1:-1]
    for name, known in _CLASSES.items():
        if len(name) == 2 and name in inside:
            letters += known
            inside = inside.replace(name, "")
    while inside:
        if len(inside) > 2 and inside[1] == "-":
            letters += "".join(map(chr, range(ord(inside[0]), ord(inside[2]) + 1)))
            inside = inside[3:]
        else:
            letters += inside[0]
            inside = inside[1:]
    return letters


def _of_pattern(pattern: str) -> Form | None:
    if text_of_pattern(pattern, Random(0)) is None:
        return None
    return lambda ids, kind, number: str(text_of_pattern(pattern, ids.random(kind, number)))
