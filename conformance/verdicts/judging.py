"""From recorded exchanges and judgements to one verdict a requirement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from conformance.access.ledger import JobHistory
from conformance.checks.base import HistoryCase, JudgeCase, Kind, RegisteredCheck
from conformance.outcome import Judgement, Verdict
from conformance.settings import Settings
from conformance.traffic.exchange import Exchange
from conformance.verdicts.result import Row
from specs import OBSERVED, Contract, Requirement

NOTHING_SEEN = "nothing came up that this applies to"
MOST_EXCHANGES = 6


class Bench:
    """All judges of a run, over exchanges that are indexed by operation once."""

    def __init__(
        self,
        contract: Contract,
        checks: Mapping[str, RegisteredCheck],
        requirements: Sequence[Requirement],
        settings: Settings,
    ) -> None:
        self._contract = contract
        self._settings = settings
        self._strange: set[str] = set()
        self._checks = {
            requirement.id: checks[requirement.check.name]
            for requirement in requirements
            if requirement.check is not None
        }
        self._judged = [
            requirement
            for requirement in requirements
            if requirement.id in self._checks
            and self._checks[requirement.id].kind is Kind.JUDGE
            and requirement.source != "assumed"
        ]

    def objection(self, exchange: Exchange) -> str | None:
        """Return what the first judge with a complaint has against an exchange, or None."""
        for requirement in self._judged:
            if requirement.operation in {None, exchange.operation}:
                judgement = self._ask(requirement, exchange)
                if judgement is not None and judgement.kept is False:
                    return f"{requirement.id}: {judgement.reason}"
        return None

    def breach_in(self, requirement: Requirement, exchange: Exchange) -> str | None:
        """Tell how an exchange by itself breaks a requirement that a judge looks after."""
        if self._checks[requirement.id].kind is not Kind.JUDGE:
            return None
        judgement = self._ask(requirement, exchange)
        return judgement.reason if judgement is not None and judgement.kept is False else None

    def rows(
        self,
        requirements: Sequence[Requirement],
        skips: Mapping[str, str],
        probed: Mapping[str, Sequence[Judgement]],
        exchanges: Sequence[Exchange],
        jobs: Sequence[JobHistory],
    ) -> Iterator[Row]:
        """Yield a row for each requirement."""
        self._strange = {job.id for job in jobs if not job.created_by_us}
        by_operation: dict[str | None, list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            by_operation[exchange.operation].append(exchange)
        for requirement in requirements:
            if requirement.id in skips:
                yield Row(requirement, Verdict.SKIP, skips[requirement.id])
                continue
            concerned = exchanges
            if requirement.operation is not None:
                concerned = by_operation[requirement.operation]
            judgements = list(self._judgements(requirement, probed, concerned, exchanges, jobs))
            yield self._row(requirement, judgements, concerned)

    def _judgements(
        self,
        requirement: Requirement,
        probed: Mapping[str, Sequence[Judgement]],
        concerned: Sequence[Exchange],
        exchanges: Sequence[Exchange],
        jobs: Sequence[JobHistory],
    ) -> Iterator[Judgement]:
        check = self._checks[requirement.id]
        if check.kind is Kind.PROBE:
            yield from probed.get(requirement.id, ())
        elif check.kind is Kind.HISTORY:
            yield from self._ask_history(requirement, exchanges, jobs)
        else:
            for exchange in concerned:
                if exchange.received is not None or check.unanswered:
                    judgement = self._ask(requirement, exchange)
                    if judgement is not None:
                        yield judgement

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
        breaches = [j for j in judgements if j.kept is False and not _unanswered(j)]
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


def _unanswered(judgement: Judgement) -> bool:
    """A breach needs an answer that breaks something; without any the network is to blame."""
    found = judgement.exchanges
    return bool(found) and all(exchange.received is None for exchange in found)


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
