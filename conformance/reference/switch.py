"""What a switch is: a planted defect, or a freedom that the documents leave."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """One promise that the app breaks on purpose.

    ``statements`` are the numbered statements it breaks; where ``text`` opens with
    "implied:", they are the nearest ones. ``source`` and ``level`` say how sure the rule is:
    only a ``documented`` ``must`` makes a target fail in the documented profile.
    """

    id: str
    vendor: str
    text: str
    statements: tuple[str, ...]
    requirements: tuple[str, ...] = ()
    source: str = "documented"
    level: str = "must"


@dataclass(frozen=True, slots=True)
class Variant:
    """One unusual but legal behaviour, which nobody may accuse."""

    id: str
    vendor: str
    text: str
