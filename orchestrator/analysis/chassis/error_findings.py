"""What the error counters mean: by severity, by type, and each active error."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.chassis.applicability import SPC2, card_in
from orchestrator.analysis.chassis.cautions import SPC2_CAUTION, before_acting, switchover
from orchestrator.model.chassis import Action, ActiveError, ErrorType, FpcErrors, LevelCounters, Severity
from orchestrator.model.chassis_health import ChassisSnapshot
from orchestrator.model.verdict import Finding

_RANK = {Severity.FATAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2, None: 3}
_SEVERE = (Severity.FATAL, Severity.MAJOR)
_SCOPES = {"board": "of the card as a whole", "pfe": "of one forwarding engine"}
# Categories and words that the published identifiers and messages use for the way between cards.
_FABRIC_WORDS = ("fabric", "hsl", "/fo", "/fi", "_fo_", "_fi_")
_SETS_OFF = {Action.RESET.value, Action.OFFLINE.value}
_MEANING = {
    "reset": "restart the card",
    "offline": "take the card out of service",
    "alarm": "raise an alarm",
    "get-state": "keep the state of the card",
    "log": "write to the log",
    "disable-pfe": "disable the forwarding engine",
    "offline-pfe": "take the forwarding engine out of service",
    "reset-pfe": "restart the forwarding engine",
    "trap": "send an SNMP trap",
}


def findings(snapshot: ChassisSnapshot) -> Iterator[Finding]:
    """Severities with errors first, then kinds of errors, active errors, and actions that are dangerous."""
    found = [
        (level, card)
        for card in snapshot.fpc_errors or ()
        for level in card.levels
        if level.occurred or level.action_taken
    ]
    for level, card in sorted(found, key=lambda one: _RANK[one[0].severity]):
        yield _of_level(snapshot, card, level)
    yield from (_of_type(snapshot, one) for one in snapshot.error_types or () if one.occurred)
    for active in sorted(snapshot.active or (), key=lambda one: _RANK[one.severity]):
        yield _of_active(snapshot, active)
    yield from _dangerous(snapshot)


def _place(node: str, slot: int | None, more: str = "") -> str:
    return " ".join(part for part in (node, "" if slot is None else f"FPC {slot}", more) if part)


def _count(occurred: int | None, cleared: int | None) -> str:
    open_ones = None if occurred is None or cleared is None else occurred - cleared
    rest = "" if open_ones is None else f", {open_ones} not cleared"
    return f"{'?' if occurred is None else occurred} occurred, {'?' if cleared is None else cleared} cleared{rest}"


def _said(actions: tuple[str, ...]) -> str:
    return ", ".join(f"{one} ({_MEANING[one]})" if one in _MEANING else one for one in actions) or "none printed"


def _threshold(occurred: int | None, threshold: int | None, kind: str) -> str:
    if threshold is None:
        return f"the threshold by {kind} is not printed"
    reached = "reached" if occurred is not None and occurred >= threshold else "not reached"
    return f"threshold by {kind} {threshold}: {reached}"


def _of_level(snapshot: ChassisSnapshot, card: FpcErrors, level: LevelCounters) -> Finding:
    part = " ".join(word for word in (card.scope, card.category) if word)
    acted = f"; actions were taken {level.action_taken} times" if level.action_taken else ""
    does = "its actions" if level.reached else "at the threshold its actions"
    scope = f" {_SCOPES[card.scope]}" if card.scope in _SCOPES else ""
    return Finding(
        symptom=f"{level.severity} errors on {_place(card.node, card.slot, part)}",
        saw=f"cumulative over all its {level.severity} errors: {_count(level.occurred, level.cleared)}; "
        f"{_threshold(level.occurred, level.threshold, 'severity')}{acted}",
        why=f"errors{scope} were counted; {does}: {_said(level.actions)}"
        + switchover(snapshot, severe=level.reached and level.severity in _SEVERE),
        next=before_acting(
            snapshot, card.node, card.slot,
            "which error is it (show chassis fpc errors detail), does the counter still move (snapshot again)? "
            "only if it does, restart the card",
        ),
        sources=("error counters",),
    )  # fmt: skip


def _of_type(snapshot: ChassisSnapshot, one: ErrorType) -> Finding:
    name = " ".join(word for word in (one.name, one.error_id) if word)
    described = f": {one.description}" if one.description else ""
    return Finding(
        symptom=f"error {name} on {_place(one.node, one.slot, f'PFE {one.pfe}' if one.pfe else '')}{described}",
        saw=f"this error alone: {_count(one.occurred, one.cleared)}; "
        f"{_threshold(one.occurred, one.threshold, 'type')}",
        why=f"an error has two thresholds, its own and that of its severity; its own actions: {_said(one.actions)}",
        next=before_acting(
            snapshot, one.node, one.slot,
            "does the counter move between two snapshots? one that stands still is history; one that moves is a case "
            "for support, and only then restart the card",
        ),
        sources=("error counters",),
    )  # fmt: skip


def is_fabric(one: ActiveError) -> bool:
    """Whether an active error is of the way between cards, by its category and its words."""
    words = f"{one.name} {one.identifier} {one.description}".lower()
    return one.category.lower() == "switch" or any(word in words for word in _FABRIC_WORDS)


def _of_active(snapshot: ChassisSnapshot, one: ActiveError) -> Finding:
    level = f"{one.severity} " if one.severity else ""
    fabric = "fabric " if is_fabric(one) else ""
    scope = one.scope.lower()
    part = f"scope {one.scope} ({_SCOPES[scope]})" if scope in _SCOPES else f"scope {one.scope or 'not printed'}"
    changed = ""
    if one.default_severity and one.default_severity is not one.severity:
        changed = f", by default {one.default_severity}"
    where = _place(one.node, one.slot) or one.unit
    limit = "" if one.limit is None else f", at most {one.limit} are counted"
    return Finding(
        symptom=f"active {level}{fabric}error on {where}: {one.name or one.identifier}",
        saw=f"{part}, category {one.category or 'not printed'}, state {one.state or 'not printed'}{changed}; "
        f"this error alone: {_count(one.occurred, one.cleared)}; "
        f"{_threshold(one.occurred, one.threshold, 'type')}{limit}"
        + (f"; last {one.last_occurred} ms ago" if one.last_occurred.isdecimal() else ""),
        why=(one.description or "the device holds it active")
        + switchover(snapshot, severe=one.severity in _SEVERE),
        next=before_acting(
            snapshot, one.node, one.slot,
            f"open a case with {one.identifier or one.name}; clear it (clear chassis fpc errors) and see whether it "
            "comes back before the card is restarted",
        ),
        soft=is_fabric(one),
        sources=("active errors",),
    )  # fmt: skip


def _dangerous(snapshot: ChassisSnapshot) -> Iterator[Finding]:
    """An SPC2 whose fault handling reboots the chassis, also while nothing is wrong."""
    for card in snapshot.fpc_errors or ():
        if card_in(snapshot, card.node, card.slot) != SPC2:
            continue
        risky = [level for level in card.levels if _SETS_OFF & set(level.actions)]
        if risky:
            said = "; ".join(f"{one.severity} -> {', '.join(one.actions)}" for one in risky)
            yield Finding(
                symptom=f"fault handling of the SPC2 in {_place(card.node, card.slot)} can reboot the whole chassis",
                saw=f"actions {said}",
                why=SPC2_CAUTION,
                next="is that wanted? actions are set under chassis fpc SLOT error",
                sources=("error counters",),
            )
