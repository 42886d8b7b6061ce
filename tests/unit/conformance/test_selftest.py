"""Which trials the selftest makes: every variant once, none beside one that would hide it."""

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import specs
from conformance import selftest
from conformance.reference.defects import DEFECTS, VARIANTS, are_exclusive, model
from conformance.selftest import Trial, TrialKind, TrialResult
from conformance.settings import Effort

VENDORS = specs.vendors()
OWN = {vendor: [v.id for v in VARIANTS.values() if v.vendor == vendor] for vendor in VENDORS}


def bundles(vendor: str, seed: int, *, alone: bool = False) -> list[tuple[str, ...]]:
    made = selftest.trials(vendor, seed, full=False, alone=alone)
    return [trial.switches for trial in made if trial.kind is TrialKind.VARIANT]


@given(vendor=st.sampled_from(VENDORS), seed=st.integers(1, 10_000))
def test_each_variant_is_tried_once_beside_others_that_leave_it_visible(
    vendor: str, seed: int
) -> None:
    made = bundles(vendor, seed)
    assert sorted(name for bundle in made for name in bundle) == sorted(OWN[vendor])
    assert not [p for bundle in made for p in combinations(bundle, 2) if are_exclusive(*p)]
    assert len(made) < len(OWN[vendor]) / 3
    assert made == bundles(vendor, seed)


@pytest.mark.parametrize("vendor", VENDORS)
def test_seeds_mix_the_variants_and_alone_each_has_a_trial(vendor: str) -> None:
    assert len({str(bundles(vendor, seed)) for seed in range(1, 11)}) == 10
    assert bundles(vendor, 1, alone=True) == [(name,) for name in OWN[vendor]]
    made = selftest.trials(vendor, 1, full=True, alone=True)
    defects = [trial for trial in made if trial.kind is TrialKind.DEFECT]
    assert [t.switches for t in defects] == [
        (d.id,) for d in DEFECTS.values() if d.vendor == vendor
    ]


def test_what_is_exclusive_is_the_name_of_a_variant() -> None:
    names = {name.partition("-free-")[2] for name in VARIANTS}
    lines = [line.split() for kinds in model._SAME_THING.values() for line in kinds]
    assert {name for line in lines for name in line} | model._ALONE <= names
    assert are_exclusive("td-free-busy", "td-free-down")
    assert are_exclusive("td-free-minimal", "td-free-slow")
    assert not are_exclusive("td-free-slow", "td-free-down")


def printed(result: TrialResult) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(selftest.build_score([result]))
    return captured.get()


BUNDLE = tuple(OWN["talkdesk"][:6])


@pytest.mark.parametrize(
    "guilty", [BUNDLE[:1], BUNDLE[-1:], BUNDLE[1:5:3], BUNDLE], ids=lambda names: str(len(names))
)
def test_an_accused_bundle_is_narrowed_to_what_is_accused(
    monkeypatch: pytest.MonkeyPatch, guilty: Sequence[str]
) -> None:
    def judge(trial: Trial, _: Effort) -> TrialResult:
        accused = set(guilty) <= set(trial.switches)
        failed = ("TD-JOB-001",) if accused else ()
        return TrialResult(trial, not accused, failed, (), (), 1)

    monkeypatch.setattr(selftest, "_judge", judge)
    trial = Trial("talkdesk", BUNDLE, TrialKind.VARIANT, 3, full=True)
    result = selftest.run_trial(trial)
    assert result.trial.switches == tuple(guilty)
    text = " ".join(printed(result).split())
    assert f"FALSE ALARM {' + '.join(guilty)} (seed 3): {VARIANTS[guilty[0]].text}" in text
    assert text.endswith("FAIL: 1 trials on 1 seed(s), 1 wrong")


def test_the_score_counts_variants_not_their_bundles() -> None:
    trial = Trial("talkdesk", BUNDLE, TrialKind.VARIANT, 1, full=True)
    lines = printed(TrialResult(trial, True, (), (), (), 77)).splitlines()
    assert ["talkdesk", "0", "0", "0", "6", "0", "77"] in [line.split() for line in lines]
