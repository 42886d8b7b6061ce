"""EnergyCAP's operations on report groups."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.sandbox.resources import NameConflict, Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors import Handler
from mockserver.vendors.energycap.distributions import paged_response
from mockserver.vendors.energycap.reference_data import ReferenceData

_CODE, _INFO, _REPORTS = "reportGroupCode", "reportGroupInfo", "reportIds"


def code_of(data: Mapping[str, Any]) -> str | None:
    """Return the code of a report group, which no other may have."""
    return data.get(_CODE)


class Groups:
    """The handlers under /api/v3/report/reportgroup."""

    def __init__(self, collection: ResourceCollection, reference_data: ReferenceData) -> None:
        self._collection = collection
        self._reference_data = reference_data
        self.handlers: Mapping[str, Handler] = {
            "listReportGroups": self.show_list,
            "createReportGroup": self.create,
            "getReportGroup": self.show,
            "updateReportGroup": self.update,
            "deleteReportGroup": self.delete,
        }

    def create(self, request: Request) -> Response:
        account = request.account
        data = {_REPORTS: [], **self.read(request.sandbox, account, request.body)}
        try:
            group = self._collection.add(request.sandbox, account, data)
        except NameConflict:
            raise _duplicate_code(data) from None
        return Response(request.operation.success, self._body(request.sandbox, group))

    def show_list(self, request: Request) -> Response:
        sandbox, account = request.sandbox, request.account
        return paged_response(
            request,
            self._collection.count(sandbox, account),
            partial(self._collection.page, sandbox, account),
            partial(self._body, sandbox),
        )

    def show(self, request: Request) -> Response:
        return Response(request.operation.success, self._body(request.sandbox, self._find(request)))

    def update(self, request: Request) -> Response:
        """Replace a group; without reportIds its reports stay (assumed)."""
        group = self._find(request)
        data = self.read(request.sandbox, group.account, request.body)
        try:
            changed = self._collection.change(
                request.sandbox, group, lambda old: {_REPORTS: old[_REPORTS], **data}
            )
        except NameConflict:
            raise _duplicate_code(data) from None
        if changed is None:
            raise _missing()
        return Response(request.operation.success, self._body(request.sandbox, changed))

    def delete(self, request: Request) -> Response:
        if not self._collection.delete(request.sandbox, self._find(request)):
            raise _missing()
        return Response(request.operation.success)

    def read(self, sandbox: Sandbox, account: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of a group from a body that its contract allows.

        Raises:
            ApiError: 400, a report is unknown.
        """
        data = {name: body[name] for name in (_CODE, _INFO, _REPORTS) if name in body}
        if _CODE in data:
            data[_CODE] = data[_CODE].upper()
        if _REPORTS in data:
            reports = self._reference_data.reports
            data[_REPORTS] = self._reference_data.check(
                reports, sandbox, account, data[_REPORTS], _REPORTS
            )
        return data

    def _find(self, request: Request) -> Resource:
        group = self._collection.find(
            request.sandbox, request.account, str(request.path["reportGroupId"])
        )
        if group is None:
            raise _missing()
        return group

    def _body(self, sandbox: Sandbox, group: Resource) -> dict[str, Any]:
        texts = {name: group.data[name] for name in (_CODE, _INFO) if name in group.data}
        numbers = group.data[_REPORTS]
        reports = self._reference_data.report_bodies(sandbox, group.account, numbers)
        return {"reportGroupId": int(group.id), **texts, "reports": reports}


def _missing() -> ApiError:
    return ApiError(404, "Unknown report group.", field="reportGroupId")


def _duplicate_code(data: Mapping[str, Any]) -> ApiError:
    return ApiError.for_field(_CODE, f"is the code of another report group: {data[_CODE][:64]}")
