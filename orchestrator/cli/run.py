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
from orchestrator.errors import InputError

if TYPE_CHECKING:
    from orchestrator.ledger.ledger import Ledger
    from orchestrator.model.device import Device
    from orchestrator.playbook.playbook import Playbook

DETACH_SECONDS = 20.0
RECOVER_SECONDS = 4.0
PlaybookArgument = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A file, or the name of a shipped playbook.")]
LabOption = Annotated[bool, typer.Option("--lab", help="Run on an emulated SRX started for this run.")]
PersonaOption = Annotated[str, typer.Option("--persona", help="Which release the lab plays.")]
ScenarioOption = Annotated[str, typer.Option("--scenario", help="Which network and traffic the lab plays.")]


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
    run_id: Annotated[str, typer.Option("--run-id", hidden=True)] = "",
) -> int:
    """Run a playbook: preflight, steps, teardown, verdict.

    Exit codes: 0 pass, 1 fail or inconclusive, 2 could not do the job, 3 a device is still owed a teardown.
    """
    from orchestrator.cli.workshop import connect, open_ledger, step_kinds
    from orchestrator.plugins import loader
    from orchestrator.runner.run import Runner, Stop
    from orchestrator.store.runs import runs_directory

    kinds = step_kinds()
    book = _load(playbook, variable)
    runs = runs_directory(runs_dir)
    if detach:
        return _detach(runs)
    if not lab:
        _recover_first(inventory, runs_dir)
    with open_ledger() as ledger, _targets(device, inventory, (persona, scenario) if lab else None) as devices:
        stop = Stop(on_signal=lambda count: _told_to_stop(count, ledger, devices))
        runner = Runner(kinds=kinds, ledger=ledger, runs=runs, connect=connect, say=progress(quiet=quiet), stop=stop)
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
    format: FormatOption = Format.TEXT,
) -> None:
    """Print the commands a run would send, the undo of each and the permission it needs. Nothing is sent."""
    from orchestrator.cli.workshop import devices, step_kinds

    kinds = step_kinds()
    book = _load(playbook, variable)
    names = [one.name for one in devices(inventory, device)] if device else ["(any device)"]
    steps = [
        {
            "step": number,
            "kind": step.kind,
            "commands": [
                {"command": one.command, "undo": one.undo, "permission": one.permission}
                for one in kinds[step.kind].plan(step.args, lambda label: f"orc-RUNID-TTL-{label}")
            ],
        }
        for number, step in enumerate(book.steps, 1)
    ]
    if format is not Format.TEXT:
        data(json.dumps({"playbook": book.name, "variables": book.values, "devices": names, "steps": steps}, indent=2))
        return
    data(f"{book.name} on {', '.join(names)}" + "".join(f"\n  {k} = {v}" for k, v in book.values.items()))
    for entry in steps:
        data(f"{entry['step']}. {entry['kind']}")
        for one in entry["commands"]:  # type: ignore[attr-defined]
            data(f"     {one['command']}")
            if one["undo"]:
                data(f"       undo: {one['undo']}")
    needed = {one["permission"] for entry in steps for one in entry["commands"]}  # type: ignore[attr-defined]
    data(f"permissions: {', '.join(sorted(needed))}")


def _recover_first(inventory: Path, runs_dir: Path | None) -> None:
    """Discharge what dead runs owe, for a few seconds, before a new one; silent when there is nothing."""
    from orchestrator.cli.owed import recover_now

    done = recover_now(None, inventory, runs_dir, due_only=True, patience_seconds=RECOVER_SECONDS)
    for name, kinds in done.undone.items():
        talk(f"{name}: a dead run still owed {', '.join(kinds)}; undone")


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
