"""Wedges: what blocked traffic, and whether it stayed blocked.

The documentation: an irreversible wedge raises a chassis alarm, a transient one only counts and writes to the log. So
with the alarms read, an alarm of the same card tells one from the other; without them it is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.analysis.chassis.alarm_findings import is_severe
from orchestrator.analysis.chassis.applicability import is_large
from orchestrator.analysis.chassis.cautions import before_acting, switchover
from orchestrator.model.chassis import Permanence, PfeRow, WedgeEvent
from orchestrator.model.chassis_health import ChassisSnapshot
from orchestrator.model.flow_trace import Line
from orchestrator.model.verdict import Finding

_SHOWN = 3  # lines kept with a finding
_AREAS = {
    "wedge": "traffic was blocked",
    "fabric": "errors on the way between cards",
    "control-path": "errors between the routing engine and the card",
    "chip": "a forwarding chip reported errors",
    "alarm": "the log tells of alarms",
    "offline": "a card went out of service",
    "other": "the card reported trouble",
}
# What the toolkit prints when all is well (facts: PyEZ), and values of a healthy offload engine.
_UNWATCHED = "DISABLED"
_WELL = ("No detected wedges", "No toolkit errors")
_HEALTHY = {
    "declared wedge": "NO",
    "wedge window size": "0",
    "toe ucode halted": "NO",
    "suspected to-asic blockage": "NO",
    "toe driver host path app halted": "NO",
    "rx packets received": "YES",
}


@dataclass(frozen=True, slots=True)
class Sick:
    """One thing a card printed that is not as on a healthy one."""

    driver: str
    target: str
    command: str
    said: str
    wedge: bool = True


def permanence(snapshot: ChassisSnapshot, event: WedgeEvent) -> tuple[Permanence, str]:
    """Whether a wedge stayed, and what says so."""
    if not is_large(snapshot):
        return event.permanence, "what an alarm says of a wedge is documented for SRX5400, SRX5600 and SRX5800 only"
    if snapshot.alarms is None:
        return event.permanence, "the alarms were not read, and only they tell"
    node = event.node
    alarms = [
        alarm
        for each in snapshot.alarms
        if not node or each.node == node
        for alarm in each.alarms
        if alarm.fpc == event.fpc and alarm.fpc is not None and is_severe(alarm)
    ]
    if alarms and snapshot.nodes and not node:
        where = alarms[0].node
        return Permanence.UNKNOWN, f"{alarms[0].description} is active on {where}, and the line does not name its node"
    if alarms:
        return Permanence.IRREVERSIBLE, f"an alarm of the card is active: {alarms[0].description}"
    if node and node not in {each.node for each in snapshot.alarms}:
        return Permanence.UNKNOWN, f"{node} gave no list of alarms"
    return Permanence.TRANSIENT, "no major alarm of that card is active, and an irreversible wedge raises one"


def findings(snapshot: ChassisSnapshot) -> Iterator[Finding]:
    """Lines of the log, one finding a card and signature, wedges first; then what the cards themselves say."""
    groups: dict[tuple[str, int | None, str], list[WedgeEvent]] = defaultdict(list)
    for event in snapshot.events or ():
        groups[event.node, event.fpc, event.signature].append(event)
    for held in sorted(groups.values(), key=lambda one: one[0].area != "wedge"):
        yield _of_events(snapshot, held)
    yield from (_of_sick(snapshot, one) for one in sick(snapshot.pfe or ()))


def _of_events(snapshot: ChassisSnapshot, held: list[WedgeEvent]) -> Finding:
    last = held[-1]
    where = " ".join(part for part in (last.node, "" if last.fpc is None else f"FPC {last.fpc}") if part)
    where += f" PFE {last.pfe}" if last.pfe is not None else ""
    is_wedge = last.area == "wedge"
    stayed, witness = permanence(snapshot, last) if is_wedge else (last.permanence, "")
    often = last.recurs_at is not None and len(held) > last.recurs_at
    symptom = f"{_AREAS[last.area]} on {where or 'a card'} ({last.driver})"
    return Finding(
        symptom=f"{stayed if stayed is not Permanence.UNKNOWN else 'a'} wedge: {symptom}" if is_wedge else symptom,
        saw=f"{len(held)} {'line' if len(held) == 1 else 'lines'} of the log, the last: {last.text}",
        why=(f"{stayed}: {witness}" if is_wedge else f"published rules know this wording ({last.signature})")
        + (f"; more than {last.recurs_at} in three days are too many" if often else "")
        + switchover(snapshot, severe=stayed is Permanence.IRREVERSIBLE and is_wedge),
        next=before_acting(snapshot, last.node, last.fpc, last.advice),
        lines=tuple(_line(one) for one in held[-_SHOWN:]),
        soft=last.signature != "wedge-001",
        sources=("log",),
        packets=0,
    )


def _line(event: WedgeEvent) -> Line:
    place = event.place
    return Line(place.file, place.start, event.text) if place else Line("log", 0, event.text)


def sick(rows: Sequence[PfeRow]) -> Iterator[Sick]:
    """What is not as on a healthy card, in the order printed."""
    for row in rows:
        said = row.values
        if row.table == "host loopback" and said["said"] not in _WELL:
            yield Sick("host-loopback", row.target, row.command, said["said"])
        elif row.table == "lookup states" and said["state"] not in ("NORMAL", _UNWATCHED):
            text = f"client {said['client']} is {said['state']}, before {said['previous']}"
            yield Sick("lookup", row.target, row.command, f"wedge polling: {text}", wedge=False)
        elif row.table == "modules" and said["active_errors"] != "0":
            told = f"{said['name']}: {said['active_errors']} active errors"
            yield Sick(_driver(said["name"]), row.target, row.command, told, wedge=False)
        elif row.table == "values":
            yield from _of_value(row)


def _of_value(row: PfeRow) -> Iterator[Sick]:
    name, value = row.values["name"], row.values["value"]
    healthy = _HEALTHY.get(name.lower())
    is_halted = name.startswith("Stream ") and "halt flag" in value and "NOT set" not in value
    if is_halted or healthy not in (None, value):
        yield Sick("toe", row.target, row.command, f"{name}: {value}")


def _driver(module: str) -> str:
    """The driver an error module belongs to, its own name when it is none of the documented."""
    known = (("LUCHIP", "lu"), ("XMCHIP", "xm"), ("XLCHIP", "xl"), ("TOE", "toe"), ("Host Loopback", "host-loopback"))
    return next((driver for sign, driver in known if module.startswith(sign)), module)


def unwatched(rows: Sequence[PfeRow]) -> Iterator[str]:
    """Chips that are not watched for wedges, by what the cards print."""
    for row in rows:
        said = row.values
        if row.table == "lookup states" and said["state"] == _UNWATCHED:
            yield f"{row.target or 'a card'}: wedges of lookup chip {said['client']}: its polling is {_UNWATCHED}"
        elif row.table == "values" and said["name"] == "Enabled Services" and "Wedge_Chk" not in said["value"].split():
            yield f"{row.target or 'a card'}: wedges of a lookup chip: Wedge_Chk is not among its services"


def _of_sick(snapshot: ChassisSnapshot, one: Sick) -> Finding:
    slot = int(one.target.removeprefix("fpc")) if one.target.removeprefix("fpc").isdecimal() else None
    advice = "keep this output and open a case with Juniper support; restart the card only on their word"
    return Finding(
        symptom=f"{'wedge' if one.wedge else 'trouble'} told by {one.target or 'a card'} ({one.driver})",
        saw=f"{one.command}: {one.said}" if one.command else one.said,
        why="the card itself says so; a healthy one prints otherwise",
        next=before_acting(snapshot, "", slot, advice),
        soft=True,
        sources=("forwarding engine",),
    )
