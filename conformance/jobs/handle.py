"""A job as a request names it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.contracts.naming import takes
from specs import Operation


@dataclass(frozen=True, slots=True)
class Handle:
    """A job by its id, and by the other parameters that its requests carry."""

    id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ours: bool = False

    def own(self, operation: Operation) -> dict[str, Any]:
        """Return the parameters that the job was made with; other optional ones are left out.

        Values that do for new jobs may belong to others.
        """
        optional = {p["name"]: None for p in operation.parameters if not p.get("required")}
        own = {key: v for key, v in self.parameters.items() if takes(operation, key)}
        return {**optional, **own}
