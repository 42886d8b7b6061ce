"""No freedom that the documents leave is accused, in whole runs; nor is an app without defects."""

import pytest

import specs
from conformance.evaluation.result import Result
from conformance.reference.defects import VARIANTS, Variant
from conformance.verdict import Verdict
from tests.defects._run import judge, without_schemathesis

__all__ = ["without_schemathesis"]


def accused(result: Result, *verdicts: Verdict) -> dict[str, str]:
    return {
        row.requirement.id: row.reason for row in result.requirements if row.verdict in verdicts
    }


@pytest.mark.parametrize("profile", specs.PROFILES)
@pytest.mark.parametrize("vendor", specs.vendors())
def test_app_without_defects_is_clean(vendor: str, profile: str) -> None:
    result = judge(vendor, profile=profile)
    assert accused(result, Verdict.FAIL, Verdict.WARN, Verdict.ERROR) == {}
    assert result.exit_code == 0


# A whole run each: here the widest freedoms; `make selftest` tries every one, on ten seeds.
WIDEST = ("busy", "sometimes-fails", "partly", "empty-body", "empty-log", "sparse-job", "instant")


@pytest.mark.slow
@pytest.mark.parametrize(
    "variant",
    [variant for variant in VARIANTS.values() if variant.id.endswith(WIDEST)],
    ids=lambda variant: variant.id,
)
def test_freedom_is_not_accused(variant: Variant) -> None:
    result = judge(variant.vendor, [variant.id])
    assert accused(result, Verdict.FAIL, Verdict.ERROR) == {}
    assert result.exit_code == 0


@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("vendor", specs.vendors())
def test_app_without_defects_is_clean_on_other_seeds(vendor: str, seed: int) -> None:
    result = judge(vendor, seed=seed)
    assert accused(result, Verdict.FAIL, Verdict.WARN, Verdict.ERROR) == {}
