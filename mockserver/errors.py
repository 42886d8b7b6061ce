"""The exceptions of the mock; a vendor's module renders ApiError as that vendor's error body.

Exception
├── ApiError              an error response of the vendor's API
├── ContractViolation     a response of the mock that violates the contract: a 500 with the reason
├── ServiceUnavailable    a dependency (the store) is unavailable: a 503
└── ConfigurationError    invalid settings or fixtures: exit code 2
"""

from contextvars import ContextVar

ASKED_AT: ContextVar[float] = ContextVar("ASKED_AT")
"""When the work that runs was asked for (`time.monotonic`); it may have waited for a thread."""


class ApiError(Exception):
    """A rejected request, answered with an error in the vendor's format.

    `message` is a sentence for people. `field` names the invalid parameter or body member,
    `reason` says what is wrong with it; `code` is the vendor's error code, derived by the vendor's
    module from the status if None. `headers` are added to the response.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        field: str | None = None,
        reason: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.field = field
        self.reason = reason
        self.code = code
        self.headers = headers or {}

    @classmethod
    def for_field(
        cls, field: str, reason: str, status: int = 400, code: str | None = None
    ) -> "ApiError":
        """Return the error of an invalid parameter or body member; its message is both."""
        end = "" if reason.endswith("?") else "."
        return cls(status, f"{field} {reason}{end}", field=field, reason=reason, code=code)

    def __str__(self) -> str:
        return f"{self.status} {self.message}"


class ContractViolation(Exception):  # noqa: N818
    """A response of the mock violates its contract; the text names the location and reason."""


class ServiceUnavailable(Exception):  # noqa: N818
    """A dependency of the mock is unavailable; the text is the reason, without secrets."""


class ConfigurationError(Exception):
    """A setting or fixture is invalid; the text names it and how to correct it."""
