"""Fill in what the files of a user's own vendor may leave out.

The files of this package state every source, prefix and refusal. In a user's folder an element
without a source counts as documented, and what can be derived need not be written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SOURCE = "documented"
GRANT_REFUSED = 403
_NAMED = ("schemas", "responses", "parameters", "headers")
_VERSION = re.compile(r"3\.0\.\d+")
_REFUSALS = (409, 404, 400, 422, 410)


def complete_openapi(document: Any, slug: str) -> Any:
    """Return an openapi.yaml, to which a profile has been applied, with what it leaves out.

    The path of the first server becomes part of every path: it is on the wire. Schemes of OAuth
    and OpenID Connect become bearer tokens, which is what they are on the wire. The vendor's slug,
    prefixes, status for a missing grant, and sources are added. A document of wrong shape is
    returned as it is, for the lint.
    """
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, dict) or not all(isinstance(item, dict) for item in paths.values()):
        return document
    document = {"x-vendor": slug, "x-grant-refused": GRANT_REFUSED, **document}
    if _VERSION.fullmatch(str(document.get("openapi"))):
        document["openapi"] = "3.0.3"
    base = server_path(document)
    document["servers"] = [{"url": "/"}]
    document["paths"] = {base + path: item for path, item in paths.items()}
    document.setdefault("x-paths", list(prefixes(document["paths"])) or ["/"])
    components = document.get("components", {})
    if isinstance(components, dict):
        schemes = {"securitySchemes": _schemes(components)}
        document["components"] = {"schemas": {}, **components, **schemes}
    for element in _elements(document):
        element.setdefault("x-source", SOURCE)
    return document


def server_path(document: Mapping[str, Any]) -> str:
    """Return the path of the first server, without a slash at the end."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(url, str):
        return ""
    variables = first.get("variables") if isinstance(first, dict) else None
    for name, variable in (variables if isinstance(variables, dict) else {}).items():
        if isinstance(variable, dict):
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    try:
        path = urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
    return path if path.startswith("/") else ""


def prefixes(paths: Iterable[str]) -> Iterator[str]:
    """Yield the longest common prefix of the paths that have their first segment in common."""
    heads: dict[str, list[list[str]]] = {}
    for path in paths:
        head: list[str] = []
        for segment in path.split("/")[1:]:
            if "{" in segment:
                break
            head.append(segment)
        heads.setdefault(head[0] if head else "", []).append(head)
    for group in heads.values():
        common = group[0]
        for head in group[1:]:
            same = next(
                (n for n, (a, b) in enumerate(zip(common, head, strict=False)) if a != b),
                min(len(common), len(head)),
            )
            common = common[:same]
        yield "/" + "/".join(common)


def _schemes(components: Mapping[str, Any]) -> Any:
    schemes = components.get("securitySchemes", {})
    if not isinstance(schemes, dict):
        return schemes
    return {name: _scheme(scheme) for name, scheme in schemes.items()}


def _scheme(scheme: Any) -> Any:
    if isinstance(scheme, dict) and scheme.get("type") in ("oauth2", "openIdConnect"):
        kept = {key: scheme[key] for key in ("description",) if key in scheme}
        return {"type": "http", "scheme": "bearer", **kept}
    return scheme


def _elements(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what may have a source; a reference has that of its target."""
    components = document.get("components")
    for kind in _NAMED:
        named = components.get(kind) if isinstance(components, dict) else None
        yield from _mappings(named.values() if isinstance(named, dict) else ())
    for item in document["paths"].values():
        yield from _mappings(item.get("parameters"))
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                yield operation
                yield from _mappings(operation.get("parameters"))
                responses = operation.get("responses")
                yield from _mappings(responses.values() if isinstance(responses, dict) else ())


def _mappings(values: Any) -> Iterator[dict[str, Any]]:
    for value in values if isinstance(values, Iterable) and not isinstance(values, str) else ():
        if isinstance(value, dict) and "$ref" not in value:
            yield value


def complete_lifecycle(raw: Any, slug: str, document: Any) -> Any:
    """Return a lifecycle.yaml with what it leaves out; `document` is the openapi.yaml."""
    if not isinstance(raw, dict):
        return raw
    info = document.get("info") if isinstance(document, dict) else None
    title = info.get("title") if isinstance(info, dict) else None
    raw = {"vendor": slug, "title": f"{title or slug} job", "job": "job", **raw}
    raw = {**raw, "states": _each(raw.get("states"), {"meaning": "", "source": SOURCE})}
    if isinstance(raw.get("edges"), list):
        raw["edges"] = [_with({"source": SOURCE}, edge) for edge in raw["edges"]]
    statuses = _statuses(document)
    if isinstance(raw.get("actions"), dict):
        raw["actions"] = {name: _action(row, statuses) for name, row in raw["actions"].items()}
    timeline = raw.get("timeline")
    if isinstance(timeline, list) and timeline and isinstance(timeline[0], dict):
        raw.setdefault("initial", timeline[0].get("state"))
    return raw


def _each(rows: Any, defaults: Mapping[str, Any]) -> Any:
    if not isinstance(rows, dict):
        return rows
    return {name: _with(defaults, {} if row is None else row) for name, row in rows.items()}


def _with(defaults: Mapping[str, Any], row: Any) -> Any:
    return {**defaults, **row} if isinstance(row, dict) else row


def _statuses(document: Any) -> dict[str, set[str]]:
    """Return the statuses that each operation lists, by operationId."""
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        return {}
    operations = (
        item[method]
        for item in document["paths"].values()
        for method in METHODS
        if isinstance(item, dict) and isinstance(item.get(method), dict)
    )
    return {
        str(row.get("operationId")): {str(status) for status in row["responses"]}
        for row in operations
        if isinstance(row.get("responses"), dict)
    }


def _action(row: Any, statuses: Mapping[str, set[str]]) -> Any:
    """Return an action with a status for its refusals: the first usual one that is listed."""
    if not isinstance(row, dict) or "allowed" not in row:
        return row
    listed = statuses.get(str(row.get("operation")), set())
    usual = next((status for status in _REFUSALS if str(status) in listed), _REFUSALS[0])
    refused = row.get("refused", {})
    return {**row, "refused": _with({"default": usual}, refused)}


def complete_requirements(raw: Any, slug: str) -> Any:
    """Return a requirements.yaml, None for a missing one, with what it leaves out."""
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        return raw
    raw = {"vendor": slug, "statements": [], "requirements": [], **raw}
    if isinstance(raw["requirements"], list):
        raw["requirements"] = [_requirement(row) for row in raw["requirements"]]
    return raw


def _requirement(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    row = {"source": SOURCE, "level": "must", **row}
    if row["source"] == SOURCE and "statements" not in row:
        row.setdefault("implied", "The vendor's own requirements.yaml says so.")
    return row
