"""EnergyCAP's operations on report distributions, except running them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from conformance.reference.context import AppContext
from conformance.reference.energycap import responses
from conformance.reference.energycap.auth import Authenticator
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
from conformance.reference.parsing import LONGEST, bad_request, choice, json_object, query
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

    context: AppContext
    store: Store
    auth: Authenticator

    def index(self) -> Response:
        self.auth.authenticate()
        params = self._query("filter", "pageNumber", "pageSize")
        name_filter = params.get("filter", "").lower()
        distributions = [
            responses.distribution_body(distribution, self.context)
            for distribution in self.store.distributions.values()
            if name_filter in distribution.name.lower()
        ]
        return page(params, distributions)

    def show(self, number: str) -> Response:
        self.auth.authenticate()
        self._query()
        return self._response(self._get(number))

    def create(self) -> Response:
        self.auth.authenticate_manager()
        self._query()
        body = json_object()
        report = known_report(integer_of(body, "specificReportId"), "specificReportId")
        name, groups, mail, filters = _settings(body)
        distribution = self.store.add_distribution(name, report, groups)
        distribution.mail, distribution.filters = mail, filters
        return self._response(distribution)

    def update(self, number: str) -> Response:
        self.auth.authenticate_manager()
        self._query()
        body = json_object()
        for name in _EDITABLE:
            if name not in body:
                raise bad_request(name, "is missing; an update needs every member")
        name, groups, mail, filters = _settings(body)
        enabled = boolean_of(body, "enabled", default=True)
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
        self.auth.authenticate()
        self._query()
        return json_response(list(self._get(number).filters))

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


def _settings(body: Mapping[str, Any]) -> tuple[str, tuple[int, ...], Mail, tuple[object, ...]]:
    """Return name, recipients, mail and filters of a body, each validated."""
    name = text_of(body, "reportDistributionName", longest=LONGEST)
    if not name:
        raise bad_request("reportDistributionName", "is missing")
    groups = integers_of(body, "recipientUserGroupIds")
    if not responses.groups_known(groups):
        raise bad_request("recipientUserGroupIds", "names an unknown user group")
    filters = body.get("reportFilters", [])
    if not isinstance(filters, list) or not all(isinstance(item, dict) for item in filters):
        raise bad_request("reportFilters", "must be a list of objects")
    return name, groups, _mail(body), tuple(filters)


def _mail(body: Mapping[str, Any]) -> Mail:
    default = Mail()
    return Mail(
        reply_to=text_of(body, "replyToEmail", default.reply_to, longest=254),
        subject=text_of(body, "emailSubject", default.subject),
        message=text_of(body, "emailMessage", default.message),
        format=choice(body.get("reportFormat", default.format), "reportFormat", REPORT_FORMATS),
        schedule=integer_of(body, "reportSubscriptionScheduleTypeId", default.schedule),
        day=integer_of(body, "dayIndicatorValue", default.day),
        only_with_data=boolean_of(body, "onlySendIfData", default.only_with_data),
    )
