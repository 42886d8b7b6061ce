"""Settings: one field each for value, flag, variable, range and documentation."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_type_hints

import pytest
from click.testing import CliRunner

from mockserver.cli import main, serve
from mockserver.config import OPTIONS, Option, Settings
from mockserver.errors import ConfigurationError
from mockserver.testing.server import Options as MockOptions

NUMBERS = [option for option in OPTIONS if option.minimum is not None]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_setting_is_taken(option: Option, tmp_path: Path) -> None:
    given = {option.name: _other(option, tmp_path)}
    more = {"store": "sqlite:///x.db"} if option.name == "workers" else {}
    taken = getattr(Settings(**{**given, **more}), option.name)
    assert (str(taken) if isinstance(taken, Path) else taken) == given[option.name]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_setting_has_a_flag_and_a_variable(option: Option) -> None:
    found = {param.name: param for param in serve.params}[option.name]
    assert option.flag in found.opts
    assert found.envvar == option.variable == f"MOCKSERVER_{option.name.upper()}"


def test_options_of_mock_server_have_the_types_of_the_settings() -> None:
    assert get_type_hints(MockOptions) == {option.name: _accepted(option) for option in OPTIONS}


def _accepted(option: Option) -> Any:
    if option.choices:
        accepted: Any = Literal[option.choices]
    elif option.is_folder:
        return str | Path | Sequence[str | Path]
    elif option.multiple:
        return Sequence[str]
    elif option.metavar in {"FILE", "DIR"}:
        accepted = str | Path
    else:
        return get_type_hints(Settings)[option.name]
    return accepted | None if option.default is None else accepted


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_value_of_another_type_is_named(option: Option) -> None:
    if option.multiple:  # one alone is a list of one
        text: Any = "http://a"
        (alone,) = getattr(Settings(**{option.name: text}), option.name)
        assert alone == (Path("http://a") if option.is_folder else "http://a")
    elif option.default is not None:
        values: tuple[Any, ...] = ({}, b"secret", None, 1j)
        for value in values:
            with pytest.raises(ConfigurationError, match=f"{option.flag}: must be of type"):
                Settings(**{option.name: value})


@pytest.mark.parametrize("option", NUMBERS, ids=lambda option: option.name)
def test_a_number_beyond_its_range_is_named(option: Option) -> None:
    assert option.minimum is not None
    assert option.maximum is not None
    for value in (option.minimum - 1, option.maximum + 1):
        with pytest.raises(ConfigurationError, match=option.flag):
            Settings(**{option.name: type(option.default)(value)})


@pytest.mark.parametrize("option", NUMBERS, ids=lambda option: option.name)
def test_a_variable_is_as_good_as_a_flag(option: Option, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(option.variable, "-1")
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 2
    assert option.flag in result.output
    monkeypatch.setenv(option.variable, "many")
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 2
    assert option.variable in result.output or option.flag in result.output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--workers", "2"], "need a store that they share"),
        (["--store", "nonsense"], "is malformed"),
        (["--store", "mysql://user:hidden-word@host/db"], "is malformed"),
        (["--store", "postgresql://user:hidden-word@127.0.0.1:1/db"], "cannot be used"),
        (["--store", "sqlite:////no/such/folder/at/all.db"], "cannot be used"),
        (["--control-token", "short"], "--control-token"),
        (["--control-token", "with some spaces"], "--control-token"),
    ],
)
def test_what_cannot_work_exits_2_and_shows_no_password(arguments: list[str], reason: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", *arguments])
    assert result.exit_code == 2
    assert reason in " ".join(result.output.split())
    assert "hidden-word" not in result.output
    assert "Traceback" not in result.output


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--store", "postgresql://h/d"])
    assert result.exit_code == 2
    assert "report-contracts[postgres]" in result.output


def test_the_command_line_imports_nothing_heavy() -> None:
    heavy = {"connexion", "sqlalchemy", "uvicorn"}
    code = f"import sys, mockserver.cli; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def _other(option: Option, folder: Path) -> Any:
    """Return a value that is not the default."""
    if option.choices:
        return next(choice for choice in option.choices if choice != option.default)
    if option.is_folder:
        return (Path("one"), Path("two"))
    if option.multiple:
        return ("http://one.example", "http://two.example")
    if option.default is None or option.name in {"host", "store"}:
        return "sqlite:///x.db" if option.name == "store" else f"{folder}/other"
    return type(option.default)(option.default + 1)


@pytest.mark.parametrize("name", ["cors_origin", "control_origin"])
@pytest.mark.parametrize(
    ("origin", "meant"),
    [
        ("http://localhost:3000/", "http://localhost:3000"),
        ("https://app.example/login", "https://app.example"),
        ("https://App.example", "https://app.example"),
        ("https://app.example:443", "https://app.example"),
        ("http://user@app.example", "http://app.example"),
        ("app.example", "https://app.example"),
        ("localhost:3000", "https://app.example"),
        ("http://app.example:port", "https://app.example"),
        ("", "https://app.example"),
    ],
)
def test_what_no_browser_sends_as_an_origin_is_refused_with_what_it_sends(
    name: str, origin: str, meant: str
) -> None:
    options: dict[str, Any] = {name: (origin,)}
    with pytest.raises(ConfigurationError, match=rf"^--{name.replace('_', '-')} .*: {meant}$"):
        Settings(**options)


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://[::1]:8443", "app://index"])
def test_origins_as_browsers_send_them_are_taken(origin: str) -> None:
    told = Settings(cors_origin=(origin,), control_origin=(origin,))
    assert (told.cors_origin, told.control_origin) == ((origin,), (origin,))


@pytest.mark.parametrize("origin", ["*", "null"])
def test_the_control_plane_opens_only_to_origins_with_a_name(origin: str) -> None:
    assert Settings(cors_origin=(origin,)).cors_origin == (origin,)
    with pytest.raises(ConfigurationError, match="--control-origin"):
        Settings(control_origin=(origin,))


def test_address_of_ipv6_may_have_brackets() -> None:
    assert Settings(host="[::1]").host == "::1"


def test_bounds_are_told_to_the_last_digit() -> None:
    with pytest.raises(ConfigurationError, match="-1: choose 0 to 9007199254740991"):
        Settings(seed=-1)
