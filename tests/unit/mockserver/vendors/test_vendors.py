"""Every vendor plays the whole of its contract, in both profiles, and nothing else."""

import pytest
from msgspec.structs import replace

import specs
from mockserver.errors import ApiError, ConfigurationError
from mockserver.vendors import registry
from tests.unit.mockserver.vendor_harness import VendorHarness, contract_of, make_sandbox, seed_of

ACCOUNTS = {"talkdesk": "acme", "clinicalone": "northwind", "energycap": "campus"}
MODULES = {"talkdesk": "reports", "clinicalone": "jobs", "energycap": "runs"}
FORMATS = {"talkdesk": "FileFormat", "clinicalone": "ReportFormat", "energycap": "ReportFormat"}

each = pytest.mark.parametrize("vendor", specs.vendors())
each_profile = pytest.mark.parametrize("profile", specs.PROFILES)


@each
@each_profile
def test_every_operation_has_a_handler_and_the_reverse(vendor: str, profile: str) -> None:
    contract = contract_of(vendor, profile)
    assert set(registry.create(contract).handlers) == set(contract.operations)


@each
@each_profile
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 413, 415, 429, 431, 500, 503])
def test_errors_have_the_shape_of_the_contract(vendor: str, profile: str, status: int) -> None:
    played = VendorHarness(vendor, ACCOUNTS[vendor], profile)
    refusals = [ApiError(status, "m"), ApiError(status, "m", field="f", reason="r", code="c")]
    for plan in played._plans.values():
        for error in refusals:
            error.headers = {"Allow": "GET"}
            reply = played.vendor.error(error, plan.operation)
            assert reply.status == status
            if status not in plan.operation.responses:  # then the body is that of the others
                reply = replace(
                    reply, status=min(it for it in plan.operation.responses if it > 399)
                )
            plan.responses.check(reply)
    assert played.vendor.error(ApiError(status, "m"), None).body


@each
def test_every_format_of_the_contract_can_be_made(vendor: str) -> None:
    from importlib import import_module

    made = import_module(f"mockserver.vendors.{vendor}.{MODULES[vendor]}").FORMATS
    schemas = contract_of(vendor).openapi["components"]["schemas"]
    assert set(made) == set(schemas[FORMATS[vendor]]["enum"])


@each
@each_profile
def test_seeding_twice_changes_nothing(vendor: str, profile: str) -> None:
    played = VendorHarness(vendor, ACCOUNTS[vendor], profile)
    before = played.vendor.repository.newest(played.sandbox, 100)
    played.pass_seconds(5)
    played.vendor.seeds.load(played.sandbox, seed_of(vendor))
    assert played.vendor.repository.newest(played.sandbox, 100) == before


@each
def test_seeded_sandboxes_are_alike_whatever_their_seed(vendor: str) -> None:
    one = VendorHarness(vendor, ACCOUNTS[vendor], seed=1)
    two = VendorHarness(vendor, ACCOUNTS[vendor], seed=2, name="other")
    assert one.vendor.repository.newest(one.sandbox, 99) == two.vendor.repository.newest(
        two.sandbox, 99
    )


@each
def test_no_vendor_issues_what_it_did_not_issue(vendor: str) -> None:
    played = VendorHarness(vendor, ACCOUNTS[vendor])
    for secret in ("", "x", "~", "x~y", "é~", "e30~00"):
        assert played.vendor.identify(played.sandbox, "bearer", secret) is None


@pytest.mark.parametrize(
    ("vendor", "section", "row", "place"),
    [
        ("talkdesk", "jobs", {"held": "SLEEPING"}, "/jobs/0: unknown state 'SLEEPING'"),
        ("talkdesk", "jobs", {"plan": [{"state": "DONE"}]}, "/jobs/0: "),
        ("talkdesk", "jobs", {"held": 7}, "/jobs/0/held: "),
        ("talkdesk", "jobs", {"format": "xml"}, "/jobs/0/format: "),
        ("talkdesk", "jobs", {"colour": "red"}, "/jobs/0/colour: "),
        ("talkdesk", "jobs", {"timezone": "Mars/Base"}, "/jobs/0: 400 timezone"),
        (
            "talkdesk",
            "reports",
            {"id": "explore_calls"},
            "/reports/1/id: duplicate id 'explore_calls'",
        ),
        ("talkdesk", "reports", {"id": "Other Type"}, "/reports/0/id: "),
        ("talkdesk", "jobs", {"type": "other"}, "/jobs/0/type: unknown report type 'other'"),
        ("talkdesk", "reports", {"every": "often"}, "/reports/0/every: "),
        ("talkdesk", "reports", {"columns": [{"name": "x", "is": "red"}]}, "columns/0/is: "),
        ("clinicalone", "jobs", {"rptId": "NONE"}, "/jobs/0/rptId: unknown report 'NONE'"),
        ("clinicalone", "jobs", {"held": "DONE"}, "/jobs/0: unknown state 'DONE'"),
        ("clinicalone", "jobs", {"mode": "live"}, "/jobs/0/mode: "),
        ("clinicalone", "reports", {"columns": [{"is": "id"}]}, "/reports/0/columns/0/name: "),
        ("energycap", "userGroups", {"userIds": [1, 99]}, "/userGroups/1/userIds: users has no 99"),
        ("energycap", "distributions", {"creator": 99}, "/distributions/1/creator: users has"),
        ("energycap", "distributions", {"dayIndicatorValue": 0}, "/distributions/1: 400 dayInd"),
        ("energycap", "userGroups", {"userGroupCode": "ENERGY"}, "/userGroups/0/userGroupCode: "),
        ("energycap", "distributions", {"ends": "DONE"}, "/distributions/1: unknown state"),
        ("energycap", "distributions", {"nextRun": "soon"}, "/distributions/0/nextRun: "),
        ("energycap", "reports", {"columns": [{"name": "x", "is": "choice"}]}, "/columns/0/of: "),
        ("energycap", "reports", {"isLandscape": "no"}, "/reports/0/isLandscape: "),
    ],
)
def test_seed_data_that_cannot_work_is_named(
    vendor: str, section: str, row: dict, place: str
) -> None:
    fixtures = seed_of(vendor)
    fixtures[section][0] |= row
    with pytest.raises(ConfigurationError) as caught:
        registry.create(contract_of(vendor)).seeds.load(make_sandbox(), fixtures)
    assert str(caught.value).startswith(f"{vendor}/seed.yaml: /")
    assert place in str(caught.value)


@each
@pytest.mark.parametrize("content", [None, [], "text", {}, {"vendor": "x"}, {"reports": None}])
def test_seed_data_of_another_shape_is_named(vendor: str, content: object) -> None:
    with pytest.raises(ConfigurationError, match=f"{vendor}/seed.yaml: /"):
        registry.create(contract_of(vendor)).seeds.load(make_sandbox(), content)  # type: ignore[arg-type]


@each
def test_seed_data_is_read_again_when_it_is_new(vendor: str) -> None:
    played = registry.create(contract_of(vendor))
    section = "reportGroups" if vendor == "energycap" else "jobs"
    kind = "energycap.group" if vendor == "energycap" else f"{vendor}.job"
    for content in (seed_of(vendor), seed_of(vendor) | {section: []}):
        sandbox = make_sandbox()
        played.seeds.load(sandbox, content)
        count = sum(sandbox.records.count(kind, group) for group in sandbox.records.groups(kind))
        assert count == len(content[section])
