"""What a planted defect and a legal variant are."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

VENDOR_OF: Mapping[str, str] = MappingProxyType(
    {"td": "talkdesk", "c1": "clinicalone", "ec": "energycap"}
)
# Variants of HTTP and JSON, which every vendor has; the ids are `<prefix>-free-<name>`.
_TRANSPORT: Mapping[str, str] = MappingProxyType(
    {
        "documented-only": "every operation but the documented ones is a 404",
        "busy": "one request in twenty gets 429 and Retry-After",
        "busy-bare": "one request in twenty gets 429 without Retry-After",
        "busy-date": "one request in twenty gets 429 and a date that has passed as Retry-After",
        "down": "one request in twenty gets 503 and Retry-After",
        "down-bare": "one request in twenty gets 503 without Retry-After",
        "early-hints": "103 comes before each response",
        "http10": "responses are HTTP/1.0",
        "header-case": "header names are in lower case",
        "gzip": "bodies are compressed for those who accept it",
        "gzip-members": "compressed bodies have two gzip members",
        "chunked": "bodies are chunked, without a Content-Length",
        "whitespace": "JSON has generous white space",
        "more-fields": "every object has an unknown field",
        "more-headers": "answers have further headers",
        "members-reversed": "the members of objects come in another order",
        "float-integers": "integers are written as 1.0",
        "lone-surrogates": "an unknown member of every object holds a lone surrogate",
        "escaped": "every character of a JSON string is escaped",
        "byte-order-mark-json": "a byte order mark precedes JSON",
        "json-charset": "JSON is announced with a charset",
        "media-type-case": "media types are in capitals",
    }
)
_NEED_SOCKET = frozenset({"early-hints", "http10"})


class _Switch:
    """Something that the reference app does only when its id is switched on."""

    id: str

    @property
    def vendor(self) -> str:
        """The vendor, which the prefix of the id names."""
        return VENDOR_OF[self.id.partition("-")[0]]


@dataclass(frozen=True)
class Defect(_Switch):
    """One rule that the app breaks on purpose.

    ``requirements`` are the rows that must each detect it. Where ``text`` opens with "implied:",
    the documents imply the rule. ``source`` and ``level`` say how sure the rule is: only a
    ``documented`` ``must`` fails a target in the documented profile.
    """

    id: str
    text: str
    requirements: tuple[str, ...]
    source: str = "documented"
    level: str = "must"


def defect(
    switch: str,
    text: str,
    *,
    requirements: str | tuple[str, ...],
    source: str = "documented",
    level: str = "must",
) -> Defect:
    """Return a defect; a single requirement may be a plain string."""
    rows = (requirements,) if isinstance(requirements, str) else requirements
    return Defect(switch, text, rows, source, level)


vendor_defect = partial(defect, source="vendor")
observed_defect = partial(defect, source="observed")
should_defect = partial(defect, level="should")


@dataclass(frozen=True)
class Variant(_Switch):
    """One unusual but legal behaviour, which no requirement may report; it may include others.

    ``needs_socket``: it does not show where the app is called without a connection.
    """

    id: str
    text: str
    includes: tuple[str, ...] = ()
    needs_socket: bool = False


def transport_variants(prefix: str) -> tuple[Variant, ...]:
    """The variants of HTTP itself, for the vendor with this prefix."""
    return tuple(
        Variant(f"{prefix}-free-{name}", text, needs_socket=name in _NEED_SOCKET)
        for name, text in _TRANSPORT.items()
    )
