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
# Names of variants that decide the same thing, so that no two of a line show together.
_SAME_THING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "": (
            "busy busy-bare busy-date down down-bare create-429 create-503",
            "early-hints http10 gzip gzip-members chunked",
            "whitespace escaped byte-order-mark-json",
            "more-fields lone-surrogates",
            "json-charset media-type-case media-parameters octet-stream",
            "no-disposition bare-filename filename-star no-filename",
        ),
        "td": (
            "ok-at-done no-location absolute-location location-ticket location-other-host",
            "file-elsewhere file-302 file-hops file-unsigned file-other-host location-ticket",
            "file-elsewhere file-302 file-hops file-unsigned file-other-host location-other-host",
            "no-links absolute-links sparse-job create-flat",
            "skip-processing instant slow sometimes-fails file-later",
            "plain-ids opaque-ids digit-ids long-ids",
            "error-bare error-full create-no-message create-503",
            "create-200 create-201",
        ),
        "c1": (
            "other-spelling both-spellings status-alone",
            "details-object no-details status-alone",
            "result-empty result-null status-alone",
            "error-codes status-alone",
            "status-success status-alone",
            "instant slow queued started-by-kickoff-alone sometimes-fails",
            "opaque-ids id-case",
            "create-flat-id create-plain-id",
        ),
        "ec": (
            "complete-at-once no-end slow partly",
            "date-only offset no-offset long-fraction",
            "error-text error-empty error-problem",
            "sparse-log null-creator null-members",
            "empty-group sparse-child null-members",
            "large-ids id-reused",
        ),
    }
)
# They leave little for a requirement to look at, so others would not show beside them.
_ALONE = frozenset(
    {"documented-only", "minimal", "empty-body", "empty-log", "all-fail", "fails-silently"}
)


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


def are_exclusive(one: str, other: str) -> bool:
    """Return True if two variants of a vendor would not both show in one app."""
    (prefix, _, first), (_, _, second) = one.partition("-free-"), other.partition("-free-")
    lines = (*_SAME_THING[""], *_SAME_THING[prefix])
    together = any({first, second} <= set(line.split()) for line in lines)
    return together or not _ALONE.isdisjoint({first, second})


def transport_variants(prefix: str) -> tuple[Variant, ...]:
    """The variants of HTTP itself, for the vendor with this prefix."""
    return tuple(
        Variant(f"{prefix}-free-{name}", text, needs_socket=name in _NEED_SOCKET)
        for name, text in _TRANSPORT.items()
    )
