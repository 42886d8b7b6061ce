"""The memory of a process and all its descendants, as Linux accounts it."""

from collections import defaultdict
from pathlib import Path

_PROC = Path("/proc")


def supported() -> bool:
    """Whether this system tells a process's proportional set size."""
    return (_PROC / "self/smaps_rollup").exists()


def proportional_set(root: int) -> int:
    """The proportional set size, in bytes, of process `root` and its descendants.

    A page that n processes share counts as 1/n in each, so the sum counts it once.
    """
    return sum(_own(process) for process in _tree(root))


def _tree(root: int) -> list[int]:
    children = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and (parent := _parent(entry)) is not None:
            children[parent].append(int(entry.name))
    found = [root]
    for process in found:  # grows while it is walked
        found.extend(children[process])
    return found


def _parent(entry: Path) -> int | None:
    try:
        stat = (entry / "stat").read_text("utf-8", "replace")
    except OSError:  # it ended meanwhile
        return None
    # The command's name is in brackets and may hold anything; the fields follow the last bracket.
    return int(stat.rpartition(")")[2].split()[1])


def _own(process: int) -> int:
    try:
        rollup = (_PROC / str(process) / "smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    sizes = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
    return int(sizes[0]) * 1024 if sizes else 0
