"""EnergyCAP: report groups, report distributions with the logs of their runs; its seed data."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs.repository import IndexedJobRepository, JobRepository
from mockserver.jobs.schedule import read_state
from mockserver.sandbox.resources import ResourceCollection, SeedRecords
from mockserver.sandbox.seeding import SeedError, SeedLoader, index_by_id
from mockserver.timestamps import from_datetime
from mockserver.vendors import Options, Vendor
from mockserver.vendors.energycap.distributions import Distributions
from mockserver.vendors.energycap.reference_data import (
    DAY,
    ENDS,
    FILTERS,
    GROUPS,
    REPORT,
    ReferenceData,
    Schedules,
    Serializers,
)
from mockserver.vendors.energycap.resources import Groups, code_of
from mockserver.vendors.energycap.runs import Runs
from specs import Contract, Operation

__all__ = ["create"]


def create(contract: Contract, _options: Options) -> Vendor:
    """Return the vendor of EnergyCAP's contract."""
    repository = IndexedJobRepository(contract.lifecycle)
    reference_data, schedules = ReferenceData(contract.vendor), Schedules(contract)
    serializers = Serializers(reference_data, schedules)
    report_groups = ResourceCollection(f"{contract.vendor}.group", name=code_of)
    collection = ResourceCollection(f"{contract.vendor}.distribution")
    groups = Groups(report_groups, reference_data)
    distributions = Distributions(contract, collection, reference_data, schedules, serializers)
    runs = Runs(contract, repository, distributions.resources, reference_data, serializers)
    seeds = Seeds(repository, reference_data, schedules, report_groups, collection)
    return Vendor(
        contract=contract,
        handlers={**groups.handlers, **distributions.handlers, **runs.handlers},
        repository=repository,
        seeds=SeedLoader(contract, Path(__file__).with_name("seed.schema.json"), seeds.records),
        file=runs.file,
        error=error_response,
    )


def error_response(error: ApiError, _operation: Operation | None) -> Response:
    """Return the error body of every operation."""
    body: dict[str, Any] = {"message": error.message}
    if error.field is not None:
        body["errors"] = [{"field": error.field, "message": error.reason or error.message}]
    return Response(error.status, body, error.headers)


_IDS = {
    "reports": "reportId",
    "users": "userId",
    "userGroups": "userGroupId",
    "reportGroups": "reportGroupId",
    "distributions": "reportDistributionId",
}
"""The sections, and the member with the id of each row."""

_REFERENCES = {
    "userGroups": {"userIds": "users"},
    "reportGroups": {"reportIds": "reports"},
    "distributions": {
        REPORT: "reports",
        GROUPS: "userGroups",
        "creator": "users",
    },
}
"""Members that refer to rows of another section."""


class Seeds:
    """Makes the records of seed data."""

    def __init__(
        self,
        repository: JobRepository,
        reference_data: ReferenceData,
        schedules: Schedules,
        groups: ResourceCollection,
        distributions: ResourceCollection,
    ) -> None:
        self._repository = repository
        self._schedules = schedules
        self._collections = {
            "reports": reference_data.reports,
            "users": reference_data.users,
            "userGroups": reference_data.user_groups,
            "reportGroups": groups,
            "distributions": distributions,
        }

    def records(self, fixtures: Mapping[str, Any], now: int) -> SeedRecords:
        """Return the records of `fixtures/energycap/seed.yaml`.

        Raises:
            SeedError: a row has an unknown reference or an impossible value.
        """
        rows = {name: index_by_id(fixtures[name], key, f"/{name}") for name, key in _IDS.items()}
        _check_references(rows)
        records: SeedRecords = []
        for section, collection in self._collections.items():
            data = {
                key: self._data(section, row, now, f"/{section}/{key}")
                for key, row in rows[section].items()
            }
            records += collection.seed_records(fixtures["account"], data)
        return records

    def _data(self, section: str, row: dict[str, Any], now: int, location: str) -> dict[str, Any]:
        if section == "reports":
            content = {name: row.pop(name) for name in ("columns", "rows")}
            return {"body": row, **content}
        if section == "distributions":
            return self._distribution(row, now, location)
        return row

    def _distribution(self, row: dict[str, Any], now: int, location: str) -> dict[str, Any]:
        data = {
            "enabled": True,
            "created": now,
            "lastRun": None,
            "replyToEmail": None,
            "emailSubject": "",
            "emailMessage": "",
            "onlySendIfData": False,
            FILTERS: [],
            DAY: self._schedules.of(row).least,
            **row,
        }
        try:
            self._schedules.check(data)
            if ENDS in row:
                read_state(self._repository.lifecycle, row[ENDS])
            next_run = from_datetime(datetime.fromisoformat(row["nextRun"]))
        except (ApiError, LookupError, ValueError) as error:
            raise SeedError(f"{location}: {error}") from error
        return data | {"nextRun": next_run}


def _check_references(rows: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    for section, members in _REFERENCES.items():
        for key, row in rows[section].items():
            for member, target in members.items():
                ids = row[member] if isinstance(row[member], list) else [row[member]]
                for number in ids:
                    if str(number) not in rows[target]:
                        raise SeedError(f"/{section}/{key}/{member}: {target} has no {number}")
