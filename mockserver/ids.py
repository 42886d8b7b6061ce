"""Ids and random generators determined by the seed, the sandbox and a counter."""

from hashlib import blake2b
from random import Random

_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""First digits of a UUID's fourth group for the variant of RFC 9562, by random digit."""


class Ids:
    """Ids of one sandbox, determined by seed, sandbox, kind and number."""

    __slots__ = ("_base",)

    def __init__(self, seed: int, sandbox: str) -> None:
        self._base = blake2b(f"{seed}\0{sandbox}\0".encode(), digest_size=16)

    def hex(self, kind: str, n: int) -> str:
        """Return 32 upper-case hexadecimal digits."""
        return self._digest(kind, n).hex().upper()

    def uuid(self, kind: str, n: int) -> str:
        """Return a lower-case UUID in the format of version 4."""
        digits = self._digest(kind, n).hex()  # `UUID` takes three times as long
        fourth = _VARIANTS[digits[16]] + digits[17:20]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{fourth}-{digits[20:]}"

    def random(self, kind: str, n: int) -> Random:
        """Return a random generator of its own for `kind` and `n`."""
        return Random(self._digest(kind, n))

    def _digest(self, kind: str, n: int) -> bytes:
        mixed = self._base.copy()
        mixed.update(f"{kind}\0{n}".encode())
        return mixed.digest()
