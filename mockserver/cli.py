"""The command `mockserver`."""

from typing import TYPE_CHECKING

import click

from mockserver.version import version

if TYPE_CHECKING:
    from mockserver.settings import Settings


class Unusable(click.ClickException):
    """Settings that cannot work."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(), "--version", prog_name="mockserver")
def main() -> None:
    """Plays three vendors' report APIs, for tests only."""


@main.command()
@click.option("--port", default=4010, show_default=True, help="Port; 0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--profile",
    type=click.Choice(["documented", "observed"]),
    default="documented",
    show_default=True,
    help="What clashing sources are resolved to.",
)
@click.option("--seed", default=1, show_default=True, help="Seed of ids and of report content.")
@click.option(
    "--clock",
    type=click.Choice(["real", "manual"]),
    default="real",
    show_default=True,
    help="Virtual time goes by itself, or stands until POST /_mock/clock moves it.",
)
@click.option(
    "--speed", default=1.0, show_default=True, help="Virtual seconds a real second (0.001-1000000)."
)
@click.option(
    "--control-host",
    "control_hosts",
    multiple=True,
    metavar="NAME",
    help="Host name that /_mock answers to besides loopback; repeatable.",
)
def serve(
    port: int,
    host: str,
    profile: str,
    seed: int,
    clock: str,
    speed: float,
    control_hosts: tuple[str, ...],
) -> None:
    r"""Run the mock until Ctrl-C.

    \b
    mockserver serve --port 8080 --speed 60
    """
    from mockserver.clock import Mode, Pace
    from mockserver.errors import SetupError
    from mockserver.settings import Settings
    from specs import SpecError

    try:
        settings = Settings(
            host=host,
            port=port,
            profile=profile,
            seed=seed,
            pace=Pace(Mode(clock), speed),
            control_hosts=control_hosts,
        )
        _serve(settings)
    except (SetupError, SpecError) as error:
        raise Unusable(str(error)) from None


def _serve(settings: "Settings") -> None:
    from mockserver.bootstrap import build
    from mockserver.listen import listen
    from mockserver.server import Running, settle
    from mockserver.welcome import welcome

    listening = listen(settings.host, settings.port)
    mock = build(settings)
    text = welcome(mock, listening.base_url, settings)
    settle()
    Running(mock.app, listening, mock.app.refuse).run(lambda: click.echo(text))
