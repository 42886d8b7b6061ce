"""The conformance suite: judges implementations of the vendors' APIs.

What is not `run` itself is imported at its first use.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.checks import Verdict
    from conformance.errors import SuiteError, TargetUnavailable, UsageError
    from conformance.evaluation import Result
    from conformance.settings import Effort, Settings

__all__ = [
    "Effort",
    "Result",
    "Settings",
    "SuiteError",
    "TargetUnavailable",
    "UsageError",
    "Verdict",
    "run",
]

_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "Effort": "settings",
        "Result": "evaluation",
        "Settings": "settings",
        "SuiteError": "errors",
        "TargetUnavailable": "errors",
        "UsageError": "errors",
        "Verdict": "checks",
    }
)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def run(  # noqa: PLR0913  (the parts of a run)
    vendor: str,
    base_url: str,
    *,
    control_url: str | None = None,
    target: Path | str | None = None,
    settings: "Settings | None" = None,
    only: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    on_progress: Callable[[str], None] | None = None,
    baseline: Path | str | None = None,
    vendors: Iterable[Path | str] = (),
) -> "Result":
    """Judge the implementation of `vendor` at `base_url` and return the result tree.

    Args:
        vendor: a vendor's slug, as `conformance list` names them.
        base_url: the implementation's base URL.
        control_url: the mock's control plane (it ends in `/_mock`), to move time without waiting.
        target: a target file; without one the fixture identities are used, on loopback only.
        settings: profile, seed, effort and limits.
        only: requirement ids, over those in `settings`.
        environment: where `env: NAME` is looked up; by default that of the process.
        on_progress: called with a line before each step.
        baseline: a file with the failures that are accepted.
        vendors: folders with vendors of your own (openapi.yaml, lifecycle.yaml).

    Raises:
        UsageError: the vendor, the target or a setting is invalid.
        TargetUnavailable: the target cannot be reached, or rejects the credentials.
        specs.SpecError: a contract file is invalid.
    """
    from conformance.runner import create_runner  # noqa: PLC0415  (the import alone takes a second)

    runner = create_runner(
        vendor,
        base_url,
        control_url=control_url,
        target=None if target is None else Path(target),
        settings=settings,
        only=only,
        environment=environment,
        on_progress=on_progress,
        baseline=None if baseline is None else Path(baseline),
        vendors=tuple(map(Path, vendors)),
    )
    return runner.run()
