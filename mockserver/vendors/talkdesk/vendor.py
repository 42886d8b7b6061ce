"""Talkdesk as the server sees it: handlers, errors, tokens and seed data."""

from collections.abc import Mapping
from typing import Any

from mockserver.errors import Refusal, SetupError
from mockserver.exchange import Reply
from mockserver.identity import Identity
from mockserver.jobs.desk import Desk, Opening
from mockserver.jobs.model import Job
from mockserver.jobs.seeds import by_id, read_plan
from mockserver.resources import EVERYBODY, Shelf, insert_seeds
from mockserver.sandbox import Sandbox
from mockserver.vendors.base import Handler, Vendor
from mockserver.vendors.talkdesk import errors
from mockserver.vendors.talkdesk.files import Files
from mockserver.vendors.talkdesk.jobs import ROWS, Jobs, group_of
from mockserver.vendors.talkdesk.order import read_order
from mockserver.vendors.talkdesk.tokens import create_token, read_token
from specs import Contract, Operation, pointer


def create(contract: Contract) -> Vendor:
    """Return the vendor of Talkdesk's contract."""
    return Talkdesk(contract)


class Talkdesk:
    """Talkdesk in one profile."""

    def __init__(self, contract: Contract) -> None:
        self.name = contract.vendor
        self.desk = Desk(contract.lifecycle)
        self._reports = Shelf(f"{contract.vendor}.report")
        self._types = contract.openapi["components"]["schemas"]["ReportType"]["enum"]
        self._files = Files(contract, self.desk, self._reports)
        jobs = Jobs(contract, self.desk)
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

    def file(self, sandbox: Sandbox, job: Job) -> Reply:
        return self._files.reply(sandbox, job)

    def error(self, refusal: Refusal, operation: Operation | None = None) -> Reply:
        is_token = operation is not None and operation.id == "createToken"
        return errors.error(refusal, oauth=is_token and refusal.status in self._oauth)

    def identify(self, sandbox: Sandbox, scheme: str, secret: str) -> Identity | None:
        return read_token(self.name, sandbox, secret) if scheme == "bearer" else None

    def seed(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        reports = by_id(fixtures["reports"], "id", f"{self.name}/seed.yaml: /reports")
        if missing := set(self._types) - set(reports):
            raise SetupError(f"{self.name}/seed.yaml: /reports: {sorted(missing)} are missing")
        seeded = enumerate(fixtures.get("jobs", ()))
        openings = [self._opening(row, f"{self.name}/seed.yaml: /jobs/{n}") for n, row in seeded]
        jobs = self.desk.drafts(sandbox, openings, common=True)
        insert_seeds(sandbox, [*self._reports.drafts(EVERYBODY, reports), *jobs])

    def _opening(self, row: Mapping[str, Any], place: str) -> Opening:
        try:
            details = read_order(row) | ({ROWS: row[ROWS]} if ROWS in row else {})
            group = group_of(row["account"], row["type"])
            plan = read_plan(self.desk.lifecycle, row, place)
            return Opening(row["id"], row["account"], group, details, plan=plan)
        except Refusal as refusal:
            raise SetupError(f"{place}: {refusal.message}") from refusal
        except KeyError as error:
            raise SetupError(f"{place}: {error.args[0]!r} is missing") from None


def _required(contract: Contract, operation: Operation, status: int) -> list[str]:
    schema = contract.schema(operation.id, status) or {}
    return list(pointer.resolve(contract.openapi, schema).get("required", ()))
