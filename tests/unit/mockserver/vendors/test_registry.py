"""Modules that do not fit their contract, and options that it does not list, are refused."""

import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import mockserver.vendors
import specs
from mockserver.cli import main
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.vendors import registry
from mockserver.vendors.registry import load_vendors, parse_options
from tests.unit.mockserver.vendor_harness import contract_of

ACME = replace(contract_of("talkdesk"), vendor="acme")


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Write the source of `mockserver.vendors.acme`."""
    monkeypatch.setattr(mockserver.vendors, "__path__", [str(tmp_path)])
    yield lambda text: (tmp_path / "acme.py").write_text(text, encoding="utf-8")
    sys.modules.pop("mockserver.vendors.acme", None)


def test_a_missing_module_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r"acme: the module mockserver\.vendors\.acme.*missing"
    ):
        registry.create(ACME)


def test_a_module_that_imports_what_is_missing_is_not_missing_itself(
    write_module: Callable[[str], Any],
) -> None:
    write_module("import no_such_module")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        registry.create(ACME)


def test_a_module_without_create_is_named(write_module: Callable[[str], Any]) -> None:
    write_module("")
    with pytest.raises(
        ConfigurationError, match=r"acme: the function create\(contract, options\) is missing"
    ):
        registry.create(ACME)


def test_an_operation_without_a_handler_is_named() -> None:
    contract = contract_of("energycap")
    other = {"operationId": "other", "responses": {"204": {"description": "Nothing."}}}
    openapi = {**contract.openapi, "paths": {**contract.openapi["paths"], "/x": {"get": other}}}
    with pytest.raises(ConfigurationError, match="no handler for the operations other"):
        registry.create(replace(contract, openapi=openapi))


def test_a_handler_without_an_operation_is_named() -> None:
    contract = contract_of("energycap")
    openapi = deepcopy(contract.openapi)
    del openapi["paths"]["/api/v3/report/reportgroup/{reportGroupId}"]["delete"]
    with pytest.raises(ConfigurationError, match="unknown operations: deleteReportGroup"):
        registry.create(replace(contract, openapi=openapi))


def test_serve_exits_2_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "vendor_folders", lambda _: {"acme": specs.files.ROOT / "acme"})
    monkeypatch.setattr(specs, "load", lambda *_, **__: ACME)
    result = CliRunner().invoke(main, ["serve", "--port", "0"])
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert "mockserver.vendors.acme" in result.output


CONTRACTS = {name: contract_of(name) for name in specs.vendors()}


def test_options_have_the_defaults_of_the_contract() -> None:
    options = parse_options((), CONTRACTS)
    assert options == {
        "clinicalone": {},
        "energycap": {},
        "talkdesk": {"create": "wrapped", "types": ""},
    }


def test_the_last_of_an_option_counts() -> None:
    texts = ["talkdesk.create=flat", "talkdesk.types=a", "talkdesk.types=b=c"]
    assert parse_options(texts, CONTRACTS)["talkdesk"] == {"create": "flat", "types": "b=c"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("talkdesk", "write VENDOR.NAME=VALUE"),
        ("talkdesk.create", "write VENDOR.NAME=VALUE"),
        ("create=flat", "write VENDOR.NAME=VALUE"),
        ("talkdesc.create=flat", "unknown vendor; choose clinicalone, energycap, talkdesk"),
        ("talkdesk.creat=flat", "unknown option; talkdesk has create, types"),
        ("energycap.create=flat", "unknown option; energycap has none"),
        ("talkdesk.create=round", "choose wrapped or flat"),
        ("talkdesk.types=good,Bad Type", "'Bad Type' must be lower-case"),
    ],
)
def test_what_is_no_option_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_vendors(Settings(vendor_option=(text,)))
    assert str(caught.value).startswith(f"--vendor-option {text}: ")
    assert reason in str(caught.value)
