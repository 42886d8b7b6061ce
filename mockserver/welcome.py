"""What `mockserver serve` prints at its start: where it is, whom it plays, and the way in."""

from textwrap import wrap

from mockserver.identities import Known
from mockserver.mock import Mock
from mockserver.party import Party
from mockserver.settings import Settings
from mockserver.version import version

COLUMNS = 80


def welcome(mock: Mock, base_url: str, settings: Settings) -> str:
    """Return the text, at most 80 columns wide."""
    time = "stands until /_mock/clock moves it" if settings.manual else _speed(settings.pace.speed)
    lines = [
        f"mockserver {version()} at {base_url}",
        f"profile {settings.profile}, seed {settings.seed}, virtual time {time}",
        f"control plane {base_url}/_mock/health",
        f"documentation {base_url}/_mock/docs/<vendor>/",
    ]
    for party in mock.parties:
        if party.name in mock.identities:
            lines += ["", f"{party.name}: {', '.join(party.prefixes)}"]
            lines += [line for row in mock.identities[party.name] for line in _way_in(party, row)]
    lines += ["", "For tests only: the identities are invented and known to everybody."]
    return "\n".join(lines)


def _speed(speed: float) -> str:
    return "goes like real time" if speed == 1 else f"goes {speed:g} times as fast as real time"


def _way_in(party: Party, known: Known) -> list[str]:
    if known.scheme == "bearer":
        sent = f"Authorization: Bearer {known.secret}"
    elif known.scheme == "basic":
        sent = f"HTTP Basic {known.secret}"
    else:
        sent = f"{_key_header(party)}: {known.secret}"
    notes = wrap(known.note, COLUMNS, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return [f"  {sent}", *notes]


def _key_header(party: Party) -> str:
    schemes = party.openapi["components"]["securitySchemes"].values()
    return next(str(scheme["name"]) for scheme in schemes if scheme["type"] == "apiKey")
