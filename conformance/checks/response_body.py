"""Exchange checks of response bodies: complete, of their media type, and valid by their schema.

Each schema rule looks one level deep, so that one cause is one failure.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import jsonschema_rs

from conformance.checks import CheckResult, Responses, exchange_check, failed, passed
from conformance.checks.cases import ExchangeCase, is_echo
from conformance.checks.datetimes import parse_datetime
from conformance.contract_queries import containers, values_at
from conformance.errors import describe_schema_error
from conformance.http import NOT_JSON
from specs.contract import Contract, is_json
from specs.pointer import escape, find, properties, resolve, schema_at
from specs.values import plain_name

_DEEPER: Final = frozenset({"properties", "required", "items", "additionalProperties", "example"})
_COMBINED: Final = ("allOf", "anyOf", "oneOf")
# Media types whose content is never a JSON object or list.
_NOT_JSON_MEDIA: Final = ("text/html", "text/xml", "application/xml", "application/pdf", "image/")


@exchange_check("field_matches_schema", responses=Responses.SUCCESSFUL)
def field_matches_schema(
    case: ExchangeCase,
    *,
    pointers: Sequence[str],
    alternative: bool = False,
    nullable: bool = False,
) -> CheckResult | None:
    """Values at `pointers`, where present, have the contract's type, enum, format and bounds.

    Their members are left to the requirements of those. Where the pointers are `alternative` names
    of one value, null under one of them is as good as absence; where they are `nullable`, or no
    document shows the member, null is always. Source: openapi.yaml.
    """
    if case.response.json is NOT_JSON:
        return None
    found = [(p, *row) for p in pointers for row in values_at(case.response.json, p)]
    nullable = nullable or _null_is_absence(case)
    if nullable or (alternative and any(value is not None for _, _, value in found)):
        found = [row for row in found if row[2] is not None]
    return _first_error(
        (location, _schema_error(case.contract.validator(shallow_schema(case, pointer)), value))
        for pointer, location, value in found
    )


def _null_is_absence(case: ExchangeCase) -> bool:
    """Return True where no document shows the members: the vendors' clients read null as absence.

    The contract of a user's own vendor says itself where null is allowed.
    """
    return not case.contract.own and case.requirement.source != "documented"


def shallow_schema(case: ExchangeCase, pointer: str) -> dict[str, Any]:
    """Return the schema at `pointer` in the expected responses, without its members."""
    contract = case.contract
    operation = contract.operations[case.requirement.operation or ""]
    candidates = (case.response.status, *case.expected_statuses, operation.success)
    has_body = (s for s in candidates if contract.schema(operation.id, s) is not None)
    schema = contract.schema_of(operation.id, next(has_body), pointer)
    return {key: value for key, value in schema.items() if key not in _DEEPER}


def _schema_error(validator: jsonschema_rs.Validator, value: Any) -> str | None:
    return next((describe_schema_error(error) for error in validator.iter_errors(value)), None)


def _first_error(locations: Iterable[tuple[str, str | None]]) -> CheckResult | None:
    """Return the first error of (location, error) pairs; None where there is no pair."""
    any_location = False
    for location, error in locations:
        any_location = True
        if error is not None:
            return failed(f"{location}: {error}")
    return passed() if any_location else None


@exchange_check("required_member")
def required_member(case: ExchangeCase, *, pointers: Sequence[str]) -> CheckResult | None:
    """Every object that can have the member at `pointers` has it."""
    if case.response.json is NOT_JSON:
        return None
    return _first_error(
        (location or "the body", None if name in container else f"{name!r} is missing")
        for pointer in pointers
        for location, container, name in containers(case.response.json, pointer)
    )


_KINDS: Final = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


@exchange_check("object_body")
def object_body(case: ExchangeCase) -> CheckResult | None:
    """The body is a JSON object; an empty one is fine where nothing is required.

    A member that is written otherwise than the document writes it, as `Id` for `id`, is not its.
    """
    status, value = case.response.status, case.response.json
    if not case.response.body:
        return failed(f"the {status} has no body")
    if value is NOT_JSON:
        return failed(f"the body of the {status} is not JSON")
    if not isinstance(value, dict):
        kind = _KINDS.get(type(value), "a number")
        return failed(f"the body of the {status} is {kind}, not an object")
    schema = case.contract.schema(case.operation.id, status)
    for shown, name in _misspelt(case.contract.openapi, schema, value):
        return failed(f"the body of the {status} has {shown!r} where {name!r} is due")
    return passed()


def _misspelt(document: dict[str, Any], schema: Any, value: Any) -> Iterator[tuple[str, str]]:
    """Yield members that differ from an absent one of the schema by capitals or signs alone."""
    known = properties(document, schema)
    absent = {plain_name(name): name for name in known if name not in value}
    for shown, member in value.items():
        if shown not in known and (name := absent.get(plain_name(shown))):
            yield shown, name
        elif shown in known and isinstance(member, dict):
            yield from _misspelt(document, known[shown], member)


@exchange_check("body_schema")
def body_schema(case: ExchangeCase) -> CheckResult | None:
    """The whole body matches its schema, as far as that is sourced: nothing `assumed` is judged.

    Errors are judged only where `statuses` names them.
    """
    response = case.response
    if not case.statuses and response.status >= 400:
        return None
    schema = _sourced_schema(case)
    if schema is None:
        return None
    if response.json is NOT_JSON:
        return failed(f"the body of the {response.status} is not JSON")
    for error in case.contract.validator(schema).iter_errors(response.json):
        if is_echo(case.exchange, error) or _is_local_datetime(error):
            continue
        if _null_is_absence(case) and _is_optional_null(case.contract.openapi, schema, error):
            continue
        location = "".join(f"/{step}" for step in error.instance_path)
        return failed(f"{location or 'the body'}: {describe_schema_error(error)}")
    return passed()


def _is_optional_null(document: dict[str, Any], schema: Any, error: Any) -> bool:
    """Return True for null under a member that its object need not have."""
    *holder, name = error.instance_path or (None,)
    if error.instance is not None or not isinstance(name, str):
        return False
    try:
        shape = schema_at(document, schema, "".join(f"/{escape(str(step))}" for step in holder))
    except LookupError:
        return False
    parts = (shape, *(resolve(document, part) for part in shape.get("allOf", ())))
    return not any(name in part.get("required", ()) for part in parts)


def _is_local_datetime(error: Any) -> bool:
    """Return True for a date-time without an offset: the vendors' clients read it as well."""
    is_format = bool(error.schema_path) and error.schema_path[-1] == "format"
    return is_format and isinstance(parse_datetime(error.instance), datetime)


def _sourced_schema(case: ExchangeCase) -> Any:
    operation, status = case.operation, case.response.status
    # A success with an unlisted status is judged by the schema of the listed success.
    response = operation.response(status)
    if response is None and status < 400:
        response = operation.responses[operation.success]
    if response is None or response.get("x-source") == "assumed":
        return None
    content = response.get("content", {})
    described = content.get(case.response.media)
    other = case.response.media and not is_json(case.response.media)
    if described is None and case.contract.own and status < 400 and other:
        return None  # `media_type_listed` judges what it is called
    if described is None:
        described = next((row for media, row in content.items() if is_json(media)), {})
    schema = described.get("schema")
    # A file that is no JSON is a string to OpenAPI: there is nothing in it to judge.
    is_file = resolve(case.contract.openapi, schema or {}).get("type") == "string"
    if schema is None or is_file:
        return None
    return without_assumed(case.contract, schema)


def without_assumed(
    contract: Contract, schema: Any, *, assumed: bool = False, within: tuple[str, ...] = ()
) -> Any:
    """Return a schema without the constraints that are `assumed`, but with sourced ones in them.

    A member without a source of its own has that of what it is in.

    Args:
        contract: where references lead; those to what is all sourced stay as they are.
        schema: the schema, in the subset of JSON Schema that the contracts use.
        assumed: the source of what the schema is in.
        within: the references on the way to it; one that leads back to them stays as it is.
    """
    while isinstance(schema, dict) and "$ref" in schema:
        reference = schema["$ref"]
        if not assumed and not contract.leads_to_assumed(reference):
            return schema
        if reference in within:
            return {} if assumed else schema
        within = (*within, reference)
        schema = find(contract.openapi, reference.removeprefix("#"))
    if not isinstance(schema, dict):
        return schema
    if "x-source" in schema:
        assumed = schema["x-source"] == "assumed"

    def inner(part: Any) -> Any:
        return without_assumed(contract, part, assumed=assumed, within=within)

    kept = {} if assumed else dict(schema)
    if "properties" in schema:
        kept["properties"] = {name: inner(part) for name, part in schema["properties"].items()}
    if "items" in schema:
        kept["items"] = inner(schema["items"])
    kept |= {key: [*map(inner, schema[key])] for key in _COMBINED if key in schema and not assumed}
    return kept


@exchange_check("complete_body", responses=Responses.ANY)
def complete_body(case: ExchangeCase) -> CheckResult | None:
    """The body has the length and the coding of its headers, at the second attempt at least."""
    if not case.response.complete:
        return failed(case.response.body_error or "the response is incomplete")
    return passed()


@exchange_check("value_only_with_flag", responses=Responses.SUCCESSFUL)
def value_only_with_flag(
    case: ExchangeCase, *, parameter: str, items: str, value: str
) -> CheckResult | None:
    """No item of a list has `value` at the pointer `items` unless the flag `parameter` is set."""
    flags = {text.lower() for name, text in case.exchange.request.query if name == parameter}
    shown = [found for _, found in values_at(case.response.json, items)]
    if flags - {"false"} or not shown:
        return None
    asked = f"with {parameter} false" if flags else f"without {parameter}"
    return failed(f"{asked} an item is {value!r}") if value in shown else passed()


@exchange_check("media_matches_body", responses=Responses.ANY)
def media_matches_body(case: ExchangeCase) -> CheckResult | None:
    """A body with a JSON media type parses; a JSON object is not called HTML, XML, PDF or image.

    The files of finished jobs are left to the requirements of files.
    """
    exchange, response = case.exchange, case.response
    if not response.complete or not response.body:
        return None
    fetch = case.contract.lifecycle.actions.get("fetch")
    is_file = fetch and exchange.operation == fetch.operation and exchange.status == 200
    if exchange.request.method == "HEAD" or is_file:
        return None
    if is_json_media(response.media):
        if response.json is NOT_JSON:
            return failed(f"the media type is {response.media}, the body is not JSON")
        return passed()
    is_json = isinstance(response.json, dict | list)
    if response.media.startswith(_NOT_JSON_MEDIA) and is_json:
        return failed(f"the media type is {response.media}, the body is JSON")
    return None


def is_json_media(media: str) -> bool:
    """Return True for a media type of one JSON document."""
    return media in {"application/json", "text/json"} or media.endswith("+json")
