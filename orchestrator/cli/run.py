"""``run``, ``why`` and ``plan``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.carry_out import IfBusy, Order, carry_out, load_playbook
from orchestrator.cli.console import Format, data
from orchestrator.cli.options import (
    DEFAULT_INVENTORY,
    DevicesOption,
    FormatOption,
    InventoryOption,
    RunsOption,
    VariablesOption,
)

if TYPE_CHECKING:
    from orchestrator.runner.plan import Plan

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
    if_busy: Annotated[IfBusy, typer.Option(help="When another run of ours holds the device.")] = IfBusy.REFUSE,
    busy_for: Annotated[str, typer.Option(help="How long to wait for it, with --if-busy wait.")] = "10m",
    plan_digest: Annotated[str, typer.Option("--plan", metavar="DIGEST", help="Run this plan only.")] = "",
    run_id: Annotated[str, typer.Option("--run-id", hidden=True)] = "",
) -> int:
    """Run a playbook: preflight, steps, teardown, verdict.

    Exit codes: 0 pass, 1 fail or inconclusive, 2 could not do the job, 3 a device is still owed a teardown.
    """
    order = Order(
        devices=device or [], inventory=inventory, lab=(persona, scenario) if lab else None, runs_dir=runs_dir,
        format=format, detach=detach, quiet=quiet, if_busy=if_busy, busy_for=busy_for, plan_digest=plan_digest,
        run_id=run_id,
    )  # fmt: skip
    return carry_out(lambda: load_playbook(playbook, variable), order)


def why(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Of the inventory; or 'lab' with --lab.")],
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Who began: address or prefix, before NAT.")],
    destination: Annotated[str, typer.Argument(metavar="DESTINATION[:PORT]", help="What it talks to, before NAT.")],
    proto: Annotated[str, typer.Option("--proto", help="tcp, udp, icmp or a number; any when left out.")] = "",
    seconds: Annotated[str, typer.Option("--for", help="How long to trace at most.")] = "30s",
    until: Annotated[str, typer.Option(help="Stop early: first-drop, first-packet, session or packets:N.")] = "",
    log: Annotated[str, typer.Option("--log", help="Log that RT_FLOW goes to, if not as configured.")] = "configured",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lab: LabOption = False,
    persona: PersonaOption = "vsrx-24.4",
    scenario: ScenarioOption = "default",
    runs_dir: RunsOption = None,
    format: FormatOption = Format.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    if_busy: Annotated[IfBusy, typer.Option(help="When another run of ours holds the device.")] = IfBusy.REFUSE,
    busy_for: Annotated[str, typer.Option(help="How long to wait for it, with --if-busy wait.")] = "10m",
) -> int:
    """Say what happens to a conversation, and prove it: traces both directions, reads every other source, undoes all.

    Runs the shipped playbook 'why'. Exit codes: 0 permitted, 1 any other verdict, 2 could not do the job, 3 a device
    is still owed a teardown.
    """
    given = {"source": source, "destination": destination, "protocol": proto, "seconds": seconds, "until": until,
             "log": log}  # fmt: skip
    order = Order(
        devices=[] if lab else [device], inventory=inventory, lab=(persona, scenario) if lab else None,
        runs_dir=runs_dir, format=format, quiet=quiet, if_busy=if_busy, busy_for=busy_for,
    )  # fmt: skip
    return carry_out(lambda: load_playbook("why", [f"{name}={value}" for name, value in given.items()]), order)


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

    book = load_playbook(playbook, variable)
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
