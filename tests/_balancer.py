"""nginx for a test: before several servers as `compose.yaml` has it, or with a page of its own."""

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests._serving import ROOT
from tests._untested import missing

_MAIN = """
daemon off;
pid nginx.pid;
error_log stderr notice;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include page.conf;
}
"""


def compose() -> dict[str, Any]:
    """Return what compose.yaml says."""
    page: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return page


@pytest.fixture(scope="session")
def nginx() -> str:
    """The path of the program."""
    # Debian keeps it where only root looks.
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        missing("nginx", "apt-get install nginx-light")
    return program


@contextmanager
def balancing(nginx: str, home: Path, *addresses: tuple[str, int]) -> Iterator[str]:
    """Run nginx before servers at `addresses`; yield its base URL once it listens."""
    with running(nginx, home, lambda port: _page(port, addresses)) as base_url:
        yield base_url


@contextmanager
def running(nginx: str, home: Path, page: Callable[[int], str]) -> Iterator[str]:
    """Run nginx with the page for a free port; yield its base URL once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "nginx.conf").write_text(_MAIN, encoding="ascii")
    (home / "page.conf").write_text(page(port), encoding="ascii")
    process = subprocess.Popen(
        [nginx, "-p", str(home), "-c", "nginx.conf"], stderr=subprocess.PIPE, encoding="utf-8"
    )
    with process:
        try:
            assert process.stderr
            lines: list[str] = []
            for line in process.stderr:
                lines.append(line)
                if "start worker process " in line:
                    break
            else:
                pytest.fail(f"nginx did not start: {''.join(lines)}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _page(port: int, addresses: tuple[tuple[str, int], ...]) -> str:
    """Return compose's page, where the name of the servers is that of each, one after the other."""
    page = compose()["configs"]["nginx"]["content"].replace("$$", "$")
    page, listens = re.subn(r"listen 8080;", f"listen 127.0.0.1:{port};", page)
    line = re.search(r"^.*server mock:4010\b.*$", page, re.MULTILINE)
    assert line
    assert listens == 1
    servers = [line[0].replace("mock:4010", f"{host}:{port}") for host, port in addresses]
    return str(page.replace(line[0], "\n".join(servers)))
