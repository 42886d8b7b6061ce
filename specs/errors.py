"""What can be wrong with a contract file.

SpecError
└── carries one SpecIssue or more: file, place, reason
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class SpecIssue:
    """One issue: the file, the place in it (a JSON pointer, an id or `line 3`), the reason."""

    file: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.reason}"


class SpecError(Exception):
    """A contract that cannot be used; the text has one line for each issue."""

    def __init__(self, issues: Iterable[SpecIssue]) -> None:
        self.issues = tuple(issues)
        super().__init__("\n".join(str(issue) for issue in self.issues))
