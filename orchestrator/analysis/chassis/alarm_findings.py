"""What the active alarms mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.analysis.chassis.cautions import before_acting, switchover
from orchestrator.model.chassis import Alarm, AlarmList, Severity
from orchestrator.model.chassis_health import ChassisSnapshot
from orchestrator.model.verdict import Finding

_ORDER = {"Major": 0, "Minor": 1}
# What operators did in published cases; none of it is documentation.
_CASES = {
    "0x3000b": "in published cases support cleared it with a command of theirs, or the card was restarted",
    "0x200001": "in published cases the card was restarted",
    "0x40008": "in published cases it was a limit of the trace buffer, a case for support",
}


def findings(snapshot: ChassisSnapshot) -> Iterator[Finding]:
    """One finding for each alarm; the same words on both nodes are one, the system's list repeats the chassis'."""
    seen: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in _all(snapshot):
        held = seen.setdefault((alarm.alarm_class, alarm.description), [])
        if all((one.node, one.time) != (alarm.node, alarm.time) for one in held):
            held.append(alarm)
    for (alarm_class, _), held in sorted(seen.items(), key=lambda one: _ORDER.get(one[0][0], 2)):
        yield _finding(snapshot, alarm_class, held)


def _all(snapshot: ChassisSnapshot) -> Iterator[Alarm]:
    lists: tuple[AlarmList, ...] = (*(snapshot.alarms or ()), *(snapshot.system_alarms or ()))
    for each in lists:
        yield from (replace(alarm, node=alarm.node or each.node) for alarm in each.alarms)


def is_severe(alarm: Alarm) -> bool:
    """Whether it is of a major or a fatal error."""
    return alarm.severity in (Severity.FATAL, Severity.MAJOR) or alarm.alarm_class == "Major"


def _finding(snapshot: ChassisSnapshot, alarm_class: str, held: list[Alarm]) -> Finding:
    first = held[0]
    nodes = ", ".join(dict.fromkeys(one.node for one in held if one.node))
    where = f" on {nodes}" if nodes else ""
    return Finding(
        symptom=f"{alarm_class.lower()} alarm{where}: {first.description}",
        saw="; ".join(f"{one.node + ' ' if one.node else ''}since {one.time}" for one in held)
        + (f", type {first.alarm_type}" if first.alarm_type else ""),
        why=_why(first) + switchover(snapshot, severe=first.fpc is not None and is_severe(first)),
        next=before_acting(snapshot, first.node, first.fpc, _advice(first)),
        soft=first.code in _CASES,
        sources=("alarms",),
    )


def _why(alarm: Alarm) -> str:
    if alarm.fpc is None:
        return "the device raised it and it is still active"
    kind = f"{alarm.severity} errors" if alarm.severity else "errors"
    module = f" of {alarm.module} (code {alarm.code})" if alarm.module else ""
    return f"card {alarm.fpc} reports {kind}{module}: a threshold was reached, and an irreversible wedge alarms so too"


def _advice(alarm: Alarm) -> str:
    if alarm.fpc is None:
        return "is it known and wanted?"
    if told := _CASES.get(alarm.code):
        return f"{told}; before a restart keep show chassis fpc errors detail and the log"
    return (
        "which error is it: show chassis fpc errors detail, show chassis errors active detail, and the log of its time"
    )
