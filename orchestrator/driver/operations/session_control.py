"""Ending sessions with care: what would end, whether we are among it, how many did, and what still matches.

An unfiltered clear ends the session of whoever sends it (documentation); a filter that takes it in does the same. Our
own session is looked for among what matches: by both ends of our connection, and, since the device may see a
translated address, by being an SSH session to the device itself, or one that goes where our connection goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.driver.base import Driver, TcpEnds
from orchestrator.driver.operations import flow_session
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.errors import RefusedError, ReplyTimeoutError, SessionLostError
from orchestrator.model.flow_session import FlowSession

TCP = 6
SSH_PORTS = frozenset({22, 830})  # of the device itself: SSH, and NETCONF over SSH
ITSELF = ".local."  # how the interface of sessions to the device is called (facts: published sessions)
KEPT = 50  # sessions of a preview that are kept to be shown
GONE = "invalidated"  # an ended session may stay listed for some seconds (documentation: 20 to 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a clear would end, as ``show`` with the same filter tells.

    ``identifiers`` are all of them, by node; ``sessions`` only the first. ``ours`` are those that carry this very
    connection, ``perhaps_ours`` further SSH sessions to the device itself: one of them is ours when an address is
    translated on the way, which cannot be seen from here.
    """

    matching: int
    identifiers: frozenset[tuple[str, int]]
    sessions: tuple[FlowSession, ...] = ()
    ours: tuple[int, ...] = ()
    perhaps_ours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What a clear came to.

    ``ended`` is what the device says; ``None`` when the clear ended our own session before the device could say.
    ``still_there`` are sessions that should have ended and are listed yet, ``new`` match and were not there before.
    Both are ``None`` when it was not read back.
    """

    matched: int
    ended: int | None
    still_there: tuple[int, ...] | None = None
    new: int | None = None
    notes: tuple[str, ...] = ()


def preview(driver: Driver, which: SessionFilter) -> Preview:
    """List what a clear with this filter would end. Tunnel and resource-manager sessions are listed all the same.

    Backup copies on other nodes of a cluster count as sessions of those nodes.
    """
    found = _living(flow_session.sessions(driver, which))
    identifiers: set[tuple[str, int]] = set()
    first: list[FlowSession] = []
    ours: list[int] = []
    perhaps: list[int] = []
    ends: tuple[TcpEnds, ...] | None = None
    for session in found:
        identifiers.add((session.node, session.session_id))
        if len(first) < KEPT:
            first.append(session)
        ends = driver.ends() if ends is None else ends  # only a driver that has asked something is connected
        if _carries(session, ends):
            ours.append(session.session_id)
        elif _is_ssh_to_itself(session, ends) or _goes_where_we_go(session, ends):
            perhaps.append(session.session_id)
    if ours:  # found for certain: the others are other people's
        perhaps = []
    return Preview(
        matching=len(identifiers), identifiers=frozenset(identifiers), sessions=tuple(first),
        ours=tuple(dict.fromkeys(ours)), perhaps_ours=tuple(dict.fromkeys(perhaps)),
    )  # fmt: skip


def refuse_our_own(device: str, seen: Preview) -> None:
    """Refuse a clear that would cut the connection it is sent over.

    Raises:
        RefusedError: our own session is, or may be, among what matches; its number is told.
    """
    if not (seen.ours or seen.perhaps_ours):
        return
    numbers = ", ".join(map(str, seen.ours or seen.perhaps_ours))
    are = "carries this very connection" if seen.ours else "is an SSH session to the device itself and may be ours"
    raise RefusedError(
        f"session {numbers} matches, and it {are}", device=device, command="clear security flow session",
        hint="make the filter narrower, or say that our own session may end: --own-session, in a playbook "
        "own_session: true",
    )  # fmt: skip


def clear(driver: Driver, which: SessionFilter, seen: Preview, *, everything: bool = False) -> Cleared:
    """End what matches and read back. Our own session was looked for before: see ``refuse_our_own``.

    Raises:
        GuardError: there is no filter and ``everything`` was not said.
        ReplyTimeoutError, SessionLostError: the reply was lost although nothing of ours was to end.
    """
    own_ends = everything or bool(seen.ours or seen.perhaps_ours)
    try:
        ended: int | None = flow_session.clear(driver, which, everything=everything)
    except (ReplyTimeoutError, SessionLostError):
        if not own_ends:
            raise
        ended = None
    notes = ["the clear ended our own session, as expected; how many it ended is not known"] if ended is None else []
    if everything:
        return Cleared(matched=seen.matching, ended=ended, notes=tuple(notes))
    left = {(one.node, one.session_id) for one in _living(flow_session.sessions(driver, which))}
    there = tuple(sorted(number for _, number in left & seen.identifiers))
    if there:
        notes.append(
            f"{len(there)} sessions that should have ended are listed still: tunnel and resource-manager sessions are "
            "ended by their own keyword only, and a cluster's other node may be late"
        )
    return Cleared(
        matched=seen.matching, ended=ended, still_there=there, new=len(left - seen.identifiers), notes=tuple(notes)
    )


def _living(found: Iterable[object]) -> Iterable[FlowSession]:
    return (one for one in found if isinstance(one, FlowSession) and one.state.lower() != GONE)


def _carries(session: FlowSession, ends: tuple[TcpEnds, ...]) -> bool:
    """Whether it is the session of one of our connections, addresses and ports alike."""
    arrives = session.wing("In")
    if arrives is None or arrives.protocol != TCP:
        return False
    sides = (arrives.source, arrives.source_port, arrives.destination, arrives.destination_port)
    return any(sides == (one.address, one.port, one.device_address, one.device_port) for one in ends)


def _is_ssh_to_itself(session: FlowSession, ends: tuple[TcpEnds, ...]) -> bool:
    arrives, leaves = session.wing("In"), session.wing("Out")
    if arrives is None or leaves is None or arrives.protocol != TCP or not leaves.interface.startswith(ITSELF):
        return False
    ports = SSH_PORTS | {one.device_port for one in ends}
    return arrives.destination_port in ports or leaves.source_port in ports


def _goes_where_we_go(session: FlowSession, ends: tuple[TcpEnds, ...]) -> bool:
    """Whether it is a connection to our device and port, before or behind a translation.

    It may pass through the device to its own management port: it is then no session to the device itself.
    """
    arrives, leaves = session.wing("In"), session.wing("Out")
    if arrives is None or leaves is None or arrives.protocol != TCP:
        return False
    far = {(arrives.destination, arrives.destination_port), (leaves.source, leaves.source_port)}
    return any((one.device_address, one.device_port) in far for one in ends)
