"""No freedom that the documents leave is accused, in whole runs; nor is an app without defects."""

import pytest

import specs
from conformance.checks import Verdict
from conformance.evaluation import Result
from conformance.reference.defects import DEFECTS
from conformance.reference.defects.model import VENDOR_OF
from tests.defects._run import judge, without_schemathesis

__all__ = ["without_schemathesis"]


def accused(result: Result, *verdicts: Verdict) -> dict[str, str]:
    return {
        row.requirement.id: row.reason for row in result.requirements if row.verdict in verdicts
    }


@pytest.mark.parametrize(("profile", "seed"), [(specs.DOCUMENTED, 1), (specs.OBSERVED, 2)])
@pytest.mark.parametrize("vendor", specs.vendors())
def test_app_without_defects_is_clean(vendor: str, profile: str, seed: int) -> None:
    result = judge(vendor, profile=profile, seed=seed)
    assert accused(result, Verdict.FAIL, Verdict.WARN, Verdict.ERROR) == {}
    assert result.exit_code == 0
    detecting = {id_ for defect in DEFECTS.values() for id_ in defect.requirements}
    untested = accused(result, Verdict.SKIP).keys() & detecting
    # The end of a run is not told while it is in progress, and nothing else need be there.
    assert profile == specs.OBSERVED or untested <= {"EC-LOG-002", "EC-LOG-004"}


# A whole run each: here the widest freedoms, and those together that do not hide one another;
# `make selftest` tries every one alone, on ten seeds.
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
    "talkdesk": [
        (*TRANSPORT, *JSON, "instant"),
        ("busy", "sometimes-fails", "sparse-job"),
        ("empty-body",),
        ("documented-only",),
        ("minimal",),
        (
            "location-ticket",
            "create-flat",
            "create-503",
            "create-no-message",
            "opaque-ids",
            "no-token-endpoint",
        ),
    ],
    "clinicalone": [
        (*TRANSPORT, *JSON, "instant"),
        ("busy", "sometimes-fails", "empty-log"),
        ("documented-only",),
        ("minimal",),
        ("create-plain-id", "opaque-ids", "octet-stream", "state-elsewhere", "result-null"),
    ],
    "energycap": [
        (*TRANSPORT, *JSON),
        ("busy", "partly"),
        ("empty-log",),
        ("documented-only",),
        ("minimal",),
        ("large-ids", "no-offset", "code-kept", "bad-key-403", "oldest-first"),
    ],
}
PREFIXES = {vendor: prefix for prefix, vendor in VENDOR_OF.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("vendor", "names"),
    [(vendor, names) for vendor, rows in TOGETHER.items() for names in rows],
    ids=lambda value: value if isinstance(value, str) else value[-1],
)
def test_freedoms_together_are_not_accused(vendor: str, names: tuple[str, ...]) -> None:
    result = judge(vendor, [f"{PREFIXES[vendor]}-free-{name}" for name in names])
    assert accused(result, Verdict.FAIL, Verdict.ERROR) == {}
    assert result.exit_code == 0
