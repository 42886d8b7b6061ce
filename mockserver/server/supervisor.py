"""Worker processes on one socket: started together, replaced when one dies, stopped together."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread

from mockserver.errors import ConfigurationError
from mockserver.server.signals import stop_signals

Say = Callable[[str], None]
WorkerMain = Callable[[Callable[[], None]], None]
"""What a worker does until it is told to stop (SIGTERM); it calls its argument once it is ready."""


class WorkerSupervisor:
    """`size` forked workers. They share what was loaded before, and the memory that it takes.

    `complain` tells people that a worker was replaced. Workers that have not stopped
    `stop_seconds` after they were told to, or until the supervisor is told again, are killed.
    """

    def __init__(self, size: int, work: WorkerMain, complain: Say, stop_seconds: int) -> None:
        if not hasattr(os, "fork"):
            raise ConfigurationError(
                "--workers: this system cannot fork; start several servers instead"
            )
        self._size = size
        self._work = work
        self._complain = complain
        self._stop_seconds = stop_seconds
        self._signals = stop_signals()
        self._workers: set[int] = set()
        self._stopping = False
        # Held open by this process alone: when it dies, however it does, the workers see the end.
        self._watched, self._life = os.pipe()

    def run(self, on_start: Callable[[], None]) -> None:
        """Work until one of `stop_signals`; `on_start` is called when all workers are ready.

        Raises:
            ConfigurationError: a worker ended before it was ready.
        """
        for number in self._signals:
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGALRM, lambda *_: self._signal(signal.SIGKILL))
        for gate in [self._start() for _ in range(self._size)]:
            self._await(gate)
        if not self._stopping:
            on_start()
        while self._workers:
            gone, status = os.wait()
            self._workers.discard(gone)
            if not self._stopping:
                self._complain(f"Worker {gone} ended ({_told(status)}); another takes its place.")
                self._await(self._start())
        signal.alarm(0)

    def _start(self) -> int:
        """Fork a worker; return where it tells that it is ready."""
        ready, tell = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)  # none may come between the two
        worker = os.fork()
        if worker == 0:
            os.close(ready)
            os.close(self._life)
            self._live(tell)
        self._workers.add(worker)
        os.close(tell)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._signals)
        if self._stopping:
            os.kill(worker, signal.SIGTERM)
        return ready

    def _await(self, gate: int) -> None:
        with os.fdopen(gate, "rb") as ready:
            if ready.read(1) or self._stopping:
                return
        self._stop()
        while self._workers:
            self._workers.discard(os.wait()[0])
        raise ConfigurationError("A worker ended before it was ready; see what it said above.")

    def _live(self, tell: int) -> None:
        """Be a worker; never returns."""
        code = 1
        try:
            for number in self._signals:  # a terminal sends them to all; the supervisor decides
                signal.signal(number, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._signals)
            Thread(target=self._watch, daemon=True).start()
            self._work(partial(_tell, tell))
            code = 0
        except BaseException:  # noqa: BLE001 (nothing may go on as if it were the parent)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _watch(self) -> None:
        os.read(self._watched, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _stop(self) -> None:
        if self._stopping:
            self._signal(signal.SIGKILL)
            return
        self._stopping = True
        signal.alarm(self._stop_seconds)
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        for worker in tuple(self._workers):
            with suppress(ProcessLookupError):
                os.kill(worker, number)


def _tell(gate: int) -> None:
    os.write(gate, b".")
    os.close(gate)


def _told(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
