"""Run the lint rules of other packages, which `specs` does not import.

A rule is an entry point in the group `report_contracts.lint`: a function that takes a contract and
yields the place and the reason of each issue. The suite has one, for the names and arguments of
its checks.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

from specs.contract import Contract, read_contract
from specs.errors import SpecIssue
from specs.files import PROFILES, ROOT, leaves_out, vendors

GROUP = "report_contracts.lint"
Rule = Callable[[Contract], Iterable[tuple[str, str]]]


def check_plugins(root: Path = ROOT) -> list[SpecIssue]:
    """Return what the rules of other packages find in files that have passed the lint."""
    issues = (issue for rule in _rules() for issue in _issues(rule, root))
    return list(dict.fromkeys(issues))


def _rules() -> Iterator[Rule]:
    for entry in entry_points(group=GROUP):
        try:
            yield entry.load()
        except ModuleNotFoundError:
            continue  # the package of the rule is there without the extra that it needs


def _issues(rule: Rule, root: Path) -> Iterator[SpecIssue]:
    for vendor in vendors(root):
        own = leaves_out(root / vendor)
        file = str(root / vendor / "requirements.yaml")
        for profile in PROFILES:
            for place, reason in rule(read_contract(vendor, profile, root / vendor, own=own)):
                yield SpecIssue(file, place, reason)
