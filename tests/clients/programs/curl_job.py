"""What curl does with a job of Talkdesk, offering HTTP/2: `python curl_job.py BASE_URL TOKEN`."""

import gzip
import json
import subprocess
import sys
import time
from typing import Any

from _tasks import BODY, CALLS, CONTACTS, POLLS, STATUS, TOO_LARGE, Report

base_url, token = sys.argv[1:]
report = Report()
state: dict[str, str] = {}


def curl(path: str, *options: str, body: bytes | None = None) -> tuple[dict[str, Any], bytes]:
    """Return what curl knows of its last exchange, and the body."""
    command = ["curl", "-sS", "--http2", "--noproxy", "*", "-H", f"Authorization: Bearer {token}"]
    command += ["-w", "%{stderr}%{json}", *options]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "--data-binary", "@-"]
    done = subprocess.run([*command, base_url + path], input=body, capture_output=True, check=False)
    return json.loads(done.stderr.splitlines()[-1]), done.stdout


def seen(info: dict[str, Any]) -> dict[str, Any]:
    return {"status": info["http_code"], "path": info["url_effective"].removeprefix(base_url)}


def create(body: bytes, *options: str) -> dict[str, Any]:
    info, text = curl(CONTACTS, *options, body=body)
    return {"status": info["http_code"], "name": json.loads(text).get("job", {}).get("name")}


@report.task
def job() -> Any:
    created, text = curl(CALLS, body=BODY)
    made = json.loads(text)
    state.update({name: link["href"] for name, link in made["_links"].items()})
    for _ in range(POLLS):
        polled, _ = curl(state["self"])
        if polled["http_code"] != 200:
            break
        time.sleep(0.05)
    file, content = curl(state["files"])
    return {
        "created": created["http_code"],
        "name": made["job"]["name"],
        "end": seen(polled),
        "file": {
            "status": file["http_code"],
            "length": len(content),
            "first": content[:7].decode(),
        },
    }


@report.task
def followed() -> Any:
    return seen(curl(state["self"], "--location")[0])


@report.task
def head() -> Any:
    info, text = curl(state["files"], "--head")
    lengths = [line.split()[1] for line in text.lower().splitlines() if b"content-length" in line]
    return {"status": info["http_code"], "length": int(lengths[-1])}


@report.task
def conditional() -> Any:
    headers = curl(state["files"], "--dump-header", "-", "--output", "/dev/null")[1]
    tags = [line.split()[1] for line in headers.splitlines() if line.lower().startswith(b"etag")]
    tag = tags[-1].decode() if tags else '"none"'
    info, text = curl(state["files"], "-H", f"If-None-Match: {tag}")
    return {"status": info["http_code"], "length": len(text)}


@report.task
def part() -> Any:
    info, text = curl(state["files"], "--range", "100-")
    return {"status": info["http_code"], "length": len(text)}


@report.task
def chunked() -> Any:
    return create(BODY, "-H", "Transfer-Encoding: chunked")


@report.task
def compressed() -> Any:
    return create(gzip.compress(BODY), "-H", "Content-Encoding: gzip")


@report.task
def expecting() -> Any:
    return create(BODY, "-H", "Expect: 100-continue", "--expect100-timeout", "20")


@report.task
def too_large() -> Any:
    return create(TOO_LARGE)


@report.task
def after_reset() -> Any:
    first, _ = curl(STATUS)
    second, _ = curl(STATUS)
    return {"first": first["http_code"] or "error", "second": second["http_code"]}


report.write()
