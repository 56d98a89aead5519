"""A snapshot of the chassis judged: findings, the state of every documented detector, and what was not checked."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.chassis import alarm_findings, error_findings, wedge_findings
from orchestrator.analysis.chassis.applicability import ALARMS, COUNTERS, DETECTORS, LOG, Detector, card_in, lacks
from orchestrator.model.chassis import Alarm
from orchestrator.model.chassis_changes import changes
from orchestrator.model.chassis_health import ChassisHealth, ChassisSnapshot, DetectorReport, DetectorState


def judge(snapshot: ChassisSnapshot, before: ChassisSnapshot | None = None) -> ChassisHealth:
    """Judge one snapshot, and tell what changed since an earlier one."""
    return ChassisHealth(
        snapshot=snapshot,
        findings=(
            *alarm_findings.findings(snapshot),
            *wedge_findings.findings(snapshot),
            *error_findings.findings(snapshot),
        ),
        detectors=tuple(_report(one, snapshot) for one in DETECTORS),
        changes=None if before is None else changes(before, snapshot),
        not_checked=(*snapshot.refused, *_unread(snapshot)),
    )


def _report(detector: Detector, snapshot: ChassisSnapshot) -> DetectorReport:
    found = _found(detector, snapshot)
    if found:
        return DetectorReport(detector=detector.name, state=DetectorState.FOUND, why=found)
    why = lacks(detector, snapshot) or _unlooked(detector, snapshot) or _unexplained(detector, snapshot)
    if why:
        return DetectorReport(detector=detector.name, state=DetectorState.NOT_CHECKED, why=why)
    looked = ", ".join(f"the last lines of {snapshot.log}" if one == LOG else one for one in detector.shows)
    return DetectorReport(detector=detector.name, state=DetectorState.QUIET, why=f"looked at: {looked}")


def _found(detector: Detector, snapshot: ChassisSnapshot) -> str:
    """What shows that the detector saw something, empty when nothing does."""
    for event in snapshot.events or ():
        if detector.area and event.area == detector.area and detector.driver in ("", event.driver):
            return f"log: {event.text}"
    for one in wedge_findings.sick(snapshot.pfe or ()):
        if detector.driver == one.driver and one.wedge:
            return f"{one.target} {one.command}: {one.said}"
    if detector.area == "fabric":
        return next((f"active error {one.name}" for one in snapshot.active or () if error_findings.is_fabric(one)), "")
    return _counted(detector, snapshot) if COUNTERS in detector.shows else ""


def _counted(detector: Detector, snapshot: ChassisSnapshot) -> str:
    """What the counters and the alarms say of the cards a detector looks after."""
    for card in snapshot.fpc_errors or ():
        if any(level.occurred for level in card.levels) and _looks_after(detector, snapshot, card.node, card.slot):
            return f"errors counted on {card.node} FPC {card.slot}".replace("  ", " ")
    return next((f"alarm {one.description}" for one in _card_alarms(detector, snapshot)), "")


def _card_alarms(detector: Detector, snapshot: ChassisSnapshot) -> list[Alarm]:
    alarms = [one for each in snapshot.alarms or () for one in each.alarms if one.fpc is not None]
    return [one for one in alarms if _looks_after(detector, snapshot, one.node, one.fpc)]


def _looks_after(detector: Detector, snapshot: ChassisSnapshot, node: str, slot: int | None) -> bool:
    return not detector.cards or card_in(snapshot, node, slot) in {*detector.cards, ""}


def _unexplained(detector: Detector, snapshot: ChassisSnapshot) -> str:
    """A card's alarm does not say what raised it: with one active, no wedge of that card can be ruled out."""
    alarms = [one for one in _card_alarms(detector, snapshot) if alarm_findings.is_severe(one)]
    return f"an alarm is active that does not say its cause: {alarms[0].description}" if alarms else ""


def _unlooked(detector: Detector, snapshot: ChassisSnapshot) -> str:
    """Why a detector that is there says nothing; empty when all its places were looked at, on every node."""
    if snapshot.cards is None:
        return "the inventory was not read"
    read = {ALARMS: snapshot.alarms, COUNTERS: snapshot.fpc_errors, LOG: snapshot.events}
    missing = [place for place in detector.shows if place in read and read[place] is None]
    if missing:
        return f"not read: {', '.join(missing)}"
    silent = _silent(snapshot)
    return f"{', '.join(silent)} gave no list of alarms" if silent else ""


def _silent(snapshot: ChassisSnapshot) -> list[str]:
    told = {each.node for each in snapshot.alarms or ()}
    return [node for node in snapshot.nodes if snapshot.alarms is not None and node not in told]


def _unread(snapshot: ChassisSnapshot) -> Iterator[str]:
    for node in _silent(snapshot):
        yield f"{node}: no list of alarms"
    for each in (*(snapshot.alarms or ()), *(snapshot.system_alarms or ())):
        if not each.is_whole:
            where = each.node or snapshot.device
            yield f"{where}: the device tells of {each.declared} alarms, {len(each.alarms)} were read"
    counted = {one.node for one in snapshot.fpc_errors or ()}
    if snapshot.fpc_errors is not None:
        yield from (f"{node}: no error counters" for node in snapshot.nodes if node not in counted)
    yield from wedge_findings.unwatched(snapshot.pfe or ())
    if snapshot.active is not None and snapshot.nodes:
        yield "active errors of the other node: the command speaks for the node that answers"
    if snapshot.events is not None and snapshot.nodes:
        yield "the log of the other node: each node writes its own"
    if snapshot.pfe is not None and snapshot.nodes:
        yield "forwarding engines of the other node: they were asked on the node that answers"
