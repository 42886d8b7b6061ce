"""EnergyCAP's operations that run a distribution and read the logs of its runs."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Response, request

from conformance.reference.energycap import bodies
from conformance.reference.energycap.book import IN_PROGRESS, Book, Distribution, Run, is_active
from conformance.reference.energycap.door import Door
from conformance.reference.energycap.queries import boolean, page, read_id
from conformance.reference.inputs import INT32_MAX, bad, integer, media_type_is_json, query
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body, Stage
from conformance.reference.transport import (
    claim_gzip,
    cut_short,
    html_response,
    json_response,
)


@dataclass(frozen=True, slots=True)
class RunViews:
    """Handlers of exec and log under /api/v202106/reportdistribution."""

    stage: Stage
    book: Book
    door: Door

    def execute(self, number: str) -> Response:
        """The documented operation: runs now, answers 200 with the log."""
        self.door.admit_runner()
        self._check_media_type()
        asked = self._query("overrideUserIds", repeatable="overrideUserIds")
        if "overrideUserIds" in asked and self.stage.broken("ec-exec-override-refused"):
            raise bad("overrideUserIds", "is not a parameter of this operation")
        override = self._override(asked.get("overrideUserIds", ""))
        distribution = self._find(number)
        self._trip(distribution)
        run = self.book.run(distribution, self._count(distribution, override))
        self._touch_schedule(distribution, override)
        response = self._answer(run)
        if override is not None and self.stage.broken("ec-log-lost"):
            del self.book.runs[run.id]
        return response

    def _check_media_type(self) -> None:
        absent = not request.content_type
        if absent and self.stage.free("ec-free-media-type-strict"):
            raise Refusal(415, "the Content-Type must be application/json")
        if media_type_is_json() and self.stage.broken("ec-exec-json-refused"):
            raise Refusal(415, "the Content-Type must be absent")
        if not absent and not media_type_is_json():
            raise Refusal(415, "the Content-Type must be application/json")

    def _override(self, text: str) -> tuple[int, ...] | None:
        """The users asked for, as often as they were; None for the configured recipients."""
        if not text:
            return None
        items = text.split(",")
        words = [item for item in items if not item.isdecimal()]
        self.stage.crash("ec-crash-exec-override", when=bool(words))
        self.stage.crash("ec-crash-exec-repeat", when=len(set(items)) < len(items))
        if words and self.stage.broken("ec-exec-override-unchecked"):
            items = [item for item in items if item.isdecimal()]
        users = tuple(integer(item, "overrideUserIds", -INT32_MAX - 1) for item in items)
        if self.stage.broken("ec-exec-strangers-counted"):
            return users
        strangers = [user for user in users if not is_active(user)]
        if strangers and not self.stage.free("ec-free-unknown-user-dropped"):
            raise bad("overrideUserIds", f"names no active user ({strangers[0]})")
        return tuple(user for user in users if is_active(user))

    def _find(self, number: str) -> Distribution:
        self.stage.crash("ec-crash-exec-word", when=not number.lstrip("-").isdecimal())
        large = number.isdecimal() and int(number[:12]) > INT32_MAX
        self.stage.crash("ec-crash-exec-large-id", when=large)
        if large and self.stage.broken("ec-exec-large-id-ok"):
            return self.book.distribution(1)
        wanted = read_id(number, "reportDistributionId")
        if wanted not in self.book.distributions and self.stage.broken("ec-exec-unknown-ok"):
            return self.book.distribution(1)
        return self.book.distribution(wanted)

    def _trip(self, distribution: Distribution) -> None:
        running = any(
            run.distribution is distribution and self.book.status(run) == IN_PROGRESS
            for run in self.book.runs.values()
        )
        self.stage.crash("ec-crash-exec-again", when=running)
        self.stage.crash("ec-crash-exec-nobody", when=not distribution.groups)

    def _count(self, distribution: Distribution, override: tuple[int, ...] | None) -> int:
        """How many users get the report, each counted once."""
        configured = self.book.members(distribution)
        if override is None:
            if distribution.sticky is not None:
                return len(set(distribution.sticky))
            memberships = self.stage.broken("ec-exec-counts-memberships")
            return len(configured) if memberships else len(set(configured))
        if self.stage.broken("ec-exec-override-sticks"):
            distribution.sticky = override
        if self.stage.broken("ec-exec-override-dropped"):
            return len(set(configured))
        if self.stage.broken("ec-exec-override-added"):
            return len({*configured, *override})
        if self.stage.broken("ec-exec-override-first"):
            override = override[:1]
        repeats = self.stage.broken("ec-exec-counts-repeats")
        return len(override) if repeats else len(set(override))

    def _touch_schedule(self, distribution: Distribution, override: tuple[int, ...] | None) -> None:
        """A run leaves the schedule alone; only a defect does not."""
        moves = self.stage.broken("ec-exec-moves-next-run")
        if moves or (override and self.stage.broken("ec-exec-override-moves")):
            distribution.next_run += timedelta(days=1)
        if self.stage.broken("ec-exec-disables"):
            distribution.enabled = False

    def _answer(self, run: Run) -> Response:
        if self.stage.broken("ec-exec-html"):
            return html_response(200)
        log = bodies.log(run, self.book, self.stage)
        body = [log] if self.stage.broken("ec-exec-list") else log
        response = json_response(body, 202 if self.stage.broken("ec-exec-202") else 200)
        if self.stage.broken("ec-exec-short"):
            return cut_short(response)
        return claim_gzip(response) if self.stage.broken("ec-exec-bad-gzip") else response

    def execute_all(self) -> Response:
        """Run every distribution that is enabled."""
        self.door.admit_manager()
        self._check_media_type()
        self._query()
        for distribution in self.book.distributions.values():
            if distribution.enabled:
                self.book.run(distribution, len(set(self.book.members(distribution))))
        return Response(status=204)

    def logs(self) -> Response:
        self.door.admit()
        asked = self._query("includeInProgress", "pageNumber", "pageSize")
        every = boolean(asked, "includeInProgress")
        found = [
            self._look(run)
            for run in reversed(self.book.runs.values())
            if every or self.book.status(run) != IN_PROGRESS
        ]
        return page(asked, found)

    def delete_logs(self) -> Response:
        """Forget the runs that ended at least so many days ago."""
        self.door.admit_manager()
        asked = self._query("olderThanDays")
        days = integer(asked.get("olderThanDays", "0"), "olderThanDays", 0)
        age = timedelta(days=min(days, 1_000_000))
        for run in list(self.book.runs.values()):
            if self.stage.now() - self.book.end(run) >= age:
                del self.book.runs[run.id]
        return Response(status=204)

    def detail(self, log_id: str) -> Response:
        self.door.admit()
        self._query()
        run = self.book.runs.get(read_id(log_id, "reportDistributionLogId"))
        if run is None:
            raise Refusal(404, "there is no such log")
        more = {
            "emailSettings": bodies.email(run.distribution),
            "reportSettings": {
                "baseReport": bodies.report(run.distribution.report, self.stage),
                "reportFilters": list(run.distribution.filters),
            },
            "errors": [],
        }
        return json_response(self._look(run) | more)

    def _look(self, run: Run) -> Body:
        run.looks += self.book.status(run) != IN_PROGRESS
        return bodies.log(run, self.book, self.stage)

    def _query(self, *known: str, repeatable: str | None = None) -> dict[str, str]:
        lenient = self.stage.free("ec-free-unknown-query")
        return query(*known, repeatable=repeatable, lenient=lenient)
