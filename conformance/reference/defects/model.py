"""What a planted defect and a legal variant are."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

VENDOR_OF: Mapping[str, str] = MappingProxyType(
    {"td": "talkdesk", "c1": "clinicalone", "ec": "energycap"}
)
# Variants of HTTP itself, which every vendor has; the ids are `<prefix>-free-<name>`.
_TRANSPORT: Mapping[str, str] = MappingProxyType(
    {
        "busy": "one request in twenty gets 429 and Retry-After",
        "down": "one request in twenty gets 503 and Retry-After",
        "gzip": "bodies are compressed for those who accept it",
        "chunked": "bodies are chunked, without a Content-Length",
        "whitespace": "JSON has generous white space",
        "more-fields": "every object has an unknown field",
        "more-headers": "answers have further headers",
        "json-charset": "JSON is announced with a charset",
    }
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

    ``requirements`` are the rows that must each detect it; where ``text`` opens with "implied:",
    the documents imply the rule. ``source`` and ``level`` say how sure the rule is: only a
    ``documented`` ``must`` makes a target fail in the documented profile.
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


@dataclass(frozen=True)
class Variant(_Switch):
    """One unusual but legal behaviour, which no requirement may report."""

    id: str
    text: str


def transport_variants(prefix: str) -> tuple[Variant, ...]:
    """The variants of HTTP itself, for the vendor with this prefix."""
    return tuple(Variant(f"{prefix}-free-{name}", text) for name, text in _TRANSPORT.items())
