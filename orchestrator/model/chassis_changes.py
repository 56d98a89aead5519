"""What changed between two snapshots of a chassis.

It stands with the model, because a step tells it while it runs and the analysis tells it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from orchestrator.model.chassis import ActiveError, Alarm, AlarmList, ErrorType, FpcErrors, PfeRow, WedgeEvent
from orchestrator.model.chassis_health import ChassisChange, ChassisSnapshot, Movement

Thing = TypeVar("Thing")
_RANK = {movement: rank for rank, movement in enumerate(Movement)}
# Columns of what a card prints whose movement means something: a thread's run time always moves.
_TOLD = {"modules": ("active_errors",), "interrupts": ("count",), "lookup states": ("state",), "pci errors": ("value",)}
_ERROR_WORDS = (
    "error",
    "_err",
    "err_",
    "timeout",
    "late",
    "fail",
    "reject",
    "halt",
    "wedge",
    "drop",
    "out of range",
    "no space",
    "nacked",
    "invalid",
)


def changes(before: ChassisSnapshot, after: ChassisSnapshot) -> tuple[ChassisChange, ...]:
    """Everything that differs, what is new first. What only one of them could read is told as not compared."""
    found: list[ChassisChange] = []
    found += _pair("chassis alarms", before.alarms, after.alarms, _of_alarms)
    found += _pair("system alarms", before.system_alarms, after.system_alarms, _of_alarms)
    found += _pair("error counters", before.fpc_errors, after.fpc_errors, _of_counters)
    found += _pair("errors by type", before.error_types, after.error_types, _of_types)
    found += _pair("active errors", before.active, after.active, _of_active)
    found += _pair("forwarding engines", before.pfe, after.pfe, _of_rows)
    found += _pair("lines of the log", before.events, after.events, _of_events)
    found += [
        ChassisChange(Movement.GONE if node in before.nodes else Movement.NEW, f"node {node}")
        for node in sorted({*before.nodes} ^ {*after.nodes})
    ]
    once = dict.fromkeys(found)  # the system's list of alarms repeats the chassis'
    return tuple(sorted(once, key=lambda one: _RANK[one.movement]))


def _pair(
    what: str,
    before: tuple[Thing, ...] | None,
    after: tuple[Thing, ...] | None,
    compare: Callable[[tuple[Thing, ...], tuple[Thing, ...]], Iterator[ChassisChange]],
) -> Iterator[ChassisChange]:
    if before is None and after is None:
        return
    if before is None or after is None:
        yield ChassisChange(
            Movement.NOT_COMPARED, f"{what}: {'not read before' if before is None else 'not read after'}"
        )
    else:
        yield from compare(before, after)


def _where(node: str, slot: int | None = None) -> str:
    return " ".join(part for part in (node, "" if slot is None else f"FPC {slot}") if part)


def _of_alarms(before: tuple[AlarmList, ...], after: tuple[AlarmList, ...]) -> Iterator[ChassisChange]:
    for node in sorted({one.node for one in before} ^ {one.node for one in after}):
        when = "before" if any(one.node == node for one in before) else "after"
        yield ChassisChange(Movement.NOT_COMPARED, f"alarms of {node}: only read {when}")
    told = {one.node for one in before} & {one.node for one in after}
    old = [alarm for each in before if each.node in told for alarm in each.alarms]
    new = [alarm for each in after if each.node in told for alarm in each.alarms]
    names = {_alarm(one) for one in old}
    later = {_alarm(one) for one in new}
    yield from (ChassisChange(Movement.NEW, name) for name in sorted(later - names))
    yield from (ChassisChange(Movement.GONE, name) for name in sorted(names - later))


def _alarm(alarm: Alarm) -> str:
    return f"alarm {_where(alarm.node)} {alarm.alarm_class}: {alarm.description}".replace("  ", " ")


def _counted(name: str, was: int | None, now: int | None) -> Iterator[ChassisChange]:
    if was != now:
        lower = was is not None and now is not None and now < was
        yield ChassisChange(Movement.RESET if lower else Movement.MOVED, name, _number(was), _number(now))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _matched(
    before: Iterable[Thing], after: Iterable[Thing], key: Callable[[Thing], Hashable], name: Callable[[Thing], str]
) -> Iterator[tuple[Thing, Thing] | ChassisChange]:
    """Pairs of the same thing, and a change for what only one side has."""
    old, new = {key(one): one for one in before}, {key(one): one for one in after}
    for which, one in new.items():
        yield (old[which], one) if which in old else ChassisChange(Movement.NEW, name(one))
    for which, one in old.items():
        if which not in new:
            yield ChassisChange(Movement.GONE, name(one))


def _of_counters(before: tuple[FpcErrors, ...], after: tuple[FpcErrors, ...]) -> Iterator[ChassisChange]:
    def name(one: FpcErrors) -> str:
        parts = (_where(one.node, one.slot), "" if one.slc is None else f"SLC {one.slc}", one.scope, one.category)
        return " ".join(part for part in parts if part)

    for pair in _matched(before, after, lambda one: (one.node, one.slot, one.slc, one.scope, one.category), name):
        if isinstance(pair, ChassisChange):
            yield pair
            continue
        old, new = pair
        was = {one.severity: one for one in old.levels}
        for level in new.levels:
            if (earlier := was.get(level.severity)) is None:
                continue
            what = f"{name(new)} {level.severity} errors"
            yield from _counted(f"{what} occurred", earlier.occurred, level.occurred)
            yield from _counted(f"{what} cleared", earlier.cleared, level.cleared)
            yield from _counted(f"{what} actions taken", earlier.action_taken, level.action_taken)
            if (earlier.threshold, earlier.actions) != (level.threshold, level.actions):
                before_words = f"{earlier.threshold} {' '.join(earlier.actions)}"
                now = f"{level.threshold} {' '.join(level.actions)}"
                yield ChassisChange(Movement.MOVED, f"{what} threshold and actions", before_words, now)
        if old.pfe_state != new.pfe_state:
            yield ChassisChange(Movement.MOVED, f"{name(new)} state", old.pfe_state, new.pfe_state)


def _of_types(before: tuple[ErrorType, ...], after: tuple[ErrorType, ...]) -> Iterator[ChassisChange]:
    def name(one: ErrorType) -> str:
        return f"{_where(one.node, one.slot)} PFE {one.pfe} {one.name} {one.error_id}".rstrip()

    for pair in _matched(before, after, lambda one: (one.node, one.slot, one.pfe, one.name, one.error_id), name):
        if isinstance(pair, ChassisChange):
            yield pair
        else:
            yield from _counted(f"{name(pair[1])} occurred", pair[0].occurred, pair[1].occurred)
            yield from _counted(f"{name(pair[1])} cleared", pair[0].cleared, pair[1].cleared)


def _of_active(before: tuple[ActiveError, ...], after: tuple[ActiveError, ...]) -> Iterator[ChassisChange]:
    def name(one: ActiveError) -> str:
        where = _where(one.node, one.slot) or one.unit
        return f"{where} active error {one.name or one.identifier}".strip()

    for pair in _matched(before, after, lambda one: (one.node, one.unit, one.identifier or one.name), name):
        if isinstance(pair, ChassisChange):
            yield pair
        else:
            yield from _counted(f"{name(pair[1])} occurred", pair[0].occurred, pair[1].occurred)
            yield from _counted(f"{name(pair[1])} cleared", pair[0].cleared, pair[1].cleared)


def _of_rows(before: tuple[PfeRow, ...], after: tuple[PfeRow, ...]) -> Iterator[ChassisChange]:
    old, new = dict(_told(before)), dict(_told(after))
    for name, value in new.items():
        if name in old and old[name] != value:
            yield ChassisChange(_direction(old[name], value), name, old[name], value)
        elif name not in old:
            yield ChassisChange(Movement.NEW, name, "", value)
    yield from (ChassisChange(Movement.GONE, name, value) for name, value in old.items() if name not in new)


def _direction(was: str, now: str) -> Movement:
    lower = was.isdecimal() and now.isdecimal() and int(now) < int(was)
    return Movement.RESET if lower else Movement.MOVED


def _told(rows: tuple[PfeRow, ...]) -> Iterator[tuple[str, str]]:
    """Names and values of the rows worth comparing."""
    for row in rows:
        said = row.values
        where = f"{row.target} {row.command}".strip()
        if row.table == "values":
            name = " / ".join(part for part in (said.get("under", ""), said["name"]) if part)
            if any(word in name.lower() for word in _ERROR_WORDS) or "halt" in said["value"]:
                yield f"{where}: {name}", said["value"]
        elif row.table == "host loopback":
            yield f"{where}: {said['said']}", ""
        for column in _TOLD.get(row.table, ()):
            keys = [said[key] for key in ("module", "client", "block", "device", "name") if key in said]
            yield f"{where}: {' '.join(keys)} {column.replace('_', ' ')}", said[column]


def _of_events(before: tuple[WedgeEvent, ...], after: tuple[WedgeEvent, ...]) -> Iterator[ChassisChange]:
    """Lines that were not there before; that old ones scroll out of the log means nothing."""
    known = {one.text for one in before}
    yield from (ChassisChange(Movement.NEW, f"log: {one.text}") for one in after if one.text not in known)
