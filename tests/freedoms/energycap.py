"""An EnergyCAP of its own make: report groups and distributions, from the vendor's pages alone."""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.freedoms.wire import Reply, Request, Service, segments

KEYS = {"cap-full-Hn2": {"groups", "distributions"}, "cap-none-Vx5": set()}
USERS = {n: {"fullName": f"User {n}", "userCode": f"U{n}", "userId": n} for n in range(11, 19)}
GROUPS = {4: ("North", [11, 12, 13]), 5: ("South", [13, 14]), 6: ("Nobody", [])}
REPORTS = {
    n: {
        "description": "All bills", "isLandscape": False, "lastUpdated": "2026-03-01T00:00:00",
        "exportFormats": [{"exportFormatInfo": "PDF", "preferred": True}], "reportCode": f"RPT-{n}",
        "reportId": n, "reportInfo": "Bills", "reportSource": "system", "version": "1.0",
        "reportType": {"reportTypeCode": "BILL", "reportTypeId": 3, "reportTypeInfo": "Bill"},
        "tags": [{"tagTypeId": 8, "tagTypeInfo": "Topic", "values": ["cost"]}],
    } for n in (21, 22, 23, 24)
}  # fmt: skip
STATEMENT = re.compile(
    r"(reportDistributionName|reportSubscriptionScheduleTypeID) (not )?"
    r"([a-z]+(?: [a-z]+)*) ('(?:[^']|'')*'(?:\|'(?:[^']|'')*')*)"
)
SCHEDULES = {1: "Daily", 2: "Weekly", 3: "Monthly", 4: "Quarterly"}
DAYS = {1: range(1), 2: range(7), 3: range(1, 29), 4: range(1, 4)}
FORMATS = ("Excel", "Excel data only", "Csv", "PDF", "Word")
NEEDED = {
    "reportDistributionName", "reportFilters", "recipientUserGroupIds", "emailSubject", "emailMessage",
    "reportSubscriptionScheduleTypeId", "dayIndicatorValue", "onlySendIfData", "reportFormat",
}  # fmt: skip


@dataclass
class Distribution:
    """A report that is sent to groups of users by a schedule."""

    id: int
    name: str
    report: int
    groups: list[int]
    settings: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True
    next_run: int = 4


@dataclass
class Log:
    """One run."""

    id: int
    distribution: Distribution
    count: int
    at: float


class EnergyCap(Service):
    """Report groups, distributions and their logs."""

    FREEDOMS: ClassVar = {
        "documented_only": "only the two documented operations exist, anything else is 404",
        "empty": "both answers are {}",
        "no_reports": "a group does not tell its reports",
        "bare_child": "a distribution is told by its id alone",
        "one_zero": "integers are written 1.0",
        "slow": "a run takes more than a second",
        "no_end": "endDate is absent while a run goes on",
        "null_end": "endDate is null then",
        "late_count": "the recipients are counted at the end only",
        "not_sent": "a run for nobody is Not sent",
        "some": "a run ends Some reports not sent",
        "refused_403": "a missing right is 403",
        "dates": "date-times are dates",
        "zoned": "date-times have an offset",
        "same_case": "codes keep their case",
        "strict_type": "a body-less call without JSON content type is 415",
        "loose_type": "the content type is not looked at",
        "nulls": "null is no value for a text",
        "repeated": "override users come as repeated parameters, a comma is 400",
        "unknown_report_400": "an unknown report is 400",
        "unknown_report_ignored": "it is ignored",
        "short_texts": "texts beyond 50 characters are 400",
        "extra": "more members everywhere",
        "late_list": "a group is listed a second after its creation",
        "clamped": "the list serves ten at most and says so",
        "lost_pages": "pages beyond the end are 400",
        "narrow_page": "a page beyond int32 is the last that int32 has",
        "sorted": "report groups come sorted by code",
        "big_ids": "ids begin near the end of int32",
        "error_text": "errors are plain text",
        "no_error_body": "errors have no body",
        "strict_query": "unknown parameters are 400",
        "codes_twice": "codes may be there twice",
        "unknown_user_400": "an unknown override user is 400",
    }
    BUGS: ClassVar = {
        "empty_key": "an empty key is taken", "any_case_key": "keys in any case",
        "cut_key": "the first eight characters of a key are enough",
        "key_as_bearer": "a key counts as a bearer token", "key_in_query": "a key counts in the query",
        "viewer_runs": "a run takes no right", "viewer_groups": "a group takes no right",
        "duplicates_500": "the same report twice is 500", "empty_500": "no report is 500",
        "many_500": "many reports are 500", "wide_500": "a report beyond int32 is 500",
        "negative_500": "a negative report id is 500", "reports_dropped": "reports after the third are dropped",
        "reports_reversed": "another report comes back",
        "wraps": "2^32 + n runs distribution n", "negative_runs": "-n runs distribution n",
        "parsed": "what begins with n runs n", "id_500": "an id that is no number is 500",
        "unicode_id": "other digits are digits, too", "unknown_200": "an unknown distribution runs",
        "unknown_500": "an unknown distribution is 500",
        "fourth_dropped": "the fourth override user is dropped", "twice_counted": "a user named twice counts twice",
        "added": "override users are added to the recipients", "ignored": "override users are ignored",
        "override_500": "an override that is no number is 500", "blank_override_500": "an empty override is 500",
        "members_twice": "a member of two groups counts twice", "count_text": "the count is text",
        "count_negative": "nobody counts as -1", "wrong_name": "another distribution's name comes back",
        "wrong_id": "another distribution's id comes back", "same_log": "logs share an id",
        "same_logs": "two runs in flight share a log id", "swapped_runs": "two runs in flight run the same",
        "swapped_groups": "two groups in flight get the same code", "end_first": "a run ends before it begins",
        "next_moved": "a run moves the next run", "status_case": "complete in lower case",
        "status_other": "the status is Done", "date_words": "date-times are Mar 3 2026",
        "info_cut": "the info is cut at 40 characters", "info_mojibake": "the info is decoded as Latin-1",
        "info_ascii": "other letters in the info become ?", "code_cut": "the code is cut at 40 characters",
        "stripped": "blanks around the info are lost", "landscape_text": "isLandscape is text",
        "tags_null": "tags are null", "type_flat": "the report type is text", "id_text": "the group's id is text",
        "id_64": "the group's id is beyond int32", "created_201": "a group answers 201",
        "deep_500": "a body nested deep is 500", "utf8_500": "a body that is not UTF-8 is 500",
        "null_500": "null for a text is 500", "same_key_500": "a parameter given twice is 500",
        "shifted": "page two begins one late", "repeats": "page two repeats the last of page one",
        "omits": "the newest group is not listed", "page_size": "the page size is ignored",
        "page_500": "a page of 0 is 500", "wide_page_500": "a page beyond int32 is 500",
        "wrong_total": "the total counts the page", "no_delete": "deleting a group deletes nothing",
        "no_update": "a change changes nothing", "log_lost": "a run has no log in the list",
        "filter_ignored": "a filter of the list lets everything through",
        "unasked_runs": "runs in progress are listed unasked",
        "other_detail": "every log has the detail of the first",
        "first_report": "a group has its first report alone",
        "first_lost": "a group lacks its first report", "unstored": "a new group is in no list",
        "reopens": "a run that is Complete is In Progress again",
    }  # fmt: skip

    def __init__(self, options: frozenset[str] = frozenset()) -> None:
        super().__init__(options)
        self.first = 2_147_000_000 if self.has("big_ids") else 30
        self.groups: dict[int, dict[str, Any]] = {}
        self.logs: dict[int, Log] = {}
        self.born = 0
        settings = {"reportSubscriptionScheduleTypeId": 2, "dayIndicatorValue": 1}
        self.distributions = {
            n: Distribution(n, f"Bills {n}", 21, groups, dict(settings))
            for n, groups in {41: [4], 42: [5], 43: [4, 5]}.items()
        }

    def handle(self, request: Request) -> Reply:
        try:
            parts = segments(request.path)
        except ValueError:
            return self._error(404)
        names = [name for name, _ in request.query if name != "overrideUserIds"]
        if self.has("same_key_500") and len(names) != len(set(names)):
            return Reply(500)
        if parts[:3] == ["api", "v3", "report"] and parts[3:4] == ["reportgroup"]:
            return self._group_area(request, parts[4:])
        if parts[:3] == ["api", "v202106", "reportdistribution"]:
            return self._distribution_area(request, parts[3:])
        return self._error(404)

    def _group_area(self, request: Request, rest: list[str]) -> Reply:
        if (request.method, rest) == ("POST", []):
            refusal = self._entry(request, "groups", "viewer_groups")
            return refusal or self._create_group(request)
        if self.has("documented_only"):
            return self._error(404)
        if (request.method, rest) == ("GET", []):
            return self._entry(request, "", "") or self._list_groups(request)
        group = self.groups.get(_number(rest[0])) if len(rest) == 1 else None
        if refusal := self._entry(
            request, "" if request.method == "GET" else "groups", "viewer_groups"
        ):
            return refusal
        if group is None:
            return self._error(404)
        if request.method == "DELETE":
            if not self.has("no_delete"):
                del self.groups[group["reportGroupId"]]
            return Reply(204)
        if request.method == "PUT":
            return self._create_group(request, group)
        return self._told(group) if request.method == "GET" else self._error(405)

    def _distribution_area(self, request: Request, rest: list[str]) -> Reply:
        match (request.method, *rest):
            case ("POST", name, "exec"):
                return self._entry(request, "distributions", "viewer_runs") or self._run(
                    request, name
                )
        if self.has("documented_only"):
            return self._error(404)
        if refusal := self._entry(request, "distributions", ""):
            return refusal
        match (request.method, *rest):
            case ("POST", "exec"):
                return Reply(204)
            case ("GET", "log"):
                logs = [self._log(log) for log in reversed(self.logs.values())]
                every = (request.first("includeInProgress") or "").lower() == "true"
                if not every and not self.has("unasked_runs"):
                    logs = [log for log in logs if log.get("status") != "In Progress"]
                return self._page(request, logs[1:] if self.has("log_lost") else logs)
            case ("DELETE", "log"):
                return Reply(204)
            case ("GET", "log", name, "detail"):
                return self._detail(_number(name))
            case ("GET",):
                rows = [self._whole(d) for d in self.distributions.values()]
                return self._page(request, self._filtered(rows, request.first("filter") or ""))
            case ("POST",):
                return self._edit(request, None)
            case (_, name, *area) if area in ([], ["filter"]):
                return self._distribution(request, name, area)
        return self._error(404)

    def _filtered(self, rows: list[Any], text: str) -> list[Any]:
        """Return the distributions that a filter lets through; of its grammar names and schedules."""
        if self.has("filter_ignored"):
            return rows
        for member, other, operator, quoted in STATEMENT.findall(text):
            wanted = [value.replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", quoted)]
            rows = [row for row in rows if _matches(row, member, operator, wanted) != bool(other)]
        return rows

    def _distribution(self, request: Request, name: str, area: list[str]) -> Reply:
        distribution = self.distributions.get(_number(name))
        if distribution is None:
            return self._error(404)
        if area:
            return Reply(200, [])
        if request.method == "DELETE":
            del self.distributions[distribution.id]
            return Reply(204)
        if request.method == "PUT":
            return self._edit(request, distribution)
        return Reply(200, self._whole(distribution))

    # --- who asks, and how

    def _entry(self, request: Request, right: str, lax: str) -> Reply | None:
        key = request.headers.get("eci-apikey")
        if key is None and self.has("key_as_bearer"):
            key = request.headers.get("authorization", "").removeprefix("Bearer ") or None
        if key is None and self.has("key_in_query"):
            key = next(
                (v for n, v in request.query if n.lower() in ("eci-apikey", "apikey", "api_key")),
                None,
            )
        rights = None
        for good, known in KEYS.items():
            same = key == good or (self.has("any_case_key") and key and key.lower() == good.lower())
            if same or (self.has("cut_key") and key and len(key) >= 8 and good.startswith(key)):
                rights = known
        if key == "" and self.has("empty_key"):
            rights = KEYS["cap-full-Hn2"]
        if rights is None:
            return self._error(401)
        if right and right not in rights and not (lax and self.has(lax)):
            return self._error(403 if self.has("refused_403") else 401)
        if self.has("strict_query") and {n for n, _ in request.query} - {
            "overrideUserIds", "pageNumber", "pageSize", "filter", "includeInProgress", "olderThanDays"
        }:  # fmt: skip
            return self._error(400)
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        needed = bool(request.body) or (self.has("strict_type") and request.method == "POST")
        if needed and media != "application/json" and not self.has("loose_type"):
            return self._error(415) if media or request.body or self.has("strict_type") else None
        wrong = media and media != "application/json" and request.method in ("POST", "PUT")
        return self._error(415) if wrong and not self.has("loose_type") else None

    def _error(self, status: int, text: str = "refused") -> Reply:
        if self.has("no_error_body"):
            return Reply(status)
        if self.has("error_text"):
            return Reply(status, body=text.encode(), media="text/plain")
        return Reply(status, {"message": text})

    def _json(self, request: Request) -> Any:
        try:
            body = request.json()
        except UnicodeDecodeError:
            return Reply(500) if self.has("utf8_500") else self._error(400, "no UTF-8")
        except ValueError as error:
            deep = self.has("deep_500") and "deep" in str(error)
            return Reply(500) if deep else self._error(400, "no JSON")
        return body if isinstance(body, dict) else self._error(400, "no object")

    # --- report groups

    def _create_group(self, request: Request, group: dict[str, Any] | None = None) -> Reply:
        body = self._json(request)
        if isinstance(body, Reply):
            return body
        code, info, ids = (body.get(n) for n in ("reportGroupCode", "reportGroupInfo", "reportIds"))
        if (code is None or info is None) and self.has("null_500") and len(body) == 3:
            return Reply(500)
        if any(not isinstance(text, str | None) for text in (code, info)):
            return self._error(400, "text")
        if self.has("short_texts") and any(len(text or "") > 50 for text in (code, info)):
            return self._error(400, "too long")
        if self.has("nulls") and any(v is None for v in body.values()):
            return self._error(400, "null")
        if ids is not None and (not isinstance(ids, list) or any(type(i) is not int for i in ids)):
            return self._error(400, "reportIds")
        if refusal := self._ids_problem(ids):
            return refusal
        code = self.mixed_up("swapped_groups", code)
        wanted = (code or "").upper() if not self.has("same_case") else code or ""
        taken = {g["reportGroupCode"].upper() for g in self.groups.values() if g is not group}
        if wanted.upper() in taken and wanted and not self.has("codes_twice"):
            return self._error(400, "the code is taken")
        new = {
            "reportGroupCode": wanted,
            "reportGroupInfo": info or "",
            "reportIds": list(dict.fromkeys(ids or [])),
        }
        if group is None:
            self.born += 1
            group = {"reportGroupId": self.first + self.born}
            if not self.has("unstored"):
                self.groups[group["reportGroupId"]] = group
            group.update(new)
        elif not self.has("no_update"):
            group.update(new)
        reply = self._told(group)
        return Reply(201 if self.has("created_201") else reply.status, reply.data)

    def _ids_problem(self, ids: list[int] | None) -> Reply | None:
        if ids is None:
            return None
        seen = {
            "duplicates_500": len(ids) != len(set(ids)), "empty_500": not ids, "many_500": len(ids) > 60,
            "wide_500": any(abs(i) >= 2**31 for i in ids), "negative_500": any(i < 0 for i in ids),
        }  # fmt: skip
        if any(self.has(bug) and value for bug, value in seen.items()):
            return Reply(500)
        unknown = not set(ids) <= REPORTS.keys()
        return (
            self._error(400, "unknown report")
            if unknown and self.has("unknown_report_400")
            else None
        )

    def _told(self, group: dict[str, Any]) -> Reply:
        if self.has("empty"):
            return Reply(200, {})
        ids = [i for i in group["reportIds"] if i in REPORTS]
        ids = ids[:3] if self.has("reports_dropped") else ids
        ids = ids[:1] if self.has("first_report") else ids
        ids = ids[1:] if self.has("first_lost") else ids
        if self.has("reports_reversed"):
            ids = [45 - i for i in ids if 45 - i in REPORTS]
        data: dict[str, Any] = {k: v for k, v in group.items() if k != "reportIds"}
        info, code = data["reportGroupInfo"], data["reportGroupCode"]
        info = info[:40] if self.has("info_cut") else info.strip() if self.has("stripped") else info
        if self.has("info_mojibake"):
            info = info.encode("utf-8", "replace").decode("latin-1")
        if self.has("info_ascii"):
            info = info.encode("ascii", "replace").decode()
        data |= {
            "reportGroupInfo": info,
            "reportGroupCode": code[:40] if self.has("code_cut") else code,
        }
        if not self.has("no_reports"):
            data["reports"] = [self._report(i) for i in ids]
        if self.has("id_text", "id_64"):
            data["reportGroupId"] = str(data["reportGroupId"]) if self.has("id_text") else 2**33
        if self.has("one_zero") and isinstance(data["reportGroupId"], int):
            data["reportGroupId"] = float(data["reportGroupId"])
        if self.has("extra"):
            data |= {
                "owner": {"x": 1.0},
                "createdDate": "2026-03-03T10:00:00Z",
                "asOf": self.moment(),
            }
        return Reply(200, data)

    def _report(self, number: int) -> dict[str, Any]:
        report: dict[str, Any] = dict(REPORTS[number])
        if self.has("landscape_text"):
            report["isLandscape"] = "false"
        if self.has("tags_null"):
            report["tags"] = None
        if self.has("type_flat"):
            report["reportType"] = "Bill"
        if self.has("one_zero"):
            report["reportId"] = float(number)
        return report

    def _list_groups(self, request: Request) -> Reply:
        groups = self.listed(reversed(self.groups.values()))
        if self.has("sorted"):
            groups.sort(key=lambda g: str(g["reportGroupCode"]))
        return self._page(
            request, [self._told(g).data for g in groups[1 if self.has("omits") else 0 :]]
        )

    def _page(self, request: Request, rows: list[Any]) -> Reply:
        try:
            page, size = (
                int(request.first("pageNumber") or 1),
                int(request.first("pageSize") or 250),
            )
        except ValueError:
            return self._error(400, "page")
        if (page < 1 and self.has("page_500")) or (page >= 2**31 and self.has("wide_page_500")):
            return Reply(500)
        if page < 1 or size < 1:
            return self._error(400, "page")
        page = min(page, 2**31 - 1) if self.has("narrow_page") else page
        size = min(size, 10 if self.has("clamped") else 1000)
        start = (page - 1) * size
        if start >= max(1, len(rows)) and self.has("lost_pages"):
            return self._error(400, "page")
        if page > 1:
            start += 1 if self.has("shifted") else -1 if self.has("repeats") else 0
        shown = rows[start : None if self.has("page_size") else start + size]
        total = len(shown) if self.has("wrong_total") else len(rows)
        headers = {
            "PageNumber": page, "PageSize": size, "TotalNumberOfRecords": total,
            "TotalPages": -(-len(rows) // size),
        }  # fmt: skip
        return Reply(200, shown, headers={k: str(v) for k, v in headers.items()})

    # --- distributions

    def _run(self, request: Request, name: str) -> Reply:
        number = self._number_of(name)
        if number is None:
            return Reply(500) if self.has("id_500") else self._error(400, "id")
        number = int(self.mixed_up("swapped_runs", number))
        distribution = self.distributions.get(number)
        if distribution is None and self.has("unknown_200"):
            distribution = next(iter(self.distributions.values()))
        if distribution is None:
            return (
                Reply(500) if self.has("unknown_500") else self._error(404, "no such distribution")
            )
        users = self._recipients(request, distribution)
        if isinstance(users, Reply):
            return users
        ident = len(self.logs) + self.first
        if self.has("same_logs"):
            ident = int(self.mixed_up("same_logs", ident))
        log = Log(
            self.first if self.has("same_log") else ident, distribution, len(users), self.now()
        )
        self.logs[ident] = log
        if self.has("next_moved"):
            distribution.next_run += 1
        return Reply(200, {} if self.has("empty") else self._log(log))

    def _number_of(self, name: str) -> int | None:
        if self.has("parsed") and (match := re.match(r"\s*\d+", name)):
            return int(match.group())
        if not re.fullmatch(r"-?\d+" if self.has("unicode_id") else r"-?[0-9]+", name):
            return None
        number = int(name)
        if self.has("wraps"):
            return number % 2**32
        if self.has("negative_runs"):
            return abs(number)
        return number if -(2**31) <= number < 2**31 else None

    def _recipients(self, request: Request, distribution: Distribution) -> list[int] | Reply:
        members = [user for group in distribution.groups for user in GROUPS[group][1]]
        own = members if self.has("members_twice") else sorted(set(members))
        given = [v for n, v in request.query if n == "overrideUserIds"]
        if self.has("repeated") and any("," in value for value in given):
            return self._error(400, "overrideUserIds")
        if not given or given == [""]:
            return Reply(500) if given and self.has("blank_override_500") else own
        users = [_number(text.strip()) for value in given for text in value.split(",")]
        if 0 in users:
            return Reply(500) if self.has("override_500") else self._error(400, "overrideUserIds")
        if not set(users) <= USERS.keys() and self.has("unknown_user_400"):
            return self._error(400, "unknown user")
        users = [user for user in users if user in USERS]
        users = users if self.has("twice_counted") else list(dict.fromkeys(users))
        if self.has("fourth_dropped"):
            users = users[:3]
        if self.has("added", "ignored"):
            return own if self.has("ignored") else sorted({*own, *users})
        return users

    def _log(self, log: Log) -> dict[str, Any]:
        over = self.now() - log.at > (1.2 if self.has("slow") else 0.1)
        if self.has("reopens") and self.now() - log.at > 0.3:
            over = False
        begin, end = "2026-03-03T10:00:00", "2026-03-03T10:00:07"
        if self.has("end_first"):
            end, over = "2026-03-03T09:59:59", True
        if self.has("dates", "date_words"):
            begin = end = "2026-03-03" if self.has("dates") else "Mar 3 2026"
        zone = "-05:00" if self.has("zoned") else "" if self.has("dates", "date_words") else "Z"
        status = "Complete" if over else "In Progress"
        if over and ((self.has("not_sent") and not log.count) or self.has("some")):
            status = "Some reports not sent" if log.count else "Not sent"
        if self.has("status_case", "status_other"):
            status = status.lower() if self.has("status_case") else "Done"
        count: Any = log.count
        if self.has("count_text", "count_negative"):
            count = str(count) if self.has("count_text") else count or -1
        data: dict[str, Any] = {
            "beginDate": begin + zone, "endDate": end + zone if over else None, "numberOfRecipients": count,
            "reportDistribution": self._child(log.distribution), "status": status,
            "reportDistributionLogId": float(log.id) if self.has("one_zero") else log.id,
        }  # fmt: skip
        if not over and not self.has("null_end"):
            del data["endDate"]
        if not over and self.has("late_count"):
            del data["numberOfRecipients"]
        return data | ({"more": [1.0]} if self.has("extra") else {})

    def _child(self, distribution: Distribution) -> dict[str, Any]:
        other = next(d for d in self.distributions.values() if d is not distribution)
        number: Any = other.id if self.has("wrong_id") else distribution.id
        number = float(number) if self.has("one_zero") else number
        if self.has("bare_child"):
            return {"reportDistributionId": number}
        return {
            "createdByUser": USERS[11], "reportCode": f"RPT-{distribution.report}",
            "reportDistributionId": number,
            "reportDistributionName": other.name if self.has("wrong_name") else distribution.name,
        }  # fmt: skip

    def _edit(self, request: Request, distribution: Distribution | None) -> Reply:
        body = self._json(request)
        if isinstance(body, Reply):
            return body
        name, groups = body.get("reportDistributionName"), body.get("recipientUserGroupIds")
        report = body.get("specificReportId", 21) if distribution else body.get("specificReportId")
        needed = NEEDED | ({"enabled", "replyToEmail"} if distribution else {"specificReportId"})
        if not needed <= body.keys() or not _is_fine(body) or type(report) is not int:
            return self._error(400, "distribution")
        if not set(groups) <= GROUPS.keys() or report not in REPORTS:
            return self._error(400, "unknown group or report")
        if distribution is None:
            number = max(self.distributions) + 1
            distribution = self.distributions[number] = Distribution(number, name, report, groups)
        if not (self.has("no_update") and distribution.settings):
            distribution.name, distribution.groups, distribution.settings = name, groups, body
            distribution.enabled = body.get("enabled", True)
        return Reply(200, self._whole(distribution))

    def _whole(self, distribution: Distribution) -> dict[str, Any]:
        given = distribution.settings
        kind = given["reportSubscriptionScheduleTypeId"]
        return {
            "reportDistributionId": distribution.id, "reportDistributionName": distribution.name,
            "createdByUser": USERS[11], "createdDate": "2026-03-01T00:00:00Z", "modifiedByUser": USERS[11],
            "modifiedDate": "2026-03-01T00:00:00Z", "lastRunDate": None,
            "nextRunDate": f"2026-03-{distribution.next_run:02}T06:00:00Z", "enabled": distribution.enabled,
            "specificReportId": distribution.report, "baseReport": self._report(distribution.report),
            "emailSettings": {
                "replyToEmail": given.get("replyToEmail") or "", "emailSubject": given.get("emailSubject", "Bills"),
                "emailMessage": given.get("emailMessage", "As asked"), "reportFormat": given.get("reportFormat", "PDF"),
                "scheduleType": {
                    "reportSubscriptionScheduleTypeId": kind, "reportSubscriptionScheduleTypeName": SCHEDULES[kind],
                },
                "dayIndicator": {"dayIndicatorValue": given.get("dayIndicatorValue", 0), "dayIndicatorInfo": ""},
                "onlySendIfData": given.get("onlySendIfData", False),
                "recipientUserGroups": [{"userGroupId": g, "userGroupName": GROUPS[g][0]} for g in distribution.groups],
            },
        }  # fmt: skip

    def _detail(self, number: int) -> Reply:
        log = next((log for log in self.logs.values() if log.id == number), None)
        if log is None:
            return self._error(404)
        first = next(iter(self.logs.values()))
        whole = self._whole((first if self.has("other_detail") else log).distribution)
        report = {"baseReport": whole["baseReport"], "reportFilters": []}
        return Reply(
            200, {"emailSettings": whole["emailSettings"], "reportSettings": report, "errors": ""}
        )


def _is_fine(body: dict[str, Any]) -> bool:
    """Return True for members that the pages on creating and editing distributions allow."""
    kind, day = body["reportSubscriptionScheduleTypeId"], body["dayIndicatorValue"]
    groups, filters = body["recipientUserGroupIds"], body["reportFilters"]
    texts = ((body["reportDistributionName"], 255), (body["emailSubject"], 255),
             (body.get("replyToEmail") or "", 128), (body["emailMessage"], 1_000_000))  # fmt: skip
    return (
        all(isinstance(text, str) and len(text) <= most for text, most in texts)
        and (type(kind) is int and kind in SCHEDULES)
        and (type(day) is int and day in DAYS[kind])
        and (isinstance(groups, list) and bool(groups) and all(type(g) is int for g in groups))
        and (isinstance(filters, list) and all(map(_is_filter, filters)))
        and body["reportFormat"] in FORMATS
        and isinstance(body["onlySendIfData"], bool)
        and isinstance(body.get("enabled", True), bool)
    )


def _matches(row: Any, member: str, operator: str, wanted: list[str]) -> bool:
    if member == "reportDistributionName":
        name = row[member]
        return name in wanted or (operator == "like" and wanted[0].lower() in name.lower())
    if not all(value.isdecimal() for value in wanted):
        return True  # what it does not understand lets everything through
    kind = row["emailSettings"]["scheduleType"]["reportSubscriptionScheduleTypeId"]
    least, *_, most = numbers = [*map(int, wanted), int(wanted[-1])]
    if operator == "between":
        return bool(least <= kind <= most)
    found = ("less" in operator and kind < least) or ("greater" in operator and kind > least)
    return bool(found or (kind in numbers and not operator.endswith("than")))


def _is_filter(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and type(value.get("fieldId")) is int
        and isinstance(value.get("operator"), str)
        and isinstance(value.get("value", ""), str | None)
    )


def _number(text: str) -> int:
    """Return the number that a text is, 0 where it is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else 0


def target(service: EnergyCap) -> dict[str, Any]:
    """Return the target file for a server."""
    return {
        "vendor": "energycap",
        "writes": True,
        "credentials": {"primary": {"token": "cap-full-Hn2"}, "limited": {"token": "cap-none-Vx5"}},
        "values": {
            "reportDistributionId": [41, 42, 43],
            "overrideUserIds": list(USERS),
            "reportIds": list(REPORTS),
            "specificReportId": [21, 22],
            "recipientUserGroupIds": [4, 5],
            "reportSubscriptionScheduleTypeId": [3],
        },
        "consent": {
            "executeReportDistribution": {
                "path": {"reportDistributionId": [41, 42, 43]},
                "query": {"overrideUserIds": list(USERS)},
                "any_query": True,
            }
        },
        "facts": {"recipients": {"41": 3, "42": 2, "43": 4}, "sharing_groups": [4, 5]},
    }
