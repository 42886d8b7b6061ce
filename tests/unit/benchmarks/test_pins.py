"""The peers are pinned exactly, and no file names the index that they come from."""

import json
import re
from pathlib import Path

import pytest

from tests.benchmarks import npm
from tests.benchmarks.errors import UnavailableError

HERE = Path(npm.__file__).parent
PINS = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
LOCK = json.loads((HERE / "package-lock.json").read_text("utf-8"))


def test_pins_are_exact() -> None:
    assert set(PINS) == {"@mockoon/cli", "@stoplight/prism-cli", "specmatic", "wiremock"}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in PINS.values())


def test_lock_agrees_with_the_pins_and_has_a_digest_of_every_package() -> None:
    packages = {name: entry for name, entry in LOCK["packages"].items() if name}
    assert LOCK["packages"][""]["dependencies"] == PINS
    assert {name: packages[f"node_modules/{name}"]["version"] for name in PINS} == PINS
    assert not [name for name, entry in packages.items() if "integrity" not in entry]


def test_lock_holds_no_address_to_fetch_from() -> None:
    assert not [name for name, entry in LOCK["packages"].items() if "resolved" in entry]


def test_cache_that_fits_the_lock_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="npm is not on the PATH"):
        npm.install(tmp_path / "cache")
    (tmp_path / "installed").write_text(npm.wanted(), "ascii")
    assert npm.install(tmp_path) == tmp_path / "node_modules"


def test_missing_program_is_named_with_its_hint(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"no-such-program .*\(try this\)"):
        npm.program("no-such-program", "try this")
