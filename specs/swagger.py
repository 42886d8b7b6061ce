"""Turn a Swagger 2.0 document into one of OpenAPI 3.0."""

from collections.abc import Iterable, Mapping
from typing import Any

from specs.own import METHODS
from specs.values import words

_VALUE = words(
    "type format items default maximum exclusiveMaximum minimum exclusiveMinimum maxLength "
    "minLength pattern maxItems minItems uniqueItems enum multipleOf x-nullable"
)
_JSON = ("application/json",)
_MOVED = {"definitions": "schemas", "parameters": "parameters", "responses": "responses"}


def upgrade(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document as OpenAPI 3.0: servers, bodies, components, schemes of security."""
    shared = document.get("parameters", {})
    bodies = {name for name, row in shared.items() if row.get("in") in ("body", "formData")}
    writer = _Writer(document, bodies)
    components = {
        "schemas": {name: writer.schema(row) for name, row in _rows(document, "definitions")},
        "parameters": {
            name: writer.parameter(row) for name, row in shared.items() if name not in bodies
        },
        "responses": {
            name: writer.response(row, _types(document, "produces"))
            for name, row in _rows(document, "responses")
        },
        "securitySchemes": {
            name: _scheme(row) for name, row in _rows(document, "securityDefinitions")
        },
    }
    kept = {key: document[key] for key in ("info", "security", "tags") if key in document}
    paths = {path: writer.path(item) for path, item in _rows(document, "paths")}
    servers = [{"url": _server(document)}]
    return {
        "openapi": "3.0.3",
        **kept,
        "servers": servers,
        "paths": paths,
        "components": components,
    }


def _rows(document: Mapping[str, Any], key: str) -> Iterable[tuple[str, Any]]:
    rows = (document.get(key) or {}).items()
    return ((str(name), row) for name, row in rows if isinstance(row, dict))


def _types(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(row.get(key) or _JSON)


def _server(document: Mapping[str, Any]) -> str:
    base = str(document.get("basePath", "")).rstrip("/")
    host = document.get("host")
    scheme = "http" if document.get("schemes") == ["http"] else "https"
    return f"{scheme}://{host}{base}" if host else base or "/"


def _scheme(row: Mapping[str, Any]) -> dict[str, Any]:
    if row.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if row.get("type") == "oauth2":
        return {"type": "http", "scheme": "bearer"}
    return {key: row[key] for key in ("type", "name", "in") if key in row}


class _Writer:
    """Writes the parts of one document anew."""

    def __init__(self, document: Mapping[str, Any], bodies: set[str]) -> None:
        self._document = document
        self._bodies = bodies

    def path(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return a path with its operations."""
        shared = item.get("parameters", [])
        written = {
            method: self._operation(item[method], shared) for method in METHODS if method in item
        }
        plain = [row for row in shared if not self._is_body(row)]
        return {"parameters": [self.parameter(row) for row in plain], **written}

    def _operation(self, row: Mapping[str, Any], shared: list[Any]) -> dict[str, Any]:
        left_out = words("parameters responses consumes produces schemes")
        written = {key: value for key, value in row.items() if key not in left_out}
        parameters = row.get("parameters", [])
        plain = [each for each in parameters if not self._is_body(each)]
        written["parameters"] = [self.parameter(each) for each in plain]
        bodies = [self._resolved(each) for each in (*parameters, *shared) if self._is_body(each)]
        if bodies:
            taken = _types(row if "consumes" in row else self._document, "consumes")
            written["requestBody"] = self._body(bodies, taken)
        media = _types(row if "produces" in row else self._document, "produces")
        rows = row.get("responses", {}).items()
        written["responses"] = {str(key): self.response(each, media) for key, each in rows}
        return written

    def _resolved(self, row: Mapping[str, Any]) -> Any:
        name = str(row.get("$ref", "")).rpartition("/")[2]
        return self._document["parameters"][name] if name else row

    def _is_body(self, row: Mapping[str, Any]) -> bool:
        name = str(row.get("$ref", "")).rpartition("/")[2]
        return name in self._bodies or row.get("in") in ("body", "formData")

    def _body(self, rows: list[Any], media: tuple[str, ...]) -> dict[str, Any]:
        first = rows[0]
        if first.get("in") == "body":
            content = {"schema": self.schema(first.get("schema", {}))}
            is_required = bool(first.get("required"))
            return {"required": is_required, "content": dict.fromkeys(media, content)}
        has_file = any(row.get("type") == "file" for row in rows)
        form = "multipart/form-data" if has_file else "application/x-www-form-urlencoded"
        required = [row["name"] for row in rows if row.get("required")]
        members = {row["name"]: self._value(row) for row in rows}
        schema = {"type": "object", "properties": members, "required": required}
        used = [each for each in media if each != "application/json"] or [form]
        return {"required": bool(required), "content": {key: {"schema": schema} for key in used}}

    def parameter(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a parameter that is no body."""
        if "$ref" in row:
            return {"$ref": _moved(str(row["$ref"]))}
        written = {key: row[key] for key in ("name", "in", "required", "description") if key in row}
        if row.get("type") == "array" and row.get("in") == "query":
            written["explode"] = row.get("collectionFormat") == "multi"
        return {**written, "schema": self._value(row)}

    def _value(self, row: Mapping[str, Any]) -> Any:
        return self.schema({key: value for key, value in row.items() if key in _VALUE})

    def response(self, row: Mapping[str, Any], media: tuple[str, ...]) -> dict[str, Any]:
        """Return a response with a content for each media type."""
        if "$ref" in row:
            return {"$ref": _moved(str(row["$ref"]))}
        written: dict[str, Any] = {"description": row.get("description", "")}
        if row.get("headers"):
            headers = row["headers"].items()
            written["headers"] = {name: {"schema": self._value(each)} for name, each in headers}
        if "schema" in row:
            examples = row.get("examples") or {}
            schema = self.schema(row["schema"])
            written["content"] = {
                each: {
                    "schema": schema,
                    **({"example": examples[each]} if each in examples else {}),
                }
                for each in media
            }
        return written

    def schema(self, node: Any) -> Any:
        """Return a schema with its references moved."""
        if isinstance(node, list):
            return [self.schema(row) for row in node]
        if not isinstance(node, dict):
            return node
        written = {
            key: value if key in ("enum", "default", "example") else self.schema(value)
            for key, value in node.items()
            if key not in ("discriminator", "properties")
        }
        if isinstance(node.get("properties"), dict):
            members = node["properties"].items()
            written["properties"] = {name: self.schema(row) for name, row in members}
        if isinstance(node.get("$ref"), str):
            written["$ref"] = _moved(node["$ref"])
        if node.get("type") == "file":
            written |= {"type": "string", "format": "binary"}
        if written.pop("x-nullable", False) is True:
            written["nullable"] = True
        return written


def _moved(reference: str) -> str:
    kind, _, name = reference.removeprefix("#/").partition("/")
    return f"#/components/{_MOVED[kind]}/{name}" if kind in _MOVED else reference
