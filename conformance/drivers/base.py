"""What a driver is given: a driver sends requests and judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from conformance.access.client import Client
from conformance.access.target import Target
from conformance.settings import Effort
from specs import Contract


@dataclass(frozen=True, slots=True)
class DriverCase:
    """One run of a driver.

    `operations` are the operationIds that it is to exercise.
    """

    contract: Contract
    client: Client
    target: Target
    seed: int
    effort: Effort
    operations: Sequence[str]


class Driver(Protocol):
    """A driver is the function `drive` of a module in `conformance.drivers`.

    It may let `Refused` and `BudgetSpent` out: the runner goes on with the next step.
    """

    def __call__(self, case: DriverCase) -> None:
        """Send requests; `case.client` records every exchange."""
