"""Worker processes on one socket: started, replaced, and stopped by signals."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread

from mockserver.errors import ConfigurationError


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that stop a server: the first once responses are sent, the next at once.

    A terminal that closes sends SIGHUP, unless the server was started with nohup.
    """
    hangup = getattr(signal, "SIGHUP", None)  # not on every platform
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return signal.SIGINT, signal.SIGTERM
    return signal.SIGINT, signal.SIGTERM, hangup


LogError = Callable[[str], None]
WorkerMain = Callable[[Callable[[], None]], None]
"""What a worker does until SIGTERM; it calls its argument once it is ready."""


class WorkerSupervisor:
    """`size` forked workers. They share what was loaded before, and the memory that it takes.

    `log_error` logs that a worker was replaced. At a stop signal `close` closes the sockets of this
    process, lest clients wait for one that nobody serves. Workers that run on `stop_seconds` after
    it, or when the next one comes, are killed.
    """

    def __init__(
        self,
        size: int,
        work: WorkerMain,
        log_error: LogError,
        stop_seconds: int,
        close: Callable[[], None],
    ) -> None:
        if not hasattr(os, "fork"):
            raise ConfigurationError(
                "--workers: this system cannot fork; start several servers instead"
            )
        self._size = size
        self._work = work
        self._log_error = log_error
        self._stop_seconds = stop_seconds
        self._close = close
        self._signals = stop_signals()
        self._workers: set[int] = set()
        self._stopping = False
        # Held open by this process alone: when it dies, however it does, the workers see the end.
        self._parent_end, self._alive = os.pipe()

    def run(self, on_start: Callable[[], None]) -> None:
        """Work until one of `stop_signals`; `on_start` is called when all workers are ready.

        Raises:
            ConfigurationError: a worker ended before it was ready.
        """
        for number in self._signals:
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGALRM, lambda *_: self._signal(signal.SIGKILL))
        for pipe in [self._start() for _ in range(self._size)]:
            self._wait_until_ready(pipe)
        if not self._stopping:
            on_start()
        while self._workers:
            gone, status = os.wait()
            self._workers.discard(gone)
            if not self._stopping:
                self._log_error(
                    f"Worker {gone} ended ({_describe_exit(status)}); another takes its place."
                )
                self._wait_until_ready(self._start())
        signal.alarm(0)
        for number in self._signals:  # one that comes this late changes nothing any more
            signal.signal(number, signal.SIG_IGN)

    def _start(self) -> int:
        """Fork a worker; return the pipe on which it reports that it is ready."""
        ready, report = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)  # none may come between the two
        worker = os.fork()
        if worker == 0:
            os.close(ready)
            os.close(self._alive)
            self._run_worker(report)
        self._workers.add(worker)
        os.close(report)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._signals)
        if self._stopping:
            os.kill(worker, signal.SIGTERM)
        return ready

    def _wait_until_ready(self, pipe: int) -> None:
        with os.fdopen(pipe, "rb") as ready:
            if ready.read(1) or self._stopping:
                return
        self._stop()
        while self._workers:
            self._workers.discard(os.wait()[0])
        raise ConfigurationError("A worker ended before it was ready; see what it said above.")

    def _run_worker(self, report: int) -> None:
        """Run in the worker process; never returns."""
        code = 1
        try:
            for number in self._signals:  # a terminal sends them to all; the supervisor decides
                signal.signal(number, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._signals)
            Thread(target=self._stop_with_parent, daemon=True).start()
            if not self._stopping:  # else its sockets are closed
                self._work(partial(_report_ready, report))
            code = 0
        except BaseException:  # noqa: BLE001 (nothing may go on as if it were the parent)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _stop_with_parent(self) -> None:
        os.read(self._parent_end, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _stop(self) -> None:
        if self._stopping:
            self._signal(signal.SIGKILL)
            return
        self._stopping = True
        self._close()
        signal.alarm(self._stop_seconds)
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        for worker in tuple(self._workers):
            with suppress(ProcessLookupError):
                os.kill(worker, number)


def _report_ready(pipe: int) -> None:
    os.write(pipe, b".")
    os.close(pipe)


def _describe_exit(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
