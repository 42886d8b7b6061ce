"""The house's own test fixtures work, and say so when they cannot."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from selenium import webdriver

ROOT = Path(__file__).parents[2]
PAGE = "data:text/html,<title>hello</title><p id=a></p><script>a.textContent = 6 * 7</script>"
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
CONFTEST = """
import pytest
from tests._untested import missing, summarise

@pytest.fixture
def foo():
    missing("Foo", "apt-get install foo")

def pytest_terminal_summary(terminalreporter):
    summarise(terminalreporter)
"""


def test_postgres_url_leads_to_a_real_server(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("SELECT version(), current_setting('listen_addresses')").fetchone()
    assert row is not None
    assert row[0].startswith("PostgreSQL ")
    assert row[1] == "127.0.0.1"


def test_postgres_url_wants_its_password(postgres_url: str) -> None:
    host = postgres_url.rpartition("@")[2]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres:wrong@{host}")


@pytest.mark.parametrize("round_number", [1, 2])
def test_postgres_database_is_empty(postgres_database: str, round_number: int) -> None:
    with psycopg.connect(postgres_database) as connection:
        connection.execute("CREATE TABLE only_here (id int)")


def test_browser_runs_scripts(browser: webdriver.Chrome) -> None:
    browser.get(PAGE)
    assert browser.title == "hello"
    assert browser.find_element("id", "a").text == "42"


@pytest.mark.parametrize("ci", ["0", "1"])
def test_missing_programs_are_named_or_fail(ci: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_it.py").write_text("def test_it(foo): pass\n", encoding="utf-8")
    # Through a worker process, as `make test` does: the reason must survive the way back.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-n", "1"]
    done = subprocess.run(
        [*command, "-c", os.devnull, tmp_path],
        cwd=tmp_path,
        env={**os.environ, **ALONE, "REPORT_CONTRACTS_CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Foo is missing (apt-get install foo)" in done.stdout
    assert ("= NOT TESTED HERE =" in done.stdout.replace("!", "=")) == (ci == "0")
    assert done.returncode == int(ci)
