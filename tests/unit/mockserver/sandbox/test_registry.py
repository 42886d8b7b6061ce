"""Sandboxes: apart from each other, put back, deleted, and expired when idle."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mockserver.clock import ORIGIN, ClockSettings, Mode
from mockserver.config import SandboxLimits
from mockserver.errors import ApiError
from mockserver.faults.model import Rule
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import DEFAULT, Sandbox
from mockserver.sandbox.state import SandboxConfig
from mockserver.store.memory import MemoryStore

MANUAL = ClockSettings(Mode.MANUAL)
SECOND = 1_000_000_000


def fill(sandbox: Sandbox) -> None:
    sandbox.records.insert("job", "seeded", "all", {"of": sandbox.id})


def read_rule(raw: Mapping[str, Any]) -> Rule:
    raise AssertionError(f"nobody wrote {raw}")


def make(
    seed: int = 1, limits: SandboxLimits | None = None, ticks: Callable[[], int] = lambda: 0
) -> SandboxRegistry:
    start = SandboxConfig(seed, MANUAL)
    return SandboxRegistry(start, "documented", MemoryStore(), fill, read_rule, limits, ticks)


def test_default_sandbox_is_there_and_filled() -> None:
    sandboxes = make()
    assert sandboxes.find(DEFAULT) is sandboxes.default
    assert sandboxes.default.records.get("job", "seeded")


def test_each_has_its_own_data_clock_and_ids() -> None:
    sandboxes = make()
    one, two = sandboxes.create(), sandboxes.create(seed=7)
    one.clock.move(advance=60_000)
    one.records.insert("job", "mine", "all", {})
    assert (two.now(), sandboxes.default.now()) == (ORIGIN, ORIGIN)
    assert two.records.get("job", "mine") is None
    assert len({one.ids.uuid("job", 1), two.ids.uuid("job", 1)}) == 2


def test_names_and_ids_follow_from_the_seed_alone() -> None:
    first, second, other = make(3), make(3), make(4)
    assert first.create().id == second.create().id != other.create().id
    assert first.create().ids.hex("job", 5) == second.create().ids.hex("job", 5)


def test_reset_puts_one_back_and_leaves_the_others() -> None:
    sandboxes = make()
    one, two = sandboxes.create(), sandboxes.create()
    for sandbox in (one, two):
        sandbox.clock.move(mode=Mode.REAL, speed=9)
        sandbox.records.insert("job", "mine", "all", {})
    fresh = sandboxes.reset(one)
    assert sandboxes.find(one.id) is fresh
    assert (fresh.clock.settings, fresh.now()) == (MANUAL, ORIGIN)
    assert fresh.records.get("job", "mine") is None
    assert fresh.records.get("job", "seeded")
    assert two.records.get("job", "mine")


def test_deleted_is_gone_with_its_data() -> None:
    sandboxes = make()
    one = sandboxes.create()
    assert sandboxes.delete(one.id)
    assert not sandboxes.delete(one.id)
    assert sandboxes.find(one.id) is None
    assert one.records.get("job", "seeded") is None


def test_default_is_not_deleted() -> None:
    with pytest.raises(ApiError, match="reset"):
        make().delete(DEFAULT)


def test_idle_ones_expire_and_used_ones_stay() -> None:
    now = 0
    sandboxes = make(limits=SandboxLimits(idle_seconds=10), ticks=lambda: now)
    idle, used = sandboxes.create(), sandboxes.create()
    now = 8 * SECOND
    assert sandboxes.find(used.id) is used
    now = 12 * SECOND
    sandboxes.expire()
    assert len(sandboxes) == 2
    assert sandboxes.find(idle.id) is None
    assert sandboxes.find(used.id) is used
    now = 100 * SECOND
    assert sandboxes.find(used.id) is None
    assert sandboxes.default.records.get("job", "seeded")


def test_too_many_are_refused() -> None:
    sandboxes = make(limits=SandboxLimits(sandboxes=3))
    sandboxes.create()
    sandboxes.create()
    with pytest.raises(ApiError, match="delete some"):
        sandboxes.create()


def test_ten_thousand_at_once() -> None:
    sandboxes = make()
    made = [sandboxes.create() for _ in range(10_000)]
    assert len({sandbox.id for sandbox in made}) == 10_000
    assert all(sandboxes.find(sandbox.id) is sandbox for sandbox in made)


def test_secret_is_marked_outside_the_default_sandbox_only() -> None:
    sandboxes = make()
    one = sandboxes.create()
    assert sandboxes.default.tag_secret("secret") == "secret"
    assert one.untag_secret(one.tag_secret("secret")) == "secret"
    assert sandboxes.default.untag_secret(one.tag_secret("secret")) != "secret"
