"""What `conformance replay` does once its options are read."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from conformance.options import limits
from conformance.replay.again import Replayed, choose, exit_code, read_result, replay
from conformance.running.bootstrap import runner
from conformance.settings import Settings

WORDS: Final = {True: "still broken", False: "does not show again", None: "cannot be judged"}


def replay_command(file: Path, ids: Sequence[str], options: Mapping[str, Any]) -> int:
    """Repeat findings, print what became of each, and return the exit code.

    Raises:
        UsageError: the file, an id or an option does not fit.
        NotJudged: the target cannot be reached, or refuses the credentials.
    """
    result = read_result(file)
    findings = choose(result, ids)
    settings = Settings(
        profile=result["profile"],
        seed=result["seed"],
        **limits(options),
    )
    made = runner(
        result["vendor"],
        options["base_url"] or result["base_url"],
        control_url=options["control_url"],
        target=options["target"],
        settings=settings,
    )
    replayed = []
    for one in replay(made, findings):
        replayed.append(one)
        sys.stdout.write(_line(one))
    if not replayed:
        sys.stdout.write("The result holds no finding: nothing to repeat.\n")
    return exit_code(replayed)


def _line(one: Replayed) -> str:
    reason = f": {one.reason}" if one.reason else ""
    return f"{one.requirement}  {WORDS[one.shows]}{reason}\n"
