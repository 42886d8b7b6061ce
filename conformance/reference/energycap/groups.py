"""EnergyCAP's operations on report groups."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from conformance.reference.energycap import bodies
from conformance.reference.energycap.book import Book, Group
from conformance.reference.energycap.door import Door
from conformance.reference.energycap.queries import (
    integers_of,
    known_report,
    page,
    read_id,
    text_of,
)
from conformance.reference.inputs import bad, body_is_utf8, is_integer, json_object, query
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.transport import html_response, json_response


@dataclass(frozen=True, slots=True)
class GroupViews:
    """Handlers under /api/v3/report/reportgroup."""

    stage: Stage
    book: Book
    door: Door

    def create(self) -> Response:
        """The documented operation: answers 200 with the new group."""
        self.door.admit_grouper()
        self._query()
        body = self._body()
        code, reports = self._code(body), self._reports(body)
        made = Group(self.book.new_group_id(), code, self._info(body), reports)
        if not made.code:
            made = dataclasses.replace(made, code=f"GROUP{made.id}")
        self.book.groups[made.id] = made
        return self._created(made)

    def _created(self, made: Group) -> Response:
        if self.stage.broken("ec-group-html"):
            return html_response(200)
        if self.stage.free("ec-free-empty-group"):
            return json_response({})
        status = 201 if self.stage.broken("ec-group-201") else 200
        return json_response(bodies.group(made, self.stage), status)

    def _body(self) -> dict[str, Any]:
        self.stage.crash("ec-crash-group-not-utf8", when=not body_is_utf8())
        if request.mimetype_params and self.stage.broken("ec-group-charset-refused"):
            raise Refusal(415, "the Content-Type must be application/json")
        if request.mimetype == "text/plain" and self.stage.broken("ec-group-text-taken"):
            return {"reportGroupInfo": request.get_data(as_text=True)}
        return json_object()

    def _code(self, body: Mapping[str, Any], own: Group | None = None) -> str:
        value = body.get("reportGroupCode", "")
        if is_integer(value, 0) and self.stage.broken("ec-group-code-unchecked"):
            return str(value)
        code = text_of(body, "reportGroupCode").upper()
        if self.stage.broken("ec-group-code-case"):
            code = code.lower()
        taken = any(code == other.code for other in self.book.groups.values() if other is not own)
        if taken and not self.stage.broken("ec-group-code-twice"):
            status = 409 if self.stage.free("ec-free-duplicate-409") else 400
            raise Refusal(status, "the code is taken", (("reportGroupCode", "is taken"),))
        return code

    def _info(self, body: Mapping[str, Any]) -> str:
        value = body.get("reportGroupInfo", "")
        if isinstance(value, list) and self.stage.broken("ec-group-info-unchecked"):
            return ", ".join(map(str, value))
        return text_of(body, "reportGroupInfo")

    def _reports(self, body: Mapping[str, Any]) -> tuple[int, ...]:
        asked = body.get("reportIds", [])
        if isinstance(asked, list):
            self._trip(asked)
            if self.stage.broken("ec-group-ids-unchecked"):
                asked = [int(item) if _is_digits(item) else item for item in asked]
        status = 404 if self.stage.free("ec-free-unknown-report-404") else 400
        numbers = integers_of({"reportIds": asked}, "reportIds")
        known = tuple(known_report(number, "reportIds", status) for number in numbers)
        if self.stage.broken("ec-group-reports-none"):
            return ()
        drop_last = len(known) > 1 and self.stage.broken("ec-group-reports-last")
        return known[:-1] if drop_last else known

    def _trip(self, asked: list[Any]) -> None:
        texts = [str(item) for item in asked]
        self.stage.crash("ec-crash-group-repeated", when=len(set(texts)) < len(texts))
        large = any(is_integer(item, 2**31, 2**62) for item in asked)
        self.stage.crash("ec-crash-group-large-id", when=large)
        self.stage.crash("ec-crash-group-no-ids", when=not asked)

    def index(self) -> Response:
        self.door.admit()
        asked = self._query("pageNumber", "pageSize")
        found = [bodies.group(made, self.stage) for made in self.book.groups.values()]
        response = page(asked, found)
        if self.stage.broken("ec-list-no-paging"):
            del response.headers["TotalPages"]
        return response

    def show(self, number: str) -> Response:
        self.door.admit()
        self._query()
        found = self._find(number)
        if self.stage.broken("ec-group-reads-other"):
            found = dataclasses.replace(found, info=f"{found.info} (read)")
        return json_response(bodies.group(found, self.stage))

    def update(self, number: str) -> Response:
        """Every member is needed, as the vendor says of an update."""
        self.door.admit_grouper()
        self._query()
        body = self._body()
        for name in ("reportGroupCode", "reportGroupInfo", "reportIds"):
            if name not in body:
                raise bad(name, "is missing; an update needs every member")
        own = self._find(number)
        code = self._code(body, own) or own.code
        changed = Group(own.id, code, self._info(body), self._reports(body))
        self.book.groups[own.id] = changed
        return json_response(bodies.group(changed, self.stage))

    def delete(self, number: str) -> Response:
        self.door.admit_grouper()
        self._query()
        made = self._find(number)
        if not self.stage.broken("ec-group-delete-nothing"):
            del self.book.groups[made.id]
        return Response(status=204)

    def _find(self, number: str) -> Group:
        return self.book.group(read_id(number, "reportGroupId"))

    def _query(self, *known: str) -> dict[str, str]:
        return query(*known, lenient=self.stage.free("ec-free-unknown-query"))


def _is_digits(item: object) -> bool:
    return isinstance(item, str) and item.isdecimal() and len(item) < 10
