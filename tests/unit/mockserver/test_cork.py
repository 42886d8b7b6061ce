"""Head and body of a reply go out together, and nothing is held for longer than a moment."""

import asyncio
from collections.abc import Callable

from mockserver.cork import Cork

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Transport(asyncio.Transport):
    """Notes what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[bytes | str] = []

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.done.append(data)

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        self.done.append("abort")

    def write_eof(self) -> None:
        self.done.append("eof")


def after(act: Callable[[Cork], None], *, turns: int = 0) -> list[bytes | str]:
    """Return what reached the transport after `act` and some turns of the loop."""

    async def run() -> list[bytes | str]:
        transport = Transport()
        act(Cork(transport, asyncio.get_running_loop()))
        for _ in range(turns):
            await asyncio.sleep(0)
        return list(transport.done)

    return asyncio.run(run())


def write(*parts: bytes) -> Callable[[Cork], None]:
    def act(cork: Cork) -> None:
        for part in parts:
            cork.write(part)

    return act


def test_head_and_body_are_one_write() -> None:
    assert after(write(HEAD, b"ok"), turns=2) == [HEAD + b"ok"]


def test_two_replies_are_two_writes() -> None:
    assert after(write(HEAD, b"ok", HEAD, b"ok"), turns=2) == [HEAD + b"ok"] * 2


def test_head_alone_goes_at_the_next_turn() -> None:
    assert after(write(HEAD)) == []
    assert after(write(HEAD), turns=2) == [HEAD]


def test_chunks_are_not_held() -> None:
    assert after(write(HEAD, b"a", b"b", b"c")) == [HEAD + b"a", b"b", b"c"]


def test_whole_reply_in_one_write_is_not_held() -> None:
    assert after(write(HEAD + b"ok")) == [HEAD + b"ok"]


def test_close_and_end_send_the_head_first() -> None:
    def close(cork: Cork) -> None:
        cork.write(HEAD)
        cork.close()

    def end(cork: Cork) -> None:
        cork.write(HEAD)
        cork.write_eof()

    assert after(close, turns=2) == [HEAD, "close"]
    assert after(end, turns=2) == [HEAD, "eof"]


def test_the_rest_is_the_transports_own() -> None:
    assert after(lambda cork: cork.abort()) == ["abort"]
