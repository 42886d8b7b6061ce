"""EnergyCAP's operations on report groups."""

from collections.abc import Mapping
from typing import Any

from mockserver.errors import Refusal
from mockserver.http.messages import Call, Reply
from mockserver.sandbox.resources import Shelf, Taken, Thing
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors.energycap.distributions import paged
from mockserver.vendors.energycap.reference_data import Catalogue

_CODE, _INFO, _REPORTS = "reportGroupCode", "reportGroupInfo", "reportIds"


def code_of(data: Mapping[str, Any]) -> str | None:
    """Return the code that a report group has for itself."""
    return data.get(_CODE)


class Groups:
    """The handlers under /api/v3/report/reportgroup."""

    def __init__(self, shelf: Shelf, catalogue: Catalogue) -> None:
        self._shelf = shelf
        self._catalogue = catalogue

    def create(self, call: Call) -> Reply:
        account = _account(call)
        data = self.read(call.sandbox, account, call.body)
        try:
            group = self._shelf.add(call.sandbox, account, data)
        except Taken:
            raise _taken(data) from None
        return Reply(call.operation.success, self._show(call.sandbox, group))

    def show_list(self, call: Call) -> Reply:
        account = _account(call)

        def rows(offset: int, limit: int) -> list[dict[str, Any]]:
            found = self._shelf.page(call.sandbox, account, offset, limit)
            return [self._show(call.sandbox, group) for group in found]

        return paged(call, self._shelf.total(call.sandbox, account), rows)

    def show(self, call: Call) -> Reply:
        return Reply(call.operation.success, self._show(call.sandbox, self._find(call)))

    def update(self, call: Call) -> Reply:
        group = self._find(call)
        data = self.read(call.sandbox, group.account, call.body)
        try:
            changed = self._shelf.change(call.sandbox, group, lambda _: data)
        except Taken:
            raise _taken(data) from None
        if changed is None:
            raise _missing()
        return Reply(call.operation.success, self._show(call.sandbox, changed))

    def delete(self, call: Call) -> Reply:
        if not self._shelf.discard(call.sandbox, self._find(call)):
            raise _missing()
        return Reply(call.operation.success)

    def read(self, sandbox: Sandbox, account: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of a group from a body that its contract allows.

        Raises:
            Refusal: 400, it names a report that there is not.
        """
        reports = self._catalogue.reports
        numbers = self._catalogue.check(reports, sandbox, account, body.get(_REPORTS, ()), _REPORTS)
        found = {_INFO: body.get(_INFO), _REPORTS: numbers}
        if _CODE in body:
            found[_CODE] = body[_CODE].upper()
        return {name: value for name, value in found.items() if value is not None}

    def _find(self, call: Call) -> Thing:
        group = self._shelf.find(call.sandbox, _account(call), str(call.path["reportGroupId"]))
        if group is None:
            raise _missing()
        return group

    def _show(self, sandbox: Sandbox, group: Thing) -> dict[str, Any]:
        shown = {name: group.data[name] for name in (_CODE, _INFO) if name in group.data}
        numbers = group.data[_REPORTS]
        reports = self._catalogue.show_reports(sandbox, group.account, numbers)
        return {"reportGroupId": int(group.id), **shown, "reports": reports}


def _account(call: Call) -> str:
    assert call.identity is not None
    return call.identity.account


def _missing() -> Refusal:
    return Refusal(404, "There is no such report group.", field="reportGroupId")


def _taken(data: Mapping[str, Any]) -> Refusal:
    reason = f"is another report group's already: {data[_CODE][:64]}"
    return Refusal(400, f"{_CODE} {reason}.", field=_CODE, reason=reason)
