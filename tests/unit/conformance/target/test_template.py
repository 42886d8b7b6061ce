"""Tests of target files that `conformance init` writes, and of requirements explained."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

import conformance as conformance_package
import specs
from conformance.checks import load_checks
from conformance.cli import main
from conformance.evaluation.explain import describe_requirement
from conformance.reference.defects import DEFECTS
from conformance.target import SCHEMA, read_target

URL = "https://reports.example"


def conformance(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("vendor", specs.vendors())
def test_the_file_loads_without_fault_and_allows_little(vendor: str, tmp_path: Path):
    file = tmp_path / "target.yaml"
    assert conformance("init", vendor, str(file)).exit_code == 0
    target = read_target(vendor, URL, {f"{vendor.upper()}_TOKEN": "invented"}, file=file)
    assert not target.writes
    assert target.max_created == 20
    assert not target.consent


@pytest.mark.parametrize("vendor", specs.vendors())
def test_what_is_commented_out_is_right_too(vendor: str, tmp_path: Path):
    """The rows of one key may be taken out of their comments."""
    text = conformance("init", vendor).output
    file = tmp_path / "target.yaml"
    rows = text.replace("consent: {}\n#", "consent:\n#").replace("\n#   ", "\n  ")
    if "consent:\n" in rows:
        shown = yaml.safe_load(rows[rows.index("consent:\n") :].partition("\n\n")[0])
        file.write_text(yaml.safe_dump({**yaml.safe_load(text), **shown}))
        environment = {f"{vendor.upper()}_TOKEN": "invented"}
        assert read_target(vendor, URL, environment, file=file).consent
    for role in ("reader", "limited", "foreign", "expired"):
        assert f"  # {role}: {{token: {{env: {vendor.upper()}_{role.upper()}_TOKEN}}}}" in text


def keys_of_target_files() -> set[str]:
    """Return every key that a target file may have, those of single checks included."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    properties = schema["properties"]
    credential = properties["credentials"]["additionalProperties"]["properties"]
    consent = properties["consent"]["additionalProperties"]["properties"]
    roles = properties["credentials"]["propertyNames"]["anyOf"][0]["enum"]
    facts = {fact.name for check in load_checks().values() for fact in check.facts}
    return {*properties, *credential, *consent, *roles, *facts}


def test_every_key_of_a_target_file_is_in_init_and_in_the_readme():
    told = "".join(conformance("init", vendor).output for vendor in specs.vendors())
    readme = Path(conformance_package.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert {"sharing_groups", "recipients", "any_query", "job_id"} <= keys_of_target_files()
    for key in keys_of_target_files():
        assert f"{key}:" in told, key
        assert f"`{key}" in readme, key


def test_facts_of_a_check_are_shown_to_its_vendor_only():
    assert "#   sharing_groups: [1, 2]  # " in conformance("init", "energycap").output
    assert "sharing_groups" not in conformance("init", "talkdesk").output


def test_a_file_that_is_there_is_kept_without_force(tmp_path: Path):
    file = tmp_path / "target.yaml"
    file.write_text("mine")
    refused = conformance("init", "talkdesk", str(file))
    assert (refused.exit_code, file.read_text()) == (2, "mine")
    assert "--force overwrites it" in refused.output
    assert conformance("init", "talkdesk", str(file), "--force").exit_code == 0
    assert file.read_text().startswith("# Target file for")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    told = conformance("init", "talkdesk", str(tmp_path / "no" / "folder.yaml"))
    assert told.exit_code == 2
    assert "cannot be written: No such file or directory" in told.output


def test_explain_tells_source_sendings_breach_and_the_defect_that_proves_it():
    told = conformance("explain", "TD-REDIR-004").output
    assert "Source     documented, level must" in told
    assert "Sent       to getReportJob: " in told
    assert "Passes if  " in told
    assert "Failure    FAIL" in told
    assert "Proven by  td-redirect-early (" in told


def test_every_requirement_can_be_explained():
    for vendor in specs.vendors():
        contract = specs.load(vendor, "documented")
        for requirement in contract.requirements:
            told = describe_requirement(contract, requirement)
            tested = requirement.check is not None
            assert ("Proven by" in told) == tested
            assert ("Not tested" in told) != tested


def test_the_defects_name_requirements_that_explain_names_back():
    defect = DEFECTS["ec-exec-counts-repeats"]
    for id_ in defect.requirements:
        assert defect.id in conformance("explain", id_).output
