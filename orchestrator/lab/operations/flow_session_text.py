"""Flow sessions as the CLI prints them (facts: Juniper TechPost 23.2R2, live vSRX 24.4, Toby captures 12.3 to 20.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.lab.datapath.records import Counters, Session, Wing
from orchestrator.lab.operations.protocols import protocol_name


@dataclass(frozen=True, slots=True)
class View:
    """Under which circumstances sessions are printed; times are lab time in epoch seconds."""

    layout: str
    now: float
    booted: float
    clustered: bool = False
    backup: bool = False

    @property
    def ha_state(self) -> str:
        """What this device is to its cluster."""
        if not self.clustered:
            return "Stand-alone"
        return "Backup" if self.backup else "Active"


def remaining(session: Session, now: float) -> int:
    """Seconds until the session times out; -1 for a leaf, which goes with its template (documentation)."""
    if session.multicast == "leaf":
        return -1
    return max(0, round(session.last_packet + session.timeout_seconds - now))


def printed_timeout(session: Session, view: View) -> int:
    """The timeout as a node prints it: a backup's copy has far more left (facts: live cluster)."""
    seconds = remaining(session, view.now)
    return seconds * 8 if view.backup and seconds > 0 else seconds


def is_translated(session: Session) -> bool:
    """Whether NAT changed an address or a port."""
    there, back = session.incoming, session.outgoing
    if back is None or session.multicast:
        return False
    forward = (there.source, there.source_port, there.destination, there.destination_port)
    return there.protocol != 1 and forward != (back.destination, back.destination_port, back.source, back.source_port)


def table(sessions: list[Session], view: View) -> str:
    """The table and its total."""
    return "".join(_session(one, view) for one in sessions) + f"Total sessions: {len(sessions)}\n"


def _session(session: Session, view: View) -> str:
    seconds = printed_timeout(session, view)
    if view.layout == "17.3":
        state = f"State: {view.ha_state}, " if view.clustered else ""
        rest = f"{state}Timeout: {seconds}, {session.state}"
    else:
        rest = f"HA State: {view.ha_state}, Timeout: {seconds}, Session State: {session.state}"
    lines = [f"Session ID: {session.session_id}, Policy name: {session.policy}, {rest}"]
    lines += [_wing("In", session.incoming, view)]
    lines += [_wing("Out", session.outgoing, view)] if session.outgoing else []
    return "\n".join(lines) + "\n\n"


def _wing(direction: str, wing: Wing, view: View) -> str:
    packets, size = (0, 0) if view.backup else (wing.packets, wing.bytes)
    return (
        f"  {direction}: {wing.source}/{wing.source_port} --> {wing.destination}/{wing.destination_port};"
        f"{protocol_name(wing.protocol)}, Conn Tag: 0x0, If: {wing.interface}, Pkts: {packets}, Bytes: {size}, "
    )


def counted(sessions: list[Session]) -> dict[str, int]:
    """Sessions by state."""
    states = [session.state.casefold() for session in sessions]
    known = ("valid", "pending", "invalidated")
    return {state: states.count(state) for state in known} | {"other": sum(state not in known for state in states)}


def summary_numbers(sessions: list[Session], counters: Counters) -> dict[str, int]:
    """The leaves of the summary, in the device's order."""
    states = counted(sessions)
    multicast = sum(bool(session.multicast) for session in sessions if session.state == "Valid")
    return {
        "active-unicast-sessions": states["valid"] - multicast,
        "active-multicast-sessions": multicast,
        "active-services-offload-sessions": 0,
        "failed-sessions": counters.failed,
        "active-drop-sessions": 0,
        "active-sessions": len(sessions) + counters.invalidated,
        "active-session-valid": states["valid"],
        "active-session-pending": states["pending"],
        "active-session-invalidated": states["invalidated"] + counters.invalidated,
        "active-session-other": states["other"],
        "max-sessions": counters.max_sessions,
    }


def summary(numbers: Mapping[str, int], view: View) -> str:
    """The summary as text; ``Drop sessions`` came with 23.4."""
    lines = [
        f"Unicast-sessions: {numbers['active-unicast-sessions']}",
        f"Multicast-sessions: {numbers['active-multicast-sessions']}",
        f"Services-offload-sessions: {numbers['active-services-offload-sessions']}",
        f"Failed-sessions: {numbers['failed-sessions']}",
    ]
    if view.layout != "17.3":
        lines.append(f"Drop-sessions: {numbers['active-drop-sessions']}")
    lines += [
        f"Sessions-in-use: {numbers['active-sessions']}",
        f"  Valid sessions: {numbers['active-session-valid']}",
        f"  Pending sessions: {numbers['active-session-pending']}",
        f"  Invalidated sessions: {numbers['active-session-invalidated']}",
        f"  Sessions in other states: {numbers['active-session-other']}",
        f"Maximum-sessions: {numbers['max-sessions']}",
    ]
    return "\n".join(lines) + "\n"


def filtered_summary(sessions: list[Session]) -> str:
    """The summary of a filtered table."""
    states = counted(sessions)
    return (
        f"Valid sessions: {states['valid']}\n"
        f"Pending sessions: {states['pending']}\n"
        f"Invalidated sessions: {states['invalidated']}\n"
        f"Sessions in other states: {states['other']}\n"
        f"Total sessions: {len(sessions)}\n"
    )


def status(tracing: str) -> str:
    """``show security flow status``."""
    return (
        "  Flow forwarding mode:\n"
        "    Inet forwarding mode: flow based\n"
        "    Inet6 forwarding mode: flow based\n"
        "    MPLS forwarding mode: drop\n"
        "    ISO forwarding mode: drop\n"
        "  Flow trace status\n"
        f"    Flow tracing status: {tracing}\n"
        "  Flow session distribution\n"
        "    Distribution mode: Hash-based\n"
        "  Flow packet ordering\n"
        "    Ordering mode: Hardware\n"
    )
