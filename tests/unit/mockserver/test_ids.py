"""Ids follow from the seed, the sandbox, the kind and the number, and look as they should."""

from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from mockserver.ids import Ids


@given(st.integers(), st.text(max_size=20), st.text(max_size=20), st.integers(min_value=0))
def test_uuid_is_of_version_4_and_written_as_usual(
    seed: int, sandbox: str, kind: str, number: int
) -> None:
    text = Ids(seed, sandbox).uuid(kind, number)
    read = UUID(text)
    assert (str(read), read.version, read.variant) == (text, 4, RFC_4122)
    assert text == Ids(seed, sandbox).uuid(kind, number)
    assert text != Ids(seed, sandbox).uuid(kind, number + 1)
