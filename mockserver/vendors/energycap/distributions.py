"""EnergyCAP's pages: numbered from 1, described in four headers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.sandbox.resources import Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import from_datetime, to_datetime
from mockserver.vendors.energycap.reference_data import (
    FILTERS,
    FORMAT,
    GROUPS,
    NAME,
    REPORT,
    SCHEDULE,
    ReferenceData,
    Serializer,
)
from specs import Contract


def paged(
    request: Request, total: int, rows: Callable[[int, int], list[dict[str, Any]]]
) -> Response:
    """Return the page that a call asks for; `rows` is given an offset and a limit."""
    number, size = request.query["pageNumber"], request.query["pageSize"]
    headers = {
        "PageNumber": number,
        "PageSize": size,
        "TotalNumberOfRecords": total,
        "TotalPages": -(-total // size),
    }
    body = rows((number - 1) * size, size)
    return Response(
        request.operation.success, body, {name: str(value) for name, value in headers.items()}
    )


_HOUR = time(6, tzinfo=UTC)
"""When a scheduled distribution runs."""


class Distributions:
    """The handlers under /api/v202106/reportdistribution but for exec and log."""

    def __init__(
        self, contract: Contract, collection: ResourceCollection, catalogue: ReferenceData
    ) -> None:
        self._collection = collection
        self._catalogue = catalogue
        self._view = Serializer(catalogue)
        schemas = contract.openapi["components"]["schemas"]
        self._usual_format = schemas["ReportFormat"]["enum"][0]
        self._members = frozenset(schemas["ReportDistributionRequest"]["properties"]) | {"enabled"}

    def create(self, request: Request) -> Response:
        account, sandbox = account_of(request), request.sandbox
        reports = self._catalogue.reports
        self._catalogue.check(reports, sandbox, account, [request.body[REPORT]], REPORT)
        usual = {FORMAT: self._usual_format, "onlySendIfData": False}
        data = usual | self.read(sandbox, account, request.body)
        user = self._catalogue.user_of(sandbox, account, request.identity)
        data |= {"enabled": True, "created": sandbox.now(), "creator": user}
        data["nextRun"] = self.next_run(sandbox, account, data)
        return self._answer(request, self._collection.add(sandbox, account, data))

    def show_list(self, request: Request) -> Response:
        """Answer with the distributions, or those whose name holds the text of `filter`."""
        account, sandbox = account_of(request), request.sandbox
        wanted = request.query.get("filter", "").casefold()
        if not wanted:
            total = self._collection.count(sandbox, account)
            return paged(
                request,
                total,
                lambda offset, limit: self._show_all(
                    sandbox, self._collection.page(sandbox, account, offset, limit)
                ),
            )
        found = [
            row
            for row in self._collection.iter_all(sandbox, account)
            if wanted in row.data[NAME].casefold()
        ]
        return paged(
            request,
            len(found),
            lambda offset, limit: self._show_all(sandbox, found[offset : offset + limit]),
        )

    def show(self, request: Request) -> Response:
        return self._answer(request, self.find(request))

    def show_filters(self, request: Request) -> Response:
        return Response(request.operation.success, self.find(request).data.get(FILTERS, []))

    def update(self, request: Request) -> Response:
        sandbox, distribution = request.sandbox, self.find(request)
        account = distribution.account
        given = self.read(sandbox, account, request.body)
        user = self._catalogue.user_of(sandbox, account, request.identity)
        given |= {"modified": sandbox.now(), "modifier": user}

        def step(old: dict[str, Any]) -> dict[str, Any]:
            new = old | given
            if all(old.get(name) == new.get(name) for name in (SCHEDULE, "enabled")):
                return new
            return new | {"nextRun": self.next_run(sandbox, account, new)}

        changed = self._collection.change(sandbox, distribution, step)
        if changed is None:
            raise _missing()
        return self._answer(request, changed)

    def delete(self, request: Request) -> Response:
        if not self._collection.delete(request.sandbox, self.find(request)):
            raise _missing()
        return Response(request.operation.success)

    def find(self, request: Request) -> Resource:
        """Return the distribution that a call's path names.

        Raises:
            ApiError: 404, there is none.
        """
        key = str(request.path["reportDistributionId"])
        found = self._collection.find(request.sandbox, account_of(request), key)
        if found is None:
            raise _missing()
        return found

    def read(self, sandbox: Sandbox, account: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members of a body that its contract allows.

        Raises:
            ApiError: 400, it names a user group or a schedule that there is not.
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

    def _answer(self, request: Request, distribution: Resource) -> Response:
        return Response(
            request.operation.success, self._show_all(request.sandbox, [distribution])[0]
        )

    def _show_all(self, sandbox: Sandbox, rows: list[Resource]) -> list[dict[str, Any]]:
        return [self._view.details(sandbox, row.account, int(row.id), row.data) for row in rows]


def account_of(request: Request) -> str:
    """Return whose data a call is about."""
    assert request.identity is not None
    return request.identity.account


def _missing() -> ApiError:
    return ApiError(404, "There is no such report distribution.", field="reportDistributionId")
