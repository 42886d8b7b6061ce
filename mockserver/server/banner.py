"""What `mockserver serve` prints at its start: where it is, whom it plays, and the way in."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

from mockserver.app import App
from mockserver.auth.identities import Credential, key_header
from mockserver.clock import ClockSettings, Mode
from mockserver.config import Settings
from mockserver.http.routing import Api
from mockserver.logs import now
from mockserver.store import display_url
from mockserver.version import VERSION

COLUMNS = 80


@dataclass(frozen=True, slots=True)
class Started:
    """What is known only once a server listens.

    `ca_file` is the authority to trust, if one was made; `token` is one that nobody knows so far.
    """

    base_url: str
    ca_file: Path | None = None
    token: str | None = None


def render_text(mock: App, settings: Settings, started: Started) -> str:
    """Return the text, at most 80 columns wide but for names of files."""
    base_url, token = started.base_url, started.token
    lines = [
        f"mockserver {VERSION} at {base_url}",
        *([] if started.ca_file is None else _authority(started.ca_file)),
        f"profile {settings.profile}, seed {settings.seed}, virtual time {_time(settings.pace)}",
        *_store(mock, settings),
        f"control plane {base_url}/_mock/ (the dashboard)",
        *([] if token is None else _token(token)),
        *_origins(settings),
        f"documentation {base_url}/_mock/docs/<vendor>/",
    ]
    for api in mock.apis:
        if api.name in mock.identities:
            lines += ["", f"{api.name}: {', '.join(api.prefixes)}"]
            lines += [line for row in mock.identities[api.name] for line in _way_in(api, row)]
            lines += _stateless(mock.vendors[api.name].stateless)
    lines += ["", "For tests only: the identities are invented and known to everybody."]
    return "\n".join(lines)


def render_json(mock: App, settings: Settings, started: Started) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "time": now(),
        "level": "info",
        "event": "started",
        "url": started.base_url,
        "control": f"{started.base_url}/_mock",
        "ca_file": None if started.ca_file is None else str(started.ca_file),
        "version": VERSION,
        "profile": settings.profile,
        "store": display_url(settings.store),
        "workers": settings.workers,
        "vendors": list(mock.identities),
        "control_token": started.token,
    }


def _stateless(operations: tuple[str, ...]) -> list[str]:
    if not operations:
        return []
    text = f"answered with examples, without any state: {', '.join(operations)}"
    return wrap(text, COLUMNS, initial_indent="  ", subsequent_indent="  ")


def _store(mock: App, settings: Settings) -> list[str]:
    if not mock.store.shared:
        return []
    lines = wrap(f"store {display_url(settings.store)}, workers {settings.workers}", COLUMNS)
    kept = mock.sandboxes.default
    if (kept.seed, kept.clock.settings) != (settings.seed, settings.pace):
        lines += [
            f"  it keeps seed {kept.seed}, virtual time {_time(kept.clock.settings)};",
            "  POST /_mock/reset starts anew with what this server was told",
        ]
    return lines


def _authority(ca_file: Path) -> list[str]:
    return ["clients have to trust the authority in", f"  {ca_file}"]


def _token(token: str) -> list[str]:
    return [
        f"control token {token}",
        "  send it as X-Mock-Token; in a browser it is the password of any user",
    ]


def _origins(settings: Settings) -> list[str]:
    lines = []
    if settings.control_origin:
        lines += wrap(
            f"control plane open to pages of {' '.join(settings.control_origin)}", COLUMNS
        )
    if "*" in settings.cors_origin:
        lines += [
            "pages of any origin may call the vendors; browsers allow credentials with",
            '  fetch (credentials: "include") only to an origin named by --cors-origin',
        ]
    return lines


def _time(pace: ClockSettings) -> str:
    if pace.mode is Mode.MANUAL:
        return "stands until /_mock/clock moves it"
    return _speed(pace.speed)


def _speed(speed: float) -> str:
    return "goes like real time" if speed == 1 else f"goes {speed:g} times as fast as real time"


def _way_in(api: Api, known: Credential) -> list[str]:
    if known.scheme == "bearer":
        sent = f"Authorization: Bearer {known.secret}"
    elif known.scheme == "basic":
        sent = f"HTTP Basic {known.secret}"
    else:
        sent = f"{key_header(api.openapi)}: {known.secret}"
    notes = wrap(known.note, COLUMNS, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return [f"  {sent}", *notes]
