"""The signals that stop a server."""

import signal


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that stop a server: the first once responses are sent, the next at once.

    A terminal that closes sends SIGHUP, unless the server was started with nohup.
    """
    hangup = getattr(signal, "SIGHUP", None)  # not on every platform
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return signal.SIGINT, signal.SIGTERM
    return signal.SIGINT, signal.SIGTERM, hangup
