"""From recorded exchanges and judgements to news of what breaks, and a verdict a requirement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from conformance.access.ledger import JobHistory
from conformance.checks.base import HistoryCase, JudgeCase, Kind, RegisteredCheck
from conformance.outcome import Judgement, Verdict
from conformance.settings import Settings
from conformance.traffic.exchange import Exchange
from conformance.verdicts.result import Row
from specs import OBSERVED, Contract, Requirement

NOTHING_SEEN = "nothing came up that this applies to"
MOST_EXCHANGES = 6

News = tuple[Requirement, str]
"""A requirement that is broken, and how."""


class Bench:
    """Judges a run while it goes on, each exchange once; at its end it has a row for everything.

    `skips` are the requirements that nobody is judged by, each with the reason.
    """

    def __init__(
        self,
        contract: Contract,
        checks: Mapping[str, RegisteredCheck],
        requirements: Sequence[Requirement],
        settings: Settings,
        skips: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._contract = contract
        self._settings = settings
        self._requirements = requirements
        self._skips = skips
        self._strange: set[str] = set()
        self._checks = {
            requirement.id: checks[requirement.check.name]
            for requirement in requirements
            if requirement.check is not None
        }
        self._judges: dict[str | None, list[Requirement]] = defaultdict(list)
        for requirement in requirements:
            if requirement.id not in skips and self._kind(requirement) is Kind.JUDGE:
                self._judges[requirement.operation].append(requirement)
        self._taken = 0
        self._judgements: dict[str, list[Judgement]] = defaultdict(list)
        self._broken: set[str] = set()

    def take(self, exchanges: Sequence[Exchange]) -> list[News]:
        """Judge those of the run's exchanges that are new; return what was never broken before."""
        new, self._taken = exchanges[self._taken :], len(exchanges)
        news = []
        for exchange in new:
            for operation in dict.fromkeys((exchange.operation, None)):
                for requirement in self._judges[operation]:
                    judgement = self._ask(requirement, exchange)
                    if judgement is not None:
                        news += self.note(requirement, judgement)
        return news

    def note(self, requirement: Requirement, *judgements: Judgement) -> list[News]:
        """Take what a probe has found; return it if it is broken and never was before."""
        self._judgements[requirement.id] += judgements
        reasons = [judgement.reason for judgement in judgements if _is_breach(judgement)]
        if not reasons or requirement.id in self._broken:
            return []
        self._broken.add(requirement.id)
        return [(requirement, reasons[0])]

    def breach_in(self, requirement: Requirement, exchange: Exchange) -> str | None:
        """Tell how an exchange by itself breaks a requirement that a judge looks after."""
        if self._kind(requirement) is not Kind.JUDGE:
            return None
        judgement = self._ask(requirement, exchange)
        return judgement.reason if judgement is not None and judgement.kept is False else None

    def rows(self, exchanges: Sequence[Exchange], jobs: Sequence[JobHistory]) -> Iterator[Row]:
        """Yield a row for each requirement, once the run is over."""
        self.take(exchanges)
        self._strange = {job.id for job in jobs if not job.created_by_us}
        by_operation: dict[str | None, list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            by_operation[exchange.operation].append(exchange)
        for requirement in self._requirements:
            if requirement.id in self._skips:
                yield Row(requirement, Verdict.SKIP, self._skips[requirement.id])
                continue
            concerned = exchanges
            if requirement.operation is not None:
                concerned = by_operation[requirement.operation]
            if self._kind(requirement) is Kind.HISTORY:
                self.note(requirement, *self._ask_history(requirement, exchanges, jobs))
            yield self._row(requirement, self._judgements[requirement.id], concerned)

    def _kind(self, requirement: Requirement) -> Kind | None:
        check = self._checks.get(requirement.id)
        return check.kind if check else None

    def _ask(self, requirement: Requirement, exchange: Exchange) -> Judgement | None:
        check = self._checks[requirement.id]
        if exchange.received is None and not check.unanswered:
            return None
        case = JudgeCase(self._contract, requirement, exchange)
        try:
            judgement: Judgement | None = check.function(case, **_arguments(requirement))
        except Exception as error:  # noqa: BLE001  (whatever it is, it is ours, not the target's)
            return fault(check, error, exchange)
        if judgement is not None and not judgement.exchanges:
            return Judgement(judgement.kept, judgement.reason, (exchange,))
        return judgement

    def _ask_history(
        self, requirement: Requirement, exchanges: Sequence[Exchange], jobs: Sequence[JobHistory]
    ) -> list[Judgement]:
        check = self._checks[requirement.id]
        case = HistoryCase(self._contract, requirement, jobs, exchanges)
        try:
            return list(check.function(case, **_arguments(requirement)))
        except Exception as error:  # noqa: BLE001  (as above)
            return [fault(check, error)]

    def _row(
        self,
        requirement: Requirement,
        judgements: Sequence[Judgement],
        concerned: Sequence[Exchange],
    ) -> Row:
        breaches = [judgement for judgement in judgements if _is_breach(judgement)]
        faults = [j for j in judgements if isinstance(j, Fault)]
        kept = [j for j in judgements if j.kept]
        counts = len(kept) + len(breaches), len(breaches)
        if breaches:
            worst = min(breaches, key=self._weight)
            verdict = breach(requirement, self._settings)
            return Row(requirement, verdict, worst.reason, _proof(worst), *counts)
        if faults:
            return Row(requirement, Verdict.ERROR, faults[0].reason, _proof(faults[0]), *counts)
        if kept:
            example = min(kept, key=self._weight)
            return Row(requirement, Verdict.PASS, "", _proof(example), *counts)
        return _not_judged(requirement, judgements, concerned)

    def _weight(self, judgement: Judgement) -> tuple[int, ...]:
        """Order judgements as proof: what can be made again first, then what is shown the least."""
        found = judgement.exchanges
        if not found:
            return (0, 0, 0)
        named = {str(v) for exchange in found for v in exchange.path_parameters.values()}
        smallest = min(exchange.weight for exchange in found)
        return (not named.isdisjoint(self._strange), len(found), *smallest)


class Fault(Judgement):
    """The check itself failed: the suite's fault, never the target's."""

    __slots__ = ()


def breach(requirement: Requirement, settings: Settings) -> Verdict:
    """Return what breaking a requirement means.

    A documented must is FAIL. A should, and what only the vendor's other pages or public clients
    say, is WARN; in the profile `observed` the latter is FAIL too, and with `strict` everything.
    """
    firm = requirement.source == "documented" or settings.profile == OBSERVED
    if settings.strict or (firm and requirement.level == "must"):
        return Verdict.FAIL
    return Verdict.WARN


def _arguments(requirement: Requirement) -> Mapping[str, object]:
    return requirement.check.arguments if requirement.check else {}


def fault(check: RegisteredCheck, error: Exception, *exchanges: Exchange) -> Fault:
    """Return the judgement that a check failed in itself."""
    reason = f"the check {check.name!r} failed in itself: {type(error).__name__}: {error}"
    return Fault(None, reason, exchanges)


def _is_breach(judgement: Judgement) -> bool:
    """A breach needs an answer that breaks something; without any the network is to blame."""
    found = judgement.exchanges
    answered = not found or any(exchange.received is not None for exchange in found)
    return judgement.kept is False and answered


def _proof(judgement: Judgement) -> tuple[Exchange, ...]:
    return judgement.exchanges[:MOST_EXCHANGES]


def _not_judged(
    requirement: Requirement, judgements: Sequence[Judgement], concerned: Sequence[Exchange]
) -> Row:
    unanswered = [e for j in judgements for e in j.exchanges if e.failure]
    if not any(exchange.received for exchange in concerned):
        unanswered += [exchange for exchange in concerned if exchange.failure]
    if unanswered:
        first = unanswered[0]
        return Row(requirement, Verdict.ERROR, first.failure or "", (first,))
    reasons = [judgement.reason for judgement in judgements if judgement.reason]
    return Row(requirement, Verdict.SKIP, reasons[0] if reasons else NOTHING_SEEN)
