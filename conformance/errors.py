"""What can go wrong between the suite and the target, in plain words.

SuiteError
├── UsageError         the command, the target file or a setting is wrong: exit 2
├── TargetUnavailable  the target cannot be reached or refuses the credentials: exit 3
├── NotPermitted       the suite may not send this: read-only, somebody else's thing, no consent
│   └── QuotaExceeded  … or it would make more things than the target file allows
├── BudgetExceeded     the requests or the time of the run are used up
└── NetworkFailure     no whole answer came
    ├── Timeout     … in time
    └── Overloaded  … but 429 or 503, however long it was waited
"""


class SuiteError(Exception):
    """The root of the suite's own errors; the text is meant for the user."""


class UsageError(SuiteError):
    """The command, the target file or a setting is wrong; the text names the way out."""


class TargetUnavailable(SuiteError):  # noqa: N818
    """The target cannot be judged: unreachable, or it refuses the credentials."""


class NotPermitted(SuiteError):  # noqa: N818  (no error: the suite keeps its promise)
    """The suite may not send this: read-only, somebody else's thing, or no consent."""


class QuotaExceeded(NotPermitted):
    """The run has made as many things as the target file allows."""


class BudgetExceeded(SuiteError):  # noqa: N818
    """The requests or the time of the run are used up."""


class NetworkFailure(SuiteError):  # noqa: N818
    """No whole answer came; `repeatable` tells whether a second attempt may help."""

    def __init__(self, reason: str, *, repeatable: bool = True) -> None:
        super().__init__(reason)
        self.repeatable = repeatable


class Timeout(NetworkFailure):
    """No whole answer came in time."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, repeatable=False)


class Overloaded(NetworkFailure):
    """Nothing but 429 or 503 came, however long it was waited."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, repeatable=False)
