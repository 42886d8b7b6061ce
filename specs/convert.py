"""Turn somebody's OpenAPI document, 3.0 or 3.1, into the 3.0.3 that the programs read.

What 3.0 cannot say is left out, and told.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from specs.errors import SpecError, SpecIssue
from specs.files import DOCUMENTED
from specs.own import METHODS
from specs.profile import apply
from specs.values import words

_VERSION = re.compile(r"3\.[01]\.\d+")
_KNOWN = words(
    "title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength "
    "pattern maxItems minItems uniqueItems maxProperties minProperties required enum type not "
    "allOf oneOf anyOf items properties additionalProperties description format default nullable "
    "readOnly writeOnly example deprecated"
)
_CONVERTED = words("const examples prefixItems contentEncoding contentMediaType externalDocs xml")
_STYLES = words("deepObject spaceDelimited pipeDelimited matrix label")


class Losses:
    """Counts what is left out, by a text that says what."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, what: str) -> None:
        """Count one thing that was left out."""
        self._counts[what] += 1

    def lines(self) -> list[str]:
        """Return a line for each kind of thing."""
        return [f"{what} ({times})" for what, times in sorted(self._counts.items())]


def convert(document: Any, file: str, losses: Losses) -> dict[str, Any]:
    """Return a document of OpenAPI 3.0.3; `losses` gets what could not be kept.

    Raises:
        SpecError: it is not OpenAPI 3.0 or 3.1.
    """
    version = document.get("openapi") if isinstance(document, dict) else None
    if not _VERSION.fullmatch(str(version)):
        raise SpecError([SpecIssue(file, "/openapi", "must be 3.0.x or 3.1.x, or Swagger 2.0")])
    document = apply(document, DOCUMENTED)  # it may be one of ours: what a profile changes goes
    for key in ("webhooks", "jsonSchemaDialect"):
        if key in document:
            losses.add(f"{key}: 3.0 has none")
    info = {key: document.get("info", {}).get(key) for key in ("title", "version", "description")}
    converted: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": "API", "version": "1", **{k: v for k, v in info.items() if v}},
    }
    for key in ("servers", "security"):
        if key in document:
            converted[key] = document[key]
    components = document.get("components") or {}
    items = components.get("pathItems", {})
    converted["paths"] = {
        path: _path_item(path, _inlined(item, items), losses)
        for path, item in (document.get("paths") or {}).items()
        if str(path).startswith("/")
    }
    converted["components"] = _components(components, losses)
    return converted


def _inlined(item: Any, items: Mapping[str, Any]) -> Any:
    reference = str(item.get("$ref", "")) if isinstance(item, dict) else ""
    return items.get(reference.rsplit("/", 1)[-1], {}) if reference else item


def _components(components: Mapping[str, Any], losses: Losses) -> dict[str, Any]:
    made: dict[str, Any] = {}
    kinds: dict[str, Callable[[Any, Losses], Any]] = {
        "schemas": schema_of,
        "parameters": _described,
        "headers": _described,
        "responses": _response,
        "requestBodies": _described,
        "examples": lambda row, _losses: row,
    }
    for kind, change in kinds.items():
        if components.get(kind):
            made[kind] = {name: change(row, losses) for name, row in components[kind].items()}
    schemes = {}
    for name, scheme in (components.get("securitySchemes") or {}).items():
        if isinstance(scheme, dict) and scheme.get("type") == "mutualTLS":
            losses.add("security by client certificates")
        else:
            schemes[name] = scheme
    return {**made, "securitySchemes": schemes}


def _path_item(path: str, item: Any, losses: Losses) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if item.get("parameters"):
        made["parameters"] = [_described(row, losses) for row in item["parameters"]]
    for method in METHODS:
        if method in item:
            made[method] = _operation(path, method, item[method], losses)
    return made


def _operation(path: str, method: str, row: Mapping[str, Any], losses: Losses) -> dict[str, Any]:
    made = {key: row[key] for key in ("summary", "description", "security") if key in row}
    made |= {key: value for key, value in row.items() if str(key).startswith("x-grant")}
    made["operationId"] = row.get("operationId") or _name(path, method)
    if "operationId" not in row:
        losses.add("operationIds, which are made up")
    if "callbacks" in row:
        losses.add("callbacks: the mock calls nobody")
    if row.get("parameters"):
        made["parameters"] = [_described(each, losses) for each in row["parameters"]]
    if row.get("requestBody"):
        made["requestBody"] = _described(row["requestBody"], losses)
    made["responses"] = {
        str(status): _response(response, losses)
        for status, response in (row.get("responses") or {}).items()
        if not str(status).startswith("x-")
    }
    return made


def _name(path: str, method: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", path)
    return method + "".join(word[:1].upper() + word[1:] for word in words)


def _response(row: Any, losses: Losses) -> Any:
    made = _described(row, losses)
    if "$ref" in made:
        return made
    made.pop("links", None)
    headers = made.get("headers", {})
    if headers:
        made["headers"] = {name: _described(header, losses) for name, header in headers.items()}
    return {"description": "", **made}


def _described(row: Any, losses: Losses) -> Any:
    """Return a parameter, header, body or response with its schemas converted."""
    if "$ref" in row:
        return {"$ref": row["$ref"]}
    made = {key: value for key, value in row.items() if not str(key).startswith("x-")}
    if made.get("style") in _STYLES:
        losses.add(f"the style {made.pop('style')} of parameters: they are taken as text")
        made.pop("explode", None)
        made["schema"] = {"type": "string"}
    if "schema" in made:
        made["schema"] = schema_of(made["schema"], losses)
    if "content" in made:
        content = {media: _media(each, losses) for media, each in made["content"].items()}
        if set(content) == {"*/*"} and content["*/*"].get("schema", {}).get("format") != "binary":
            losses.add("the media type */*: it is taken as JSON")
            content = {"application/json": content["*/*"]}
        made["content"] = content
    return made


def _media(row: Any, losses: Losses) -> dict[str, Any]:
    made = {key: row[key] for key in ("schema", "example", "examples") if key in row}
    if "schema" in made:
        made["schema"] = schema_of(made["schema"], losses)
    return made


def schema_of(schema: Any, losses: Losses) -> Any:
    """Return a schema of OpenAPI 3.0 for one of 3.1; one of 3.0 stays as it is."""
    if not isinstance(schema, dict):
        return {} if schema is True else {"not": {}} if schema is False else schema
    if "$ref" in schema:
        return _reference(schema, losses)
    made = {
        key: _part(key, value, losses)
        for key, value in schema.items()
        if key in _KNOWN | _CONVERTED
    }
    for key in sorted(map(str, schema.keys() - _KNOWN - _CONVERTED)):
        if not key.startswith("x-"):
            losses.add(f"`{key}` in schemas")
    _convert_type(made, losses)
    _convert_values(made, losses)
    return _without_null({key: value for key, value in made.items() if key in _KNOWN})


def _reference(schema: Mapping[str, Any], losses: Losses) -> dict[str, Any]:
    rest = {key: value for key, value in schema.items() if key not in ("$ref", "description")}
    reference = {"$ref": schema["$ref"]}
    return {"allOf": [reference], **schema_of(rest, losses)} if rest else reference


def _part(key: str, value: Any, losses: Losses) -> Any:
    if key in ("allOf", "anyOf", "oneOf") and isinstance(value, list):
        return [schema_of(row, losses) for row in value]
    if key == "properties" and isinstance(value, dict):
        return {name: schema_of(row, losses) for name, row in value.items()}
    if key in ("items", "not"):
        return schema_of(value, losses)
    if key == "additionalProperties" and isinstance(value, dict):
        return schema_of(value, losses)
    return value


def _convert_type(made: dict[str, Any], losses: Losses) -> None:
    kinds = made.get("type")
    if isinstance(kinds, list):
        others = [kind for kind in kinds if kind != "null"]
        if "null" in kinds:
            made["nullable"] = True
        if len(others) == 1:
            made["type"] = others[0]
        else:
            del made["type"]
            losses.add("several types of one member: any is allowed")
    elif kinds == "null":
        del made["type"]
        made["nullable"] = True
    if made.get("type") == "array" and "items" not in made:
        made["items"] = {}
    if made.pop("prefixItems", None) is not None:
        losses.add("`prefixItems` in schemas")


def _convert_values(made: dict[str, Any], losses: Losses) -> None:
    if not isinstance(made.get("required", [""]), list) or not made.get("required", [""]):
        del made["required"]  # an empty list is nothing in 3.1, and wrong in 3.0
    if "const" in made:
        made["enum"] = [made.pop("const")]
    examples = made.pop("examples", None)
    if isinstance(examples, list) and examples and "example" not in made:
        made["example"] = examples[0]
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(bound), int | float) and not isinstance(made[bound], bool):
            made[limit], made[bound] = made[bound], True
    if made.pop("contentEncoding", None) == "base64":
        made.setdefault("format", "byte")
    if made.pop("contentMediaType", None) is not None and "format" not in made:
        made["format"] = "binary"
    if made.get("enum") and None in made["enum"] and len(made["enum"]) > 1:
        made["nullable"] = True
    pattern = made.get("pattern")
    if isinstance(pattern, str) and not _is_pattern(pattern):
        del made["pattern"]
        losses.add("patterns that cannot be read")


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _without_null(made: dict[str, Any]) -> dict[str, Any]:
    """Return a schema whose alternative `null` is written as `nullable`."""
    for key in ("anyOf", "oneOf"):
        rows = made.get(key)
        if not rows or {"nullable": True} not in rows:
            continue
        others = [row for row in rows if row != {"nullable": True}]
        rest = {name: value for name, value in made.items() if name != key}
        if len(others) > 1:
            return {**rest, key: others, "nullable": True}
        only = others[0] if others else {}
        inner = {"allOf": [only]} if "$ref" in only else only
        return {**inner, **rest, "nullable": True}
    return made
