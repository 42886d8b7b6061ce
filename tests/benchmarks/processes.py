"""What a process and all its descendants take of the machine, as Linux accounts it."""

import os
import resource
from collections import defaultdict
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
"""What processor time is counted in, in seconds."""

_PROC = Path("/proc")
_USER, _SYSTEM = 11, 12  # places in /proc/<pid>/stat behind the command's name


def supported() -> bool:
    """Whether this system tells a process's proportional set size."""
    return (_PROC / "self/smaps_rollup").exists()


def memory(root: int) -> int:
    """The proportional set size, in bytes, of process `root` and its descendants.

    A page that n processes share counts as 1/n in each, so the sum counts it once.
    """
    return sum(_proportional_set(process) for process in _tree(root))


def processor(root: int) -> float:
    """The seconds of processor time that `root` and its living descendants have used."""
    used = (_stat(_PROC / str(process)) for process in _tree(root))
    return sum(int(stat[_USER]) + int(stat[_SYSTEM]) for stat in used if stat) * TICK


def of_ended_children() -> float:
    """The seconds of processor time of all commands that this process has started and ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tree(root: int) -> list[int]:
    children = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and (stat := _stat(entry)):
            children[int(stat[1])].append(int(entry.name))
    found = [root]
    for process in found:  # grows while it is walked
        found.extend(children[process])
    return found


def _stat(entry: Path) -> list[str]:
    """The fields behind the command's name, or none if the process has ended meanwhile."""
    try:
        text = (entry / "stat").read_text("utf-8", "replace")
    except OSError:
        return []
    # The name is in brackets and may hold anything, so the last bracket is the one that counts.
    return text.rpartition(")")[2].split()


def _proportional_set(process: int) -> int:
    try:
        rollup = (_PROC / str(process) / "smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    sizes = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
    return int(sizes[0]) * 1024 if sizes else 0
