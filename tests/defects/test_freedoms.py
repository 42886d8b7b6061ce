"""No freedom that the documents leave is accused, in whole runs; nor is an app without defects."""

import pytest

import specs
from conformance.checks import Verdict
from conformance.evaluation import Result
from conformance.reference.defects import VARIANTS, Variant
from conformance.reference.defects.model import VENDOR_OF
from tests.defects._run import judge, without_schemathesis

__all__ = ["without_schemathesis"]


def accused(result: Result, *verdicts: Verdict) -> dict[str, str]:
    return {
        row.requirement.id: row.reason for row in result.requirements if row.verdict in verdicts
    }


@pytest.mark.parametrize(
    ("profile", "seed"), [(specs.DOCUMENTED, 1), (specs.OBSERVED, 2), (specs.DOCUMENTED, 3)]
)
@pytest.mark.parametrize("vendor", specs.vendors())
def test_app_without_defects_is_clean(vendor: str, profile: str, seed: int) -> None:
    result = judge(vendor, profile=profile, seed=seed)
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


# Variants that do not get in each other's way, judged in one run.
TRANSPORT = (
    "busy-date",
    "down-bare",
    "chunked",
    "gzip-members",
    "header-case",
    "more-headers",
    "media-type-case",
)
JSON = ("whitespace", "more-fields", "members-reversed", "lone-surrogates", "float-integers")
TOGETHER = {
    "transport": [f"{prefix}-free-{name}" for prefix in VENDOR_OF for name in TRANSPORT],
    "json": [f"{prefix}-free-{name}" for prefix in VENDOR_OF for name in JSON],
    "documented only": [f"{prefix}-free-documented-only" for prefix in VENDOR_OF],
    "everything absent": [f"{prefix}-free-minimal" for prefix in VENDOR_OF],
    "other places": [
        "td-free-location-ticket",
        "td-free-create-flat",
        "td-free-create-503",
        "td-free-create-no-message",
        "td-free-opaque-ids",
        "td-free-no-token-endpoint",
        "c1-free-create-plain-id",
        "c1-free-opaque-ids",
        "c1-free-octet-stream",
        "c1-free-state-elsewhere",
        "c1-free-result-null",
        "ec-free-large-ids",
        "ec-free-no-offset",
        "ec-free-code-kept",
        "ec-free-bad-key-403",
        "ec-free-oldest-first",
    ],
}


@pytest.mark.parametrize("vendor", specs.vendors())
@pytest.mark.parametrize("bundle", TOGETHER)
def test_freedoms_together_are_not_accused(vendor: str, bundle: str) -> None:
    switches = [name for name in TOGETHER[bundle] if VARIANTS[name].vendor == vendor]
    result = judge(vendor, switches)
    assert accused(result, Verdict.FAIL, Verdict.ERROR) == {}
    assert result.exit_code == 0
