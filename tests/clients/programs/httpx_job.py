"""What httpx does by default with a job of Talkdesk: `python httpx_job.py BASE_URL TOKEN`."""

import gzip
import ssl
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
from _tasks import (
    BODY,
    CALLS,
    CONTACTS,
    HEADERS,
    ORDER,
    POLLS,
    STATUS,
    TOO_LARGE,
    Report,
)

base_url, token = sys.argv[1:]
client = httpx.Client(
    base_url=base_url,
    headers={"Authorization": f"Bearer {token}"},
    timeout=30,
    trust_env=False,
    verify=ssl.create_default_context(),  # of the system, not of certifi
)
report = Report()
state: dict[str, str] = {}


def create(**content: Any) -> Any:
    reply = client.post(CONTACTS, **content)
    return {"status": reply.status_code, "name": reply.json().get("job", {}).get("name")}


@report.task
def job() -> Any:
    created = client.post(CALLS, json=ORDER)
    state["job"] = created.json()["_links"]["self"]["href"]
    for _ in range(POLLS):
        polled = client.get(state["job"])
        if polled.status_code != 200:
            break
        time.sleep(0.05)
    state["file"] = polled.headers["Location"]
    file = client.get(state["file"])
    return {
        "created": created.status_code,
        "name": created.json()["job"]["name"],
        "end": {"status": polled.status_code, "path": polled.url.path},
        "file": {"status": file.status_code, "length": len(file.content), "first": file.text[:7]},
    }


@report.task
def followed() -> Any:
    reply = client.get(state["job"], follow_redirects=True)
    return {"status": reply.status_code, "path": reply.url.path}


@report.task
def head() -> Any:
    reply = client.head(state["file"])
    return {"status": reply.status_code, "length": int(reply.headers["Content-Length"])}


@report.task
def conditional() -> Any:
    etag = client.get(state["file"]).headers.get("ETag", '"none"')
    reply = client.get(state["file"], headers={"If-None-Match": etag})
    return {"status": reply.status_code, "length": len(reply.content)}


@report.task
def part() -> Any:
    reply = client.get(state["file"], headers={"Range": "bytes=100-"})
    return {"status": reply.status_code, "length": len(reply.content)}


@report.task
def chunked() -> Any:
    def pieces() -> Iterator[bytes]:
        yield BODY[:20]
        yield BODY[20:]

    return create(content=pieces(), headers=HEADERS)


@report.task
def compressed() -> Any:
    headers = {**HEADERS, "Content-Encoding": "gzip"}
    return create(content=gzip.compress(BODY), headers=headers)


@report.task
def too_large() -> Any:
    return create(content=TOO_LARGE, headers=HEADERS)


@report.task
def after_reset() -> Any:
    try:
        first: Any = client.get(STATUS).status_code
    except (httpx.RemoteProtocolError, httpx.ReadError):
        first = "error"
    return {"first": first, "second": client.get(STATUS).status_code}


report.write()
