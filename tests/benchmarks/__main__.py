"""`python -m tests.benchmarks`: measure, print ratios, write the picture and the raw figures."""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tests.benchmarks import files, load, machine, tail, waits
from tests.benchmarks.contender import Workshop
from tests.benchmarks.contenders import RECIPES
from tests.benchmarks.contenders.ours import NAME
from tests.benchmarks.errors import BenchmarkError, UnhealthyError
from tests.benchmarks.peers import Comparison
from tests.benchmarks.report import charts, picture, raw, table
from tests.benchmarks.rounds import Plan
from tests.benchmarks.say import left_out, step
from tests.benchmarks.scale import run as size
from tests.benchmarks.scale.stores import MEMORY
from tests.benchmarks.suite.kills import compare
from tests.benchmarks.suite.reference import draw
from tests.benchmarks.suite.tools import TOOLS
from tests.benchmarks.waits import PARTS
from tests.benchmarks.waits.in_shell import EFFORTS, MAKE

LENGTH = click.FloatRange(0, min_open=True)
"""Of a load in seconds; wrk, where it is there, runs for whole ones."""
SIZES = (1_000, 10_000, 100_000, 1_000_000)
_UNMEASURED = 1


@dataclass(frozen=True, slots=True)
class Bench:
    """What every command is told: how much to measure, with what, and where to write."""

    plan: Plan
    generator: load.Generator
    workshop: Workshop
    out: Path
    only: frozenset[str]


class Benchmarks(click.Group):
    """Turns a measurement that failed into a sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BenchmarkError as reason:
            raise click.ClickException(str(reason)) from reason


@click.group(cls=Benchmarks, invoke_without_command=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--seconds", type=LENGTH, default=3, show_default=True, help="A turn.")
@click.option("--warm", type=LENGTH, default=2, show_default=True, help="A spell.")
@click.option("--connections", type=click.IntRange(1, 1000), default=16, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(RECIPES), case_sensitive=False))
@click.option("--out", type=click.Path(path_type=Path), default=Path(".out/bench"))
@click.option("--cache", type=click.Path(path_type=Path), default=Path(".bench"))
@click.pass_context
def main(
    context: click.Context,
    *,
    rounds: int,
    seconds: float,
    warm: float,
    connections: int,
    only: tuple[str, ...],
    out: Path,
    cache: Path,
) -> None:
    """Measure the mock and the suite beside their peers; without a command, everything."""
    folder = (cache / "work").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n", "ascii")  # a cache keeps itself out of the tree
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
    if NAME in bench.only and NAME not in comparison.entries:
        raise UnhealthyError(f"{NAME} itself could not be measured: {comparison.missing[NAME]}")


@main.command()
@click.option("--store", default=MEMORY, show_default=True, help="memory, sqlite or a PostgreSQL.")
@click.option("--size", "sizes", multiple=True, type=click.IntRange(1), default=SIZES)
@click.pass_obj
def scale(bench: Bench, *, store: str, sizes: tuple[int, ...]) -> None:
    """Cost of polling, of a page and of creating against the number of jobs."""
    about = machine.describe()
    ordered = sorted(set(sizes))
    points = size.run(bench.workshop, bench.generator, bench.plan, store, ordered)
    name = store.partition(":")[0]
    table.show_scale(points, ordered[0], name)
    _tell(raw.write(bench.out / f"scale-{name}.json", raw.scale(points, name, bench.plan, about)))
    svg = charts.scale(points, ordered[0], name)
    _tell(picture.write(bench.out / f"scale-{name}.svg", svg))


@main.command(name="files")
@click.option("--bytes", "size", type=click.IntRange(1), default=10**9, show_default=True)
@click.pass_obj
def files_(bench: Bench, *, size: int) -> None:
    """A large report: what it adds to the server's memory, and that it is always the same."""
    about = machine.describe()
    outcome = files.run(bench.workshop, size)
    table.show_files(outcome)
    _tell(raw.write(bench.out / "files.json", outcome.raw() | {"machine": about}))


@main.command()
@click.option("--defects", type=click.IntRange(1), default=6, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Which defects are drawn.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="At a time.")
@click.option("--examples", type=click.IntRange(1), help="Drawn requests an operation, `st run`.")
@click.option("--tool", "names", multiple=True, type=click.Choice(list(TOOLS)), default=list(TOOLS))
@click.pass_obj
def suite(
    bench: Bench,
    *,
    defects: int,
    seed: int,
    jobs: int,
    examples: int | None,
    names: tuple[str, ...],
) -> None:
    """The suite beside stock Schemathesis and Specmatic's tests, on planted defects."""
    about = machine.describe()
    judges = []
    for name in names:
        try:
            judges.append(TOOLS[name](bench.workshop, examples))
        except BenchmarkError as reason:
            left_out(name, reason)
    scores = compare(judges, draw(defects, seed), bench.workshop.folder, jobs)
    table.show_suite(scores)
    _tell(raw.write(bench.out / "suite.json", raw.suite(scores, about)))
    _tell(picture.write(bench.out / "suite.svg", charts.suite(scores)))


@main.command(name="tail")
@click.option("--connections", multiple=True, type=click.IntRange(1), default=tail.CONNECTIONS)
@click.option("--store", "stores", multiple=True, default=tail.STORES, show_default=True)
@click.option("--bytes", "size", type=click.IntRange(1), default=tail.DOWNLOAD_BYTES)
@click.pass_obj
def tail_(
    bench: Bench, /, *, connections: tuple[int, ...], stores: tuple[str, ...], size: int
) -> None:
    """Rate, latencies and memory from 1 to 1,000 connections, and beside ten downloads."""
    about = machine.describe()
    comparison = Comparison(bench.workshop, bench.generator, bench.plan)
    comparison.prepare({name: RECIPES[name] for name in tail.PEERS if name in bench.only})
    path = bench.out / "tail.json"
    measured: list[tail.Loaded] = []
    for loaded in tail.under_connections(comparison, stores, connections):
        measured.append(loaded)
        raw.write(path, raw.tail(measured, bench.plan, about))  # a later one may be interrupted
    downloads = tail.beside_downloads(bench.workshop, bench.generator, bench.plan, size)
    table.show_tail(measured, downloads)
    _tell(raw.write(path, raw.tail([*measured, *downloads], bench.plan, about)))
    _tell(picture.write(bench.out / "tail.svg", charts.tail(measured)))


@main.command(name="waits")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS)
@click.option("--vendor", "vendors", multiple=True, default=("talkdesk",), show_default=True)
@click.option("--effort", "efforts", multiple=True, type=click.Choice(EFFORTS), default=EFFORTS)
@click.option("--make", "targets", multiple=True, type=click.Choice(list(MAKE)), default=("demo",))
@click.option("--tests", type=click.IntRange(1), default=1_000, show_default=True)
@click.pass_obj
def waits_(bench: Bench, /, *, parts: tuple[str, ...], **scope: Any) -> None:
    """What a user waits for, in seconds: starts, fixtures, a browser, verdicts, `make`."""
    about = machine.describe()
    comparison = Comparison(bench.workshop, bench.generator, bench.plan)
    if {"start", "browser"} & set(parts):
        comparison.prepare({name: RECIPES[name] for name in RECIPES if name in bench.only})
        comparison.start()
    path = bench.out / "waits.json"
    measured: list[waits.Wait] = []
    for wait in waits.measure(parts, comparison, waits.Scope(**scope)):
        measured.append(wait)
        raw.write(path, raw.waits(measured, bench.plan, about))  # a later one may be interrupted
    table.show_waits(measured)
    _tell(path)
    _tell(picture.write(bench.out / "waits.svg", charts.waits(measured)))


@main.command(name="all")
@click.pass_context
def everything(context: click.Context) -> None:
    """Every benchmark, one after the other; one that fails does not stop the others."""
    failed = False
    for command in (peers, scale, files_, tail_, suite, waits_):
        try:
            context.invoke(command)
        except BenchmarkError as reason:
            left_out(str(command.name), reason)
            failed = True
    if failed:
        raise SystemExit(_UNMEASURED)


def _tell(path: Path) -> None:
    step(f"written: {path}")


def _stop(*_: object) -> None:
    """End by an exception, so that every server is stopped by who has started it."""
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    main()
