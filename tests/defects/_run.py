"""Runs the suite against the reference app, without the driver that takes most of the time."""

import functools
from collections.abc import Collection
from dataclasses import replace

import pytest

import specs
from conformance import checks
from conformance.drivers import fuzz
from conformance.evaluation import Result
from conformance.http.adapter import WsgiAdapter
from conformance.http.limits import SkippingClock
from conformance.reference.app import create_app
from conformance.runner import Runner
from conformance.settings import Effort, Settings
from conformance.target import Target, read_target

URL = "http://127.0.0.1:8080"


@functools.cache
def contract(vendor: str, profile: str) -> specs.Contract:
    """The checked contract; it and its requirements are read once, for all runs."""
    loaded = specs.load(vendor, profile)
    return replace(loaded, load_requirements=functools.cache(loaded.load_requirements))


@functools.cache
def _target(vendor: str) -> Target:
    return read_target(vendor, URL, {}, control_url=f"{URL}/_mock")


def judge(
    vendor: str,
    switches: Collection[str] = (),
    only: Collection[str] = (),
    *,
    profile: str = specs.DOCUMENTED,
    seed: int = 1,
    effort: Effort = Effort.DEFAULT,
) -> Result:
    """Judge the reference app with `switches` on, by the requirements `only` or by all.

    The app is called in this process; no socket is opened.
    """
    app = create_app(defects=switches, profile=profile)
    return Runner(
        contract(vendor, profile),
        checks.load_checks(),
        _target(vendor),
        Settings(profile=profile, seed=seed, effort=effort, only=frozenset(only)),
        clock=SkippingClock(),
        adapter=lambda url, hosts: WsgiAdapter(app, url, *hosts),
        fail_fast=True,
    ).run()


@pytest.fixture(autouse=True)
def without_schemathesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what no planted defect needs in order to be caught."""
    monkeypatch.setattr(fuzz, "drive", lambda _: None)
