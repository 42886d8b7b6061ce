"""Talkdesk Explore: report jobs, their files, and tokens."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.auth.identity import Identity
from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs.model import Job
from mockserver.jobs.repository import JobRepository
from mockserver.sandbox.resources import ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Handler, Vendor
from mockserver.vendors.talkdesk import errors
from mockserver.vendors.talkdesk.files import Files
from mockserver.vendors.talkdesk.jobs import Jobs
from mockserver.vendors.talkdesk.seeds import Seeds
from mockserver.vendors.talkdesk.tokens import create_token, read_token
from specs import Contract, Operation, pointer

__all__ = ["create"]


def create(contract: Contract) -> Vendor:
    """Return the vendor of Talkdesk's contract."""
    return Talkdesk(contract)


class Talkdesk:
    """Talkdesk in one profile."""

    def __init__(self, contract: Contract) -> None:
        self.name = contract.vendor
        self.repository = JobRepository(contract.lifecycle)
        reports = ResourceCollection(f"{contract.vendor}.report")
        self._files = Files(contract, self.repository, reports)
        seeds = Seeds(contract, self.repository, reports)
        self._seeding = SeedLoader(
            contract, Path(__file__).with_name("seed.schema.json"), seeds.drafts
        )
        jobs = Jobs(contract, self.repository)
        self.handlers: Mapping[str, Handler] = {
            "createReportJob": jobs.create,
            "listReportJobs": jobs.show_list,
            "getReportJob": jobs.show,
            "cancelReportJob": jobs.cancel,
            "getReportFile": self._files.fetch,
            "deleteReportFile": self._files.delete,
            "createToken": create_token,
        }
        token = contract.operations["createToken"]
        self._oauth = frozenset(
            status for status in token.responses if "error" in _required(contract, token, status)
        )

    def file(self, sandbox: Sandbox, job: Job) -> Response:
        return self._files.response(sandbox, job)

    def error(self, refusal: ApiError, operation: Operation | None = None) -> Response:
        is_token = operation is not None and operation.id == "createToken"
        return errors.error(refusal, oauth=is_token and refusal.status in self._oauth)

    def identify(self, sandbox: Sandbox, scheme: str, secret: str) -> Identity | None:
        return read_token(self.name, sandbox, secret) if scheme == "bearer" else None

    def seed(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        self._seeding.load(sandbox, fixtures)


def _required(contract: Contract, operation: Operation, status: int) -> list[str]:
    schema = contract.schema(operation.id, status) or {}
    return list(pointer.resolve(contract.openapi, schema).get("required", ()))
