"""What a benchmark tells while it runs: to stderr, so that stdout is the table alone."""

from rich.console import Console

WIDTH = 80


def console(*, stderr: bool = False) -> Console:
    """A console of the width that the tables are made for."""
    return Console(width=WIDTH, stderr=stderr, highlight=False)


def step(message: str) -> None:
    """One line of progress."""
    console(stderr=True).print(f"[dim]{message}[/dim]")


def left_out(name: str, reason: object) -> None:
    """One loud line: `name` is missing from the figures, and why."""
    console(stderr=True).print(f"[bold black on yellow] LEFT OUT [/] [bold]{name}[/]: {reason}")
