"""HTTP clients as their users have them take a job of Talkdesk through its life."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests._serving import Served
from tests.clients._environments import Environments, program
from tests.clients._relay import relaying
from tests.clients._run import run
from tests.clients._sandbox import new_sandbox

pytestmark = pytest.mark.slow

NAME = "Anrufe März, 日本 🚀"
REDIRECTS = {"documented": 300, "observed": 303}
RUNS = (("documented", "http"), ("observed", "https"))
FAULTS = [
    {
        "match": {"vendor": "talkdesk", "path": "/data/reports/user_status/jobs"},
        "fault": {"kind": "reset"},
        "times": 1,
    },
]


def _python(package: str) -> Callable[[Environments], list[str]]:
    return lambda environments: [str(environments.python(package))]


def _node(_: Environments) -> list[str]:
    return [program("node", "nodejs")]


def _axios(environments: Environments) -> list[str]:
    return ["env", f"NODE_PATH={environments.node_modules()}", *_node(environments)]


@dataclass(frozen=True, slots=True)
class Client:
    """A client, how its program is started, and what it is known to do.

    Of the statuses of redirects it follows those in `follows` by default, and those in `can_follow`
    when it is told to follow them. `connections` is how many it may need for its program.
    `uploads` are the tasks in which it sends a body in a way of its own.
    """

    name: str
    file: str
    command: Callable[[Environments], list[str]]
    follows: frozenset[int] = frozenset()
    can_follow: frozenset[int] = frozenset({303})
    repeats_after_reset: bool = False
    uploads: tuple[str, ...] = ("chunked", "compressed", "expecting")
    connections: int = 6


def _java(_: Environments) -> list[str]:
    program("javac", "default-jdk-headless")
    # Before Java 18 source files are read in the encoding of the locale.
    options = ["-Dfile.encoding=UTF-8", "-XX:TieredStopAtLevel=1"]
    return [program("java", "default-jdk-headless"), *options]


def _curl(_: Environments) -> list[str]:
    program("curl", "curl")
    return [sys.executable]


def trusting(ca_file: str, folder: Path) -> dict[str, str]:
    """Return the environment in which each client trusts an authority, as its users set it."""
    store = str(folder / "trust.p12")
    keytool = [program("keytool", "default-jdk-headless"), "-importcert", "-noprompt"]
    keytool += ["-alias", "mock", "-storetype", "PKCS12", "-storepass", "invented"]
    subprocess.run(
        [*keytool, "-file", ca_file, "-keystore", store], check=True, capture_output=True
    )
    options = {"trustStore": store, "trustStorePassword": "invented", "trustStoreType": "PKCS12"}
    java = " ".join(f"-Djavax.net.ssl.{name}={value}" for name, value in options.items())
    return {
        "CURL_CA_BUNDLE": ca_file,
        "SSL_CERT_FILE": ca_file,  # Python, where a client takes the system's authorities
        "NODE_EXTRA_CA_CERTS": ca_file,
        "JAVA_TOOL_OPTIONS": java,
    }


REDIRECTED = frozenset({300, 303})
FETCHED = frozenset({303})
CLIENTS = [
    Client("httpx", "httpx_job.py", _python("httpx"), uploads=("chunked", "compressed")),
    Client("aiohttp", "aiohttp_job.py", _python("aiohttp"), FETCHED, repeats_after_reset=True),
    Client("fetch", "fetch_job.mjs", _node, FETCHED, uploads=("chunked", "compressed")),
    Client("axios", "axios_job.mjs", _axios, REDIRECTED, REDIRECTED),
    Client("java", "HttpClientJob.java", _java, repeats_after_reset=True),
    Client("curl", "curl_job.py", _curl, can_follow=REDIRECTED, connections=1000),
]


@dataclass(frozen=True, slots=True)
class Ran:
    """A client after its program: what it told, and what the mock recorded."""

    client: Client
    results: dict[str, Any]
    journal: list[dict[str, Any]]
    connections: int
    redirect: int

    def __getitem__(self, task: str) -> Any:
        return self.results[task]


Runs = Callable[[Client, str, str], Ran]


@pytest.fixture(scope="session")
def runs(
    served: Callable[..., Served],
    environments: Environments,
    tmp_path_factory: pytest.TempPathFactory,
) -> Runs:
    """Return what runs a client against a profile by `http` or `https`, once a session."""

    @cache
    def run_once(client: Client, profile: str, scheme: str) -> Ran:
        command = client.command(environments)
        sandbox = new_sandbox(served(profile, tls=scheme == "https"), FAULTS)
        ca_file = sandbox.served.ca_file
        trust = {} if ca_file is None else trusting(ca_file, tmp_path_factory.mktemp("trust"))
        with relaying(*sandbox.served.address) as relay:
            token = sandbox.credentials["talkdesk"]["writer"]
            url = f"{scheme}://{relay.authority}"
            results = run(command, client.file, url, token, **trust)
            return Ran(client, results, sandbox.journal(), relay.connections, REDIRECTS[profile])

    return run_once


@pytest.fixture(
    params=[
        pytest.param((client, profile, scheme), id=f"{client.name}-{profile}-{scheme}")
        for client in CLIENTS
        for profile, scheme in RUNS
    ],
)
def ran(request: pytest.FixtureRequest, runs: Runs) -> Ran:
    return runs(*request.param)


def test_a_job_is_made_polled_and_its_file_fetched(ran: Ran) -> None:
    job = ran["job"]
    assert (job["created"], job["name"]) == (202, NAME)
    assert job["file"] == {"status": 200, "length": job["file"]["length"], "first": "call_id"}
    assert job["file"]["length"] > 1000


def test_the_end_of_a_job_is_a_redirect_or_the_file_behind_it(ran: Ran) -> None:
    end = ran["job"]["end"]
    if ran.redirect in ran.client.follows:
        assert (end["status"], "/files/" in end["path"]) == (200, True)
    else:
        assert (end["status"], "/jobs/" in end["path"]) == (ran.redirect, True)


def test_credentials_go_along_where_a_redirect_is_followed(ran: Ran) -> None:
    end = ran["followed"]
    if ran.redirect in ran.client.can_follow:
        assert (end["status"], "/files/" in end["path"]) == (200, True)
    else:
        assert (end["status"], "/jobs/" in end["path"]) == (ran.redirect, True)


def test_head_tells_the_length_of_the_file(ran: Ran) -> None:
    assert ran["head"] == {"status": 200, "length": ran["job"]["file"]["length"]}


def test_a_conditional_request_gets_the_file_or_that_it_is_the_same(ran: Ran) -> None:
    whole = ran["job"]["file"]["length"]
    assert ran["conditional"] in ({"status": 200, "length": whole}, {"status": 304, "length": 0})


def test_a_range_is_served_or_passed_over(ran: Ran) -> None:
    whole = ran["job"]["file"]["length"]
    part = {"status": 206, "length": whole - 100}
    assert ran["part"] in ({"status": 200, "length": whole}, part)


def test_a_body_arrives_whole_however_it_is_sent(ran: Ran) -> None:
    whole = {"status": 202, "name": NAME}
    assert [(task, ran[task]) for task in ran.client.uploads if ran[task] != whole] == []


def test_a_body_that_is_too_large_is_refused_with_an_answer(ran: Ran) -> None:
    assert ran["too_large"]["status"] == 413


def test_a_client_goes_on_after_a_reset(ran: Ran) -> None:
    first = 200 if ran.client.repeats_after_reset else "error"
    assert ran["after_reset"] == {"first": first, "second": 200}


def test_the_journal_tells_a_reset_from_its_repetition(ran: Ran) -> None:
    seen = [row for row in ran.journal if row["path"].startswith("/data/reports/user_status")]
    assert [(row["status"], bool(row["faults"])) for row in seen[:2]] == [
        (None, True),
        (200, False),
    ]
    assert len(seen) == 2 + ran.client.repeats_after_reset


def test_connections_are_used_again(ran: Ran) -> None:
    assert len(ran.journal) > 10  # and as many more as it polls, which few do on a busy machine
    assert ran.connections <= ran.client.connections


def test_the_mock_has_recorded_no_refusal_but_the_one_provoked(ran: Ran) -> None:
    refused = [row for row in ran.journal if (row["status"] or 200) >= 400]
    assert [row["status"] for row in refused if not row["faults"]] == [413]
