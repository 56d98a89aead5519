"""``schedule``: runs that are due by the clock of this host."""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import Format, answer, data, talk
from orchestrator.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption, RunsOption
from orchestrator.errors import InputError

if TYPE_CHECKING:
    from orchestrator.schedule.schedule import Schedule

app = typer.Typer(help="Runs by the clock of this host.", no_args_is_help=True, rich_markup_mode=None)
FolderOption = Annotated[Path, typer.Option("--schedules", help="Folder of the schedules.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of a schedule.")]
DEFAULT_FOLDER = Path("schedules")


def _read(folder: Path) -> dict[str, Schedule]:
    from orchestrator.schedule.schedule import read

    return read(folder)


def _record_of(name: str) -> Path:
    from orchestrator.store.paths import state_directory

    folder = state_directory() / "schedules"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{name}.json"


def _last(name: str) -> dict[str, Any]:
    try:
        found = json.loads(_record_of(name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@app.command("list")
def list_schedules(folder: FolderOption = DEFAULT_FOLDER, format: FormatOption = Format.TEXT) -> None:
    """Every schedule, when it is due next, and how the last run ended."""
    now = datetime.now(UTC)
    rows = [
        {
            "schedule": one.name, "playbook": one.playbook, "devices": ", ".join(one.devices),
            "next": one.after(now)[0].isoformat(), "last": _last(one.name).get("at", ""),
            "ended": _last(one.name).get("status", ""),
        }
        for one in _read(folder).values()
    ]  # fmt: skip
    answer(rows, format, dict, empty="no schedule here")


@app.command("next")
def next_times(
    name: NameArgument,
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=100)] = 5,
    folder: FolderOption = DEFAULT_FOLDER,
) -> None:
    """The next times a schedule is due, in its own zone."""
    from orchestrator.schedule.schedule import find

    for moment in find(_read(folder), name).after(datetime.now(UTC), count):
        data(moment.isoformat())


@app.command("run-now")
def run_now(
    name: NameArgument,
    due: Annotated[bool, typer.Option("--due", help="As a timer calls it: mind window and jitter.")] = False,
    folder: FolderOption = DEFAULT_FOLDER,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    runs_dir: RunsOption = None,
) -> int:
    """Run a schedule's playbook now, and record how it ended."""
    from orchestrator.cli.carry_out import IfBusy
    from orchestrator.cli.run import run
    from orchestrator.schedule.schedule import find
    from orchestrator.store.paths import write_whole

    schedule = find(_read(folder), name)
    now = datetime.now(UTC)
    late = now - schedule.latest(now)
    if due and late > schedule.window:
        _note(name, now, "missed", f"{int(late.total_seconds())} s late")
        talk(f"{name}: due {int(late.total_seconds())} s ago, which is past its window; nothing was run")
        return 0
    if due:
        time.sleep(random.uniform(0, schedule.jitter.total_seconds()))  # noqa: S311 - spreads load, hides nothing
    variables = [f"{key}={value}" for key, value in schedule.variables.items()]
    code = 2
    try:
        code = run(
            schedule.playbook, device=schedule.devices, inventory=inventory, variable=variables, runs_dir=runs_dir,
            format=Format.JSON, quiet=True, if_busy=IfBusy(schedule.overlap),
        )  # fmt: skip
    finally:
        status = {0: "passed", 1: "failed", 2: "not done", 3: "owed"}.get(code, "not done")
        write_whole(_record_of(name), json.dumps({"at": now.isoformat(), "status": status, "exit_code": code}))
    _keep(schedule, runs_dir)
    return code


def _note(name: str, now: datetime, status: str, why: str) -> None:
    from orchestrator.store.paths import write_whole

    write_whole(_record_of(name), json.dumps({"at": now.isoformat(), "status": status, "why": why}))


def _keep(schedule: Schedule, runs_dir: Path | None) -> None:
    """Let old run directories of this schedule's playbook go."""
    from orchestrator.cli.workshop import open_ledger
    from orchestrator.store.retention import Rules, prune, to_prune
    from orchestrator.store.runs import all_runs, runs_directory

    rules = Rules(schedule.keep.runs, schedule.keep.age, schedule.keep.size)
    if rules == Rules():
        return
    same = [one for one in all_runs(runs_directory(runs_dir)) if _is_of(one.result(), schedule)]
    with open_ledger() as ledger:
        prune(to_prune(same, rules, datetime.now(UTC), lambda run_id: bool(ledger.owed(run_id=run_id))))


def _is_of(result: dict[str, Any] | None, schedule: Schedule) -> bool:
    """Same playbook, same devices: what this schedule, or a person with the same question, ran."""
    if result is None:
        return False
    named = {one["device"] for one in result.get("devices", [])}
    return result.get("playbook", {}).get("name") == Path(schedule.playbook).stem and named <= set(schedule.devices)


@app.command()
def export(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One schedule; all when left out.")] = None,
    systemd: Annotated[bool, typer.Option("--systemd", help="systemd service and timer units.")] = False,
    cron: Annotated[bool, typer.Option("--cron", help="Lines for a crontab.")] = False,
    into: Annotated[Path | None, typer.Option(help="Folder to write units to; printed when left out.")] = None,
    folder: FolderOption = DEFAULT_FOLDER,
    inventory: InventoryOption = DEFAULT_INVENTORY,
) -> None:
    """Turn schedules into timers of this host."""
    from orchestrator.schedule.export import crontab, units
    from orchestrator.schedule.schedule import find

    if systemd == cron:
        raise InputError("which form?", hint="--systemd or --cron")
    known = _read(folder)
    chosen = [find(known, name)] if name else list(known.values())
    base = [shutil.which("orchestrator") or sys.executable]
    if base == [sys.executable]:
        base += ["-m", "orchestrator"]
    for one in chosen:
        program = [*base, "schedule", "run-now", one.name, "--due", "--schedules", str(folder.absolute()),
                   "-i", str(inventory.absolute())]  # fmt: skip
        if cron:
            data(crontab(one, program, Path.cwd()).rstrip())
            continue
        for unit, text in units(one, program, Path.cwd()).items():
            if into is None:
                data(f"# {unit}\n{text}")
            else:
                into.mkdir(parents=True, exist_ok=True)
                (into / unit).write_text(text, encoding="utf-8")
                talk(f"wrote {into / unit}")
