"""Names and chance that depend on nothing but the seed, the sandbox and a count."""

from hashlib import blake2b
from random import Random

_VARIANTS = "89ab"
"""What the first digit of a UUID's fourth part may be, by RFC 9562."""


class Ids:
    """Ids of one sandbox: the same seed, sandbox, kind and number give the same id for ever."""

    __slots__ = ("_base",)

    def __init__(self, seed: int, sandbox: str) -> None:
        self._base = blake2b(f"{seed}\0{sandbox}\0".encode(), digest_size=16)

    def hex(self, kind: str, n: int) -> str:
        """Return 32 upper-case hexadecimal digits."""
        return self._digest(kind, n).hex().upper()

    def uuid(self, kind: str, n: int) -> str:
        """Return a lower-case UUID (of version 4 by its looks)."""
        digits = self._digest(kind, n).hex()  # `UUID` would say the same, in three times the time
        variant = _VARIANTS[int(digits[16], 16) & 3]
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )

    def random(self, kind: str, n: int) -> Random:
        """Return a source of chance that nothing else draws from."""
        return Random(self._digest(kind, n))

    def _digest(self, kind: str, n: int) -> bytes:
        mixed = self._base.copy()
        mixed.update(f"{kind}\0{n}".encode())
        return mixed.digest()
