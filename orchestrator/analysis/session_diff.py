"""Two looks at the session table: what came, what went, what moved."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_session import ChangeKind, FlowSession, SessionChange, Wing, counted

# One conversation on one part of the device. ICMP and ESP have no ports: what is printed there stands beside the key.
_Name = tuple[FlowKey, tuple[object, object] | None, str, str]


def diff(before: Iterable[FlowSession], after: Iterable[FlowSession]) -> list[SessionChange]:
    """Compare two tables by the key of the ``In`` wing on the same node and in the same logical system.

    Sessions of ``after`` come first in their order, then those that are gone. ``before`` is held in memory, ``after``
    is read once. Where a conversation stands in a table more than once, as on a device with several SPUs, the same
    session ids belong together and the rest goes by order. Sessions without an ``In`` wing have no key and are left
    out.
    """
    old: dict[_Name, deque[FlowSession]] = {}
    for session in before:
        if (name := _name(session)) is not None:
            old.setdefault(name, deque()).append(session)
    changes: list[SessionChange] = []
    strangers: list[tuple[int, _Name]] = []  # of a known conversation, with another id: first all others find theirs
    for session in after:
        name = _name(session)
        if name is None:
            continue
        was = _take(old.get(name), session.session_id)
        place = len(changes)
        changes.append(_judge(name, was, session))
        if was is None and name in old:
            strangers.append((place, name))
    for place, name in strangers:
        if old[name]:
            changes[place] = _judge(name, old[name].popleft(), changes[place].after)
    return changes + [_judge(name, gone, None) for name, left in old.items() for gone in left]


def _name(session: FlowSession) -> _Name | None:
    arrives = session.wing("In")
    if arrives is None:
        return None
    words = arrives.icmp_words or (arrives.extra.get("source-port"), arrives.extra.get("destination-port"))
    return arrives.key, words, session.node, session.logical_system


def _take(candidates: deque[FlowSession] | None, session_id: int) -> FlowSession | None:
    """Take the one with that id out."""
    for position, each in enumerate(candidates or ()):
        if candidates is not None and each.session_id == session_id:
            del candidates[position]
            return each
    return None


def _judge(name: _Name, before: FlowSession | None, after: FlowSession | None) -> SessionChange:
    key, _words, node, logical_system = name
    differs: tuple[str, ...] = ()
    if before is None:
        kind = ChangeKind.NEW
    elif after is None:
        kind = ChangeKind.CLOSED
    else:
        differs = _differs(before, after)
        kind = _kind(before, after, differs)
    return SessionChange(
        kind=kind, key=key, before=before, after=after, differs=differs, node=node, logical_system=logical_system
    )


def _kind(before: FlowSession, after: FlowSession, differs: tuple[str, ...]) -> ChangeKind:
    if before.session_id != after.session_id:
        return ChangeKind.REOPENED
    if differs:
        return ChangeKind.CHANGED
    packets = counted(before), counted(after)
    if None in packets or packets[0] != packets[1] or after.is_copy:
        return ChangeKind.SAME
    if before.timeout is not None and after.timeout is not None and after.timeout < before.timeout:
        return ChangeKind.AGEING
    return ChangeKind.STALLED


def _differs(before: FlowSession, after: FlowSession) -> tuple[str, ...]:
    pairs = {
        "policy": (_policy(before), _policy(after)),
        "source NAT": (before.source_nat, after.source_nat),
        "destination NAT": (before.destination_nat, after.destination_nat),
        "interface": _printed_in_both([[wing.interface for wing in one.wings] for one in (before, after)]),
        "route": _printed_in_both([[text for wing in one.wings for text in _route(wing)] for one in (before, after)]),
    }
    return tuple(what for what, (was, now) in pairs.items() if was != now)


def _printed_in_both(texts: list[list[str]]) -> tuple[list[str], list[str]]:
    """What both tables print, in pairs: the text form leaves out what XML has."""
    pairs = [(was, now) for was, now in zip(*texts, strict=False) if was and now]
    return [was for was, _ in pairs], [now for _, now in pairs]


def _policy(session: FlowSession) -> tuple[str, int | None]:
    return session.policy, session.policy_index


def _route(wing: Wing) -> tuple[str, str]:
    """Route and gateway, as XML and as the extensive text form call them."""
    route, gateway = (wing.extra.get(name) or wing.extra.get(name.title(), "") for name in ("route", "gateway"))
    return route, gateway
