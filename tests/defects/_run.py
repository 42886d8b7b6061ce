"""Runs the suite against the reference app, without the driver that takes most of the time."""

import functools
from collections.abc import Callable, Collection

import pytest

import specs
from conformance.checks import registry
from conformance.drivers import fuzz
from conformance.evaluation.result import Result
from conformance.http.limits import SkippingClock
from conformance.reference.app import create_app
from conformance.reference.serving import serve
from conformance.runner import Runner
from conformance.settings import Settings
from conformance.target.config import read_target

Run = Callable[..., Result]


@functools.cache
def contract(vendor: str, profile: str) -> specs.Contract:
    """The checked contract; the check takes longer than a run."""
    return specs.load(vendor, profile)


def judge(
    vendor: str,
    switches: Collection[str] = (),
    only: Collection[str] = (),
    *,
    profile: str = specs.DOCUMENTED,
    seed: int = 1,
) -> Result:
    """Judge the reference app with `switches` on, by the requirements `only` or by all."""
    with serve(create_app(defects=switches, profile=profile)) as url:
        target = read_target(vendor, url, {}, control_url=f"{url}/_mock")
        settings = Settings(profile=profile, seed=seed, only=frozenset(only))
        return Runner(
            contract(vendor, profile),
            registry.load_checks(),
            target,
            settings,
            clock=SkippingClock(),
        ).run()


@pytest.fixture(autouse=True)
def without_schemathesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what no planted defect needs in order to be caught."""
    monkeypatch.setattr(fuzz, "drive", lambda _: None)
