"""The Dockerfile: linted, and its steps run as written, without a container engine.

A stage becomes a folder, its absolute paths are paths in that folder, and the Python of its base
image is a new environment. What pip would fetch is borrowed from the environment of the tests
(`test_extras.py` shows that the extras name all that is needed). Where the tests run as root, the
programs run as somebody without rights.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.repo._checkout import ROOT, name, text
from tests.repo._checkout import files as tracked_files
from tests.repo._environment import BORROWED, QUICK_STARTS, make_environment

pytestmark = pytest.mark.slow

NOBODY = 65534
PYTHON = Path(sys.executable).resolve()


def _others_may_read(path: Path) -> bool:
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (path, *path.parents))


DROPS_RIGHTS = os.geteuid() == 0 and _others_may_read(BORROWED) and _others_may_read(PYTHON)
PATHS = re.compile(r"(?<![\w./])/(?=(?:src|wheel|data)\b)")
Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """Return the instructions of the Dockerfile, each a keyword and the rest of its line."""
    lines = text(ROOT / "Dockerfile").splitlines()
    joined = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    return [
        (keyword, rest)
        for keyword, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    ]


def stages() -> dict[str, tuple[str, list[Instruction]]]:
    """Return the base and the instructions of each stage, by its name."""
    found: dict[str, tuple[str, list[Instruction]]] = {}
    for keyword, rest in instructions():
        if keyword == "FROM":
            base, stage = rest.split(" AS ")
            found[stage] = base, []
        else:
            found[stage][1].append((keyword, rest))
    return found


def context_files() -> Iterator[Path]:
    """Yield the files of the checkout that .dockerignore lets through to a build."""
    lines = text(ROOT / ".dockerignore").splitlines()
    assert lines[1] == "*", "what is sent is listed, so that nothing else ever is"
    kept = {line[1:] for line in lines if line.startswith("!")}
    return (path for path in tracked_files() if name(path).split("/")[0] in kept)


@dataclass
class Image:
    """What a stage builds: its files, the programs it finds, and how it is started."""

    root: Path
    variables: dict[str, str]
    folder: Path
    user: int | None = None
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def path(self, line: str) -> str:
        """Return a command with its absolute paths as paths of this stage."""
        return PATHS.sub(f"{self.root}/", line)

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a started container does."""
        return subprocess.run(
            command, capture_output=True, text=True, check=False, **self.process(**variables)
        )

    def process(self, **variables: str) -> dict[str, Any]:
        """Return the arguments for a process of this image."""
        values: dict[str, Any] = {"cwd": self.folder, "env": {**self.variables, **variables}}
        if self.user is not None and DROPS_RIGHTS:
            values |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return values


class Builder:
    """Builds stages in folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stages = stages()
        self.images: dict[str, Image] = {}

    def build(self, stage: str) -> Image:
        """Run the steps of a stage, after those of the stage that it stands on."""
        if stage in self.images:
            return self.images[stage]
        base, steps = self.stages[stage]
        root = self.folder / stage
        if base in self.stages:
            below = self.build(base)
            shutil.copytree(below.root, root, ignore=shutil.ignore_patterns("python"))
        else:
            assert base.startswith("python:3.")
        make_environment(root / "python")
        # pip reads its negative options the other way round: 0 is "no isolation".
        offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
        variables = {"PATH": f"{root}/python/bin:/usr/bin:/bin", "HOME": str(root), **offline}
        variables |= QUICK_STARTS
        image = self.images[stage] = Image(root, variables, root)
        for step in steps:
            self.step(image, *step)
        return image

    def step(self, image: Image, keyword: str, rest: str) -> None:
        """Run one instruction."""
        match keyword:
            case "WORKDIR":
                image.folder = Path(image.path(rest))
                image.folder.mkdir(parents=True, exist_ok=True)
            case "RUN" if rest.startswith("useradd"):
                (image.root / "data").mkdir()
            case "RUN":
                done = image.run("sh", "-c", image.path(rest))
                assert done.returncode == 0, done.stdout + done.stderr
            case "COPY":
                self.copy(image, rest)
            case "USER":
                image.user = int(rest)
            case "ENV":
                key, value = rest.split("=")
                image.variables[key] = value
            case "ENTRYPOINT":
                image.command = json.loads(rest)
            case "CMD":
                image.command += json.loads(rest)
            case "HEALTHCHECK":
                image.health = json.loads(rest.partition(" CMD ")[2])
            case _:
                assert keyword == "EXPOSE"

    def copy(self, image: Image, rest: str) -> None:
        """Run one COPY: of the context, of one of its files, or of another stage."""
        source, target = rest.split()[-2:]
        folder = Path(image.path(target)) if target != "." else image.folder
        if rest.startswith("--from="):
            built = self.folder / rest.split(maxsplit=1)[0].removeprefix("--from=")
            if not built.exists():
                self.build(built.name)
            shutil.copytree(built / source.strip("/"), folder, dirs_exist_ok=True)
            return
        for path in context_files():
            if source in {".", name(path)}:
                (folder / name(path)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / name(path))


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the program's user may enter
        yield Builder(Path(folder))


@pytest.fixture(scope="module")
def mock(builder: Builder) -> Image:
    return builder.build("mock")


@contextmanager
def started(image: Image, **variables: str) -> Iterator[int]:
    """Start an image's command on a free port; yield the port once it answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        image.command,
        stdout=subprocess.PIPE,
        text=True,
        **image.process(MOCKSERVER_PORT=str(port), **variables),
    )
    try:
        assert process.stdout
        assert f":{port}" in process.stdout.readline()
        yield port
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


def test_linter_finds_nothing() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "hadolint", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_last_stage_is_the_mock_and_nobody_is_root() -> None:
    assert list(stages())[-1] == "mock"
    for stage in ("mock", "suite"):
        assert [rest for keyword, rest in stages()[stage][1] if keyword == "USER"] == ["10001"]


def test_mock_answers_and_is_healthy(mock: Image) -> None:
    with started(mock) as port:
        assert mock.run(*mock.health, MOCKSERVER_PORT=str(port)).returncode == 0
    assert mock.run(*mock.health, MOCKSERVER_PORT=str(port)).returncode != 0


def test_suite_judges_the_mock(mock: Image, builder: Builder) -> None:
    suite = builder.build("suite")
    with started(mock, MOCKSERVER_SPEED="60") as port:
        url = f"http://127.0.0.1:{port}"
        command = (suite.command[0], "run", "talkdesk", "--base-url", url, "--only", "TD-JOB-001")
        done = suite.run(*command, "--effort", "quick")
    assert done.returncode == 0, done.stdout + done.stderr
    assert suite.run(*suite.command).stdout.startswith("Usage: conformance")
