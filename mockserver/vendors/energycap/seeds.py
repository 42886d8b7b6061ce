"""EnergyCAP's seed data: checked against itself, then put into a sandbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mockserver.errors import SetupError
from mockserver.jobs.columns import read_columns
from mockserver.jobs.desk import Desk
from mockserver.jobs.seeds import by_id, read_state
from mockserver.moment import from_datetime
from mockserver.resources import Shelf, insert_seeds
from mockserver.sandbox import Sandbox
from mockserver.vendors.energycap.catalogue import Catalogue
from mockserver.vendors.energycap.view import ENDS, GROUPS, REPORT, SCHEDULE

_PLACE = "energycap/seed.yaml"

_IDS = {
    "reports": "reportId",
    "users": "userId",
    "userGroups": "userGroupId",
    "scheduleTypes": "scheduleTypeId",
    "reportGroups": "reportGroupId",
    "distributions": "reportDistributionId",
}
"""The sections, and the member that tells the rows of each apart."""

_REFERENCES = {
    "userGroups": {"userIds": "users"},
    "reportGroups": {"reportIds": "reports"},
    "distributions": {
        REPORT: "reports",
        GROUPS: "userGroups",
        SCHEDULE: "scheduleTypes",
        "creator": "users",
    },
}
"""Members of rows that name rows of another section."""

_Rows = Mapping[str, Mapping[str, dict[str, Any]]]


class Seeds:
    """Reads `fixtures/energycap/seed.yaml`."""

    def __init__(self, desk: Desk, catalogue: Catalogue, groups: Shelf, runs: Shelf) -> None:
        self._desk = desk
        self._shelves = {
            "reports": catalogue.reports,
            "users": catalogue.users,
            "userGroups": catalogue.user_groups,
            "scheduleTypes": catalogue.schedules,
            "reportGroups": groups,
            "distributions": runs,
        }

    def plant(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        """Fill a sandbox, once.

        Raises:
            SetupError: a row refers to nothing, or lacks something; the text names the place.
        """
        rows = {
            name: by_id(fixtures[name], key, f"{_PLACE}: /{name}") for name, key in _IDS.items()
        }
        _check_references(rows)
        drafts = []
        for section, shelf in self._shelves.items():
            data = {
                key: self._data(section, row, sandbox.now(), f"{_PLACE}: /{section}/{key}")
                for key, row in rows[section].items()
            }
            drafts += shelf.drafts(fixtures["account"], data)
        insert_seeds(sandbox, drafts)

    def _data(self, section: str, row: dict[str, Any], now: int, place: str) -> dict[str, Any]:
        if section == "reports":
            return _report(row, place)
        if section == "distributions":
            return self._distribution(row, now, place)
        return row

    def _distribution(self, row: dict[str, Any], now: int, place: str) -> dict[str, Any]:
        if ENDS in row:
            read_state(self._desk.lifecycle, row[ENDS], f"{place}/{ENDS}")
        try:
            next_run = from_datetime(datetime.fromisoformat(row["nextRun"]))
        except (KeyError, TypeError, ValueError):
            raise SetupError(f"{place}/nextRun: must be a moment with its offset") from None
        usual = {"enabled": True, "created": now, "lastRun": None}
        return usual | row | {"nextRun": next_run}


def _report(row: dict[str, Any], place: str) -> dict[str, Any]:
    """Return the data of a report: what is shown of it, and what its file is made of."""
    try:
        columns, count = row.pop("columns"), row.pop("rows")
    except KeyError as error:
        raise SetupError(f"{place}/{error.args[0]}: is missing") from None
    read_columns(columns, f"{place}/columns")
    return {"shown": row, "columns": columns, "rows": count}


def _check_references(rows: _Rows) -> None:
    for section, members in _REFERENCES.items():
        for key, row in rows[section].items():
            for member, target in members.items():
                named = row.get(member)
                for number in named if isinstance(named, list) else [named]:
                    if str(number) not in rows[target]:
                        place = f"{_PLACE}: /{section}/{key}/{member}"
                        raise SetupError(f"{place}: {target} has no {number}")
