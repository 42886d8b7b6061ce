"""Whose turn it is, by number."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turns:
    """Numbers from 1 that are meant: those that fit in all that is not None.

    `nth` is only that one, `after` those behind so many, `every` those whose number it divides.
    """

    nth: int | None = None
    after: int | None = None
    every: int | None = None

    def __contains__(self, number: int) -> bool:
        return (
            self.nth in (None, number)
            and (self.after is None or number > self.after)
            and (self.every is None or number % self.every == 0)
        )
