"""From names and paths to a runner: loads the contract, the checks and the target."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import specs
from conformance.access.config import read_target
from conformance.checks import base
from conformance.contracts.loading import contract
from conformance.running.runner import Runner
from conformance.settings import Settings
from conformance.verdicts.baseline import read_baseline
from specs.files import ROOT


def runner(  # noqa: PLR0913  (the parts of `conformance.run`)
    vendor: str,
    base_url: str,
    *,
    control_url: str | None = None,
    target: Path | None = None,
    settings: Settings | None = None,
    only: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    tell: Callable[[str], None] | None = None,
    broke: Callable[[specs.Requirement, str], None] | None = None,
    baseline: Path | None = None,
    root: Path = ROOT,
    checks: Mapping[str, base.RegisteredCheck] | None = None,
) -> Runner:
    """Return a runner; the arguments are those of `conformance.run`.

    `root` and `checks` take the place of the project's own contracts and checks.
    """
    chosen = settings or Settings()
    chosen = replace(chosen, only=frozenset(only) or chosen.only)
    found = contract(vendor, chosen.profile, root)
    who = read_target(
        vendor,
        base_url,
        os.environ if environment is None else environment,
        file=target,
        control_url=control_url,
        fixture_root=specs.fixtures(root),
    )
    made = Runner(
        found,
        base.load() if checks is None else checks,
        who,
        chosen,
        specs_again=partial(_again, vendor, root=root),
        baseline=read_baseline(baseline) if baseline else (),
    )
    if tell is not None:
        made.tell = tell
    if broke is not None:
        made.broke = broke
    return made


def _again(vendor: str, profile: str, *, root: Path) -> specs.Contract:
    return contract(vendor, profile, root)
