"""Alarms, error counters and active errors of the chassis, and commands run on a card.

Alarms are as a vSRX 24.4R1.9 answers, the counters' leaves those of YANG 24.4R1 (``occured`` misspelt as there) and
their text that of a published MX output. The reply of ``show chassis errors active`` is not published: it is given the
shape of ``show system errors active``, and that is synthetic. So is the refusal of an unknown command of a card.
"""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer, Refusal, denied
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.scenario_chassis import ActiveError, Alarm, Card, ErrorGroup, Level

_LEVELS = ("minor", "major", "fatal")
_SLOT = Argument("fpc-slot", positional=True, low=0, high=23)
_DEFAULT_PFE = {
    "show host_loopback status-summary": "Host Loopback Toolkit Status Summary:\n\nNo detected wedges\n\n"
    "No toolkit errors\n",
    "show cmerror module brief": f"{'-' * 73}\n"
    "Module  Name              Active Errors  PFE       Callback    ModuleData\n"
    f"{' ' * 40}Specific  Function\n"
    f"{'-' * 73}\n"
    "1       PQ3 Chip          0              Yes       0x00000000  0x00000000\n"
    "2       Host Loopback     0              No        0x00000000  0x464295b0\n",
}


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _alarms(call: Call, alarms: list[Alarm]) -> Answer:
    markup, trouble = call.markup("junos-alarm"), call.box.chassis
    counted = markup.leaf("active-alarm-count", len(alarms)) if alarms else markup.leaf("no-active-alarms")
    details = []
    lines = [f"{len(alarms)} alarms currently active", "Alarm time               Class  Description"]
    for one in alarms:
        seconds = trouble.epoch(one.after)
        said = {"alarm-class": one.severity, "alarm-description": one.description,
                "alarm-short-description": one.short or one.description, "alarm-type": one.type}  # fmt: skip
        time = markup.leaf("alarm-time", _stamp(seconds), {"junos:seconds": str(seconds)})
        details.append(markup.branch("alarm-detail", [time, *markup.leaves(said)]))
        lines.append(f"{_stamp(seconds)}  {one.severity:<6} {one.description}")
    element = markup.branch("alarm-information", [markup.branch("alarm-summary", [counted]), *details])
    text = "\n".join(lines) + "\n" if alarms else "No alarms currently active\n"
    return Answer(text, [element], padded=call.box.persona.padded)


def chassis_alarms(call: Call) -> Answer:
    """``show chassis alarms``."""
    return _alarms(call, call.box.chassis.alarms(call.node, of_chassis=True))


def system_alarms(call: Call) -> Answer:
    """``show system alarms``: those of the chassis are among them (facts: live 24.4R1.9)."""
    return _alarms(call, call.box.chassis.alarms(call.node, of_chassis=False))


def _counters(call: Call, name: str, level: Level, occurred: str) -> dict[str, object]:
    return {
        f"{name}-level-{occurred}": call.box.chassis.occurred(level),
        f"{name}-level-cleared": level.cleared,
        f"{name}-level-threshold": level.threshold,
        f"{name}-level-action-taken": level.taken,
        f"{name}-level-action": level.action,
    }


def _level(card: Card, name: str) -> Level:
    return {"minor": card.minor, "major": card.major, "fatal": card.fatal}[name]


def _card(call: Call, markup: Markup, card: Card) -> Element:
    slot = markup.leaf("slot", card.slot)
    if scope := call.get("scope"):
        said: dict[str, object] = {"category": call.get("category") or "functional"}
        for name in _LEVELS:
            said |= _counters(call, name, _level(card, name), "occurred")
        level = markup.branch("category-level", markup.leaves(said))
        return markup.branch("fpc", [slot, markup.branch("scope-level", [markup.leaf("scope", scope), level])])
    leaves: dict[str, object] = {}
    for name in _LEVELS:
        leaves |= _counters(call, name, _level(card, name), "occured")
    parts = [slot, *markup.leaves(leaves), markup.leaf("fpc-pfe-state", card.pfe_state)]
    if "detail" in call.arguments:
        parts += _groups(markup, card.groups)
    return markup.branch("fpc", parts)


def _groups(markup: Markup, groups: list[ErrorGroup]) -> list[Element]:
    found = []
    for pfe in dict.fromkeys(one.pfe for one in groups):
        held = [one for one in groups if one.pfe == pfe]
        children = []
        for one in held:
            detail = {"fpc-error-group-name": one.name, "fpc-error-group-occurred": one.occurred,
                      "fpc-error-group-cleared": one.cleared, "fpc-error-group-error-id": one.error_id,
                      "fpc-error-group-description": one.description,
                      "fpc-error-group-threshold": one.threshold}  # fmt: skip
            children.append(markup.branch("fpc-error-group-detail", markup.leaves(detail)))
        children.append(markup.leaf("pfe-id", pfe))
        for one in held:
            group = {"fpc-error-group-name": one.name, "fpc-error-group-occurred": one.occurred,
                     "fpc-error-group-cleared": one.cleared, "fpc-error-group-action": one.action,
                     "fpc-error-group-threshold": one.threshold, "fpc-error-group-error-id": one.error_id}  # fmt: skip
            children.append(markup.branch("fpc-error-group", markup.leaves(group)))
        found.append(markup.branch("fpc-error", children))
    return found


def fpc_errors(call: Call) -> Answer:
    """``show chassis fpc errors``."""
    markup = call.markup("junos-chassis")
    wanted = call.get("fpc-slot")
    cards = [one for one in call.box.chassis.cards(call.node) if wanted in ("", str(one.slot))]
    lines = ["FPC  Level Occurred Cleared Threshold Action-Taken Action"]
    for card in cards:
        for name in _LEVELS:
            one = _level(card, name)
            head = str(card.slot) if name == "minor" else ""
            occurred = call.box.chassis.occurred(one)
            lines.append(
                f"{head:<4} {name.title():<6} {occurred:>7} {one.cleared:>7} {one.threshold:>9} {one.taken:>12} "
                f"{one.action}".rstrip()
            )
        lines.append(f"     Pfe-State: {card.pfe_state}")
    element = markup.branch("fpc-error-information", [_card(call, markup, card) for card in cards])
    return Answer("\n".join(lines) + "\n", [element], padded=call.box.persona.padded)


def _active(call: Call) -> dict[int, list[ActiveError]]:
    found: dict[int, list[ActiveError]] = {}
    for one in call.box.chassis.active_errors(call.node):
        if call.get("fpc-slot") in ("", str(one.slot)):
            found.setdefault(one.slot, []).append(one)
    return found


def active_errors(call: Call) -> Answer:
    """``show chassis errors active``: how many of each severity; synthetic shape."""
    markup = call.markup("junos-chassis")
    units, lines = [], []
    for slot, errors in _active(call).items():
        counts = {f"{name}-occur-count": sum(one.occurred for one in errors if one.level.lower() == name)
                  for name in _LEVELS}  # fmt: skip
        held = markup.branch("error-information", markup.leaves(counts))
        units.append(markup.branch("fru", [markup.leaf("name", f"FPC {slot}"), held]))
        lines.append(f"FPC {slot}\n" + "".join(f"{one.level}: {one.name}\n" for one in errors))
    element = markup.branch("active-error-information", units)
    return Answer("".join(lines) or "No active errors\n", [element], padded=call.box.persona.padded)


def _details(one: ActiveError) -> dict[str, object]:
    return {
        "error": one.name,
        "identifier": one.identifier,
        "details": one.details,
        "state": one.state,
        "scope-type": one.scope,
        "category-type": one.category,
        "level": one.level,
        "threshold": one.threshold,
        "limit": one.limit,
        "occur-count": one.occurred,
        "clear-count": one.cleared,
        "last-occured": one.last,
    }


def active_errors_detail(call: Call) -> Answer:
    """``show chassis errors active detail``; synthetic shape."""
    markup = call.markup("junos-chassis")
    units, lines = [], []
    for slot, errors in _active(call).items():
        details = [markup.branch("error-detail-information", markup.leaves(_details(one))) for one in errors]
        units.append(markup.branch("fru", [markup.leaf("name", f"FPC {slot}"), *details]))
        lines.append(f"FPC {slot}\n")
        for one in errors:
            lines += [f"Error Name     : {one.name}\n", f"Identifier     : {one.identifier}\n",
                      f"Description    : {one.details}\n", f"State          : {one.state}\n",
                      f"Scope          : {one.scope}\n", f"Category       : {one.category}\n",
                      f"Level          : {one.level}\n", f"Threshold      : {one.threshold}\n",
                      f"Error limit    : {one.limit}\n", f"Occur count    : {one.occurred}\n",
                      f"Clear count    : {one.cleared}\n", f"Last occurred(ms ago) : {one.last}\n\n"]  # fmt: skip
    element = markup.branch("active-error-detail-information", units)
    return Answer("".join(lines) or "No active errors\n", [element], padded=call.box.persona.padded)


def pfe_execute(call: Call) -> Answer:
    """``request pfe execute``: the card's own output, with the echo of the command (facts: PyEZ)."""
    box = call.box
    if not box.persona.allows(call.caller.login_class, box.chassis.chassis.pfe_permission):
        raise denied("request-pfe-execute")
    target, command = call.get("target"), call.get("command")
    slots = {f"fpc{card.slot}": card.slot for card in box.chassis.cards(call.node)}
    if target not in slots:
        raise Refusal(f"Invalid target {target}", bad_element="target")
    said = box.chassis.printed(call.node, slots[target], command)
    if said is None:
        said = _DEFAULT_PFE.get(command)
    if said is None:
        raise Refusal(f"error: {command}: unknown command")
    text = f"\nSENT: Ukern command: {command}\n\n{said}"
    return Answer(text, [call.markup().leaf("output", text)])


OPERATIONS = (
    Operation("get-alarm-information", "show chassis alarms", chassis_alarms, "view", per_node=True),
    Operation("get-system-alarm-information", "show system alarms", system_alarms, "view", per_node=True),
    Operation(
        "get-fpc-error-information", "show chassis fpc errors", fpc_errors, "view", per_node=True,
        arguments=(
            Argument("detail", flag=True), Argument("scope"), Argument("category"), _SLOT,
        ),
    ),
    # Not passed on to the other node (facts: YANG has no command forwarding here).
    Operation("get-chassis-active-errors", "show chassis errors active", active_errors, "view", arguments=(_SLOT,)),
    Operation(
        "get-active-error-information-detail", "show chassis errors active detail", active_errors_detail, "view",
        arguments=(_SLOT,),
    ),
    Operation("get-active-error-information", "show system errors active", active_errors, "view"),
    Operation(
        "get-active-error-detail-information", "show system errors active detail", active_errors_detail, "view"
    ),
    Operation(
        "request-pfe-execute", "", pfe_execute, "",
        arguments=(  # PyEZ sends a timeout too
            Argument("target", mandatory=True), Argument("command", mandatory=True), Argument("timeout"),
        ),
    ),
)  # fmt: skip
