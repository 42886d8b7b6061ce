"""The exceptions of the suite; their texts are meant for the user.

SuiteError
├── UsageError         the command, the target file or a setting is wrong: exit 2
├── TargetUnavailable  the target cannot be reached or rejects the credentials: exit 3
├── InternalError      the suite crashed: exit 3
├── NotPermitted       the target's write policy forbids the request: read-only, foreign, no consent
│   └── QuotaExceeded  … or it would create more than the target file allows
├── Untestable         the target has nothing to test a requirement with
├── BudgetExceeded     the requests or the time of the run are used up
└── NetworkFailure     no complete response came
    ├── Timeout        … in time
    └── Overloaded     … but 429 or 503, again and again
"""

import traceback
from pathlib import Path
from typing import Final

MAX_CRASH_TEXT: Final = 200


class SuiteError(Exception):
    """The root of the suite's exceptions."""


class UsageError(SuiteError):
    """The command, the target file or a setting is wrong; the text names the field and the fix."""


class TargetUnavailable(SuiteError):  # noqa: N818
    """The target cannot be judged: it cannot be reached, or it rejects the credentials."""


class InternalError(SuiteError):
    """The suite itself crashed: nothing is said of the target."""


def describe_missing_module(error: ModuleNotFoundError) -> str:
    """Return what to install where the package is there without the suite's dependencies."""
    return f"{error.name} is not installed: pip install 'report-contracts[conformance]'"


def describe_crash(error: BaseException) -> str:
    """Return in one line what happened and where, and that the suite is at fault."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split())[:MAX_CRASH_TEXT]
    return (
        f"this is a fault of the suite, not of the target: {type(error).__name__}: {text}{where}."
    )


class NotPermitted(SuiteError):  # noqa: N818
    """The write policy forbids a request: read-only target, foreign resource, or no consent."""


class QuotaExceeded(NotPermitted):
    """The run has created as much as the target file allows."""


class Untestable(SuiteError):  # noqa: N818
    """The target has nothing to test a requirement with; the text is the reason of its SKIP."""


class BudgetExceeded(SuiteError):  # noqa: N818
    """The requests or the time of the run are used up."""


class NothingPending(BudgetExceeded):
    """Every requirement of the run has failed: no further request can change a verdict."""


class NetworkFailure(SuiteError):  # noqa: N818
    """No complete response came.

    `repeatable` is True where another attempt may help, `sent` False where the request cannot have
    reached the target.
    """

    def __init__(self, reason: str, *, repeatable: bool = True, sent: bool = True) -> None:
        super().__init__(reason)
        self.repeatable = repeatable
        self.sent = sent


class Timeout(NetworkFailure):
    """No complete response came in time."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, repeatable=False)


class Overloaded(NetworkFailure):
    """Only 429 or 503 came, however long the suite waited."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, repeatable=False)
