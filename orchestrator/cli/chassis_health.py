"""``show alarms``, ``show chassis-errors`` and ``show health``: what is asked, and how the answer reads at night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import Format, answer, story
from orchestrator.cli.devices import DeviceArgument
from orchestrator.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption
from orchestrator.errors import InputError

if TYPE_CHECKING:
    from orchestrator.model.chassis import ActiveError, Alarm, ErrorType, FpcErrors, LevelCounters
    from orchestrator.model.chassis_health import ChassisHealth

SavedOption = Annotated[
    list[Path] | None,
    typer.Option("--saved", help="Judge a snapshot that a run kept, or saved outputs and logs; may be given again."),
]
BeforeOption = Annotated[Path | None, typer.Option("--before", help="An earlier snapshot: tell what changed since.")]


def alarms(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """Active alarms of the system, those of the chassis among them, of every node."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import chassis

    with session(inventory, device) as driver:
        lists = chassis.system_alarms(driver)
    if format is not Format.TEXT:
        answer(lists, format, dict, empty="")
        return
    found = [alarm for each in lists for alarm in each.alarms]
    answer(found, format, alarm_columns, empty="no alarm is active")


def chassis_errors(
    device: DeviceArgument,
    slot: Annotated[int | None, typer.Option("--slot", min=0, max=23, help="One card only.")] = None,
    active: Annotated[bool, typer.Option("--active", help="The active errors, not the counters.")] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Error counters of every card by severity and by type, or the active errors with their fields."""
    from orchestrator.cli.console import talk
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import chassis
    from orchestrator.model.chassis import ErrorType, FpcErrors

    with session(inventory, device) as driver:
        if active:
            errors, unread = chassis.active_errors(driver, slot)
            answer(errors, format, active_columns, empty="no error is active")
            if unread:
                talk(f"{unread} parts of the reply were not understood")
            return
        found = chassis.fpc_errors(driver, slot, detail=True)
    if format is not Format.TEXT:
        answer(found, format, dict, empty="")
        return
    levels = [(one, level) for one in found if isinstance(one, FpcErrors) for level in one.levels]
    answer(levels, format, level_columns, empty="no card tells its counters")
    kinds = [one for one in found if isinstance(one, ErrorType)]
    if kinds:
        answer(kinds, format, type_columns, empty="")


def health(
    device: Annotated[str, typer.Argument(metavar="[DEVICE]", help="A device of the inventory.")] = "",
    saved: SavedOption = None,
    before: BeforeOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Alarms, chassis errors and wedges: what they mean, what changed, and what was not checked."""
    from orchestrator.analysis.chassis.health import judge
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import chassis_snapshot
    from orchestrator.parsers.chassis_snapshot import of_files

    if bool(device) == bool(saved):
        raise InputError("name a device, or a snapshot with --saved", hint="orchestrator show health DEVICE")
    earlier = of_files([before]) if before else None
    if saved:
        snapshot = of_files(saved)
    else:
        with session(inventory, device) as driver:
            snapshot = chassis_snapshot.take(driver)
    found = judge(snapshot, earlier)
    story(found, format, lines(found))


def alarm_columns(one: Alarm) -> dict[str, Any]:
    """One line an alarm."""
    return {"node": one.node, "class": one.alarm_class, "since": one.time, "type": one.alarm_type,
            "alarm": one.description}  # fmt: skip


def level_columns(one: tuple[FpcErrors, LevelCounters]) -> dict[str, Any]:
    """One line a card and severity."""
    card, level = one
    return {
        "node": card.node,
        "fpc": card.slot if card.slc is None else f"{card.slot}:{card.slc}",
        "scope": " ".join(word for word in (card.scope, card.category) if word),
        "severity": level.severity.value,
        "occurred": _number(level.occurred),
        "cleared": _number(level.cleared),
        "threshold": _number(level.threshold),
        "taken": _number(level.action_taken),
        "actions": ", ".join(level.actions),
    }


def type_columns(one: ErrorType) -> dict[str, Any]:
    """One line a kind of error."""
    return {
        "node": one.node,
        "fpc": one.slot,
        "pfe": one.pfe,
        "error": " ".join(word for word in (one.name, one.error_id) if word),
        "occurred": _number(one.occurred),
        "cleared": _number(one.cleared),
        "threshold": _number(one.threshold),
        "actions": ", ".join(one.actions),
    }


def active_columns(one: ActiveError) -> dict[str, Any]:
    """One line an active error."""
    return {
        "unit": " ".join(word for word in (one.node, one.unit) if word),
        "level": one.severity.value if one.severity else "",
        "scope": " ".join(word for word in (one.scope, one.category) if word),
        "occurred": _number(one.occurred),
        "cleared": _number(one.cleared),
        "threshold": _number(one.threshold),
        "error": one.identifier or one.name,
    }


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def lines(found: ChassisHealth) -> Iterator[str]:
    """The answer as text: first what to look at, then what changed, then what is not known."""
    snapshot = found.snapshot
    about = ", ".join(word for word in (snapshot.model, snapshot.release, *snapshot.nodes) if word)
    yield f"{snapshot.device}{f' ({about})' if about else ''}: {_sum(found)}"
    for number, one in enumerate(found.findings, 1):
        yield ""
        yield f"{number}. {one.symptom}{' (likely)' if one.soft else ''}"
        yield f"   saw:  {one.saw}"
        yield f"   why:  {one.why}"
        yield f"   next: {one.next}"
        yield from (f"   line: {line.file}:{line.number}: {line.text}" for line in one.lines)
    if found.changes is not None:
        yield ""
        yield "changed since the earlier snapshot:" if found.changes else "nothing changed, of what was read"
        yield from (f"   {one}" for one in found.changes)
    yield ""
    yield "detectors:"
    yield from (f"   {one.detector}: {one.state}{f' ({one.why})' if one.why else ''}" for one in found.detectors)
    if found.not_checked:
        yield ""
        yield "not checked:"
        yield from (f"   {each}" for each in found.not_checked)


def _sum(found: ChassisHealth) -> str:
    from orchestrator.model.chassis_health import DetectorState

    looks = len(found.findings)
    gaps = len(found.not_checked) + sum(1 for one in found.detectors if one.state is DetectorState.NOT_CHECKED)
    if not looks and not gaps:
        return "nothing to look at"
    words = f"{looks} {'thing' if looks == 1 else 'things'} to look at" if looks else "nothing found to look at"
    return f"{words}, {gaps} not checked" if gaps else words
