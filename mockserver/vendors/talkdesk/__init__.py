"""Talkdesk Explore: report jobs, their files, tokens, and its error bodies."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mockserver.auth import Identity
from mockserver.errors import ApiError, ConfigurationError
from mockserver.http.messages import Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.sandbox.resources import ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Handler, Options, Vendor
from mockserver.vendors.talkdesk.files import Files
from mockserver.vendors.talkdesk.jobs import JobFinder, Jobs
from mockserver.vendors.talkdesk.seeds import Seeds
from mockserver.vendors.talkdesk.tokens import GRANT, create_token, read_token
from specs import Contract, Operation, pointer


def error_body(error: ApiError, required: Collection[str]) -> dict[str, Any]:
    """Return the body of a error; `required` are the members that its contract asks for."""
    if "error" in required:
        return {"error": error.code or _oauth_code(error), "error_description": error.message}
    body: dict[str, Any] = {"code": error.code or _code(error.status)}
    body["message"] = error.message
    if "description" in required:
        body["description"] = error.reason or error.message
    if error.field is not None:
        reason = error.reason or error.message
        body["fields"] = [{"name": error.field, "description": reason}]
    return body


def _code(status: int) -> str:
    try:
        return HTTPStatus(status).name.lower()
    except ValueError:  # a fault may use any number
        return f"status_{status}"


def _oauth_code(error: ApiError) -> str:
    """Return the error code of RFC 6749, section 5.2."""
    if error.status == 401:
        return "invalid_client"
    if error.field == GRANT and error.reason != "is required":
        return "unsupported_grant_type"
    return "invalid_request"


__all__ = ["create"]


def create(contract: Contract, options: Options) -> Vendor:
    """Return the vendor of Talkdesk's contract."""
    return Talkdesk(contract, options)


class Talkdesk:
    """Talkdesk in one profile."""

    def __init__(self, contract: Contract, options: Options) -> None:
        self.name = contract.vendor
        self.contract = _with_open_types(contract)
        self.repository = JobRepository(contract.lifecycle)
        reports = ResourceCollection(f"{contract.vendor}.report")
        finder = JobFinder(self.repository, reports)
        self._files = Files(contract, self.repository, reports, finder)
        seeds = Seeds(_known_types(contract, options), self.repository, reports)
        self._seed_loader = SeedLoader(
            self.contract, Path(__file__).with_name("seed.schema.json"), seeds.drafts
        )
        jobs = Jobs(contract, options, self.repository, finder)
        self.handlers: Mapping[str, Handler] = {
            "createReportJob": jobs.create,
            "listReportJobs": jobs.show_list,
            "getReportJob": jobs.show,
            "cancelReportJob": jobs.cancel,
            "getReportFile": self._files.fetch,
            "deleteReportFile": self._files.delete,
            "createToken": create_token,
        }

    def file(self, sandbox: Sandbox, job: Job) -> Response:
        return self._files.response(sandbox, job)

    def error(self, error: ApiError, operation: Operation | None = None) -> Response:
        body = error_body(error, _required(self.contract, operation, error.status))
        return Response(error.status, body, error.headers)

    def identify(self, sandbox: Sandbox, scheme: str, secret: str) -> Identity | None:
        return read_token(self.name, sandbox, secret) if scheme == "bearer" else None

    def seed(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        self._seed_loader.load(sandbox, fixtures)


def _with_open_types(contract: Contract) -> Contract:
    """Return the contract without its list of report types: a sandbox may know others."""
    components = contract.openapi["components"]
    schemas = components["schemas"]
    open_type = {key: value for key, value in schemas["ReportType"].items() if key != "enum"}
    schemas = {**schemas, "ReportType": open_type}
    openapi = {**contract.openapi, "components": {**components, "schemas": schemas}}
    return replace(contract, openapi=openapi)


def _known_types(contract: Contract, options: Options) -> list[str]:
    """Return the report types of the contract and those of the option.

    Raises:
        ConfigurationError: a text of the option is no report type.
    """
    schema = contract.openapi["components"]["schemas"]["ReportType"]
    further = [name.strip() for name in options["types"].split(",") if name.strip()]
    for name in further:
        if not re.fullmatch(schema["pattern"], name):
            raise ConfigurationError(
                f"--vendor-option talkdesk.types={options['types']}: {name!r} must "
                "be lower-case letters, digits, _ and -"
            )
    return [*schema["enum"], *further]


def _required(contract: Contract, operation: Operation | None, status: int) -> Collection[str]:
    """Return the members that the contract requires of an error body."""
    if operation is None:
        return ()
    schema = contract.schema(operation.id, status) or {}
    required: Collection[str] = pointer.resolve(contract.openapi, schema).get("required", ())
    return required
