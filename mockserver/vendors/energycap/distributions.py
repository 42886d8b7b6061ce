"""EnergyCAP's operations on report distributions, and the grammar of `filter`.

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
from mockserver.vendors.energycap.resources import Resources, paged_response
from specs import Contract
from specs.contract import json_schema_of
from specs.pointer import properties

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
        self._openapi = contract.openapi
        self.resources = Resources(collection, "report distribution", self._body)
        self._reference_data = reference_data
        self._schedules = schedules
        self._serializers = serializers
        self.handlers: Mapping[str, Handler] = {
            "listReportDistributions": self.show_list,
            "createReportDistribution": self.create,
            "getReportDistribution": self.resources.show,
            "updateReportDistribution": self.update,
            "deleteReportDistribution": self.resources.delete,
            "listReportDistributionFilters": self.show_filters,
        }

    def create(self, request: Request) -> Response:
        account, sandbox = request.account, request.sandbox
        reports = self._reference_data.reports
        self._reference_data.check(request, reports, REPORT, [request.body[REPORT]])
        data = self.read(request)
        user = self._reference_data.user_of(request)
        data |= {"enabled": True, "created": sandbox.now(), "creator": user}
        data["nextRun"] = self.next_run(sandbox, data)
        return self.resources.answer(request, self.resources.collection.add(sandbox, account, data))

    def show_list(self, request: Request) -> Response:
        """Return the distributions, or those that fit the filter."""
        (fields,) = (row["x-filter"] for row in request.operation.parameters if "x-filter" in row)
        conditions = parse_filter(request.query.get("filter", ""), fields)
        if not conditions:
            return self.resources.show_list(request)
        sandbox = request.sandbox
        matching = [
            row
            for row in self.resources.collection.iter_all(sandbox, request.account)
            if (values := self._filter_values(sandbox, row))
            and all(condition.matches(values) for condition in conditions)
        ]
        return paged_response(
            request,
            len(matching),
            lambda offset, limit: matching[offset : offset + limit],
            partial(self._body, sandbox),
        )

    def show_filters(self, request: Request) -> Response:
        found = self.resources.find(request)
        return Response(request.operation.success, filter_bodies(found.data))

    def update(self, request: Request) -> Response:
        sandbox, distribution = request.sandbox, self.resources.find(request)
        changes = self.read(request)
        user = self._reference_data.user_of(request)
        changes |= {"modified": sandbox.now(), "modifier": user}

        def update(old: dict[str, Any]) -> dict[str, Any]:
            new = old | changes
            if all(old[name] == new[name] for name in (SCHEDULE, DAY, "enabled")):
                return new
            return new | {"nextRun": self.next_run(sandbox, new)}

        return self.resources.change(request, distribution, update)

    def read(self, request: Request) -> dict[str, Any]:
        """Return the members of a body that its contract names.

        Raises:
            ApiError: 400, a user group is unknown, or the schedule does not have the day.
        """
        assert request.operation.body is not None
        members = properties(self._openapi, json_schema_of(request.operation.body["content"]))
        data = {name: value for name, value in request.body.items() if name in members}
        groups = self._reference_data.user_groups
        data[GROUPS] = self._reference_data.check(request, groups, GROUPS, data[GROUPS])
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

    def _body(self, sandbox: Sandbox, distribution: Resource) -> dict[str, Any]:
        return self._serializers.details(
            sandbox, distribution.account, int(distribution.id), distribution.data
        )
