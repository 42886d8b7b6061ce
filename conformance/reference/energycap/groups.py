"""EnergyCAP's operations on report groups."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from conformance.reference.context import AppContext
from conformance.reference.energycap import responses
from conformance.reference.energycap.auth import Authenticator
from conformance.reference.energycap.schemas import (
    integers_of,
    known_report,
    page,
    read_id,
    text_of,
)
from conformance.reference.energycap.store import Group, Store
from conformance.reference.errors import ApiError
from conformance.reference.parsing import bad_request, body_is_utf8, is_integer, json_object, query
from conformance.reference.transport import html_response, json_response


@dataclass(frozen=True, slots=True)
class GroupViews:
    """Handlers under /api/v3/report/reportgroup."""

    context: AppContext
    store: Store
    auth: Authenticator

    def create(self) -> Response:
        """Create a group and return it with 200."""
        self.auth.authenticate_group_manager()
        self._query()
        body = self._body()
        code, reports = self._code(body), self._reports(body)
        group = Group(self.store.new_group_id(), code, self._info(body), reports)
        if not group.code:
            group = dataclasses.replace(group, code=f"GROUP{group.id}")
        self.store.groups[group.id] = group
        return self._created(group)

    def _created(self, group: Group) -> Response:
        if self.context.has_defect("ec-group-html"):
            return html_response(200)
        if self.context.has_variant("ec-free-empty-group"):
            return json_response({})
        status = 201 if self.context.has_defect("ec-group-201") else 200
        return json_response(responses.group_body(group, self.context), status)

    def _body(self) -> dict[str, Any]:
        self.context.raise_if_planted("ec-crash-group-not-utf8", when=not body_is_utf8())
        if request.mimetype_params and self.context.has_defect("ec-group-charset-refused"):
            raise ApiError(415, "the Content-Type must be application/json")
        if request.mimetype == "text/plain" and self.context.has_defect("ec-group-text-taken"):
            return {"reportGroupInfo": request.get_data(as_text=True)}
        return json_object()

    def _code(self, body: Mapping[str, Any], own: Group | None = None) -> str:
        value = body.get("reportGroupCode", "")
        if is_integer(value, 0) and self.context.has_defect("ec-group-code-unchecked"):
            return str(value)
        code = text_of(body, "reportGroupCode")
        if not self.context.has_variant("ec-free-code-kept"):
            code = code.upper()
        if self.context.has_defect("ec-group-code-case"):
            code = code.lower()
        taken = any(code == other.code for other in self.store.groups.values() if other is not own)
        if taken and not self.context.has_defect("ec-group-code-twice"):
            status = 409 if self.context.has_variant("ec-free-duplicate-409") else 400
            raise ApiError(status, "the code is taken", (("reportGroupCode", "is taken"),))
        return code

    def _info(self, body: Mapping[str, Any]) -> str:
        value = body.get("reportGroupInfo", "")
        text = str(value)
        self.context.raise_if_planted("ec-crash-group-unicode", when=not text.isascii())
        self.context.raise_if_planted("ec-crash-group-long", when=len(text) > 1000)
        if isinstance(value, list) and self.context.has_defect("ec-group-info-unchecked"):
            return ", ".join(map(str, value))
        return text_of(body, "reportGroupInfo")

    def _reports(self, body: Mapping[str, Any]) -> tuple[int, ...]:
        requested = body.get("reportIds", [])
        if isinstance(requested, list):
            self._crash_if_planted(requested)
            if self.context.has_defect("ec-group-ids-unchecked"):
                requested = [int(item) if _is_digits(item) else item for item in requested]
        status = 404 if self.context.has_variant("ec-free-unknown-report-404") else 400
        numbers = integers_of({"reportIds": requested}, "reportIds")
        known = tuple(known_report(number, "reportIds", status) for number in numbers)
        even = self.store.group_count % 2 == 1
        if even and self.context.has_defect("ec-group-reports-none"):
            return ()
        if self.context.has_defect("ec-group-reports-first"):
            return known[:1]
        if self.context.has_defect("ec-group-reports-twice"):
            return known + known[:1]
        several = even and len(known) > 1
        drop_last = several and self.context.has_defect("ec-group-reports-last")
        return known[:-1] if drop_last else known

    def _crash_if_planted(self, requested: list[Any]) -> None:
        texts = [str(item) for item in requested]
        self.context.raise_if_planted("ec-crash-group-repeated", when=len(set(texts)) < len(texts))
        large = any(is_integer(item, 2**31, 2**62) for item in requested)
        self.context.raise_if_planted("ec-crash-group-large-id", when=large)
        self.context.raise_if_planted("ec-crash-group-no-ids", when=not requested)
        self.context.raise_if_planted("ec-crash-group-many", when=len(requested) > 8)

    def index(self) -> Response:
        if self.context.has_defect("ec-list-manager-only"):
            self.auth.authenticate_manager()
        self.auth.authenticate()
        params = self._query("pageNumber", "pageSize")
        groups = [responses.group_body(group, self.context) for group in self._listed()]
        if self.context.has_defect("ec-list-omits-new"):
            groups = groups[:-1]
        response = page(params, groups, self.context, self._page_defect())
        if self.context.has_defect("ec-list-no-paging"):
            del response.headers["TotalPages"]
        return response

    def _listed(self) -> list[Group]:
        groups = list(self.store.groups.values())
        if self.context.has_defect("ec-list-keeps-deleted"):
            groups += self.store.removed.values()
        if self.context.has_defect("ec-list-loses-neighbour"):
            groups = [group for group in groups if group.id + 1 not in self.store.removed]
        return groups

    def _page_defect(self) -> str:
        for defect in ("shifted", "repeated"):
            if self.context.has_defect(f"ec-list-page-{defect}"):
                return defect
        return ""

    def show(self, number: str) -> Response:
        self.auth.authenticate()
        self._query()
        group = self._get(number)
        if self.context.has_defect("ec-group-reads-other"):
            group = dataclasses.replace(group, info=f"{group.info} (read)")
        return json_response(responses.group_body(group, self.context))

    def update(self, number: str) -> Response:
        """Replace a group; without reportIds its reports stay."""
        self.auth.authenticate_group_manager()
        self._query()
        body = self._body()
        for name in ("reportGroupCode", "reportGroupInfo"):
            if name not in body:
                raise bad_request(name, "is missing; an update needs it")
        own = self._get(number)
        code = self._code(body, own) or own.code
        reports = self._reports(body) if "reportIds" in body else own.reports
        info = own.info if self.context.has_defect("ec-group-update-lost") else self._info(body)
        changed = Group(own.id, code, info, reports)
        self.store.groups[own.id] = changed
        return json_response(responses.group_body(changed, self.context))

    def delete(self, number: str) -> Response:
        self.auth.authenticate_group_manager()
        self._query()
        group = self._get(number)
        if not self.context.has_defect("ec-group-delete-nothing"):
            self.store.removed[group.id] = self.store.groups.pop(group.id)
        if self.context.has_defect("ec-group-delete-before"):
            self.store.groups.pop(group.id - 1, None)
        return Response(status=204)

    def _get(self, number: str) -> Group:
        return self.store.group(read_id(number, "reportGroupId"))

    def _query(self, *known: str) -> dict[str, str]:
        lenient = self.context.has_variant("ec-free-unknown-query")
        return query(*known, lenient=lenient or self.context.has_defect("ec-key-in-query"))


def _is_digits(item: object) -> bool:
    return isinstance(item, str) and item.isdecimal() and len(item) < 10
