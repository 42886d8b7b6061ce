"""A Hypothesis state machine over a vendor's lifecycle: many jobs, interleaved at random."""

from collections.abc import Callable
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from conformance.asked import Asked
from conformance.failures import BudgetSpent, Refused
from conformance.pilot import Handle, Pilot
from conformance.settings import Effort

# The first example is always the simplest one, in which nothing happens.
EXAMPLES: Final = {Effort.QUICK: 2, Effort.DEFAULT: 3, Effort.DEEP: 12}
STEPS: Final = {Effort.QUICK: 8, Effort.DEFAULT: 25, Effort.DEEP: 50}
# Which of the machine's jobs a rule means; fewer jobs than that are counted round.
WHICH: Final = st.integers(min_value=0, max_value=7)
# Seconds of the target's time: moved by a control URL, else really waited.
PAUSES: Final = {True: (1.0, 4.0, 12.0, 45.0), False: (0.02, 0.1, 0.3)}


class Walk:
    """What the rules do. A broken rule is no error here: judges see the exchanges afterwards.

    Each draw is the same whatever the target answers, for Hypothesis asks for that; a rule that
    finds nothing to do does nothing.
    """

    def __init__(self, pilot: Pilot) -> None:
        self.pilot = pilot
        self.spent: BudgetSpent | None = None
        self._handles: list[Handle] = []

    def begin(self) -> None:
        """Forget the jobs of the walk before."""
        self._handles.clear()

    def create(self, asked: Asked) -> None:
        """Create a job."""
        self._guarded(lambda: self._keep(self.pilot.create(self.pilot.requests.renewed(asked))))

    def _keep(self, handle: Handle | None) -> None:
        if handle is not None:
            self._handles.append(handle)

    def poll(self, which: int) -> None:
        """Look at a job."""
        self._with(which, self.pilot.poll)

    def ask(self, role: str, which: int) -> None:
        """Ask for a part of the lifecycle between two looks, so that the state is known."""
        self._with(which, self.pilot.poll)
        self._with(which, lambda handle: self.pilot.ask(role, handle))
        self._with(which, self.pilot.poll)

    def wait(self, seconds: float) -> None:
        """Let time pass at the target."""
        self._guarded(lambda: self.pilot.client.wait(seconds))

    def _with(self, which: int, do: Callable[[Handle], object]) -> None:
        if self._handles:
            self._guarded(lambda: do(self._handles[which % len(self._handles)]))

    def _guarded(self, do: Callable[[], object]) -> None:
        if self.spent is not None:
            return
        try:
            do()
        except Refused:
            return
        except BudgetSpent as reason:
            self.spent = reason


def machine(walk: Walk) -> type[RuleBasedStateMachine]:
    """Return a state machine with a rule for each part of the lifecycle."""
    pilot = walk.pilot

    def begin(self: RuleBasedStateMachine) -> None:
        RuleBasedStateMachine.__init__(self)
        walk.begin()

    create = pilot.requests.strategy(pilot.lifecycle.roles["create"].operation)
    pauses = st.sampled_from(PAUSES[pilot.client.has_control])
    steps: dict[str, Any] = {
        "__init__": begin,
        "create": _rule("create", lambda _, asked: walk.create(asked), asked=create),
        # The simplest example takes the first rule by name again and again: a look costs nothing.
        "a_look": _rule("a_look", lambda _, which: walk.poll(which), which=WHICH),
        "wait": _rule("wait", lambda _, seconds: walk.wait(seconds), seconds=pauses),
    }
    for role in ("fetch", "start", "delete", "cancel"):
        if pilot.has(role):
            steps[role] = _rule(role, _asks(walk, role), which=WHICH)
    return type("Life", (RuleBasedStateMachine,), steps)


def _asks(walk: Walk, role: str) -> Callable[[Any, int], None]:
    return lambda _, which: walk.ask(role, which)


def _rule(name: str, step: Callable[..., None], **draws: Any) -> Any:
    step.__name__ = name
    made: Any = rule(**draws)
    return made(step)


def walk_at_random(walk: Walk, seed: int, effort: Effort) -> None:
    """Run the machine; the same seed draws the same steps.

    Raises:
        BudgetSpent: the requests or the time of the run were used up on the way.
    """
    settings = hypothesis.settings(
        max_examples=EXAMPLES[effort],
        stateful_step_count=STEPS[effort],
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(hypothesis.seed(seed)(machine(walk)), settings=settings)
    if walk.spent is not None:
        raise walk.spent
