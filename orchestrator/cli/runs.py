"""``runs``: past and present runs."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from orchestrator.cli.console import Format, answer, data, talk
from orchestrator.cli.options import FormatOption, RunsOption
from orchestrator.errors import InputError

app = typer.Typer(help="Past and present runs.", no_args_is_help=True, rich_markup_mode=None)
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Run id, a part of it, or 'last'.")]
STOP_SECONDS = 120.0


@app.command("list")
def list_runs(runs_dir: RunsOption = None, format: FormatOption = Format.TEXT) -> None:
    """List runs, oldest first."""
    from orchestrator.store.runs import RunDirectory, all_runs, runs_directory

    def about(run: RunDirectory) -> dict[str, Any]:
        result = run.result()
        pid = run.owner_pid()
        status = result["status"] if result else ("running" if pid else "died")
        return {
            "run": run.run_id, "status": status, "verdict": (result or {}).get("verdict") or "",
            "playbook": (result or {}).get("playbook", {}).get("name", ""),
            "devices": ", ".join(one["device"] for one in (result or {}).get("devices", [])),
            "directory": str(run.path),
        }  # fmt: skip

    described = [about(run) for run in all_runs(runs_directory(runs_dir))]
    answer(described, format, lambda one: {k: v for k, v in one.items() if k != "directory"}, empty="no runs yet")


@app.command()
def show(run: RunArgument, runs_dir: RunsOption = None, format: FormatOption = Format.TEXT) -> None:
    """Print the result of a run again."""
    from orchestrator.reports import to_json, to_text
    from orchestrator.store.runs import find_run, runs_directory

    directory = find_run(runs_directory(runs_dir), run)
    result = directory.result()
    if result is None:
        state = "is still running" if directory.owner_pid() else "died before it could write a result"
        raise InputError(
            f"run {directory.run_id} {state}", hint="orchestrator runs attach, or orchestrator recover --all"
        )
    data(to_text.render(result) if format is Format.TEXT else to_json.render(result))


@app.command()
def pin(
    run: RunArgument,
    off: Annotated[bool, typer.Option("--off", help="Let it go again.")] = False,
    runs_dir: RunsOption = None,
) -> None:
    """Keep a run's directory whatever retention says."""
    from orchestrator.store import retention
    from orchestrator.store.runs import find_run, runs_directory

    retention.pin(find_run(runs_directory(runs_dir), run), pinned=not off)


@app.command()
def prune(
    keep: Annotated[int | None, typer.Option(min=0, help="How many stay.")] = None,
    older_than: Annotated[str | None, typer.Option("--older-than", help="Only what is older: 72h.")] = None,
    max_size: Annotated[str | None, typer.Option("--max-size", help="How much may stay in all: 5g.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    runs_dir: RunsOption = None,
) -> None:
    """Remove old run directories; never what is pinned, running, or owed to a device."""
    from orchestrator.cli.workshop import open_ledger
    from orchestrator.model.quantities import duration, human_size, size_bytes
    from orchestrator.store import retention
    from orchestrator.store.runs import all_runs, runs_directory

    try:
        rules = retention.Rules(
            keep, duration(older_than) if older_than else None, size_bytes(max_size) if max_size else None
        )
    except ValueError as error:
        raise InputError(str(error)) from error
    if rules == retention.Rules():
        raise InputError("nothing was said that lets a run go", hint="--keep N, --older-than AGE, --max-size SIZE")
    with open_ledger() as ledger:
        gone = retention.to_prune(
            all_runs(runs_directory(runs_dir)), rules, datetime.now(UTC), lambda run: bool(ledger.owed(run_id=run))
        )
    for one in gone:
        data(f"{'would remove' if dry_run else 'removed'} {one.run_id}  {human_size(retention.size_of(one))}")
    if not dry_run:
        retention.prune(gone)
    if not gone:
        talk("nothing to remove")


@app.command()
def attach(run: RunArgument = "last", runs_dir: RunsOption = None) -> None:
    """Watch a run from another terminal; Ctrl-C only ends the watching."""
    from orchestrator.reports import to_text
    from orchestrator.store.runs import find_run, runs_directory

    directory = find_run(runs_directory(runs_dir), run)
    for event in directory.follow():
        text = event.get("text") or ", ".join(f"{k} {v}" for k, v in event.items() if k not in ("time", "event"))
        talk(f"{event['time'][11:19]}  {event.get('device', ''):<12} {event['event']}: {text}")
    result = directory.result()
    if result is not None:
        data(to_text.render(result))


@app.command()
def stop(run: RunArgument, runs_dir: RunsOption = None) -> int:
    """End a run with its teardown, from another terminal, and wait for it."""
    from orchestrator.store.runs import find_run, runs_directory

    directory = find_run(runs_directory(runs_dir), run)
    pid = directory.owner_pid()
    if pid is None:
        raise InputError(f"run {directory.run_id} is not running", hint="orchestrator runs show tells how it ended")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while directory.owner_pid() is not None:
        if time.monotonic() > deadline:
            talk(f"run {directory.run_id} is still tearing down; orchestrator runs attach {directory.run_id}")
            return 2
        time.sleep(0.1)
    result = directory.result() or {}
    data(json.dumps({"run_id": directory.run_id, "status": result.get("status", "died")}))
    return 0
