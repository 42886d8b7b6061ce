"""What a new version of a contract breaks, by requirement and by who is hurt.

A client is hurt where what it sends is refused now, or where it may receive what it was never told.
A server that implements the old version is hurt where it has to take or to send more than before.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

import specs
from conformance.checks import load_checks
from conformance.contract_queries import load_contract
from conformance.drift.naming import RequirementNames
from conformance.errors import UsageError
from conformance.evaluation import EXIT_CONFORMS, EXIT_FAILED
from conformance.report import write_content
from conformance.target.user_files import read_user_yaml
from specs import Contract
from specs.own import METHODS
from specs.pointer import resolve
from specs.profile import apply

CLIENT: Final = "client"
SERVER: Final = "server"
NOBODY: Final = "nobody"
REQUEST: Final = "request"
RESPONSE: Final = "response"
DEPTH: Final = 8  # schemas may contain themselves
LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `hurts` is client, server or nobody, `place` where in the operation it is."""

    operation: str
    place: str
    text: str
    hurts: str
    requirements: tuple[str, ...] = ()


def diff_command(old: Path, new: Path, options: Mapping[str, Any]) -> int:
    """Print what changed, write the report, and return 1 if somebody of `fail_on` is hurt.

    Raises:
        UsageError: a file is no OpenAPI document, or the vendor is unknown.
    """
    before, after = (_read(path, options["profile"]) for path in (old, new))
    vendor, named = before.get("x-vendor"), options["vendor"]
    known = named is not None or vendor in specs.vendor_folders(options["vendors"])
    name = str(named or vendor)
    contract = load_contract(name, options["profile"], options["vendors"]) if known else None
    changes = list(compare_documents(before, after, contract))
    for change in changes:
        ids = f"  {', '.join(change.requirements)}" if change.requirements else ""
        place = f" {change.place}" if change.place else ""
        sys.stdout.write(f"{change.hurts:6}  {change.operation}{place}: {change.text}{ids}\n")
    breaking = [change for change in changes if change.hurts != NOBODY]
    sys.stdout.write(f"{len(changes)} changes, {len(breaking)} of them break somebody\n")
    if options["report"] is not None:
        write_content(orjson.dumps(changes, option=orjson.OPT_INDENT_2) + b"\n", options["report"])
    counted = {CLIENT, SERVER} if options["fail_on"] == "any" else {options["fail_on"]}
    return EXIT_FAILED if any(c.hurts in counted for c in breaking) else EXIT_CONFORMS


def _read(path: Path, profile: str) -> dict[str, Any]:
    file = path / "openapi.yaml" if path.is_dir() else path
    document = apply(read_user_yaml(file, "diff-spec"), profile)
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise UsageError(f"{file}: is not an OpenAPI document: it has no `paths`")
    if "swagger" in document:
        raise UsageError(f"{file}: is OpenAPI 2; convert it to version 3")
    try:
        list(_Comparison(document, document).changes())
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"{file}: is not a valid OpenAPI document: {error!r}") from None
    return document


def compare_documents(
    old: Mapping[str, Any], new: Mapping[str, Any], contract: Contract | None = None
) -> Iterator[Change]:
    """Yield what changed from one OpenAPI document to another, in the order of the old one.

    With a contract each change names the requirements of its vendor that it is about.
    """
    names = None if contract is None else RequirementNames(contract, load_checks())
    comparison = _Comparison(dict(old), dict(new))
    for change, where in comparison.changes():
        if names is None or contract is None or change.operation not in contract.operations:
            yield change
        else:
            ids = _named(names, change.operation, where)
            yield Change(change.operation, change.place, change.text, change.hurts, ids)


Where = tuple[str, str]
"""Status (empty for a request), and parameter name, header or JSON pointer."""


def _named(names: RequirementNames, operation: str, where: Where) -> tuple[str, ...]:
    status, subject = where
    if not status:
        return names.of_request(operation, subject)
    if not subject:
        return names.of_outcome(operation, "", [status])
    if not subject.startswith("/"):
        return names.of_response(operation, int(status), "header", subject)
    return names.of_response(operation, int(status), "member", subject)


class _Comparison:
    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old, self._new = old, new

    def changes(self) -> Iterator[tuple[Change, Where]]:
        old, new = _operations(self._old), _operations(self._new)
        for key, (operation, name) in old.items():
            if key not in new:
                yield Change(name, "", "the operation is gone", CLIENT), ("", "")
                continue
            yield from self._operation(name, operation, new[key][0])
        for key, (_, name) in new.items():
            if key not in old:
                yield Change(name, "", "a new operation", SERVER), ("", "")

    def _operation(self, name: str, old: Any, new: Any) -> Iterator[tuple[Change, Where]]:
        yield from self._parameters(name, old, new)
        bodies = [resolve(d, o.get("requestBody", {})) for d, o in self._pair(old, new)]
        if bool(bodies[1].get("required")) and not bodies[0].get("required"):
            yield Change(name, "body", "a body is required now", CLIENT), ("", "")
        for change in self._contents(bodies[0], bodies[1], REQUEST):
            yield Change(name, f"body {change[0]}".strip(), change[1], change[2]), ("", change[0])
        yield from self._responses(name, old.get("responses", {}), new.get("responses", {}))
        credentials = [o.get("security", d.get("security")) for d, o in self._pair(old, new)]
        if credentials[0] != credentials[1]:
            yield Change(name, "security", "other credentials", CLIENT), ("", "")

    def _pair(self, old: Any, new: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        return (self._old, old), (self._new, new)

    def _parameters(self, name: str, old: Any, new: Any) -> Iterator[tuple[Change, Where]]:
        before, after = (
            {(p["in"], p["name"]): p for p in (resolve(d, raw) for raw in o.get("parameters", ()))}
            for d, o in self._pair(old, new)
        )
        for key in {**before, **after}:
            place, where = f"{key[0]} parameter {key[1]}", ("", key[1])
            if key not in after:
                yield Change(name, place, "is gone", CLIENT), where
            elif key not in before:
                required = after[key].get("required")
                text = "a new required parameter" if required else "a new parameter"
                yield Change(name, place, text, CLIENT if required else SERVER), where
            else:
                if after[key].get("required") and not before[key].get("required"):
                    yield Change(name, place, "is required now", CLIENT), where
                schemas = (before[key].get("schema", {}), after[key].get("schema", {}))
                for change in self._schemas(*schemas, REQUEST, "", 0):
                    yield Change(name, place, change[1], change[2]), where

    def _responses(self, name: str, old: Any, new: Any) -> Iterator[tuple[Change, Where]]:
        for status in {**old, **new}:
            number = status if str(status).isdigit() else ""
            where = (str(number), "")
            if status not in new:
                yield Change(name, str(status), "the status is gone", SERVER), where
            elif status not in old:
                yield Change(name, str(status), "a new status", CLIENT), where
            else:
                pair = resolve(self._old, old[status]), resolve(self._new, new[status])
                headers = [response.get("headers", {}) for response in pair]
                for header in sorted(headers[0].keys() - headers[1].keys()):
                    text, at = f"the header {header} is gone", (str(number), header)
                    yield Change(name, str(status), text, CLIENT), at
                for place, text, hurts in self._contents(*pair, RESPONSE):
                    at = (str(number), place)
                    yield Change(name, f"{status} {place}".strip(), text, hurts), at

    def _contents(self, old: Any, new: Any, side: str) -> Iterator[tuple[str, str, str]]:
        before, after = old.get("content", {}), new.get("content", {})
        for media in before:
            if media not in after:
                yield "", f"the media type {media} is gone", CLIENT
            else:
                pair = before[media].get("schema", {}), after[media].get("schema", {})
                yield from self._schemas(*pair, side, "", 0)
        for media in after:
            if media not in before:
                yield "", f"a new media type {media}", SERVER if side == REQUEST else CLIENT

    def _schemas(
        self, old: Any, new: Any, side: str, pointer: str, depth: int
    ) -> Iterator[tuple[str, str, str]]:
        """Yield pointer, text and who is hurt for the changes of a schema."""
        old, new = resolve(self._old, old), resolve(self._new, new)
        if depth > DEPTH or not isinstance(old, dict) or not isinstance(new, dict):
            return
        narrower, wider = (CLIENT, SERVER) if side == REQUEST else (SERVER, CLIENT)
        for text, narrows in _rules(old, new):
            yield pointer, text, narrower if narrows else wider
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before.keys() - after.keys():
            yield f"{pointer}/{name}", "the member is gone", CLIENT
        for name in after.keys() - before.keys():
            required = name in new.get("required", ())
            hurt = narrower if required else NOBODY
            yield f"{pointer}/{name}", f"a new {'required ' if required else ''}member", hurt
        for name in before.keys() & after.keys():
            yield from self._schemas(
                before[name], after[name], side, f"{pointer}/{name}", depth + 1
            )
        if "items" in old and "items" in new:
            items = old["items"], new["items"]
            yield from self._schemas(*items, side, f"{pointer}/*", depth + 1)
        for word in ("allOf", "oneOf", "anyOf"):
            for pair in zip(old.get(word, ()), new.get(word, ()), strict=False):
                yield from self._schemas(*pair, side, pointer, depth + 1)


def _operations(document: Mapping[str, Any]) -> dict[tuple[str, str], tuple[Any, str]]:
    """Return the operations by method and path, parameters of the path item with them."""
    found = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                whole = {**operation, "parameters": parameters}
                # The name of a parameter in a path is nobody's business.
                key = (method, re.sub(r"\{[^}]*\}", "{}", path))
                found[key] = (whole, operation.get("operationId", f"{method.upper()} {path}"))
    return found


def _rules(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the rules of one schema that changed, and whether less is allowed now."""
    yield from _changed_types(_types(old), _types(new))
    if old.get("enum") != new.get("enum"):
        yield from _enums(old.get("enum"), new.get("enum"))
    yield from _changed_members(old, new)
    for word in (*LEAST, *MOST):
        yield from _bounds(word, old.get(word), new.get(word))
    for word in ("pattern", "format", "const", "multipleOf"):
        before, after = old.get(word), new.get(word)
        text = f"{word} {before!r} is {after!r} now"
        if before != after and after is not None:
            yield text, True
        if before != after and before is not None:
            yield text, False


def _changed_types(old: set[str], new: set[str]) -> Iterator[tuple[str, bool]]:
    """No type at all allows every type."""
    text = f"type {_list(old)} is {_list(new)} now"
    if old != new and (not old or (new and old - new)):
        yield text, True
    if old != new and (not new or (old and new - old)):
        yield text, False


def _changed_members(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    required = [set(schema.get("required", ())) for schema in (old, new)]
    shared = old.get("properties", {}).keys() & new.get("properties", {}).keys()
    for name in sorted((required[1] - required[0]) & shared):
        yield f"the member {name} is required now", True
    for name in sorted((required[0] - required[1]) & shared):
        yield f"the member {name} is optional now", False
    allowed = [schema.get("additionalProperties", True) is not False for schema in (old, new)]
    if allowed[0] != allowed[1]:
        yield f"other members are {'allowed' if allowed[1] else 'forbidden'} now", allowed[0]


def _enums(old: Sequence[Any] | None, new: Sequence[Any] | None) -> Iterator[tuple[str, bool]]:
    if old is None or new is None:
        yield ("the values are listed now" if old is None else "any value now"), old is None
        return
    if gone := [value for value in old if value not in new]:
        yield f"no longer {_list(gone)}", True
    if more := [value for value in new if value not in old]:
        yield f"also {_list(more)}", False


def _bounds(word: str, old: Any, new: Any) -> Iterator[tuple[str, bool]]:
    if old == new:
        return
    tighter = old is None or (new is not None and (new > old if word in LEAST else new < old))
    yield f"{word} {old} is {new} now", tighter


def _types(schema: Mapping[str, Any]) -> set[str]:
    type_ = schema.get("type", [])
    found = {type_} if isinstance(type_, str) else set(type_)
    return found | ({"null"} if schema.get("nullable") and found else set())


def _list(values: Any) -> str:
    return ", ".join(sorted(map(str, values))) or "any"
