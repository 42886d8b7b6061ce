"""EnergyCAP's operations that run a distribution and read the logs of its runs."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, request

from conformance.reference.context import AppContext, Body
from conformance.reference.energycap import responses
from conformance.reference.energycap.auth import Authenticator
from conformance.reference.energycap.schemas import boolean, page, read_id
from conformance.reference.energycap.store import (
    IN_PROGRESS,
    Distribution,
    Run,
    Store,
    is_active,
)
from conformance.reference.errors import ApiError
from conformance.reference.parsing import INT32_MAX, bad_request, integer, media_type_is_json, query
from conformance.reference.transport import (
    claim_gzip,
    cut_short,
    html_response,
    json_response,
)

KEPT_LOGS = 100


@dataclass(frozen=True, slots=True)
class RunViews:
    """Handlers of exec and log under /api/v202106/reportdistribution."""

    context: AppContext
    store: Store
    auth: Authenticator

    def execute(self, number: str) -> Response:
        """Run a distribution and return its log with 200."""
        self.auth.authenticate_runner()
        self._check_media_type()
        params = self._query("overrideUserIds", repeatable="overrideUserIds")
        if "overrideUserIds" in params and self.context.has_defect("ec-exec-override-refused"):
            raise bad_request("overrideUserIds", "is not a parameter of this operation")
        override = self._override(params.get("overrideUserIds", ""))
        distribution = self._get(number)
        self._crash_if_planted(distribution)
        run = self.store.run(distribution, self._count(distribution, override))
        self._touch_schedule(distribution, override)
        response = self._response(run)
        if override is not None and self.context.has_defect("ec-log-lost"):
            del self.store.runs[run.id]
        return response

    def _check_media_type(self) -> None:
        absent = not request.content_type
        if absent and self.context.has_variant("ec-free-media-type-strict"):
            raise ApiError(415, "the Content-Type must be application/json")
        if media_type_is_json() and self.context.has_defect("ec-exec-json-refused"):
            raise ApiError(415, "the Content-Type must be absent")
        if not absent and not media_type_is_json():
            raise ApiError(415, "the Content-Type must be application/json")

    def _override(self, text: str) -> tuple[int, ...] | None:
        """Return the override users, repeats included; None for the configured recipients."""
        if not text:
            return None
        items = text.split(",")
        words = [item for item in items if not item.isdecimal()]
        self.context.raise_if_planted("ec-crash-exec-override", when=bool(words))
        self.context.raise_if_planted("ec-crash-exec-repeat", when=len(set(items)) < len(items))
        if words and self.context.has_defect("ec-exec-override-unchecked"):
            items = [item for item in items if item.isdecimal()]
        users = tuple(integer(item, "overrideUserIds", -INT32_MAX - 1) for item in items)
        if self.context.has_defect("ec-exec-strangers-counted"):
            return users
        inactive = [user for user in users if not is_active(user)]
        if inactive and not self.context.has_variant("ec-free-unknown-user-dropped"):
            raise bad_request("overrideUserIds", f"names no active user ({inactive[0]})")
        return tuple(user for user in users if is_active(user))

    def _get(self, number: str) -> Distribution:
        self.context.raise_if_planted("ec-crash-exec-word", when=not number.lstrip("-").isdecimal())
        large = number.isdecimal() and int(number[:12]) > INT32_MAX
        self.context.raise_if_planted("ec-crash-exec-large-id", when=large)
        if large and self.context.has_defect("ec-exec-id-wraps"):
            number = str(int(number[:12]) % 2**32)
        if large and self.context.has_defect("ec-exec-large-id-ok"):
            return self.store.distribution(1)
        distribution_id = read_id(number, "reportDistributionId")
        if distribution_id not in self.store.distributions and self.context.has_defect(
            "ec-exec-unknown-ok"
        ):
            return self.store.distribution(1)
        return self.store.distribution(distribution_id)

    def _crash_if_planted(self, distribution: Distribution) -> None:
        running = any(
            run.distribution is distribution and self.store.status(run) == IN_PROGRESS
            for run in self.store.runs.values()
        )
        self.context.raise_if_planted("ec-crash-exec-again", when=running)
        nobody = not self.store.members(distribution)
        self.context.raise_if_planted("ec-crash-exec-nobody", when=nobody)

    def _count(self, distribution: Distribution, override: tuple[int, ...] | None) -> int:
        """Return how many users get the report, each counted once."""
        configured = self.store.members(distribution)
        if override is None:
            if distribution.sticky is not None:
                return len(set(distribution.sticky))
            memberships = self.context.has_defect("ec-exec-counts-memberships")
            return len(configured) if memberships else len(set(configured))
        if self.context.has_defect("ec-exec-override-sticks"):
            distribution.sticky = override
        if self.context.has_defect("ec-exec-override-dropped"):
            return len(set(configured))
        if self.context.has_defect("ec-exec-override-added"):
            return len({*configured, *override})
        if self.context.has_defect("ec-exec-override-first"):
            override = override[:1]
        if self.context.has_defect("ec-exec-override-three"):
            override = override[:3]
        repeats = self.context.has_defect("ec-exec-counts-repeats")
        return len(override) if repeats else len(set(override))

    def _touch_schedule(self, distribution: Distribution, override: tuple[int, ...] | None) -> None:
        """Change the schedule, which only a defect does."""
        moves = self.context.has_defect("ec-exec-moves-next-run")
        if moves or (override and self.context.has_defect("ec-exec-override-moves")):
            distribution.next_run += timedelta(days=1)
        if self.context.has_defect("ec-exec-disables"):
            distribution.enabled = False

    def _response(self, run: Run) -> Response:
        if self.context.has_defect("ec-exec-html"):
            return html_response(200)
        log = responses.log_body(run, self.store, self.context)
        body = [log] if self.context.has_defect("ec-exec-list") else log
        response = json_response(body, 202 if self.context.has_defect("ec-exec-202") else 200)
        if self.context.has_defect("ec-exec-text"):
            response.mimetype = "text/plain"
        return claim_gzip(response) if self.context.has_defect("ec-exec-bad-gzip") else response

    def execute_all(self) -> Response:
        """Run every distribution that is enabled."""
        self.auth.authenticate_manager()
        self._check_media_type()
        self._query()
        for distribution in self.store.distributions.values():
            if distribution.enabled:
                self.store.run(distribution, len(set(self.store.members(distribution))))
        return Response(status=204)

    def logs(self) -> Response:
        self.auth.authenticate_reader()
        params = self._query("includeInProgress", "pageNumber", "pageSize")
        all_runs = boolean(params, "includeInProgress")
        shows_all = self.context.has_defect("ec-logs-unasked")
        logs = [
            self._observe(run)
            for run in reversed(self.store.runs.values())
            if all_runs or self.store.status(run) != IN_PROGRESS or shows_all
        ]
        if self.context.has_variant("ec-free-oldest-first"):
            logs.reverse()
        shifted = self.context.has_defect("ec-log-page-shifted")
        response = page(params, logs, self.context, "shifted" if shifted else "")
        return cut_short(response) if self.context.has_defect("ec-logs-short") else response

    def delete_logs(self) -> Response:
        """Delete logs of runs that ended so many days ago; 100 of each distribution stay."""
        self.auth.authenticate_manager()
        params = self._query("olderThanDays")
        days = integer(params.get("olderThanDays", "3"), "olderThanDays", 0)
        if self.context.has_defect("ec-logs-delete-all"):
            self.store.runs.clear()
        age = timedelta(days=min(days, 1_000_000))
        newer: Counter[int] = Counter()
        for run in reversed(list(self.store.runs.values())):
            newer[run.distribution.id] += 1
            is_old = self.context.now() - self.store.end(run) >= age
            if is_old and newer[run.distribution.id] > KEPT_LOGS:
                del self.store.runs[run.id]
        return Response(status=204)

    def detail(self, log_id: str) -> Response:
        if not self.context.has_defect("ec-log-detail-viewer"):
            self.auth.authenticate_reader()
        self.auth.authenticate()
        self._query()
        run = self.store.runs.get(read_id(log_id, "reportDistributionLogId"))
        if run is not None and self.context.has_defect("ec-log-detail-other"):
            run = next(iter(self.store.runs.values()))
        if run is None:
            raise ApiError(404, "unknown log")
        return json_response(responses.log_detail_body(run, self.context))

    def _observe(self, run: Run) -> Body:
        run.reads += self.store.status(run) != IN_PROGRESS
        return responses.log_body(run, self.store, self.context)

    def _query(self, *known: str, repeatable: str | None = None) -> dict[str, str]:
        lenient = self.context.has_variant("ec-free-unknown-query")
        lenient = lenient or self.context.has_defect("ec-key-in-query")
        return query(*known, repeatable=repeatable, lenient=lenient)
