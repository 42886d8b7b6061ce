"""`python -m tests.benchmarks`: measure, print ratios, write the picture and the raw figures."""

from dataclasses import dataclass
from pathlib import Path

import click

from tests.benchmarks import load, machine
from tests.benchmarks.contender import Workshop
from tests.benchmarks.contenders import RECIPES
from tests.benchmarks.peers import Comparison
from tests.benchmarks.report import charts, picture, raw, table
from tests.benchmarks.rounds import Plan
from tests.benchmarks.say import step

_UNMEASURED = 1


@dataclass(frozen=True, slots=True)
class Bench:
    """What every command is told: how much to measure, with what, and where to write."""

    plan: Plan
    generator: load.Generator
    workshop: Workshop
    out: Path
    only: frozenset[str]


@click.group(invoke_without_command=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=3, show_default=True, help="A turn.")
@click.option("--warm", type=click.IntRange(1), default=2, show_default=True, help="A spell.")
@click.option("--connections", type=click.IntRange(1, 1000), default=16, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(RECIPES), case_sensitive=False))
@click.option("--out", type=click.Path(path_type=Path), default=Path(".out/bench"))
@click.option("--cache", type=click.Path(path_type=Path), default=Path(".bench"))
@click.pass_context
def main(
    context: click.Context,
    *,
    rounds: int,
    seconds: int,
    warm: int,
    connections: int,
    only: tuple[str, ...],
    out: Path,
    cache: Path,
) -> None:
    """Measure the mock and the suite beside their peers; without a command, everything."""
    folder = (cache / "work").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    context.obj = Bench(
        Plan(rounds, seconds, warm, connections),
        load.choose(connections),
        Workshop(cache / "npm", folder),
        out,
        frozenset(only or RECIPES),
    )
    if context.invoked_subcommand is None:
        context.invoke(everything)


@main.command()
@click.pass_obj
def peers(bench: Bench) -> None:
    """Polling, creating, first answer and memory beside the peers and the bare ceiling."""
    about = machine.describe()
    comparison = Comparison(bench.workshop, bench.generator, bench.plan)
    comparison.run({name: recipe for name, recipe in RECIPES.items() if name in bench.only})
    table.show_peers(comparison)
    _tell(raw.write(bench.out / "peers.json", raw.peers(comparison, about)))
    _tell(picture.write(bench.out / "peers.svg", charts.peers(comparison)))
    if "mockserver" in bench.only and "mockserver" not in comparison.entries:
        raise SystemExit(_UNMEASURED)


@main.command(name="all")
@click.pass_context
def everything(context: click.Context) -> None:
    """Every benchmark, one after the other."""
    context.invoke(peers)


def _tell(path: Path) -> None:
    step(f"written: {path}")


if __name__ == "__main__":
    main()
