"""What the mock refuses, and why; a vendor's module turns it into that vendor's error body.

Exception
├── ApiError              an answer with a 4xx status: the caller is at fault
├── ContractViolation     an answer of ours that breaks the contract: a 500 that names the reason
├── ServiceUnavailable    what the mock needs cannot be used at present: a 503
└── ConfigurationError    settings or fixtures that cannot work: exit code 2
"""


class ApiError(Exception):
    """A request that gets an error of the vendor's own shape; raised anywhere below the server.

    `message` is a sentence for a person. `field` names the parameter or body member at fault,
    `reason` says what is wrong with it; `code` is the vendor's own word for the error, chosen by
    the vendor's module from the status where it is None. `headers` go with the answer.
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

    def __str__(self) -> str:
        return f"{self.status} {self.message}"


class ContractViolation(Exception):  # noqa: N818
    """A reply of the mock that its contract does not allow; the text names the place and reason."""


class ServiceUnavailable(Exception):  # noqa: N818
    """What the mock needs cannot be used at present; the text is the reason, free of secrets."""


class ConfigurationError(Exception):
    """A setting or a fixture that cannot work; the text names it and the way out."""
