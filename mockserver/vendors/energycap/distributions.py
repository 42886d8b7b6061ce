"""EnergyCAP's operations on report distributions, except for their runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.sandbox.resources import Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors.energycap.filters import parse_filter
from mockserver.vendors.energycap.reference_data import DAY, SCHEDULE, ReferenceData, Schedules
from mockserver.vendors.energycap.serializers import (
    GROUPS,
    NAME,
    REPORT,
    Serializers,
    filter_bodies,
)
from specs import Contract

Rows = Callable[[int, int], list[dict[str, Any]]]
"""Returns the bodies of a page, given its offset and its size."""


class Pages:
    """EnergyCAP's pages: numbered from 1, described in four headers."""

    def __init__(self, contract: Contract) -> None:
        headers = contract.openapi["components"]["headers"]
        self._largest: int = headers["PageSize"]["schema"]["maximum"]

    def reply(self, request: Request, total: int, rows: Rows) -> Response:
        """Return the requested page; `pageSize` is limited to the largest of the contract."""
        number, size = request.query["pageNumber"], min(request.query["pageSize"], self._largest)
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


class Distributions:
    """The handlers under /api/v202106/reportdistribution, except for exec and log."""

    def __init__(
        self,
        contract: Contract,
        collection: ResourceCollection,
        reference_data: ReferenceData,
        schedules: Schedules,
        serializers: Serializers,
    ) -> None:
        self._collection = collection
        self._reference_data = reference_data
        self._schedules = schedules
        self._serializers = serializers
        self._pages = Pages(contract)
        schemas = contract.openapi["components"]["schemas"]
        self._members = frozenset(schemas["ReportDistributionRequest"]["properties"]) | {"enabled"}
        parameters = contract.operations["listReportDistributions"].parameters
        (self._fields,) = (row["x-filter"] for row in parameters if "x-filter" in row)

    def create(self, request: Request) -> Response:
        account, sandbox = account_of(request), request.sandbox
        reports = self._reference_data.reports
        self._reference_data.check(reports, sandbox, account, [request.body[REPORT]], REPORT)
        data = self.read(sandbox, account, request.body)
        user = self._reference_data.user_of(sandbox, account, request.identity)
        data |= {"enabled": True, "created": sandbox.now(), "creator": user}
        data["nextRun"] = self.next_run(sandbox, data)
        return self._answer(request, self._collection.add(sandbox, account, data))

    def show_list(self, request: Request) -> Response:
        """Return the distributions, or those that fit the filter."""
        account, sandbox = account_of(request), request.sandbox
        conditions = parse_filter(request.query.get("filter", ""), self._fields)
        if not conditions:
            return self._pages.reply(
                request,
                self._collection.count(sandbox, account),
                lambda offset, limit: self._bodies(
                    sandbox, self._collection.page(sandbox, account, offset, limit)
                ),
            )
        fitting = [
            row
            for row in self._collection.iter_all(sandbox, account)
            if (values := self._filter_values(sandbox, row))
            and all(condition.matches(values) for condition in conditions)
        ]
        return self._pages.reply(
            request,
            len(fitting),
            lambda offset, limit: self._bodies(sandbox, fitting[offset : offset + limit]),
        )

    def show(self, request: Request) -> Response:
        return self._answer(request, self.find(request))

    def show_filters(self, request: Request) -> Response:
        return Response(request.operation.success, filter_bodies(self.find(request).data))

    def update(self, request: Request) -> Response:
        sandbox, distribution = request.sandbox, self.find(request)
        account = distribution.account
        changes = self.read(sandbox, account, request.body)
        user = self._reference_data.user_of(sandbox, account, request.identity)
        changes |= {"modified": sandbox.now(), "modifier": user}

        def step(old: dict[str, Any]) -> dict[str, Any]:
            new = old | changes
            if all(old[name] == new[name] for name in (SCHEDULE, DAY, "enabled")):
                return new
            return new | {"nextRun": self.next_run(sandbox, new)}

        changed = self._collection.change(sandbox, distribution, step)
        if changed is None:
            raise _missing()
        return self._answer(request, changed)

    def delete(self, request: Request) -> Response:
        if not self._collection.delete(request.sandbox, self.find(request)):
            raise _missing()
        return Response(request.operation.success)

    def find(self, request: Request) -> Resource:
        """Return the distribution in the path of a request.

        Raises:
            ApiError: 404, the id is unknown.
        """
        key = str(request.path["reportDistributionId"])
        distribution = self._collection.find(request.sandbox, account_of(request), key)
        if distribution is None:
            raise _missing()
        return distribution

    def read(self, sandbox: Sandbox, account: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members of a body that its contract allows.

        Raises:
            ApiError: 400, a user group is unknown, or the schedule does not have the day.
        """
        data = {name: value for name, value in body.items() if name in self._members}
        groups = self._reference_data.user_groups
        data[GROUPS] = self._reference_data.check(groups, sandbox, account, data[GROUPS], GROUPS)
        self._schedules.check(data)
        return data

    def next_run(self, sandbox: Sandbox, data: Mapping[str, Any]) -> int | None:
        """Return when the schedule runs next, None for a disabled distribution."""
        if not data["enabled"]:
            return None
        return self._schedules.of(data).next_run(data[DAY], sandbox.now())

    def _filter_values(self, sandbox: Sandbox, row: Resource) -> Mapping[str, Sequence[Any]]:
        """Return what each field of a filter is compared with."""
        data, account = row.data, row.account
        groups = self._reference_data.group_bodies(sandbox, account, data[GROUPS])
        report = self._serializers.base_report(sandbox, account, data)
        return {
            "baseReportInfo": [report.get("reportInfo", "")],
            "enabled": [data["enabled"]],
            "reportDistributionName": [data[NAME]],
            "reportSubscriptionScheduleTypeID": [data[SCHEDULE]],
            "userGroupName": [group["userGroupName"] for group in groups],
        }

    def _answer(self, request: Request, distribution: Resource) -> Response:
        return Response(request.operation.success, self._bodies(request.sandbox, [distribution])[0])

    def _bodies(self, sandbox: Sandbox, rows: list[Resource]) -> list[dict[str, Any]]:
        details = self._serializers.details
        return [details(sandbox, row.account, int(row.id), row.data) for row in rows]


def account_of(request: Request) -> str:
    """Return the account of a request's caller."""
    assert request.identity is not None
    return request.identity.account


def _missing() -> ApiError:
    return ApiError(404, "Unknown report distribution.", field="reportDistributionId")
