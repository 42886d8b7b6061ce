"""EnergyCAP's operations on report distributions, except running them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from conformance.reference.context import AppContext
from conformance.reference.energycap import responses
from conformance.reference.energycap.auth import Authenticator
from conformance.reference.energycap.filters import select
from conformance.reference.energycap.schemas import (
    boolean_of,
    integer_of,
    integers_of,
    known_report,
    page,
    read_id,
    text_of,
)
from conformance.reference.energycap.store import Distribution, Mail, Store
from conformance.reference.parsing import (
    INT32_MAX,
    LONGEST,
    bad_request,
    choice,
    is_integer,
    json_object,
    query,
)
from conformance.reference.transport import json_response

REPORT_FORMATS = ("Excel", "Excel data only", "Csv", "PDF", "Word")
SCHEDULE_DAYS = {1: (0, 0), 2: (0, 6), 3: (1, 28), 4: (1, 3)}
_REQUIRED = (
    "reportDistributionName",
    "reportFilters",
    "recipientUserGroupIds",
    "emailSubject",
    "emailMessage",
    "reportSubscriptionScheduleTypeId",
    "dayIndicatorValue",
    "onlySendIfData",
    "reportFormat",
)


@dataclass(frozen=True, slots=True)
class DistributionViews:
    """Handlers under /api/v202106/reportdistribution."""

    context: AppContext
    store: Store
    auth: Authenticator

    def index(self) -> Response:
        self.auth.authenticate_reader()
        params = self._query("filter", "pageNumber", "pageSize")
        text = params.get("filter", "")
        if " and " in text and self.context.has_defect("ec-dist-filter-refused"):
            raise bad_request("filter", "must be one statement")
        if self.context.has_defect("ec-dist-filter-lets-all"):
            text = ""
        selected = select(text, iter(self.store.distributions.values()), self.context)
        if text and self.context.has_defect("ec-dist-filter-empty"):
            selected = []
        bodies = [responses.distribution_body(one, self.context) for one in selected]
        return page(params, bodies, self.context)

    def show(self, number: str) -> Response:
        self.auth.authenticate_reader()
        self._query()
        return self._response(self._get(number))

    def create(self) -> Response:
        self.auth.authenticate_manager()
        self._query()
        body = json_object()
        report = known_report(integer_of(body, "specificReportId"), "specificReportId")
        name, groups, mail, filters = _settings(body, self.context)
        distribution = self.store.add_distribution(name, report, groups)
        distribution.mail, distribution.filters = mail, filters
        return self._response(distribution)

    def update(self, number: str) -> Response:
        self.auth.authenticate_manager()
        self._query()
        body = json_object()
        _demand(body, "replyToEmail", "enabled")
        name, groups, mail, filters = _settings(body, self.context)
        enabled = boolean_of(body, "enabled") or self.context.has_defect("ec-dist-update-enables")
        distribution = self._get(number)
        distribution.name, distribution.groups, distribution.mail, distribution.filters = (
            name,
            groups,
            mail,
            filters,
        )
        distribution.enabled, distribution.modified = enabled, self.context.now()
        return self._response(distribution)

    def filters(self, number: str) -> Response:
        self.auth.authenticate_reader()
        self._query()
        return json_response(responses.filter_bodies(self._get(number)))

    def delete(self, number: str) -> Response:
        self.auth.authenticate_manager()
        self._query()
        del self.store.distributions[self._get(number).id]
        return Response(status=204)

    def _response(self, distribution: Distribution) -> Response:
        return json_response(responses.distribution_body(distribution, self.context))

    def _get(self, number: str) -> Distribution:
        return self.store.distribution(read_id(number, "reportDistributionId"))

    def _query(self, *known: str) -> dict[str, str]:
        return query(*known, lenient=self.context.has_variant("ec-free-unknown-query"))


def _demand(body: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name not in body:
            raise bad_request(name, "is missing")


def _settings(
    body: Mapping[str, Any], context: AppContext
) -> tuple[str, tuple[int, ...], Mail, tuple[Mapping[str, Any], ...]]:
    """Return name, recipients, mail and filters of a body, each validated."""
    _demand(body, *_REQUIRED)
    name = text_of(body, "reportDistributionName", longest=LONGEST)
    groups = integers_of(body, "recipientUserGroupIds")
    if not groups or not responses.groups_known(groups):
        raise bad_request("recipientUserGroupIds", "must name user groups")
    filters = body["reportFilters"]
    if not isinstance(filters, list):
        raise bad_request("reportFilters", "must be a list of filters")
    return name, groups, _mail(body, context), tuple(_filter(row) for row in filters)


def _filter(row: Any) -> Mapping[str, Any]:
    valid = (
        isinstance(row, dict)
        and is_integer(row.get("fieldId"), -INT32_MAX - 1)
        and isinstance(row.get("operator"), str)
        and isinstance(row.get("value"), str | None)
    )
    if not valid:
        raise bad_request("reportFilters", "must be a list of filters")
    return {name: row.get(name) for name in ("fieldId", "operator", "value")}


def _mail(body: Mapping[str, Any], context: AppContext) -> Mail:
    reply_to = body.get("replyToEmail")
    schedule = integer_of(body, "reportSubscriptionScheduleTypeId")
    if schedule not in SCHEDULE_DAYS:
        raise bad_request("reportSubscriptionScheduleTypeId", "must be 1, 2, 3 or 4")
    day = integer_of(body, "dayIndicatorValue")
    first, last = SCHEDULE_DAYS[schedule]
    if not first <= day <= last and not context.has_defect("ec-dist-day-unchecked"):
        raise bad_request("dayIndicatorValue", f"must be from {first} to {last}")
    return Mail(
        reply_to=reply_to if reply_to is None else text_of(body, "replyToEmail", longest=128),
        subject=text_of(body, "emailSubject", longest=LONGEST),
        message=text_of(body, "emailMessage"),
        format=_format(body, context),
        schedule=schedule,
        day=day,
        only_with_data=boolean_of(body, "onlySendIfData"),
    )


def _format(body: Mapping[str, Any], context: AppContext) -> str:
    chosen = choice(body["reportFormat"], "reportFormat", REPORT_FORMATS)
    return "Word" if context.has_defect("ec-dist-format-lost") else chosen
