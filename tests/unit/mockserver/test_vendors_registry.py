"""A vendor whose module does not fit its contract is refused in one line that says why."""

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
from mockserver.errors import ConfigurationError
from mockserver.vendors import registry
from tests.unit.mockserver._played import contract_of

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
    contract = contract_of("talkdesk")
    other = {"operationId": "other", "responses": {"204": {"description": "Nothing."}}}
    openapi = {**contract.openapi, "paths": {**contract.openapi["paths"], "/x": {"get": other}}}
    with pytest.raises(ConfigurationError, match="no handler for the operations other"):
        registry.create(replace(contract, openapi=openapi))


def test_a_handler_without_an_operation_is_named() -> None:
    contract = contract_of("talkdesk")
    openapi = deepcopy(contract.openapi)
    del openapi["paths"]["/data/reports/{type}/files/{id}"]["delete"]
    with pytest.raises(ConfigurationError, match="unknown operations: deleteReportFile"):
        registry.create(replace(contract, openapi=openapi))


def test_serve_exits_2_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "vendors", lambda: ("acme",))
    monkeypatch.setattr(specs, "load", lambda *_: ACME)
    result = CliRunner().invoke(main, ["serve", "--port", "0"])
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert "mockserver.vendors.acme" in result.output
