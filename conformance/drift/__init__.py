"""The commands `compare`, how two implementations differ, and `proxy`, how traffic departs."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from conformance.checks import load_checks
from conformance.contract_queries import load_contract
from conformance.drift.comparison import details
from conformance.drift.naming import RequirementNames
from conformance.drift.report import (
    RENDERERS,
    Comparison,
    Side,
    grouped,
    identity,
    not_comparable,
    parse,
    render_text,
    write_suggestion,
)
from conformance.drift.suggest import suggest
from conformance.drift.suggest_states import Suggestion
from conformance.errors import UsageError
from conformance.evaluation import EXIT_CONFORMS, EXIT_FAILED, EXIT_NOT_JUDGED, read_baseline
from conformance.replay import read_result
from conformance.report import write_content
from conformance.report.json_report import to_data
from conformance.runner import Runner, create_runner
from conformance.settings import Settings
from conformance.target import check_url, is_loopback, read_target, vendor_of
from specs import OBSERVED

if TYPE_CHECKING:
    from conformance.drift.journal import Journal

Json = Mapping[str, Any]
NEVER: Final = "never"
DRIFT: Final = "drift"
RECORDED: Final = "recorded"

Run = Callable[[Runner], Json]


def run_target(runner: Runner) -> Json:
    """Run the suite and return the result as `--report json` has it."""
    return to_data(runner.run())


def compare_command(
    sources: Sequence[str],
    options: Mapping[str, Any],
    settings: Settings,
    on_progress: Callable[[str], None],
    run: Run = run_target,
) -> int:
    """Compare two sources, write the reports, print the differences, and return the exit code.

    Raises:
        UsageError: a source, a file or an option is invalid.
        TargetUnavailable: a target cannot be reached, or rejects the credentials.
    """
    reports = [parse(choice) for choice in options["reports"]]
    results = _results(sources, options, settings, on_progress, run)
    comparison = compare_results(*results, sources=sources, vendors=options["vendors"])
    if options["baseline"] is not None:
        comparison = accept(comparison, options["baseline"])
    for kind, path in reports:
        write_content(RENDERERS[kind](comparison), path)
    sys.stdout.write(render_text(comparison))
    if options["suggest"] is not None:
        suggestion = suggest_changes(*results, adopt=options["adopt"], vendors=options["vendors"])
        for path in write_suggestion(suggestion, comparison, options["suggest"]):
            sys.stdout.write(f"{path}\n")
    drifted = options["fail_on"] == DRIFT and comparison.differences
    return EXIT_FAILED if drifted else EXIT_CONFORMS


def _results(
    sources: Sequence[str],
    options: Mapping[str, Any],
    settings: Settings,
    on_progress: Callable[[str], None],
    run: Run,
) -> list[Json]:
    """Return the two results; a target is run as the other side's result was."""
    read = [None if _is_url(source) else read_result(Path(source)) for source in sources]
    given = next((result for result in read if result is not None), None)
    if given is not None:
        settings = replace(settings, seed=given["seed"], profile=given["profile"])
    vendor = given["vendor"] if given is not None else _vendor(options)
    results: list[Json] = []
    for name, source, result in zip("ab", sources, read, strict=True):
        if result is None:
            runner = create_runner(
                vendor,
                source,
                control_url=options[f"control_url_{name}"],
                target=options[f"target_{name}"],
                vendors=options["vendors"],
                settings=settings,
                on_progress=partial(_show_step, on_progress, name.upper()),
            )
            results.append(run(runner))
        else:
            results.append(result)
    return results


def _show_step(on_progress: Callable[[str], None], side: str, step: str) -> None:
    on_progress(f"{side}: {step}")


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _vendor(options: Mapping[str, Any]) -> str:
    if options["vendor"] is not None:
        return str(options["vendor"])
    files = [file for file in (options["target_a"], options["target_b"]) if file is not None]
    if not files:
        raise UsageError("--vendor: say whose API the two targets implement")
    return vendor_of(files[0])


def compare_results(
    first: Json,
    second: Json,
    *,
    sources: Sequence[str] = ("A", "B"),
    vendors: Iterable[Path] = (),
) -> Comparison:
    """Return the comparison of two results, as `--report json` has them.

    Raises:
        UsageError: they cannot be compared.
    """
    for name in ("vendor", "profile"):
        if first[name] != second[name]:
            raise UsageError(
                f"the two results differ in their {name}: {first[name]!r} and {second[name]!r}"
            )
    contract = load_contract(first["vendor"], first["profile"], vendors)
    for source, result in zip(sources, (first, second), strict=True):
        if "behaviour" not in result:
            raise UsageError(f"{source}: no `behaviour`: it is of an older version, run it again")
        rows = (*result["behaviour"]["cases"], *result["behaviour"]["responses"])
        if unknown := {row["operation"] for row in rows} - contract.operations.keys():
            raise UsageError(f"{source}: is about another contract, with {min(unknown)!r}")
    names = RequirementNames(contract, load_checks())
    side_a, side_b = [
        Side(name, source, result["base_url"], result["seed"], result["verdict"])
        for name, source, result in zip("AB", sources, (first, second), strict=True)
    ]
    return Comparison(
        first["vendor"],
        first["profile"],
        side_a,
        side_b,
        differences=tuple(grouped(details(first, second, names))),
        not_compared=tuple(not_comparable(first, second)),
        texts={requirement.id: requirement.text for requirement in contract.requirements},
    )


def suggest_changes(
    first: Json, second: Json, *, adopt: str = "a", vendors: Iterable[Path] = ()
) -> Suggestion:
    """Return the changes of the profile `observed` that make one side like the other.

    `adopt` is the side that is right, `a` or `b`: the vendor.

    Raises:
        UsageError: the results are of another profile, which has another contract.
    """
    contract, observed = (
        load_contract(first["vendor"], profile, vendors) for profile in (first["profile"], OBSERVED)
    )
    if (contract.openapi, contract.lifecycle) != (observed.openapi, observed.lifecycle):
        raise UsageError("--suggest: changes the profile observed: run both with it (--profile)")
    theirs, ours = (first, second) if adopt == "a" else (second, first)
    names = RequirementNames(observed, load_checks())
    return suggest(observed, names, theirs, ours, datetime.now(UTC).date())


def accept(comparison: Comparison, file: Path) -> Comparison:
    """Return the comparison with what a baseline accepts set apart.

    A baseline is the JSON report of an earlier comparison, or a YAML file as that of a run, whose
    rows accept every difference of a requirement until a day.

    Raises:
        UsageError: the file is neither.
    """
    known, ids = _known(file)
    accepted = tuple(
        d for d in comparison.differences if identity(d) in known or ids & set(d.requirements[:1])
    )
    found = {identity(difference) for difference in comparison.differences}
    return replace(
        comparison,
        differences=tuple(d for d in comparison.differences if d not in accepted),
        accepted=accepted,
        gone=tuple(sorted(known - found)),
    )


def _known(file: Path) -> tuple[set[str], set[str]]:
    """Return the identities of known differences, and the requirements that may differ today."""
    try:
        report = orjson.loads(file.read_bytes())
        return {str(row["identity"]) for row in report["differences"]}, set()
    except OSError as error:
        raise UsageError(f"--baseline: {file}: {error.strerror}") from None
    except orjson.JSONDecodeError:
        today = datetime.now(UTC).date()
        rows = read_baseline(file)
        return set(), {row.requirement for row in rows if row.expires >= today}
    except (LookupError, TypeError):
        raise UsageError(
            f"--baseline: {file}: is not the JSON report of `conformance compare`"
        ) from None


# --- The proxy


def proxy_command(vendor: str, options: Mapping[str, Any]) -> int:
    """Serve the proxy until a signal comes, print what departed, and return the exit code.

    Raises:
        UsageError: an option or the target file is invalid, or the upstream needs a target file.
    """
    from conformance.drift import proxy  # noqa: PLC0415  (slow to import)
    from conformance.drift.journal import Journal  # noqa: PLC0415

    upstream = check_url(options["upstream"], "--upstream")
    # The suite's rules: another host than this machine needs a target file that says what may be.
    target = read_target(vendor, upstream, os.environ, file=options["target"])
    if not is_loopback(f"http://{options['host']}"):
        raise UsageError(
            f"--host: {options['host']} is not a loopback address: whoever reaches the proxy uses "
            "the credentials that pass through it"
        )
    contract = load_contract(vendor, options["profile"], options["vendors"])
    limited = None if is_loopback(upstream) and options["target"] is None else target
    listening = proxy.bind(options["host"], options["port"])
    journal = Journal(contract, load_checks(), upstream, limited)
    bundle = options["ca_bundle"]
    app = proxy.ProxyApp(
        upstream, journal, timeout=options["timeout"], ca_bundle=bundle and str(bundle)
    )
    try:
        own = "http://{}:{}".format(*listening.getsockname()[:2])
        server = proxy.make_server(app)
        # uvicorn raises the signal again that ended it; the exit code is ours. One that comes
        # before uvicorn has started must end it too.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        sys.stdout.write(f"{own} passes on to {upstream}; its journal: {own}{proxy.OWN_PATH}/\n")
        sys.stdout.flush()
        server.run(sockets=[listening])
    finally:
        journal.close()
        listening.close()
    return _end(journal, options)


def _end(journal: "Journal", options: Mapping[str, Any]) -> int:
    """Print each kind of departure once, write recording and report, and return the exit code."""
    from conformance.drift.recording import write_recording  # noqa: PLC0415  (as above)

    lines = [journal.summary]
    for departure, count in journal.departures():
        ids = ", ".join(departure.requirements) or "no requirement"
        times = f" ({count} times)" if count > 1 else ""
        lines.append(f"{departure.direction}  {ids}: {departure.reason}{times}")
    sys.stdout.write("\n".join([*lines, *dict.fromkeys(journal.crashes)]) + "\n")
    if options["record"] is not None:
        first = min(journal.seconds.values(), default=time.monotonic())
        began = datetime.now(UTC) - timedelta(seconds=time.monotonic() - first)
        scenario = write_recording(journal, options["record"], RECORDED, began)
        sys.stdout.write(f"{scenario}: the scenario\n")
    if options["report"] is not None:
        content = orjson.dumps(journal.entries(0), option=orjson.OPT_INDENT_2)
        write_content(content + b"\n", options["report"])
    failed = options["fail_on"] != NEVER and journal.fails(options["fail_on"])
    if failed:
        return EXIT_FAILED
    return EXIT_NOT_JUDGED if journal.crashes else EXIT_CONFORMS
