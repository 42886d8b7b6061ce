"""A Hypothesis state machine over a vendor's lifecycle: many jobs, interleaved at random."""

from collections.abc import Callable
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
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
OBSERVE: Final = "look"
ACTIONS: Final = ("fetch", "start", "delete", "cancel")
MAX_JOBS: Final = 5
# Which of the machine's jobs a rule means; fewer jobs than that are counted round.
JOB_INDEX: Final = st.integers(min_value=0, max_value=7)
# Seconds of the target's time: moved by a control URL, else really waited.
PAUSES: Final = {True: (1.0, 4.0, 12.0, 45.0), False: (0.02, 0.1, 0.3)}


class LifecycleActions:
    """What the rules do. A broken rule is no error here: judges see the exchanges afterwards.

    Each draw is the same whatever the target answers, for Hypothesis asks for that; a rule that
    finds nothing to do does nothing.
    """

    def __init__(self, pilot: JobClient) -> None:
        self.pilot = pilot
        self.budget_error: BudgetExceeded | None = None
        self._handles: list[JobRef] = []

    def reset(self) -> None:
        """Forget the jobs of the walk before."""
        self._handles.clear()

    def create(self, asked: OperationRequest) -> None:
        """Create a job, if there are not many yet."""
        if len(self._handles) < MAX_JOBS:
            self._guarded(lambda: self._keep(self.pilot.create(self._renewed(asked))))

    def _renewed(self, asked: OperationRequest) -> OperationRequest:
        return self.pilot.factory.with_fresh_unique_values(asked)

    def _keep(self, handle: JobRef | None) -> None:
        if handle is not None:
            self._handles.append(handle)

    def act(self, part: str, which: int) -> None:
        """Ask for a part of the lifecycle between two looks, so that the state is known."""
        self._on_job(which, self.pilot.poll)
        if part != OBSERVE:
            self._on_job(which, lambda handle: self.pilot.perform(part, handle))
            self._on_job(which, self.pilot.poll)

    def wait(self, seconds: float) -> None:
        """Let time pass at the target."""
        self._guarded(lambda: self.pilot.client.wait(seconds))

    def _on_job(self, which: int, do: Callable[[JobRef], object]) -> None:
        if self._handles:
            self._guarded(lambda: do(self._handles[which % len(self._handles)]))

    def _guarded(self, do: Callable[[], object]) -> None:
        if self.budget_error is not None:
            return
        try:
            do()
        except NotPermitted:
            return
        except BudgetExceeded as reason:
            self.budget_error = reason


def lifecycle_state_machine(walk: LifecycleActions) -> type[RuleBasedStateMachine]:
    """Return a state machine whose moves are the parts of the lifecycle."""
    pilot = walk.pilot

    def begin(self: RuleBasedStateMachine) -> None:
        RuleBasedStateMachine.__init__(self)
        walk.reset()

    create = pilot.factory.strategy(pilot.lifecycle.actions["create"].operation)
    pauses = st.sampled_from(PAUSES[pilot.client.has_control])
    parts = st.sampled_from([OBSERVE, *(part for part in ACTIONS if pilot.supports(part))])
    steps: dict[str, Any] = {
        "__init__": begin,
        # Hypothesis leaves rules out of whole examples, but never what initialises.
        "first": _rule("first", lambda _, asked: walk.create(asked), initialize, asked=create),
        "second": _rule("second", lambda _, asked: walk.create(asked), initialize, asked=create),
        # The simplest example takes the first rule by name again and again: this one costs least.
        "a_pause": _rule("a_pause", lambda _, seconds: walk.wait(seconds), seconds=pauses),
        "create": _rule("create", lambda _, asked: walk.create(asked), asked=create),
        "move": _rule("move", _moves(walk), part=parts, which=JOB_INDEX),
        "move_again": _rule("move_again", _moves(walk), part=parts, which=JOB_INDEX),
    }
    return type("Life", (RuleBasedStateMachine,), steps)


def _moves(walk: LifecycleActions) -> Callable[[Any, str, int], None]:
    return lambda _, part, which: walk.act(part, which)


def _rule(name: str, step: Callable[..., None], kind: Any = rule, **draws: Any) -> Any:
    step.__name__ = name
    return kind(**draws)(step)


def run_state_machine(walk: LifecycleActions, seed: int, effort: Effort) -> None:
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
    run_state_machine_as_test(
        hypothesis.seed(seed)(lifecycle_state_machine(walk)), settings=settings
    )
    if walk.budget_error is not None:
        raise walk.budget_error
