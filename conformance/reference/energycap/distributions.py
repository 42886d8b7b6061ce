"""EnergyCAP's operations on report distributions, but for their runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from conformance.reference.energycap import bodies
from conformance.reference.energycap.book import Book, Distribution, Mail
from conformance.reference.energycap.door import Door
from conformance.reference.energycap.queries import (
    boolean_of,
    integer_of,
    integers_of,
    known_report,
    page,
    read_id,
    text_of,
)
from conformance.reference.inputs import LONGEST, bad, choice, json_object, query
from conformance.reference.stage import Stage
from conformance.reference.transport import json_response

REPORT_FORMATS = ("PDF", "Word", "Excel", "Excel data only", "Excel formatted", "CSV")
_EDITABLE = (
    "reportDistributionName",
    "reportFilters",
    "replyToEmail",
    "recipientUserGroupIds",
    "emailSubject",
    "emailMessage",
    "reportSubscriptionScheduleTypeId",
    "dayIndicatorValue",
    "onlySendIfData",
    "reportFormat",
    "enabled",
)


@dataclass(frozen=True, slots=True)
class DistributionViews:
    """Handlers under /api/v202106/reportdistribution."""

    stage: Stage
    book: Book
    door: Door

    def index(self) -> Response:
        self.door.admit()
        asked = self._query("filter", "pageNumber", "pageSize")
        wanted = asked.get("filter", "").lower()
        found = [
            bodies.distribution(made, self.stage)
            for made in self.book.distributions.values()
            if wanted in made.name.lower()
        ]
        return page(asked, found)

    def show(self, number: str) -> Response:
        self.door.admit()
        self._query()
        return self._shown(self._find(number))

    def create(self) -> Response:
        self.door.admit_manager()
        self._query()
        body = json_object()
        report = known_report(integer_of(body, "specificReportId"), "specificReportId")
        name, groups, mail, filters = _settings(body)
        made = self.book.add_distribution(name, report, groups)
        made.mail, made.filters = mail, filters
        return self._shown(made)

    def update(self, number: str) -> Response:
        self.door.admit_manager()
        self._query()
        body = json_object()
        for needed in _EDITABLE:
            if needed not in body:
                raise bad(needed, "is missing; an update needs every member")
        name, groups, mail, filters = _settings(body)
        enabled = boolean_of(body, "enabled", default=True)
        made = self._find(number)
        made.name, made.groups, made.mail, made.filters = name, groups, mail, filters
        made.enabled, made.modified = enabled, self.stage.now()
        return self._shown(made)

    def filters(self, number: str) -> Response:
        self.door.admit()
        self._query()
        return json_response(list(self._find(number).filters))

    def delete(self, number: str) -> Response:
        self.door.admit_manager()
        self._query()
        del self.book.distributions[self._find(number).id]
        return Response(status=204)

    def _shown(self, made: Distribution) -> Response:
        return json_response(bodies.distribution(made, self.stage))

    def _find(self, number: str) -> Distribution:
        return self.book.distribution(read_id(number, "reportDistributionId"))

    def _query(self, *known: str) -> dict[str, str]:
        return query(*known, lenient=self.stage.free("ec-free-unknown-query"))


def _settings(body: Mapping[str, Any]) -> tuple[str, tuple[int, ...], Mail, tuple[object, ...]]:
    """Name, recipients, mail and filters of a body, each checked."""
    name = text_of(body, "reportDistributionName", longest=LONGEST)
    if not name:
        raise bad("reportDistributionName", "is missing")
    groups = integers_of(body, "recipientUserGroupIds")
    if not bodies.groups_known(groups):
        raise bad("recipientUserGroupIds", "names a user group that is not there")
    filters = body.get("reportFilters", [])
    if not isinstance(filters, list) or not all(isinstance(item, dict) for item in filters):
        raise bad("reportFilters", "must be a list of objects")
    return name, groups, _mail(body), tuple(filters)


def _mail(body: Mapping[str, Any]) -> Mail:
    usual = Mail()
    return Mail(
        reply_to=text_of(body, "replyToEmail", usual.reply_to, longest=254),
        subject=text_of(body, "emailSubject", usual.subject),
        message=text_of(body, "emailMessage", usual.message),
        format=choice(body.get("reportFormat", usual.format), "reportFormat", REPORT_FORMATS),
        schedule=integer_of(body, "reportSubscriptionScheduleTypeId", usual.schedule),
        day=integer_of(body, "dayIndicatorValue", usual.day),
        only_with_data=boolean_of(body, "onlySendIfData", usual.only_with_data),
    )
