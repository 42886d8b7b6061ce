"""EnergyCAP's operations on report distributions, their pages, and the grammar of `filter`.

A filter is `<field> <operator> '<value>'`, joined by `and`. Source: the vendor's guide "Filters";
fields, types and operators are in the contract (x-filter).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.sandbox.resources import Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors import Handler
from mockserver.vendors.energycap.reference_data import (
    DAY,
    GROUPS,
    NAME,
    REPORT,
    SCHEDULE,
    ReferenceData,
    Schedules,
    Serializers,
    filter_bodies,
)
from specs import Contract

_VALUE = re.compile(r"'((?:[^']|'')*)'")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_BOOLEANS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})
_NOT = "not "

_Test = Callable[[Any, Sequence[Any]], bool]

_TESTS: Mapping[str, _Test] = MappingProxyType(
    {
        "equals": lambda value, operands: value == operands[0],
        "one of": lambda value, operands: value in operands,
        "like": lambda value, operands: operands[0].casefold() in value.casefold(),
        "less than": lambda value, operands: value < operands[0],
        "less than equal": lambda value, operands: value <= operands[0],
        "greater than": lambda value, operands: value > operands[0],
        "greater than equal": lambda value, operands: value >= operands[0],
        "between": lambda value, operands: operands[0] <= value <= operands[1],
    }
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a filter; `operands` are of the field's type."""

    field: str
    operator: str
    operands: tuple[Any, ...]

    def matches(self, record: Mapping[str, Sequence[Any]]) -> bool:
        """Return whether a record, which has a list of values for each field, fits."""
        test = _TESTS[self.operator.removeprefix(_NOT)]
        is_met = any(test(value, self.operands) for value in record[self.field])
        return is_met != self.operator.startswith(_NOT)


def parse_filter(text: str, fields: Mapping[str, Mapping[str, Any]]) -> list[Condition]:
    """Return the conditions of a filter, all of which have to hold; none for blank text.

    `fields` has for each field its `type` (string, integer or boolean) and `operators`.

    Raises:
        ApiError: 400, the text is no filter, or the field has no such operator or value.
    """
    return [_condition(*statement, fields) for statement in _statements(text.strip())]


def _statements(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the words before the values, and the values, of each statement."""
    position = 0
    while text:
        quote = text.find("'", position)
        if quote < 0:
            raise _invalid("must put every value into single quotes")
        values, end = _values(text, quote)
        yield text[position:quote], values
        if end == len(text):
            return
        separator = _AND.match(text, end)
        if separator is None:
            raise _invalid("must join its statements by the word and")
        position = separator.end()


def _values(text: str, position: int) -> tuple[list[str], int]:
    """Return the values from `position` on, separated by |, and where they end."""
    values = []
    while match := _VALUE.match(text, position):
        values.append(match.group(1).replace("''", "'"))
        position = match.end()
        rest = text[position:].lstrip()
        if not rest.startswith("|"):
            return values, position
        position = len(text) - len(rest[1:].lstrip())
    raise _invalid("must put every value into single quotes")


def _condition(words: str, values: list[str], fields: Mapping[str, Mapping[str, Any]]) -> Condition:
    name, _, rest = words.strip().partition(" ")
    field = next((known for known in fields if known.casefold() == name.casefold()), None)
    if field is None:
        raise _invalid(f"must name one of the fields {', '.join(fields)}, not {name[:64]!r}")
    operators = fields[field]["operators"]
    operator = " ".join(rest.split()).casefold()
    if operator not in operators:
        raise _invalid(f"{field} takes the operators {', '.join(operators)}, not {operator[:64]!r}")
    _check_count(operator, len(values))
    type_ = fields[field]["type"]
    return Condition(field, operator, tuple(_read(field, type_, value) for value in values))


def _check_count(operator: str, count: int) -> None:
    if operator == "between" and count != 2:
        raise _invalid("between takes two values, separated by |")
    if "one of" not in operator and operator != "between" and count != 1:
        raise _invalid(f"{operator} takes one value")


def _read(field: str, type_: str, value: str) -> Any:
    text = value.strip()
    if type_ == "integer":
        if not _INTEGER.fullmatch(text):
            raise _invalid(f"{field} takes integers, not {value[:64]!r}")
        return int(text)
    if type_ == "boolean":
        if text.casefold() not in _BOOLEANS:
            raise _invalid(f"{field} takes 'true' or 'false', not {value[:64]!r}")
        return _BOOLEANS[text.casefold()]
    return value


def _invalid(reason: str) -> ApiError:
    return ApiError.for_field("filter", reason)


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
        schemas = contract.openapi["components"]["schemas"]
        self._members = frozenset(schemas["ReportDistributionRequest"]["properties"]) | {"enabled"}
        parameters = contract.operations["listReportDistributions"].parameters
        (self._fields,) = (row["x-filter"] for row in parameters if "x-filter" in row)
        self.handlers: Mapping[str, Handler] = {
            "listReportDistributions": self.show_list,
            "createReportDistribution": self.create,
            "getReportDistribution": self.show,
            "updateReportDistribution": self.update,
            "deleteReportDistribution": self.delete,
            "listReportDistributionFilters": self.show_filters,
        }

    def create(self, request: Request) -> Response:
        account, sandbox = request.account, request.sandbox
        reports = self._reference_data.reports
        self._reference_data.check(reports, sandbox, account, [request.body[REPORT]], REPORT)
        data = self.read(sandbox, account, request.body)
        user = self._reference_data.user_of(sandbox, account, request.identity)
        data |= {"enabled": True, "created": sandbox.now(), "creator": user}
        data["nextRun"] = self.next_run(sandbox, data)
        return self._answer(request, self._collection.add(sandbox, account, data))

    def show_list(self, request: Request) -> Response:
        """Return the distributions, or those that fit the filter."""
        account, sandbox = request.account, request.sandbox
        conditions = parse_filter(request.query.get("filter", ""), self._fields)
        body = partial(self._body, sandbox)
        if not conditions:
            total = self._collection.count(sandbox, account)
            page = partial(self._collection.page, sandbox, account)
            return paged_response(request, total, page, body)
        matching = [
            row
            for row in self._collection.iter_all(sandbox, account)
            if (values := self._filter_values(sandbox, row))
            and all(condition.matches(values) for condition in conditions)
        ]
        return paged_response(
            request, len(matching), lambda offset, limit: matching[offset : offset + limit], body
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

        def update(old: dict[str, Any]) -> dict[str, Any]:
            new = old | changes
            if all(old[name] == new[name] for name in (SCHEDULE, DAY, "enabled")):
                return new
            return new | {"nextRun": self.next_run(sandbox, new)}

        changed = self._collection.change(sandbox, distribution, update)
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
        distribution = self._collection.find(request.sandbox, request.account, key)
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
        return Response(request.operation.success, self._body(request.sandbox, distribution))

    def _body(self, sandbox: Sandbox, distribution: Resource) -> dict[str, Any]:
        return self._serializers.details(
            sandbox, distribution.account, int(distribution.id), distribution.data
        )


def _missing() -> ApiError:
    return ApiError(404, "Unknown report distribution.", field="reportDistributionId")
