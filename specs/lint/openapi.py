"""Lint an OpenAPI document: what openapi-spec-validator finds, and what it does not look for."""

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from specs import pointer
from specs.contract import read_operations
from specs.errors import SpecIssue
from specs.files import walk
from specs.lint.examples import check_examples
from specs.lint.links import check_links
from specs.lint.sources import check_sources
from specs.own import METHODS

MESSAGE_WIDTH = 300
Rule = Callable[[dict[str, Any]], Iterator[tuple[str, str]]]


def check_openapi(
    document: dict[str, Any], path: Path, *, own: bool = False
) -> Iterator[SpecIssue]:
    """Yield the issues of one document in one profile.

    A user's own may leave out sources, refusals and the range of an int32.
    """
    for rule in PRECONDITIONS:
        issues = [SpecIssue(str(path), place, reason) for place, reason in rule(document)]
        yield from issues
        if issues:
            return
    for rule in RULES if own else (*RULES, *STRICT_RULES):
        yield from (SpecIssue(str(path), place, reason) for place, reason in rule(document))


def check_version(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The version of OpenAPI is the one that the mock's server supports."""
    if document.get("openapi") != "3.0.3":
        reason = "must be 3.0.3, the newest version that Connexion supports"
        yield "/openapi", f"{reason} (`mockserver new-vendor` converts others)"


def check_operation_ids(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every operation has an operationId, by which all other files refer to it."""
    for place, operation in operations(document):
        if "operationId" not in operation:
            yield place, "operationId is missing"


def check_references(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every reference leads to a component."""
    for place, node in walk(document):
        if "$ref" not in node:
            continue
        try:
            if not node["$ref"].startswith("#/components/"):
                yield place, f"a reference must begin with #/components/: {node['$ref']!r}"
            pointer.resolve(document, node)
        except (AttributeError, LookupError):
            yield place, f"unresolvable reference {node['$ref']!r}"


def check_validity(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The document is valid by openapi-spec-validator."""
    try:
        from openapi_spec_validator import OpenAPIV30SpecValidator  # noqa: PLC0415  (slow to import)
    except ModuleNotFoundError:
        yield "/", "openapi-spec-validator is not installed: pip install 'report-contracts[lint]'"
        return

    reported = False
    try:
        for error in OpenAPIV30SpecValidator(document).iter_errors():
            reported = True
            place = "".join(f"/{token}" for token in error.absolute_path)
            yield place or "/", textwrap.shorten(error.message.split("\n")[0], MESSAGE_WIDTH)
    except (AssertionError, LookupError, TypeError, ValueError) as error:
        if not reported:  # else it has failed on what it has just reported
            yield "/", f"openapi-spec-validator fails on it: {error!r}"


def check_security(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every named security scheme exists, and every operation says whether it needs one."""
    known = set(document.get("components", {}).get("securitySchemes", {}))
    for place, operation in operations(document):
        for requirement in operation.get("security", document.get("security", [])):
            for name in sorted(set(requirement) - known):
                yield f"{place}/security", f"unknown security scheme {name!r}"


def check_numbers(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """An int32 has its range as minimum and maximum: no validator enforces the format."""
    for place, node in walk(document):
        if node.get("format") == "int32" and not {"minimum", "maximum"} <= set(node):
            yield place, "an int32 needs minimum and maximum: no validator enforces the format"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation object with its place."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"/paths/{path.replace('/', '~1')}/{method}", item[method]


def check_responses(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every operation has a 2xx response."""
    for place, operation in operations(document):
        if not any(
            status.startswith("2") and status.isdigit() for status in operation["responses"]
        ):
            yield f"{place}/responses", "there is no 2xx response"


def check_ranges(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each response has a status of its own, no range."""
    for place, operation in operations(document):
        for status in sorted(status for status in operation["responses"] if not status.isdigit()):
            yield f"{place}/responses/{status}", "must be a status, such as 404"


def check_refusals(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every operation has the responses with which the mock refuses a request to it.

    The mock answers only what the contract allows: without these a refusal would be a 500.
    """
    for operation in read_operations(document):
        expected = {400: "a malformed request"}
        if operation.security and {} not in operation.security:
            expected[401] = "a request without credentials"
        if operation.grant:
            expected[document["x-grant-refused"]] = "a caller without x-grant"
        for status, cause in expected.items():
            if status not in operation.responses:
                yield operation.id, f"there is no response {status}, for {cause}"


# Each needs a document that has passed those before it, and RULES one that has passed them all.
PRECONDITIONS: tuple[Rule, ...] = (
    check_version,
    check_references,
    check_validity,
    check_operation_ids,
)
RULES: tuple[Rule, ...] = (
    check_security,
    check_responses,
    check_links,
    check_examples,
)
STRICT_RULES: tuple[Rule, ...] = (check_ranges, check_refusals, check_numbers, check_sources)
