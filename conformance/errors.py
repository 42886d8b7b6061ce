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

import json
import traceback
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

MAX_CRASH_TEXT: Final = 200
MAX_VALUE: Final = 60  # characters of a value in a reason
_TYPES: Final = MappingProxyType(
    {
        "string": "text",
        "integer": "an integer",
        "number": "a number",
        "boolean": "true or false",
        "object": "an object",
        "array": "a list",
    }
)
_FORMATS: Final = MappingProxyType(
    {"uri-reference": "a URI reference", "uri": "a URI", "int32": "an int32", "int64": "an int64"}
)
_LIMITS: Final = MappingProxyType(
    {
        "maximum": "at most {}",
        "minimum": "at least {}",
        "exclusiveMaximum": "less than {}",
        "exclusiveMinimum": "more than {}",
        "maxLength": "text of at most {} characters",
        "minLength": "text of at least {} characters",
        "maxItems": "a list of at most {} items",
        "minItems": "a list of at least {} items",
    }
)


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


def describe_schema_error(error: Any) -> str:
    """Return what a value is, and what is due in its place, without the words of a validator."""
    if error.kind.name == "required":
        return f"{error.kind.property!r} is missing"
    due = _due(error)
    return str(error.message) if due is None else f"{_shown(error.instance)} where {due} is due"


def _due(error: Any) -> str | None:
    """Return what a schema asks for, None where only the validator can say it."""
    kind = error.kind
    due: str | None = None
    match kind.name:
        case "type":
            types = sorted(kind.types, key=lambda type_: (type_ == "null", type_))
            due = " or ".join(_TYPES.get(type_, type_) for type_ in types)
        case "enum":
            due = f"one of {', '.join(map(_plain, kind.options))}"
        case "const":
            due = _plain(kind.expected_value)
        case "format":
            due = _FORMATS.get(kind.format, f"a {kind.format}")
        case "pattern":
            due = f"text of the form {kind.pattern}"
        case "anyOf" | "oneOf":
            due = " or ".join(dict.fromkeys(_alternative(errors[0]) for errors in kind.context))
        case name if name in _LIMITS:
            due = _LIMITS[name].format(kind.limit)
    return due


def _alternative(error: Any) -> str:
    if error.kind.name == "required":
        return f"an object with {error.kind.property!r}"
    return _due(error) or str(error.message)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: Any) -> str:
    """Return a value as JSON, an object or list by its kind alone."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"
