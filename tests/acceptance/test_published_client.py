"""A published client of a vendor works against the mock, unmodified but for its base URL."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests._serving import serving
from tests._untested import missing

HERE = Path(__file__).with_name("client")
# The client waits five seconds between two looks; a token lasts ten virtual minutes.
SPEED = 10


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the client, whose needs clash with ours."""
    home = tmp_path_factory.mktemp("client")
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    interpreter = home / "bin" / "python"
    install = [str(interpreter), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    install += ["-r", str(HERE / "requirements.txt")]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        missing("airbyte-source-talkdesk-explore", "pip cannot install it here")
    return interpreter


@pytest.mark.slow
def test_a_published_client_reads_its_streams(python: Path) -> None:
    with serving("--speed", str(SPEED), "--profile", "observed") as mock:
        command = [str(python), str(HERE / "read_streams.py"), mock.base_url]
        command += ["mock-talkdesk-client:mock-talkdesk-secret", "calls", "user_status"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["ready"]
    assert told["streams"].keys() == {"calls", "user_status"}
    for stream, key in (("calls", "call_id"), ("user_status", "user_id")):
        read = told["streams"][stream]
        assert read["rows"] > 24
        assert read["first"][key]
        assert all(read["state"].values())
