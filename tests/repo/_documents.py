"""The blocks of a Markdown file as one session of bash.

What a block is follows from its language:

- `console`: `$ ` begins a command; the lines after it are what it prints, where ` ...` stands for
  the rest of a line.
- `python`, `yaml`, `json`, `js`, `http`: the file that `<!-- file: NAME -->` before it names;
  Python without a name is run.
- `mermaid` and `text` are pictures.

A block after `<!-- not run: REASON -->` is not run.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

FENCE = re.compile(
    r"(?:<!-- (?P<mark>not run|file): (?P<value>.+?) -->\n)?"
    r"^```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PICTURES = ("mermaid", "text")
ANYTHING = re.compile(r"(?:\\ )?\\\.\\\.\\\.(?:\\ )?")
HEREDOC = re.compile(r"<<'(\w+)'")
END = "END-OF-BLOCK"
# A reader types the next command once a server that was sent to the background is ready.
READY = "until curl -fsko /dev/null {url}; do kill -0 $! && sleep 0.1 || exit 9; done"


@dataclass
class Command:
    """One command of a block, and the lines that it is said to print."""

    line: int
    text: str
    output: list[str] = field(default_factory=list)

    @property
    def readiness(self) -> str | None:
        """The URL that answers once the server that it starts in the background is ready."""
        if not re.search(r"&\s*(#.*)?$", self.text):
            return None
        told = re.search(r"--port (\d+)", self.text)
        scheme = "https" if "--tls" in self.text else "http"
        return f"{scheme}://localhost:{told[1] if told else '$MOCKSERVER_PORT'}/_mock/health"

    def expected(self) -> Iterator[tuple[str, str]]:
        """Yield each line that it prints, and the pattern of that line."""
        for line in self.output:
            yield line, f"^{re.sub(ANYTHING, '.*', re.escape(line))}$"


def commands(document: str) -> Iterator[Command]:
    """Yield what is to be run of a document, in its order.

    Raises:
        AssertionError: a block says neither what it is nor why it is not run.
    """
    for block in FENCE.finditer(document):
        first = document.count("\n", 0, block.start("body")) + 1
        if block["language"] not in PICTURES and block["mark"] != "not run":
            yield from _commands(block, first)


def _commands(block: re.Match[str], first: int) -> Iterator[Command]:
    language, body = block["language"], block["body"]
    if language == "console":
        yield from _console(body.splitlines(), first)
    elif block["mark"] == "file":
        file = shlex.quote(block["value"])
        write = f"mkdir -p $(dirname {file}) && cat >{file} <<'{END}'\n{body}{END}"
        yield Command(first, write)
    elif language == "python":
        yield Command(first, f"python - <<'{END}'\n{body}{END}")
    else:
        raise AssertionError(f"line {first}: a block of {language or 'no language'} names no file")


def _console(lines: list[str], first: int) -> Iterator[Command]:
    command: Command | None = None
    end: str | None = ""  # what ends the command's text: a line of a heredoc, or "" for its own end
    for number, line in enumerate(lines, first):
        if line.startswith("$ ") and end == "":
            if command:
                yield command
            command = Command(number, line[2:])
        elif command is None:
            raise AssertionError(f"line {number}: a block of a console begins with a command")
        elif end or command.text.endswith("\\") or command.text.count("'") % 2:
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
        rows += [READY.format(url=command.readiness)] if command.readiness else []
        rows += [f"code=$?; ((code == 0)) || {{ echo; echo '@@ failed {number}'; exit $code; }}"]
    return "\n".join(rows)


def printed(output: str) -> dict[int, str]:
    """Return what each command printed, by its number, of the output of a script."""
    parts = re.split(r"^@@ (?:failed )?(\d+)\n", output, flags=re.MULTILINE)
    return dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))
