"""Leave of a document what some paths need, with no default and no example that is not valid."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

import jsonschema_rs

from specs import pointer
from specs.convert import Losses
from specs.files import walk
from specs.lint.examples import check_examples
from specs.own import METHODS
from specs.schema import to_json_schema, to_json_schemas

_REF = "#/components/"


def prune(document: dict[str, Any], paths: Iterable[str], losses: Losses) -> dict[str, Any]:
    """Return the document with these paths alone, and the components that they refer to."""
    kept = {path: document["paths"][path] for path in paths}
    used: dict[str, set[str]] = {}
    pending: list[Any] = [kept]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith(_REF):
                kind, _, name = reference.removeprefix(_REF).partition("/")
                name = name.replace("~1", "/").replace("~0", "~")
                if name not in used.setdefault(kind, set()):
                    used[kind].add(name)
                    pending.append(document["components"].get(kind, {}).get(name))
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    schemes = document["components"]["securitySchemes"]
    secured = _schemes_used(document, kept)
    components = {
        kind: {
            name: row for name, row in document["components"].get(kind, {}).items() if name in names
        }
        for kind, names in used.items()
    }
    components["securitySchemes"] = {name: row for name, row in schemes.items() if name in secured}
    if left_out := len(document["paths"]) - len(kept):
        losses.add(f"{left_out} paths that are not about these jobs")
    pruned = {**document, "paths": kept, "components": components}
    _loosen(pruned, losses)
    _drop_invalid_defaults(pruned, losses)
    return _with_valid_examples(pruned, losses)


def _loosen(document: dict[str, Any], losses: Losses) -> None:
    """Change what a document can hardly mean: alternatives that overlap, or forbid each other."""
    is_referred_to = any("/oneOf/" in str(row.get("$ref")) for _, row in walk(document))
    for _, schema in walk(document):
        combined = [key for key in ("allOf", "oneOf", "anyOf") if isinstance(schema.get(key), list)]
        parts = [pointer.resolve(document, row) for row in schema.get("allOf", ())]
        closed = [row for row in (schema, *parts * (len(parts) > 1)) if _is_closed(row)]
        for row in closed if combined else ():
            row.pop("additionalProperties", None)
            losses.add(
                f"`additionalProperties: false` beside `{combined[0]}`: it forbids its members"
            )
        if "oneOf" in combined and "anyOf" not in combined and not is_referred_to:
            rows = [pointer.resolve(document, row) for row in schema["oneOf"]]
            if not all(_is_apart(document, a, b) for a, b in combinations(rows, 2)):
                schema["anyOf"] = schema.pop("oneOf")
                losses.add("`oneOf` of alternatives that overlap: it is taken as `anyOf`")


def _is_closed(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("additionalProperties") is False


def _is_apart(document: dict[str, Any], one: Any, other: Any) -> bool:
    """Return True for schemas of which a value can meet one alone, by their types or one member."""
    types = [row.get("type") for row in (one, other)]
    if all(types) and types[0] != types[1] and set(types) != {"integer", "number"}:
        return True
    if "enum" in one and "enum" in other:
        return not [value for value in one["enum"] if value in other["enum"]]
    required = [set(row.get("required", ())) for row in (one, other)]
    members = [pointer.properties(document, row) for row in (one, other)]
    return any(
        _is_apart(document, *(pointer.resolve(document, each[name]) for each in members))
        for name in set.intersection(*required, *map(set, members))
    )


def _drop_invalid_defaults(document: dict[str, Any], losses: Losses) -> None:
    schemas = to_json_schemas(document["components"].get("schemas", {}))
    for _, schema in walk(document):
        if "default" not in schema or not ({"type", "enum", "allOf", "oneOf"} & schema.keys()):
            continue  # among others a member of that name
        known = {"components": {"schemas": schemas}} if "$ref" in str(schema) else {}
        whole = {**to_json_schema(schema), **known}
        try:
            is_valid = jsonschema_rs.validator_for(whole).is_valid(schema["default"])
        except ValueError:  # a schema that cannot be compiled: the lint tells
            continue
        if not is_valid:
            del schema["default"]
            losses.add("defaults that are not valid by their schemas")


def _schemes_used(document: Mapping[str, Any], paths: Mapping[str, Any]) -> set[str]:
    rows = [row for item in paths.values() for key, row in item.items() if key in METHODS]
    security = [row.get("security", document.get("security", [])) for row in rows]
    return {name for rows in security for row in rows for name in row}


def _with_valid_examples(document: dict[str, Any], losses: Losses) -> dict[str, Any]:
    """Return the document without the examples of bodies and components, if one is not valid."""
    probe = {"x-vendor": "x", **document}
    try:
        invalid = any(True for _ in check_examples(probe))
    except Exception:  # noqa: BLE001  (whatever a broken schema makes the validator raise)
        invalid = True
    if not invalid:
        return document
    losses.add("examples: at least one was not valid by its schema")
    stripped: dict[str, Any] = _strip(document)
    return stripped


def _strip(node: Any) -> Any:
    if isinstance(node, list):
        return [_strip(row) for row in node]
    if not isinstance(node, dict):
        return node
    is_shown = "schema" in node or "type" in node or "allOf" in node or "properties" in node
    return {
        key: value if key in ("enum", "default", "required") else _strip(value)
        for key, value in node.items()
        if not (is_shown and key in ("example", "examples") and not _is_schema(value))
    }


def _is_schema(value: Any) -> bool:
    """Return True for a member of `properties` that happens to be called `example`."""
    return isinstance(value, dict) and bool({"type", "$ref", "allOf", "properties"} & value.keys())
