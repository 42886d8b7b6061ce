"""`make demo`: a mock starts, a job of each vendor runs through its life, the suite judges all.

The demo is a client like any other: it knows the contract (`specs`), the base URL and the fixture
identities, and starts both programs by their commands.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

import specs
from specs import pointer

OUT = Path(".demo")
BIN = Path(sys.executable).parent
TIMEOUT = 10


@contextmanager
def mock(*options: str, shown: bool = False) -> Iterator[str]:
    """Start `mockserver serve` on a free port with a manual clock; yield its base URL."""
    command = [str(BIN / "mockserver"), "serve", "--port", "0", "--clock", "manual", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _address(process, shown)
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str], shown: bool) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if shown:
            print(f"  {line.rstrip()}")
        if found := re.search(r"http://[\d.]+:\d+", line):
            return found.group()
    raise SystemExit("the mock did not start")


class Walk:
    """One job of one vendor, from its creation to its file."""

    def __init__(self, vendor: str, base: str) -> None:
        self.contract = specs.load(vendor)
        self.life = self.contract.lifecycle
        self.base = base
        self.session = requests.Session()
        self.session.headers.update(_credential(vendor))
        self.plan = specs.read_yaml(Path(__file__).with_name("demo.yaml"))[vendor]

    def run(self) -> None:
        """Create the job, poll it to its end, fetch its file, and tell what happened."""
        created = self.send("create")
        job = str(self.find("create", created, "id"))
        states = [self.state(job)]
        while self.life.reachable(states[-1], frozenset({"time"})):
            self.advance("PT5S")
            if (state := self.state(job)) != states[-1]:
                states.append(state)
        names = " -> ".join(self.life.wire_name(state) for state in states)
        print(f"\n{self.life.title} {job}\n  states  {names}")
        self.show(self.file(job))

    def send(self, role: str, **known: str) -> requests.Response:
        operation = self.contract.operations[self.life.actions[role].operation]
        asked = json.loads(json.dumps(self.plan[role]).replace("{job}", known.get("job", "")))
        reply = self.session.request(
            operation.method,
            self.base + operation.path.format(**asked.get("path", {})),
            params=asked.get("query"),
            json=asked.get("json"),
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        if reply.status_code not in operation.responses or reply.status_code >= 400:
            raise SystemExit(f"{operation.id} answered {reply.status_code}: {reply.text}")
        return reply

    def find(self, role: str, reply: requests.Response, what: str) -> Any:
        location = self.life.locations[self.life.actions[role].operation]
        return pointer.find(reply.json(), getattr(location, what))

    def state(self, job: str) -> str:
        """Poll once, and return the state by the lifecycle's name."""
        location = self.life.locations[self.life.actions["poll"].operation]
        body = self.send("poll", job=job).json()
        if location.items is not None:
            jobs = pointer.find(body, location.items)
            body = next(item for item in jobs if str(pointer.find(item, location.id)) == job)
        assert location.status is not None
        wire = pointer.find(body, location.status)
        return next(name for name, state in self.life.states.items() if state.wire == wire)

    def file(self, job: str) -> requests.Response:
        """Fetch the file; a report that leaves by mail is read from the mock's control plane."""
        if "fetch" in self.life.actions:
            return self.send("fetch", job=job)
        url = f"{self.base}/_mock/jobs/{self.contract.vendor}/{job}/file"
        return requests.get(url, timeout=TIMEOUT)

    def show(self, reply: requests.Response) -> None:
        how = "file" if "fetch" in self.life.actions else "mailed"
        name = reply.headers["Content-Disposition"].partition("filename=")[2].strip('"')
        print(f"  {how:6}  {name} ({reply.headers['Content-Type']}, {len(reply.content)} bytes)")
        print(f"  line 1  {reply.text.splitlines()[0][:68]}")

    def advance(self, time: str) -> None:
        requests.post(
            f"{self.base}/_mock/clock", json={"advance": time}, timeout=TIMEOUT
        ).raise_for_status()


def _credential(vendor: str) -> dict[str, str]:
    identity = specs.read_yaml(specs.fixtures() / vendor / "identities.yaml")["identities"][0]
    scheme = specs.load(vendor).openapi["components"]["securitySchemes"][identity["scheme"]]
    if scheme["type"] == "apiKey":
        return {scheme["name"]: identity["secret"]}
    return {"Authorization": f"Bearer {identity['secret']}"}


def judge(vendor: str) -> int:
    """Run the suite on a mock of its own, whose clock it moves; its report goes to `.demo/`."""
    page = OUT / f"{vendor}.html"
    with mock() as base:
        command = [str(BIN / "conformance"), "run", vendor, "--base-url", base]
        command += ["--control-url", f"{base}/_mock", "--report", f"html={page}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    typed = f"$ conformance {' '.join(command[1:])}"
    print(f"\n{typed}\n{done.stdout}  report  {page.resolve().as_uri()}", flush=True)
    return done.returncode


def main() -> int:
    """Walk and judge every vendor; return 0 if all conform."""
    OUT.mkdir(exist_ok=True)
    with mock(shown=True) as base:
        for vendor in specs.vendors():
            Walk(vendor, base).run()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return max(pool.map(judge, specs.vendors()))


if __name__ == "__main__":
    sys.exit(main())
