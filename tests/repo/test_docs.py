"""The commands of the documentation run as written, in order, in a fresh environment.

Each file is one session of bash in a copy of the checkout. `$ ` begins a command; the lines after
it are what it prints, where ` ...` stands for the rest of a line. A block after
`<!-- not run: REASON -->` is not run.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.repo._checkout import ROOT, files, name, text
from tests.repo._environment import make_environment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("documentation")]

FENCE = re.compile(
    r"(?P<note><!-- not run: .+? -->\n)?^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
HEREDOC = re.compile(r"<<'(\w+)'")
DOCUMENTS = ["README.md"]
# A server that was sent to the background answers once its port does; a reader types that slowly.
READY = "until (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null; do kill -0 $! || exit 9; done"


@dataclass
class Command:
    """One command of a block, and the lines that it is said to print."""

    line: int
    text: str
    output: list[str] = field(default_factory=list)

    @property
    def port(self) -> str | None:
        """The port that it serves in the background, if it does."""
        if not re.search(r"&\s*(#.*)?$", self.text):
            return None
        told = re.search(r"--port (\d+)", self.text)
        return told[1] if told else "4010"


def commands(document: str) -> Iterator[Command]:
    """Yield the commands of a document's blocks that are to be run."""
    for block in FENCE.finditer(document):
        if not block["note"]:
            first = document.count("\n", 0, block.start("body")) + 1
            yield from _commands(block["body"].splitlines(), first)


def _commands(lines: list[str], first: int) -> Iterator[Command]:
    command: Command | None = None
    end: str | None = ""  # what ends the command's text: a line of a heredoc, or "" for its own end
    for number, line in enumerate(lines, first):
        if line.startswith("$ ") and end == "":
            if command:
                yield command
            command = Command(number, line[2:])
        elif command is None:
            raise AssertionError(f"line {number}: a block of a console begins with a command")
        elif end or command.text.endswith("\\"):
            command.text += f"\n{line}"
        else:
            command.output.append(line)
            continue
        heredoc = HEREDOC.search(line)
        if heredoc and not end:
            end = heredoc[1]
        elif line == end:
            end = ""
    if command:
        yield command


def script(found: list[Command]) -> str:
    """Return a script that runs the commands, and says which one it is at and which one failed."""
    rows = []
    for number, command in enumerate(found):
        rows += [f"echo; echo '@@ {number}'", command.text]
        rows += [READY.format(port=command.port)] if command.port else []
        rows += [f"code=$?; ((code == 0)) || {{ echo; echo '@@ failed {number}'; exit $code; }}"]
    return "\n".join(rows)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout, with the environment of the tests as its own."""
    root = tmp_path / "checkout"
    for path in files():
        (root / name(path)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, root / name(path))
    (root / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        (root / ".venv" / path.name).symlink_to(path)
    stamp = root / ".venv" / ".report-contracts"  # by which make knows that it is complete
    stamp.unlink(missing_ok=True)
    stamp.touch()
    return root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A fresh environment of Python; what pip would fetch is borrowed from that of the tests."""
    fresh = tmp_path / "fresh"
    make_environment(fresh)
    tools = Path(sysconfig.get_path("scripts"))
    return {
        "PATH": f"{fresh}/bin:{tools}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
    }


def run(program: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a script of bash; what it leaves running is stopped. Return its exit code and output."""
    output = folder.parent / "output"
    with output.open("w") as stream:
        shell = subprocess.Popen(
            ("bash", "-c", program),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = shell.wait()
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
    return code, output.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_do_what_the_document_says(
    document: str, checkout: Path, environment: dict[str, str]
) -> None:
    found = list(commands(text(ROOT / document)))
    assert found
    code, output = run(script(found), checkout, environment)
    parts = re.split(r"^@@ (?:failed )?(\d+)\n", output, flags=re.MULTILINE)
    printed = dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))
    last = found[max(printed)]
    assert code == 0, f"{document}:{last.line}: {last.text}: exit code {code}\n{output[-3000:]}"
    for number, command in enumerate(found):
        for expected in command.output:
            pattern = re.escape(expected).replace(re.escape(" ..."), ".*")
            assert re.search(f"^{pattern}$", printed[number], re.MULTILINE), (
                f"{document}:{command.line}: {expected!r} is not in {printed[number]!r}"
            )
