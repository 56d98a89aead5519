"""``chassis_health``: keep what the device says of its chassis, and tell what changed since an earlier step.

Only reads. It may stand before and after any debug; what the device refuses is a note, not a failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from pydantic import Field, field_validator

from orchestrator.driver.base import Rpc
from orchestrator.driver.guard.rpcs_chassis import PFE_COMMAND, PFE_SHOWS
from orchestrator.driver.operations import chassis_snapshot
from orchestrator.driver.operations.chassis_snapshot import Look
from orchestrator.model.arguments import Arguments
from orchestrator.model.chassis_changes import changes
from orchestrator.model.chassis_health import ChassisSnapshot
from orchestrator.model.files import Artifact
from orchestrator.parsers.as_json import as_json
from orchestrator.steps.step import Bench, Outcome, Planned
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256

TOLD_CHANGES = 20
_RPCS = (
    "get-system-information",
    "get-chassis-inventory",
    "get-fpc-error-information",
    "get-chassis-cluster-status",
    "get-alarm-information",
    "get-system-alarm-information",
)


class Args(Arguments):
    """What to look at, the name to keep it under, and the earlier one to compare with."""

    save: str = Field(default="chassis", pattern=r"^[a-z0-9-]{1,32}$")
    compare: str = Field(default="", pattern=r"^[a-z0-9-]{0,32}$", description="the name of an earlier step")
    pfe: list[str] = Field(
        default=list(chassis_snapshot.PFE_COMMANDS), description="show commands for each card; none asks no card"
    )
    log: str = Field(default="messages", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$")
    lines: int = Field(default=2000, ge=1, le=100_000, description="of the log, the last ones")

    @field_validator("pfe")
    @classmethod
    def _only_shows(cls, commands: list[str]) -> list[str]:
        for one in commands:
            if not PFE_COMMAND(one):
                raise ValueError(f"a card is asked only for these: {', '.join(PFE_SHOWS)}; not {one!r}")
        return commands


def run(args: Args, bench: Bench) -> Outcome:
    """Take the snapshot; with ``compare``, say what is different."""
    stem = safe_name(f"chassis-{args.save}")
    look = Look(pfe=args.pfe, log=args.log, lines=args.lines, folder=bench.folder, stem=stem)
    snapshot = chassis_snapshot.take(bench.driver, look)
    before = bench.saved.get(_key(args.compare)) if args.compare else None
    bench.saved[_key(args.save)] = snapshot
    outcome = Outcome(
        artifacts=list(_artifacts(bench, stem, snapshot)),
        data={"save": args.save, "not_checked": list(snapshot.refused)},
        notes=[f"{args.save}: {text}" for text in _alarms(snapshot)],
    )
    if args.compare:
        _compare(args, before, snapshot, outcome)
    outcome.notes += [f"{args.save}: not checked: {text}" for text in snapshot.refused]
    bench.say(f"{args.save}: {_sum(snapshot)}")
    return outcome


def _key(save: str) -> str:
    return f"chassis_health {save}"  # other kinds of step keep things under the same names


def _compare(args: Args, before: ChassisSnapshot | None, after: ChassisSnapshot, outcome: Outcome) -> None:
    if before is None:
        outcome.notes.append(f"{args.save}: nothing to compare with: no step of this run kept {args.compare!r}")
        return
    found = changes(before, after)
    outcome.data["changes"] = as_json(found)
    outcome.notes += [f"{args.save}: {one}" for one in found[:TOLD_CHANGES]]
    if len(found) > TOLD_CHANGES:
        outcome.notes.append(f"{args.save}: and {len(found) - TOLD_CHANGES} more changes since {args.compare}")
    if not found:
        outcome.notes.append(f"{args.save}: nothing changed on the chassis since {args.compare}, of what was read")


def _alarms(snapshot: ChassisSnapshot) -> Iterator[str]:
    lists = (*(snapshot.alarms or ()), *(snapshot.system_alarms or ()))
    told = (f"{one.node + ' ' if one.node else ''}{one.alarm_class.lower()} alarm: {one.description}"
            for each in lists for one in each.alarms)  # fmt: skip
    return iter(dict.fromkeys(told))


def _sum(snapshot: ChassisSnapshot) -> str:
    count = sum(1 for _ in _alarms(snapshot))
    alarms = "alarms not read" if snapshot.alarms is None else f"{count} alarm{'s' * (count != 1)}"
    return f"{alarms}, {len(snapshot.refused)} not checked" if snapshot.refused else alarms


def _artifacts(bench: Bench, stem: str, snapshot: ChassisSnapshot) -> Iterator[Artifact]:
    """The snapshot, and the replies it was read from."""
    path = bench.folder / f"{stem}.json"
    path.write_text(json.dumps(as_json(snapshot), indent=1, ensure_ascii=False), encoding="utf-8")
    for one in (path, *sorted(bench.folder.glob(f"{stem}-*.xml"))):
        yield Artifact(
            path=one, origin=f"{bench.device.name}:chassis", method="netconf", size_bytes=one.stat().st_size,
            sha256=sha256(one), kind="chassis_health",
        )  # fmt: skip


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """The reads; which cards are asked depends on the inventory, so one stands for all."""
    del tag
    planned = [str(Rpc(name)) for name in _RPCS]
    planned += [str(Rpc("request-pfe-execute", (("target", "fpc0"), ("command", one)))) for one in args.pfe]
    if args.log:
        planned.append(str(Rpc("get-log", (("filename", args.log),))))
    return [Planned(one) for one in [*planned, str(Rpc("get-active-error-information-detail"))]]
