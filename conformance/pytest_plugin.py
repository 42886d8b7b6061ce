"""A vendor's requirements as pytest items: `pytest --conformance VENDOR --conformance-url URL`.

A satisfied requirement passes, one that could not be tried is skipped with its reason, a WARN
passes with a warning, a FAIL fails with its evidence. With pytest-xdist use `--dist loadfile`:
one process judges one vendor.
"""

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Everything else is imported on demand, so that other runs of pytest pay nothing.
if TYPE_CHECKING:
    from conformance.evaluation import Result
    from specs import Contract


class ConformanceWarning(UserWarning):
    """A target departs from a requirement that is not a documented must."""


class RequirementFailed(Exception):  # noqa: N818
    """A requirement failed, or could not be judged; the text has the evidence."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run."""
    group = parser.getgroup("conformance", "conformance of a report API")
    group.addoption(
        "--conformance", action="append", metavar="VENDOR", help="Judge this vendor's requirements."
    )
    group.addoption("--conformance-url", metavar="URL", help="Base URL of the implementation.")
    group.addoption("--conformance-control-url", metavar="URL", help="Control plane of the mock.")
    group.addoption("--conformance-target", metavar="FILE", type=Path, help="Target file.")
    group.addoption("--conformance-baseline", metavar="FILE", type=Path, help="Accepted failures.")
    group.addoption("--conformance-profile", metavar="NAME", default="documented")
    group.addoption("--conformance-effort", metavar="LEVEL", default="default")
    group.addoption("--conformance-seed", metavar="N", type=int, default=1)
    group.addoption("--conformance-strict", action="store_true", help="WARN counts as FAIL.")
    group.addoption(
        "--conformance-vendors",
        action="append",
        metavar="DIR",
        type=Path,
        help="Folder with vendors of your own; repeat.",
    )


@pytest.hookimpl(tryfirst=True)  # before -k and -m select items
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add an item for each requirement of the selected vendors.

    Raises:
        pytest.UsageError: there is no URL, no such vendor or profile, or the extra is missing.
    """
    vendors = config.getoption("--conformance") or []
    if vendors and not config.getoption("--conformance-url"):
        raise pytest.UsageError("--conformance: needs --conformance-url")
    if vendors:
        _require_extra()
    for vendor in vendors:
        collector: VendorCollector = VendorCollector.from_parent(
            session, name=f"conformance-{vendor}"
        )
        items.extend(collector.collect())


class VendorCollector(pytest.Collector):
    """All requirements of one vendor, and the one run that judges them."""

    _outcome: "Result | Exception | None" = None

    def collect(self) -> Iterable["RequirementItem"]:
        """Yield an item for each requirement.

        Raises:
            pytest.UsageError: there is no such vendor or profile.
        """
        for requirement in _contract(self.config, self.vendor).requirements:
            item: RequirementItem = RequirementItem.from_parent(self, name=requirement.id)
            item.text = requirement.text
            yield item

    @property
    def vendor(self) -> str:
        """The vendor's slug."""
        return self.name.removeprefix("conformance-")

    def result(self) -> "Result":
        """Return the result; the first call runs the suite.

        Raises:
            Broken: the target could not be judged.
        """
        if self._outcome is None:
            selected = [item.name for item in self.session.items if item.parent is self]
            self._outcome = _run(self.config, self.vendor, selected)
        if isinstance(self._outcome, Exception):
            raise RequirementFailed(str(self._outcome))
        return self._outcome


class RequirementItem(pytest.Item):
    """One requirement."""

    parent: VendorCollector
    text: str = ""

    def runtest(self) -> None:
        """Turn the verdict into an outcome of pytest.

        Raises:
            Broken: it is FAIL or ERROR.
        """
        result = self.parent.result()
        row = next(row for row in result.requirements if row.requirement.id == self.name)
        if row.verdict == "SKIP":
            pytest.skip(row.reason)
        if row.verdict == "WARN":
            warnings.warn(ConformanceWarning(f"{self.name}: {row.reason}"), stacklevel=1)
        elif row.verdict != "PASS":
            raise RequirementFailed(_evidence(result, self.name))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show only the evidence, without a traceback of the suite."""
        if isinstance(excinfo.value, RequirementFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the file with the requirement."""
        contract = _contract(self.config, self.parent.vendor)
        file = (contract.folder or Path()) / "requirements.yaml"
        return file, None, f"{self.name} {self.text}"


def _evidence(result: "Result", id_: str) -> str:
    from conformance.report.finding import findings  # noqa: PLC0415  (see above)

    finding = next(finding for finding in findings(result) if finding.id == id_)
    return f"{finding.row.verdict} {finding.id}: {finding.text}\n{finding.details}"


def _contract(config: pytest.Config, vendor: str) -> "Contract":
    from conformance.contract_queries import load_contract  # noqa: PLC0415  (see above)
    from conformance.errors import UsageError  # noqa: PLC0415
    from specs import SpecError  # noqa: PLC0415

    try:
        return load_contract(vendor, config.getoption("--conformance-profile"), _vendors(config))
    except (UsageError, SpecError) as error:
        raise pytest.UsageError(f"--conformance: {error}") from None


def _vendors(config: pytest.Config) -> tuple[Path, ...]:
    """Return the folders of the option, else those of CONFORMANCE_VENDORS."""
    given: list[Path] = config.getoption("--conformance-vendors") or [
        Path(name) for name in os.environ.get("CONFORMANCE_VENDORS", "").split(os.pathsep) if name
    ]
    return tuple(given)


def _require_extra() -> None:
    from conformance.errors import describe_missing_module  # noqa: PLC0415  (see above)

    try:
        import conformance.runner  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise pytest.UsageError(f"--conformance: {describe_missing_module(error)}") from None


def _run(config: pytest.Config, vendor: str, only: list[str]) -> "Result | Exception":
    from conformance import run  # noqa: PLC0415  (see above)
    from conformance.errors import SuiteError  # noqa: PLC0415
    from conformance.settings import Effort, Settings  # noqa: PLC0415

    is_full = len(only) == len(_contract(config, vendor).requirements)
    try:
        settings = Settings(
            profile=config.getoption("--conformance-profile"),
            seed=config.getoption("--conformance-seed"),
            effort=Effort(config.getoption("--conformance-effort")),
            strict=config.getoption("--conformance-strict"),
        )
        return run(
            vendor,
            config.getoption("--conformance-url"),
            control_url=config.getoption("--conformance-control-url"),
            target=config.getoption("--conformance-target"),
            baseline=config.getoption("--conformance-baseline"),
            settings=settings,
            only=() if is_full else only,
            vendors=_vendors(config),
        )
    except (SuiteError, ValueError) as error:
        return error
