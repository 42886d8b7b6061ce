"""Runs a command of this environment in a process that has its modules loaded already."""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO

# Importing these takes two seconds of each run, which say nothing of a judge.
_MODULES = ["conformance.runner", "conformance.drivers.fuzz", "schemathesis.cli"]
_SECONDS = "processor-seconds"


@contextmanager
def started(
    entry: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Iterator[tuple[BaseProcess, IO[str]]]:
    """Yield the process that calls `entry` (`module:function`) in `folder`, and its output."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_MODULES)
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(
        target=_run, args=(entry, arguments, environment, folder, writer), daemon=True
    )
    process.start()
    writer.close()  # so that the output ends with the process
    with os.fdopen(os.dup(reader.fileno()), encoding="utf-8", errors="replace") as output:
        reader.close()
        yield process, output


def processor_seconds(folder: Path) -> float:
    """Return what the process that ran in `folder` has used; OSError if it was killed."""
    return float((folder / _SECONDS).read_text("ascii"))


def _run(
    entry: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    output: Connection,
) -> None:
    os.setsid()  # so that it can be ended with whatever it has started
    os.chdir(folder)
    os.environ.update(environment)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output.fileno(), stream.fileno())
    output.close()
    begun = time.process_time()
    module, _, function = entry.partition(":")
    sys.argv = [module, *arguments]
    try:
        getattr(import_module(module), function)()
    finally:
        sys.stdout.flush()
        spent = time.process_time() - begun
        (folder / _SECONDS).write_text(f"{spent:.2f}", "ascii")
