"""A Hypothesis state machine over a vendor's lifecycle: many jobs, interleaved at random."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conformance.checks import CheckResult
from conformance.errors import BudgetExceeded, NotPermitted
from conformance.evaluation.evaluator import MAX_EXCHANGES, Evaluator
from conformance.http import Exchange
from conformance.job_client import JobClient, JobRef
from conformance.request_data import OperationRequest
from conformance.settings import Effort
from conformance.target.tracker import JobHistory
from specs import Requirement

# The first example is always the simplest one, in which nothing happens.
EXAMPLES: Final = {Effort.QUICK: 2, Effort.DEFAULT: 3, Effort.DEEP: 12}
STEPS: Final = {Effort.QUICK: 8, Effort.DEFAULT: 25, Effort.DEEP: 50}
POLL: Final = "poll"
ACTIONS: Final = ("fetch", "start", "delete", "cancel")
MAX_JOBS: Final = 5
# How many broken requirements are shrunk; requests and seconds for each. At a target with a quota
# nothing is: its jobs are too dear.
MAX_SHRUNK: Final = 3
SHRUNK_EXAMPLES: Final = 30
MAX_REQUESTS: Final = 300
# By whether there is a control URL; with one, time is that of the machine alone.
MAX_SECONDS: Final = {True: 60.0, False: 5.0}
# Seconds of the target's time: moved by a control URL, else really waited.
PAUSES: Final = {True: (1.0, 4.0, 12.0, 45.0), False: (0.02, 0.1, 0.3)}

NewJobs = MultipleResults[JobRef] | JobRef


class LifecycleMachine(RuleBasedStateMachine):
    """What may be done to jobs, in any order; `lifecycle_machine` binds it to a target.

    A rule that may not be tried does nothing. Once the budget is used up, none does anything. The
    requirement that `shrinking` names holds after each step.
    """

    jobs: Bundle[JobRef] = Bundle("jobs")
    client: JobClient
    budget_error: BudgetExceeded | None = None
    shrinking: "Shrinking | None" = None

    def __init__(self) -> None:
        super().__init__()
        self.created: list[JobRef] = []
        self._before = len(self.client.client.exchanges)

    def create_job(self, request: OperationRequest) -> NewJobs:
        """Create a job; return it for the bundle, or nothing if none came of it."""
        fresh = self.client.factory.with_fresh_unique_values(request)
        job: JobRef | None = self._try(lambda: self.client.create(fresh))
        if job is None:
            return multiple()
        self.created.append(job)
        return job

    def act(self, job: JobRef, action: str) -> None:
        """Poll; any other action between two polls, so that the state it met is known."""
        self._try(lambda: self.client.poll(job))
        if action != POLL:
            self._try(lambda: self.client.perform(action, job))
            self._try(lambda: self.client.poll(job))

    def wait(self, seconds: float) -> None:
        """Let time pass at the target."""
        self._try(lambda: self.client.client.wait(seconds))

    @invariant()
    def only_own_jobs_are_touched(self) -> None:
        """The machine acts on what it created, so that it cannot harm anything else."""
        assert all(job.ours for job in self.created)

    @invariant()
    def requirement_holds(self) -> None:
        """No sequence of requests violates the requirement whose failure is shrunk."""
        if self.shrinking is not None and not self.shrinking.is_spent():
            ids = {job.id for job in self.created}
            self.shrinking.check(self.client.client.exchanges[self._before :], ids)

    def _try(self, request: Callable[[], Any]) -> Any:
        spent = self.shrinking is not None and self.shrinking.is_spent()
        if type(self).budget_error is not None or spent:
            return None
        try:
            return request()
        except NotPermitted:
            return None
        except BudgetExceeded as reason:
            type(self).budget_error = reason
            return None


class Shrinking:
    """Looks for the shortest sequence of requests that violates a requirement.

    Once its requests or its time are used up, it finds nothing more.
    """

    def __init__(self, client: JobClient, evaluator: Evaluator, requirement: Requirement) -> None:
        self.shortest: CheckResult | None = None
        self._client = client.client
        self._evaluator = evaluator
        self._requirement = requirement
        self._length = 0
        self._before = len(self._client.exchanges)
        self._started = self._client.budget.clock.now()

    def is_spent(self) -> bool:
        """Return True if nothing more may be sent."""
        sent = len(self._client.exchanges) - self._before
        return (
            sent >= MAX_REQUESTS
            or self._client.budget.clock.now() - self._started
            >= MAX_SECONDS[self._client.has_control]
        )

    def check(self, exchanges: Sequence[Exchange], ids: set[str]) -> None:
        """Look at one sequence of requests and its jobs.

        Raises:
            AssertionError: they violate the requirement.
        """
        jobs = [job for job in self._client.jobs if job.id in ids]
        for requirement, result in self._evaluator.history_failures(exchanges, jobs):
            if requirement.id == self._requirement.id:
                if self.shortest is None or len(exchanges) < self._length:
                    self._length = len(exchanges)
                    sequence = _sequence(exchanges, jobs, result)
                    self.shortest = CheckResult(False, result.reason, sequence)
                raise AssertionError(f"{requirement.id}: {result.reason}")


def _sequence(
    exchanges: Sequence[Exchange], jobs: Sequence[JobHistory], result: CheckResult
) -> tuple[Exchange, ...]:
    """Return the last exchanges that created or named a job of the evidence, with the evidence."""
    evidence = {exchange.number for exchange in result.exchanges}
    named = {str(v) for e in result.exchanges for v in e.path_parameters.values()}
    about = {job.id: job.creation for job in jobs if job.id in named}
    evidence |= {creation.number for creation in about.values() if creation is not None}
    sequence = [
        exchange
        for exchange in exchanges
        if exchange.number in evidence
        or not about.keys().isdisjoint(str(v) for v in exchange.path_parameters.values())
    ]
    return tuple(sequence[-MAX_EXCHANGES:])


def lifecycle_machine(client: JobClient) -> type[LifecycleMachine]:
    """Return the state machine of a target: its requests, its actions, its time."""
    bound = client
    requests = client.factory.strategy(client.lifecycle.actions["create"].operation)
    actions = st.sampled_from([POLL, *(action for action in ACTIONS if client.supports(action))])
    pauses = st.sampled_from(PAUSES[client.client.has_control])

    class TargetMachine(LifecycleMachine):
        client = bound
        jobs = LifecycleMachine.jobs

        # Hypothesis leaves rules out of whole examples, but never what initialises.
        @initialize(target=jobs, request=requests)
        def create_first(self, request: OperationRequest) -> NewJobs:
            return self.create_job(request)

        @initialize(target=jobs, request=requests)
        def create_second(self, request: OperationRequest) -> NewJobs:
            return self.create_job(request)

        # The simplest example takes the first rule by name again and again: this one costs least.
        @rule(seconds=pauses)
        def a_pause(self, seconds: float) -> None:
            self.wait(seconds)

        @precondition(lambda self: len(self.created) < MAX_JOBS)
        @rule(target=jobs, request=requests)
        def create(self, request: OperationRequest) -> NewJobs:
            return self.create_job(request)

        @rule(job=jobs, action=actions)
        def perform(self, job: JobRef, action: str) -> None:
            self.act(job, action)

        # Twice: whole examples without a rule that acts would show nothing.
        @rule(job=jobs, action=actions)
        def perform_again(self, job: JobRef, action: str) -> None:
            self.act(job, action)

    return TargetMachine


def run_state_machine(client: JobClient, seed: int, effort: Effort) -> None:
    """Run the machine; the same seed draws the same steps.

    Raises:
        BudgetExceeded: the requests or the time of the run were used up on the way.
    """
    machine = lifecycle_machine(client)
    _run(machine, seed, EXAMPLES[effort], STEPS[effort], (Phase.generate,))


def shrink_histories(client: JobClient, seed: int, effort: Effort, evaluator: Evaluator) -> None:
    """Assert what histories have violated in more runs, so that Hypothesis shrinks the steps.

    `evaluator` gets the shortest sequences as evidence. At a target with a quota of jobs nothing is
    shrunk.

    Raises:
        BudgetExceeded: the requests or the time of the run were used up on the way.
    """
    if client.client.quota.max_created is not None:
        return
    broken = [*evaluator.history_failures(client.client.exchanges, client.client.jobs)]
    for requirement, _ in broken[:MAX_SHRUNK]:
        machine = lifecycle_machine(client)
        machine.shrinking = shrinking = Shrinking(client, evaluator, requirement)
        # The first is what was looked for; the second, that the requests were spent, or luck.
        with suppress(AssertionError, Flaky):
            phases = (Phase.generate, Phase.shrink)
            _run(machine, seed, SHRUNK_EXAMPLES, STEPS[effort], phases)
        if shrinking.shortest is not None:
            evaluator.prefer(requirement, shrinking.shortest)


def _run(
    machine: type[LifecycleMachine], seed: int, examples: int, steps: int, phases: Sequence[Phase]
) -> None:
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        derandomize=False,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=settings)
    if machine.budget_error is not None:
        raise machine.budget_error
