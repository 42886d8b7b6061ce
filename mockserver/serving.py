"""Serves until told to stop: in this process, or with workers on the same port."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from secrets import token_urlsafe

from mockserver import logs
from mockserver.access_log import Logged
from mockserver.bootstrap import build
from mockserver.crew import Crew
from mockserver.listen import Listening, listen
from mockserver.mock import Mock
from mockserver.server import STOP_SECONDS, Running, settle
from mockserver.settings import Settings
from mockserver.welcome import started, welcome

Say = Callable[[str], None]


def serve(settings: Settings, say: Say) -> None:
    """Serve until SIGINT or SIGTERM; `say` prints what there is to know at the start.

    Raises:
        SetupError: the settings cannot work.
        SpecError: a contract has a fault.
    """
    logs.start(settings.log)
    listening = listen(settings.host, settings.port)
    told, settings = settings, with_token(settings, listening)
    try:
        mock = build(settings)
    except BaseException:
        listening.socket.close()
        raise
    made = None if told.control_token else settings.control_token  # who told it knows it
    settle()
    tell = partial(say, _text(mock, listening, settings, made))
    if settings.workers == 1:
        run_on(mock, listening, settings).run(tell)
        mock.store.close()
        return
    mock.store.close()  # no connection may be in two processes; each opens its own
    work = run_on(mock, listening, settings).run
    Crew(settings.workers, work, logs.complain, STOP_SECONDS + 5).run(tell)


def run_on(mock: Mock, listening: Listening, settings: Settings) -> Running:
    """Return a server of a mock on a socket."""
    app = mock.app if settings.log == logs.NONE else Logged(mock.app, settings.log)
    return Running(app, listening, app.refuse, settings.patience)


def with_token(settings: Settings, listening: Listening) -> Settings:
    """Return settings whose control plane asks for a token, where others can reach the server."""
    if settings.control_token is not None or listening.local:
        return settings
    return replace(settings, control_token=token_urlsafe(18))


def _text(mock: Mock, listening: Listening, settings: Settings, token: str | None) -> str:
    if settings.log == logs.JSON:
        return logs.to_json(started(mock, listening.base_url, settings, token))
    return welcome(mock, listening.base_url, settings, token)
