"""A Hypothesis state machine over a vendor's lifecycle: many jobs, interleaved at random."""

from collections.abc import Callable
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
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

from conformance.errors import BudgetExceeded, NotPermitted
from conformance.job_client import JobClient, JobRef
from conformance.request_data.operation_request import OperationRequest
from conformance.settings import Effort

# The first example is always the simplest one, in which nothing happens.
EXAMPLES: Final = {Effort.QUICK: 2, Effort.DEFAULT: 3, Effort.DEEP: 12}
STEPS: Final = {Effort.QUICK: 8, Effort.DEFAULT: 25, Effort.DEEP: 50}
POLL: Final = "poll"
ACTIONS: Final = ("fetch", "start", "delete", "cancel")
MAX_JOBS: Final = 5
# Seconds of the target's time: moved by a control URL, else really waited.
PAUSES: Final = {True: (1.0, 4.0, 12.0, 45.0), False: (0.02, 0.1, 0.3)}

NewJobs = MultipleResults[JobRef] | JobRef


class LifecycleMachine(RuleBasedStateMachine):
    """What may be done to jobs, in any order; `lifecycle_machine` binds it to a target.

    A rule that the target answers wrongly raises nothing: checks judge the exchanges afterwards. A
    rule that may not be tried does nothing. Once the budget is used up, none does anything.
    """

    jobs: Bundle[JobRef] = Bundle("jobs")
    client: JobClient
    budget_error: BudgetExceeded | None = None

    def __init__(self) -> None:
        super().__init__()
        self.created: list[JobRef] = []

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

    def _try(self, request: Callable[[], Any]) -> Any:
        if type(self).budget_error is not None:
            return None
        try:
            return request()
        except NotPermitted:
            return None
        except BudgetExceeded as reason:
            type(self).budget_error = reason
            return None


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
    settings = hypothesis.settings(
        max_examples=EXAMPLES[effort],
        stateful_step_count=STEPS[effort],
        database=None,
        derandomize=False,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    machine = lifecycle_machine(client)
    run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=settings)
    if machine.budget_error is not None:
        raise machine.budget_error
