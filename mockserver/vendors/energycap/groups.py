"""EnergyCAP's operations on report groups."""

from collections.abc import Mapping
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.sandbox.resources import NameConflict, Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors.energycap.distributions import paged
from mockserver.vendors.energycap.reference_data import ReferenceData

_CODE, _INFO, _REPORTS = "reportGroupCode", "reportGroupInfo", "reportIds"


def code_of(data: Mapping[str, Any]) -> str | None:
    """Return the code that a report group has for itself."""
    return data.get(_CODE)


class Groups:
    """The handlers under /api/v3/report/reportgroup."""

    def __init__(self, collection: ResourceCollection, catalogue: ReferenceData) -> None:
        self._collection = collection
        self._catalogue = catalogue

    def create(self, request: Request) -> Response:
        account = _account(request)
        data = self.read(request.sandbox, account, request.body)
        try:
            group = self._collection.add(request.sandbox, account, data)
        except NameConflict:
            raise _taken(data) from None
        return Response(request.operation.success, self._show(request.sandbox, group))

    def show_list(self, request: Request) -> Response:
        account = _account(request)

        def rows(offset: int, limit: int) -> list[dict[str, Any]]:
            found = self._collection.page(request.sandbox, account, offset, limit)
            return [self._show(request.sandbox, group) for group in found]

        return paged(request, self._collection.count(request.sandbox, account), rows)

    def show(self, request: Request) -> Response:
        return Response(request.operation.success, self._show(request.sandbox, self._find(request)))

    def update(self, request: Request) -> Response:
        group = self._find(request)
        data = self.read(request.sandbox, group.account, request.body)
        try:
            changed = self._collection.change(request.sandbox, group, lambda _: data)
        except NameConflict:
            raise _taken(data) from None
        if changed is None:
            raise _missing()
        return Response(request.operation.success, self._show(request.sandbox, changed))

    def delete(self, request: Request) -> Response:
        if not self._collection.delete(request.sandbox, self._find(request)):
            raise _missing()
        return Response(request.operation.success)

    def read(self, sandbox: Sandbox, account: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of a group from a body that its contract allows.

        Raises:
            ApiError: 400, it names a report that there is not.
        """
        reports = self._catalogue.reports
        numbers = self._catalogue.check(reports, sandbox, account, body.get(_REPORTS, ()), _REPORTS)
        found = {_INFO: body.get(_INFO), _REPORTS: numbers}
        if _CODE in body:
            found[_CODE] = body[_CODE].upper()
        return {name: value for name, value in found.items() if value is not None}

    def _find(self, request: Request) -> Resource:
        group = self._collection.find(
            request.sandbox, _account(request), str(request.path["reportGroupId"])
        )
        if group is None:
            raise _missing()
        return group

    def _show(self, sandbox: Sandbox, group: Resource) -> dict[str, Any]:
        shown = {name: group.data[name] for name in (_CODE, _INFO) if name in group.data}
        numbers = group.data[_REPORTS]
        reports = self._catalogue.show_reports(sandbox, group.account, numbers)
        return {"reportGroupId": int(group.id), **shown, "reports": reports}


def _account(request: Request) -> str:
    assert request.identity is not None
    return request.identity.account


def _missing() -> ApiError:
    return ApiError(404, "There is no such report group.", field="reportGroupId")


def _taken(data: Mapping[str, Any]) -> ApiError:
    reason = f"is another report group's already: {data[_CODE][:64]}"
    return ApiError(400, f"{_CODE} {reason}.", field=_CODE, reason=reason)
