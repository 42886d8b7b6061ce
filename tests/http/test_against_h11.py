"""The mock's HTTP/1.1 against h11: the same requests, the same ends, the same refusals."""

import asyncio
from collections.abc import Iterator
from random import Random

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.http import _reference as reference
from tests.http._differences import STRICTER, Difference
from tests.http._memory import Observation, exchange, observe
from tests.http._reference import Reading
from tests.http._streams import mutate, split, streams

EXAMPLES, VARIANTS = 1_250, 8
"""Eight thousand raw streams, of which more than five thousand differ."""


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # half of asyncio's cost
        yield runner


def check(seen: Observation, read: Reading, raw: bytes, *, ended: bool) -> None:
    """Compare what the mock made of a stream with what the reference reads in it."""
    assert seen.messages == read.messages, read
    end = seen.end
    if read.end == "partial" and end == "refused" and not ended:  # sooner than h11, not otherwise
        assert reference.is_hopeless(raw, len(read.messages)), read
    else:
        ends = (
            {"idle": "closed", "partial": "refused"}
            if ended
            else dict.fromkeys(("idle", "partial"), "open")
        )
        assert end == ends.get(read.end, read.end), read
    refused = [400] if end == "refused" else []
    assert [min(status, 400) for status in seen.statuses] == [200] * len(read.messages) + refused
    assert all(status < 500 or status == 501 for status in seen.statuses)


@pytest.mark.parametrize("difference", STRICTER, ids=lambda row: row.rule)
def test_rfc_wins_where_h11_is_laxer(difference: Difference) -> None:
    raw = difference.example
    assert reference.is_taken_by_h11(raw)
    seen = observe([raw])
    assert (seen.messages, seen.end) == ((), "refused")
    assert seen.statuses == (difference.status,)


@settings(max_examples=EXAMPLES)
@given(stream=streams(), seed=st.integers(0, 2**32))
def test_both_read_the_same_requests(loop: asyncio.Runner, stream: bytes, seed: int) -> None:
    loop.run(read_variants(stream, Random(seed)))


async def read_variants(stream: bytes, chance: Random) -> None:
    for _ in range(VARIANTS):
        raw = mutate(stream, chance)
        ended = chance.random() < 0.5
        seen = await exchange(split(raw, chance), ended=ended, wait=chance.random() < 0.5)
        check(seen, reference.read(raw), raw, ended=ended)
