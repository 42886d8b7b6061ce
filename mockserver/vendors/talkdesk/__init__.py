"""Talkdesk Explore: tokens, error bodies, and what its report jobs have of their own.

The operations on jobs are the ordinary ones of `mockserver.vendors.generic`.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from hmac import compare_digest
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

from mockserver.auth import Identity
from mockserver.errors import ApiError, ConfigurationError
from mockserver.http.messages import Request, Response
from mockserver.jobs.repository import JobRepository
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Options, Vendor
from mockserver.vendors.generic.jobs import Hooks, Jobs
from mockserver.vendors.talkdesk.reports import Reports
from specs import Contract, Operation, pointer
from specs.profile import merge

LIFETIME = 600
"""Seconds of virtual time that a token holds."""

GRANT = "grant_type"
"""What every request for a token names, in its body or, without one, in its query."""

_SEPARATOR = "~"


def create_token(request: Request) -> Response:
    """Answer POST /oauth/token for a client that is known already.

    Raises:
        ApiError: 400, it names no grant, or a scope that it may not have.
    """
    assert request.identity is not None
    form = request.query if request.body is None else request.body
    if GRANT not in form:
        raise ApiError.for_field(GRANT, "is required")
    scopes = _scopes(request.identity, form)
    facts = {
        "account": request.identity.account,
        "role": request.identity.role,
        "grants": scopes,
        "ends": request.sandbox.now() + LIFETIME * 1000,
    }
    body = {
        "access_token": request.sandbox.tag_secret(_sign(request.sandbox, orjson.dumps(facts))),
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "scope": " ".join(scopes),
    }
    return Response(request.operation.success, body, {"Cache-Control": "no-store"})


def identify(sandbox: Sandbox, scheme: str, token: str) -> Identity | None:
    """Return the identity of a token that this sandbox issued and that has not expired."""
    if scheme != "bearer":
        return None
    encoded = token.partition(_SEPARATOR)[0]
    try:
        raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        return None
    if not compare_digest(_sign(sandbox, raw).encode(), token.encode()):
        return None
    facts = orjson.loads(raw)
    if sandbox.now() >= facts["ends"]:
        return None
    return Identity("talkdesk", facts["role"], facts["account"], frozenset(facts["grants"]))


def _scopes(identity: Identity, form: Mapping[str, Any]) -> list[str]:
    requested = frozenset(form.get("scope", "").split()) or identity.grants
    if not requested <= identity.grants:
        raise ApiError.for_field(
            "scope", "asks for more than the client may have", code="invalid_scope"
        )
    return sorted(requested)


def _sign(sandbox: Sandbox, raw: bytes) -> str:
    key = sandbox.ids.hex("talkdesk.token", 0).encode()
    encoded = urlsafe_b64encode(raw).decode().rstrip("=")
    return f"{encoded}{_SEPARATOR}{blake2b(raw, key=key, digest_size=16).hexdigest()}"


def error_body(error: ApiError, required: Collection[str]) -> dict[str, Any]:
    """Return the body of an error; `required` are the members that its contract asks for."""
    if "error" in required:
        return {"error": error.code or _oauth_code(error), "error_description": error.message}
    description = error.reason or error.message
    body: dict[str, Any] = {"code": error.code or _code(error.status), "message": error.message}
    if "description" in required:
        body["description"] = description
    if error.field is not None:
        body["fields"] = [{"name": error.field, "description": description}]
    return body


def _code(status: int) -> str:
    try:
        return HTTPStatus(status).name.lower()
    except ValueError:  # a fault may use any number
        return f"status_{status}"


def _oauth_code(error: ApiError) -> str:
    """Return the error code of RFC 6749, section 5.2; for what it does not foresee, of 4.1.2.1."""
    if error.status == 401:
        return "invalid_client"
    if error.status in {429, 503}:
        return "temporarily_unavailable"
    if error.status >= 500:
        return "server_error"
    if error.field == GRANT and error.reason != "is required":
        return "unsupported_grant_type"
    return "invalid_request"


__all__ = ["create"]


def create(contract: Contract, options: Options) -> Vendor:
    """Return the vendor of Talkdesk's contract."""
    repository = JobRepository(contract.lifecycle)
    reports = Reports(contract.vendor)
    hooks = Hooks(
        check_list=reports.check_type,
        details=reports.details,
        unknown_job=reports.unknown_job,
    )
    served = _with_creation(contract, options["create"])
    jobs = Jobs(served, repository, reports.file, hooks=hooks)
    open_contract = _with_open_types(contract)
    types = _known_types(contract, options)
    return Vendor(
        contract=open_contract,
        handlers={**jobs.handlers, "createToken": create_token},
        repository=repository,
        seeds=SeedLoader(
            open_contract,
            Path(__file__).with_name("seed.schema.json"),
            partial(reports.seed_records, types, repository, jobs.group),
        ),
        file=reports.file,
        error=partial(error_response, contract),
        identify=identify,
    )


def _with_creation(contract: Contract, form: str) -> Contract:
    """Return the contract with one of the two bodies that a creation may be answered with."""
    schemas = contract.openapi["components"]["schemas"]
    schemas = {**schemas, "JobCreated": schemas["Job" if form == "flat" else "JobDetails"]}
    components = {**contract.openapi["components"], "schemas": schemas}
    narrow = replace(contract, openapi={**contract.openapi, "components": components})
    if form != "flat":
        return narrow
    lifecycle = contract.lifecycle
    name, listed = (lifecycle.actions[action].operation for action in ("create", "list"))
    locations = {**lifecycle.locations, name: replace(lifecycle.locations[listed], items=None)}
    values = {key: rows for key, rows in lifecycle.values.items() if key != name}
    return replace(narrow, lifecycle=replace(lifecycle, locations=locations, values=values))


def error_response(contract: Contract, error: ApiError, operation: Operation | None) -> Response:
    """Return the error body that the contract has for the operation."""
    body = error_body(error, _required(contract, operation, error.status))
    return Response(error.status, body, error.headers)


def _with_open_types(contract: Contract) -> Contract:
    """Return the contract without its list of report types: a sandbox may know others."""
    patch = {"components": {"schemas": {"ReportType": {"enum": None}}}}
    return replace(contract, openapi=merge(contract.openapi, patch))


def _known_types(contract: Contract, options: Options) -> list[str]:
    """Return the report types of the contract and those of the option.

    Raises:
        ConfigurationError: a text of the option is no report type.
    """
    schema = contract.openapi["components"]["schemas"]["ReportType"]
    added = [name.strip() for name in options["types"].split(",") if name.strip()]
    for name in added:
        if not re.fullmatch(schema["pattern"], name):
            raise ConfigurationError(
                f"--vendor-option talkdesk.types={options['types']}: {name!r} must "
                "be lower-case letters, digits, _ and -"
            )
    return [*schema["enum"], *added]


def _required(contract: Contract, operation: Operation | None, status: int) -> Collection[str]:
    """Return the members that the contract requires of an error body.

    A status that the operation does not list has the body of the first error that it lists.
    """
    if operation is None:
        return ()
    if status not in operation.responses:
        status = min(listed for listed in operation.responses if listed >= 400)
    schema = contract.schema(operation.id, status) or {}
    required: Collection[str] = pointer.resolve(contract.openapi, schema).get("required", ())
    return required
