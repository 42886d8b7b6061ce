"""EnergyCAP's pages: numbered from 1, described in four headers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from mockserver.errors import Refusal
from mockserver.http.messages import Call, Reply
from mockserver.sandbox.resources import Shelf, Thing
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import from_datetime, to_datetime
from mockserver.vendors.energycap.reference_data import (
    FILTERS,
    FORMAT,
    GROUPS,
    NAME,
    REPORT,
    SCHEDULE,
    Catalogue,
    View,
)
from specs import Contract


def paged(call: Call, total: int, rows: Callable[[int, int], list[dict[str, Any]]]) -> Reply:
    """Return the page that a call asks for; `rows` is given an offset and a limit."""
    number, size = call.query["pageNumber"], call.query["pageSize"]
    headers = {
        "PageNumber": number,
        "PageSize": size,
        "TotalNumberOfRecords": total,
        "TotalPages": -(-total // size),
    }
    body = rows((number - 1) * size, size)
    return Reply(
        call.operation.success, body, {name: str(value) for name, value in headers.items()}
    )


_HOUR = time(6, tzinfo=UTC)
"""When a scheduled distribution runs."""


class Distributions:
    """The handlers under /api/v202106/reportdistribution but for exec and log."""

    def __init__(self, contract: Contract, shelf: Shelf, catalogue: Catalogue) -> None:
        self._shelf = shelf
        self._catalogue = catalogue
        self._view = View(catalogue)
        schemas = contract.openapi["components"]["schemas"]
        self._usual_format = schemas["ReportFormat"]["enum"][0]
        self._members = frozenset(schemas["ReportDistributionRequest"]["properties"]) | {"enabled"}

    def create(self, call: Call) -> Reply:
        account, sandbox = account_of(call), call.sandbox
        reports = self._catalogue.reports
        self._catalogue.check(reports, sandbox, account, [call.body[REPORT]], REPORT)
        usual = {FORMAT: self._usual_format, "onlySendIfData": False}
        data = usual | self.read(sandbox, account, call.body)
        user = self._catalogue.user_of(sandbox, account, call.identity)
        data |= {"enabled": True, "created": sandbox.now(), "creator": user}
        data["nextRun"] = self.next_run(sandbox, account, data)
        return self._answer(call, self._shelf.add(sandbox, account, data))

    def show_list(self, call: Call) -> Reply:
        """Answer with the distributions, or those whose name holds the text of `filter`."""
        account, sandbox = account_of(call), call.sandbox
        wanted = call.query.get("filter", "").casefold()
        if not wanted:
            total = self._shelf.total(sandbox, account)
            return paged(
                call,
                total,
                lambda offset, limit: self._show_all(
                    sandbox, self._shelf.page(sandbox, account, offset, limit)
                ),
            )
        found = [
            row
            for row in self._shelf.every(sandbox, account)
            if wanted in row.data[NAME].casefold()
        ]
        return paged(
            call,
            len(found),
            lambda offset, limit: self._show_all(sandbox, found[offset : offset + limit]),
        )

    def show(self, call: Call) -> Reply:
        return self._answer(call, self.find(call))

    def show_filters(self, call: Call) -> Reply:
        return Reply(call.operation.success, self.find(call).data.get(FILTERS, []))

    def update(self, call: Call) -> Reply:
        sandbox, distribution = call.sandbox, self.find(call)
        account = distribution.account
        given = self.read(sandbox, account, call.body)
        user = self._catalogue.user_of(sandbox, account, call.identity)
        given |= {"modified": sandbox.now(), "modifier": user}

        def step(old: dict[str, Any]) -> dict[str, Any]:
            new = old | given
            if all(old.get(name) == new.get(name) for name in (SCHEDULE, "enabled")):
                return new
            return new | {"nextRun": self.next_run(sandbox, account, new)}

        changed = self._shelf.change(sandbox, distribution, step)
        if changed is None:
            raise _missing()
        return self._answer(call, changed)

    def delete(self, call: Call) -> Reply:
        if not self._shelf.discard(call.sandbox, self.find(call)):
            raise _missing()
        return Reply(call.operation.success)

    def find(self, call: Call) -> Thing:
        """Return the distribution that a call's path names.

        Raises:
            Refusal: 404, there is none.
        """
        key = str(call.path["reportDistributionId"])
        found = self._shelf.find(call.sandbox, account_of(call), key)
        if found is None:
            raise _missing()
        return found

    def read(self, sandbox: Sandbox, account: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members of a body that its contract allows.

        Raises:
            Refusal: 400, it names a user group or a schedule that there is not.
        """
        data = {name: value for name, value in body.items() if name in self._members}
        catalogue = self._catalogue
        if GROUPS in data:
            groups = catalogue.user_groups
            data[GROUPS] = catalogue.check(groups, sandbox, account, data[GROUPS], GROUPS)
        if SCHEDULE in data:
            catalogue.check(catalogue.schedules, sandbox, account, [data[SCHEDULE]], SCHEDULE)
        return data

    def next_run(self, sandbox: Sandbox, account: str, data: Mapping[str, Any]) -> int | None:
        """Return when the schedule runs next, if it does."""
        schedule = self._catalogue.schedules.find(sandbox, account, str(data.get(SCHEDULE)))
        if schedule is None or not data["enabled"] or not schedule.data["days"]:
            return None
        day = to_datetime(sandbox.now()).date() + timedelta(days=schedule.data["days"])
        return from_datetime(datetime.combine(day, _HOUR))

    def _answer(self, call: Call, distribution: Thing) -> Reply:
        return Reply(call.operation.success, self._show_all(call.sandbox, [distribution])[0])

    def _show_all(self, sandbox: Sandbox, rows: list[Thing]) -> list[dict[str, Any]]:
        return [self._view.details(sandbox, row.account, int(row.id), row.data) for row in rows]


def account_of(call: Call) -> str:
    """Return whose data a call is about."""
    assert call.identity is not None
    return call.identity.account


def _missing() -> Refusal:
    return Refusal(404, "There is no such report distribution.", field="reportDistributionId")
