"""The reference app at the command line."""

import click

from conformance.reference import scripts
from conformance.reference.app import PROFILES, create_app
from conformance.reference.defects import DEFECTS, VARIANTS, UnknownSwitchError
from conformance.reference.serving import make_http_server


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 picks a free port.")
@click.option("--defect", "defects", multiple=True, metavar="ID", help="Defect or variant; repeat.")
@click.option("--speed", type=click.FloatRange(min=0), default=1.0, help="0 stops the clock.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--profile", type=click.Choice(PROFILES), default="documented", show_default=True)
@click.option("--show", metavar="ID", help="Print an exchange that shows it, then exit.")
@click.option("--list", "listing", is_flag=True, help="List defects and variants, then exit.")
def main(
    *,
    port: int,
    defects: tuple[str, ...],
    speed: float,
    seed: int,
    profile: str,
    show: str | None,
    listing: bool,
) -> None:
    """Serve the reference app on 127.0.0.1, with the named switches on."""
    if listing:
        _list()
        return
    try:
        if show:
            _show(show)
            return
        app = create_app(defects=defects, seed=seed, speed=speed, profile=profile)
        server = make_http_server(app, port)
    except UnknownSwitchError as error:
        raise click.BadParameter(str(error), param_hint="--defect or --show") from error
    except OSError as error:
        raise click.BadParameter(str(error), param_hint="--port") from error
    click.echo(f"http://127.0.0.1:{server.port}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def _show(switch: str) -> None:
    pair = scripts.show(switch)
    if pair is None:
        raise click.ClickException(f"{switch} changes no exchange")
    for title, exchange in zip(("without", switch), pair, strict=True):
        click.echo(f"{title}: {exchange.line}\n  {exchange.status}")
        for name, value in exchange.headers:
            click.echo(f"  {name}: {value}")
        click.echo(f"  {exchange.body.decode(errors='replace')}\n")


def _list() -> None:
    for defect in DEFECTS.values():
        click.echo(f"{defect.id}\tdefect ({defect.source}, {defect.level})\t{defect.text}")
    for variant in VARIANTS.values():
        click.echo(f"{variant.id}\tvariant\t{variant.text}")


if __name__ == "__main__":
    main()
