"""From the words of a person to a run: what ``run`` and ``why`` share."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.console import Format, data, progress, talk
from orchestrator.errors import InputError, OrchestratorError, OwedError

if TYPE_CHECKING:
    from orchestrator.ledger.ledger import Ledger
    from orchestrator.model.device import Device
    from orchestrator.playbook.playbook import Playbook

DETACH_SECONDS = 20.0
RECOVER_SECONDS = 4.0


class IfBusy(StrEnum):
    """What to do when another run of ours holds a device."""

    REFUSE = "refuse"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Where and how to run; ``lab`` is persona and scenario of a device of our own, ``None`` for the inventory's."""

    devices: list[str]
    inventory: Path
    lab: tuple[str, str] | None = None
    runs_dir: Path | None = None
    format: Format = Format.TEXT
    detach: bool = False
    quiet: bool = False
    if_busy: IfBusy = IfBusy.REFUSE
    busy_for: str = "10m"
    plan_digest: str = ""
    run_id: str = ""


def carry_out(load: Callable[[], Playbook], order: Order) -> int:
    """Run a playbook and print its result; the exit code."""
    from orchestrator.cli.workshop import connect, open_ledger, step_kinds
    from orchestrator.plugins import loader
    from orchestrator.runner.plan import make_plan
    from orchestrator.runner.run import Runner, Stop
    from orchestrator.store.runs import runs_directory

    with _telling_in_json(order.format):
        kinds = step_kinds()
        book = load()
        runs = runs_directory(order.runs_dir)
        if order.detach:
            return _detach(runs)
        if not order.lab:
            _recover_first(order.inventory)
        with open_ledger() as ledger, _targets(order.devices, order.inventory, order.lab) as devices:
            stop = Stop(on_signal=lambda count: _told_to_stop(count, ledger, devices))
            if order.plan_digest:
                make_plan(book, devices, kinds).refuse_other_than(order.plan_digest)
            runner = Runner(
                kinds=kinds, ledger=ledger, runs=runs, connect=connect, say=progress(quiet=order.quiet), stop=stop,
                busy_seconds=_span(order.busy_for) if order.if_busy is IfBusy.WAIT else 0.0,
            )  # fmt: skip
            result = runner.run(book, devices, run_id=order.run_id)
    report = loader.load(loader.REPORTS)["text" if order.format is Format.TEXT else "json"]
    document = result.as_dict()
    data(report.render(document) if order.format is not Format.JSONL else json.dumps(document, ensure_ascii=False))
    if result.exit_code == 3:
        talk(f"hint: orchestrator recover {' '.join(one.device for one in result.devices if one.obligations_open)}")
    return result.exit_code


def load_playbook(name: str, variable: list[str] | None) -> Playbook:
    """A playbook by name or path, with ``name=value`` for its variables."""
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


@contextlib.contextmanager
def _targets(wanted: list[str], inventory: Path, lab: tuple[str, str] | None) -> Iterator[list[Device]]:
    from orchestrator.cli.workshop import devices, own_lab

    if lab is None:
        yield devices(inventory, wanted)
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
