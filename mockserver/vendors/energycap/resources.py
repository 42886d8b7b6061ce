"""EnergyCAP's resources: what their operations have in common, and report groups."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.sandbox.resources import NameConflict, Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors import Handler
from mockserver.vendors.energycap.reference_data import ReferenceData

Page = Callable[[int, int], Sequence[Any]]
"""Returns the items of a page, given its offset and its size."""


def paged_response(
    request: Request, total: int, page: Page, body: Callable[[Any], dict[str, Any]]
) -> Response:
    """Return the requested page, described in four headers; `body` returns an item's body.

    Pages are numbered from 1; `pageSize` is limited to the maximum of the contract.
    """
    status = request.operation.success
    largest = request.operation.responses[status]["headers"]["PageSize"]["schema"]["maximum"]
    number, size = request.query["pageNumber"], min(request.query["pageSize"], largest)
    headers = {
        "PageNumber": str(number),
        "PageSize": str(size),
        "TotalNumberOfRecords": str(total),
        "TotalPages": str(-(-total // size)),
    }
    return Response(status, [body(item) for item in page((number - 1) * size, size)], headers)


class Resources:
    """The operations on one kind of resource, called `noun`; `body` returns the body of one."""

    def __init__(
        self,
        collection: ResourceCollection,
        noun: str,
        body: Callable[[Sandbox, Resource], dict[str, Any]],
    ) -> None:
        self.collection = collection
        self._noun = noun
        self.body = body

    def find(self, request: Request) -> Resource:
        """Return the resource in the path of a request.

        Raises:
            ApiError: 404, the id is unknown.
        """
        (key,) = request.path.values()
        return self._known(
            request, self.collection.find(request.sandbox, request.account, str(key))
        )

    def answer(self, request: Request, resource: Resource) -> Response:
        return Response(request.operation.success, self.body(request.sandbox, resource))

    def show(self, request: Request) -> Response:
        return self.answer(request, self.find(request))

    def show_list(self, request: Request) -> Response:
        sandbox, account = request.sandbox, request.account
        page = partial(self.collection.page, sandbox, account)
        total = self.collection.count(sandbox, account)
        return paged_response(request, total, page, partial(self.body, sandbox))

    def change(
        self,
        request: Request,
        resource: Resource,
        update: Callable[[dict[str, Any]], Mapping[str, Any]],
    ) -> Response:
        changed = self.collection.change(request.sandbox, resource, update)
        return self.answer(request, self._known(request, changed))

    def delete(self, request: Request) -> Response:
        resource = self.find(request)
        is_deleted = self.collection.delete(request.sandbox, resource)
        self._known(request, resource if is_deleted else None)
        return Response(request.operation.success)

    def _known(self, request: Request, resource: Resource | None) -> Resource:
        if resource is None:
            (name,) = request.path
            raise ApiError(404, f"Unknown {self._noun}.", field=name)
        return resource


_CODE, _INFO, _REPORTS = "reportGroupCode", "reportGroupInfo", "reportIds"


def code_of(data: Mapping[str, Any]) -> str | None:
    """Return the code of a report group, which no other may have."""
    return data.get(_CODE)


class Groups:
    """The handlers under /api/v3/report/reportgroup."""

    def __init__(self, collection: ResourceCollection, reference_data: ReferenceData) -> None:
        self._groups = Resources(collection, "report group", self._body)
        self._reference_data = reference_data
        self.handlers: Mapping[str, Handler] = {
            "listReportGroups": self._groups.show_list,
            "createReportGroup": self.create,
            "getReportGroup": self._groups.show,
            "updateReportGroup": self.update,
            "deleteReportGroup": self._groups.delete,
        }

    def create(self, request: Request) -> Response:
        data = {_REPORTS: [], **self.read(request)}
        try:
            group = self._groups.collection.add(request.sandbox, request.account, data)
        except NameConflict:
            raise _duplicate_code(data) from None
        return self._groups.answer(request, group)

    def update(self, request: Request) -> Response:
        """Replace a group; without reportIds its reports stay (assumed)."""
        group = self._groups.find(request)
        data = self.read(request)
        try:
            return self._groups.change(
                request, group, lambda old: {_REPORTS: old[_REPORTS], **data}
            )
        except NameConflict:
            raise _duplicate_code(data) from None

    def read(self, request: Request) -> dict[str, Any]:
        """Return the data of a group from the body of a request.

        Raises:
            ApiError: 400, a report is unknown.
        """
        body = request.body
        data = {name: body[name] for name in (_CODE, _INFO, _REPORTS) if name in body}
        if _CODE in data:
            data[_CODE] = data[_CODE].upper()
        if _REPORTS in data:
            reports = self._reference_data.reports
            data[_REPORTS] = self._reference_data.check(request, reports, _REPORTS, data[_REPORTS])
        return data

    def _body(self, sandbox: Sandbox, group: Resource) -> dict[str, Any]:
        texts = {name: group.data[name] for name in (_CODE, _INFO) if name in group.data}
        numbers = group.data[_REPORTS]
        reports = self._reference_data.report_bodies(sandbox, group.account, numbers)
        return {"reportGroupId": int(group.id), **texts, "reports": reports}


def _duplicate_code(data: Mapping[str, Any]) -> ApiError:
    return ApiError.for_field(_CODE, f"is the code of another report group: {data[_CODE][:64]}")
