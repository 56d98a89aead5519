"""``run`` and ``plan``."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.console import Format, data, progress, talk
from orchestrator.cli.options import (
    DEFAULT_INVENTORY,
    DevicesOption,
    FormatOption,
    InventoryOption,
    RunsOption,
    VariablesOption,
)
from orchestrator.errors import InputError, OrchestratorError, OwedError

if TYPE_CHECKING:
    from orchestrator.ledger.ledger import Ledger
    from orchestrator.model.device import Device
    from orchestrator.playbook.playbook import Playbook
    from orchestrator.runner.plan import Plan

DETACH_SECONDS = 20.0
RECOVER_SECONDS = 4.0
PlaybookArgument = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A file, or the name of a shipped playbook.")]
LabOption = Annotated[bool, typer.Option("--lab", help="Run on an emulated SRX started for this run.")]
PersonaOption = Annotated[str, typer.Option("--persona", help="Which release the lab plays.")]
ScenarioOption = Annotated[str, typer.Option("--scenario", help="Which network and traffic the lab plays.")]


@contextlib.contextmanager
def _telling_in_json(form: Format) -> Iterator[None]:
    """A machine that reads stdout gets one object also when the run ends before it begins."""
    try:
        yield
    except OrchestratorError as error:
        if form is not Format.TEXT:
            told = {"kind": type(error).__name__, "message": str(error), "hint": error.hint}
            status = "owed" if isinstance(error, OwedError) else "refused"
            data(json.dumps({"run_id": None, "status": status, "verdict": None, "exit_code": error.exit_code,
                             "devices": [], "error": told}, indent=2 if form is Format.JSON else None))  # fmt: skip
        raise


class IfBusy(StrEnum):
    """What to do when another run of ours holds a device."""

    REFUSE = "refuse"
    WAIT = "wait"


def run(
    playbook: PlaybookArgument,
    device: DevicesOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    variable: VariablesOption = None,
    lab: LabOption = False,
    persona: PersonaOption = "vsrx-24.4",
    scenario: ScenarioOption = "default",
    runs_dir: RunsOption = None,
    format: FormatOption = Format.TEXT,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background and print the run id.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    if_busy: Annotated[IfBusy, typer.Option(help="When another run of ours holds the device.")] = IfBusy.REFUSE,
    busy_for: Annotated[str, typer.Option(help="How long to wait for it, with --if-busy wait.")] = "10m",
    plan_digest: Annotated[str, typer.Option("--plan", metavar="DIGEST", help="Run this plan only.")] = "",
    run_id: Annotated[str, typer.Option("--run-id", hidden=True)] = "",
) -> int:
    """Run a playbook: preflight, steps, teardown, verdict.

    Exit codes: 0 pass, 1 fail or inconclusive, 2 could not do the job, 3 a device is still owed a teardown.
    """
    from orchestrator.cli.workshop import connect, open_ledger, step_kinds
    from orchestrator.plugins import loader
    from orchestrator.runner.plan import make_plan
    from orchestrator.runner.run import Runner, Stop
    from orchestrator.store.runs import runs_directory

    with _telling_in_json(format):
        kinds = step_kinds()
        book = _load(playbook, variable)
        runs = runs_directory(runs_dir)
        if detach:
            return _detach(runs)
        if not lab:
            _recover_first(inventory)
        with open_ledger() as ledger, _targets(device, inventory, (persona, scenario) if lab else None) as devices:
            stop = Stop(on_signal=lambda count: _told_to_stop(count, ledger, devices))
            if plan_digest:
                make_plan(book, devices, kinds).refuse_other_than(plan_digest)
            runner = Runner(
                kinds=kinds, ledger=ledger, runs=runs, connect=connect, say=progress(quiet=quiet), stop=stop,
                busy_seconds=_span(busy_for) if if_busy is IfBusy.WAIT else 0.0,
            )  # fmt: skip
            result = runner.run(book, devices, run_id=run_id)
    report = loader.load(loader.REPORTS)["text" if format is Format.TEXT else "json"]
    document = result.as_dict()
    data(report.render(document) if format is not Format.JSONL else json.dumps(document, ensure_ascii=False))
    if result.exit_code == 3:
        talk(f"hint: orchestrator recover {' '.join(one.device for one in result.devices if one.obligations_open)}")
    return result.exit_code


def plan(
    playbook: PlaybookArgument,
    device: DevicesOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    variable: VariablesOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the devices anything.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Print the commands a run would send, the undo of each, the permissions, the load, and a digest.

    The named devices are only read. 'run --plan DIGEST' refuses to do anything else than what was looked at.
    """
    from contextlib import closing

    from orchestrator.cli.workshop import connect, devices, step_kinds
    from orchestrator.parsers.as_json import as_json
    from orchestrator.runner.plan import look_at, make_plan

    book = _load(playbook, variable)
    targets = devices(inventory, device) if device else []
    made = make_plan(book, targets, step_kinds())
    seen: dict[str, list[str]] = {}
    for target in [] if offline else targets:
        with closing(connect(target)) as driver:
            seen[target.name] = look_at(driver, made)
    if format is not Format.TEXT:
        data(
            json.dumps(
                {**as_json(made), "permissions": made.permissions, "digest": made.digest, "seen": seen}, indent=2
            )
        )
        return
    _print_plan(made, seen)


def _print_plan(made: Plan, seen: dict[str, list[str]]) -> None:
    data(f"{made.playbook} on {', '.join(made.devices) or 'any device'}")
    for name, value in made.values.items():
        data(f"  {name} = {value}")
    for step in made.steps:
        data(f"{step.number}. {step.kind}" + (f"  ({step.load})" if step.load else ""))
        for one in step.commands:
            data(f"     {one.command}")
            if one.undo:
                data(f"       undo: {one.undo}")
    data(f"permissions: {', '.join(made.permissions)}")
    for device, lines in seen.items():
        for line in lines:
            data(f"{device}: {line}")
    data(f"digest: {made.digest}")


def _recover_first(inventory: Path) -> None:
    """Discharge what dead runs owe, for a few seconds, before a new one; silent when there is nothing."""
    from orchestrator.cli.owed import recover_now

    done = recover_now(None, inventory, due_only=True, patience_seconds=RECOVER_SECONDS)
    for name, kinds in done.undone.items():
        talk(f"{name}: a dead run still owed {', '.join(kinds)}; undone")


def _span(text: str) -> float:
    from orchestrator.model.quantities import duration

    try:
        return duration(text).total_seconds()
    except ValueError as error:
        raise InputError(str(error)) from error


def _load(name: str, variable: list[str] | None) -> Playbook:
    from orchestrator.cli.workshop import step_kinds
    from orchestrator.playbook.load import find, load

    given = {}
    for text in variable or []:
        key, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"not a variable: {text!r}", hint="write -v name=value")
        given[key] = value
    return load(find(name), given=given, kinds={kind: module.Args for kind, module in step_kinds().items()})


@contextlib.contextmanager
def _targets(wanted: list[str] | None, inventory: Path, lab: tuple[str, str] | None) -> Iterator[list[Device]]:
    from orchestrator.cli.workshop import devices, own_lab

    if lab is None:
        yield devices(inventory, wanted or [])
        return
    if wanted:
        raise InputError("--lab brings its own device", hint="leave out -d, or leave out --lab")
    with own_lab(*lab) as (device, _):
        yield [device]


def _told_to_stop(count: int, ledger: Ledger, devices: list[Device]) -> None:
    """The first signal ends the run with teardown; the second ends the program at once and says what is owed."""
    if count == 1:
        talk("stopping: the device is being returned to what it was (again to leave at once)")
        return
    owed = [one.name for one in devices if ledger.owed(one.name)]
    if owed:
        talk(f"left at once; still owed: {', '.join(owed)}\nhint: orchestrator recover {' '.join(owed)}")
    os._exit(3 if owed else 2)


def _detach(runs: Path) -> int:
    """Start the same command again in a session of its own and wait until its run directory exists."""
    from orchestrator.model import tags
    from orchestrator.store.runs import RunDirectory

    run_id = tags.new_run_id(datetime.now(UTC))
    arguments = [word for word in sys.argv[1:] if word != "--detach"]
    log = runs / f"{run_id}.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *arguments, "--run-id", run_id],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + DETACH_SECONDS
    while time.monotonic() < deadline:
        if (runs / run_id).is_dir() and RunDirectory(runs / run_id).owner_pid():
            log.unlink(missing_ok=True)
            data(run_id)
            talk(f"hint: orchestrator runs attach {run_id}")
            return 0
        if child.poll() is not None:
            break
        time.sleep(0.05)
    talk(log.read_text("utf-8", "replace").strip())
    log.unlink(missing_ok=True)
    return child.returncode or 2
