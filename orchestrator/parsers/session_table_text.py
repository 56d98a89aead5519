"""``show security flow session`` as text, in the forms of 12.1 to 24.4.

A session is its ``Session ID:`` line, then ``In:`` and ``Out:``. The extensive form spreads the same over lines of
``Name: value`` pairs, so all lines are read as such pairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.model.flow_session import FlowSession, SessionSummary, Wing
from orchestrator.model.flow_trace import Line
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import (
    UNKNOWN_PROTOCOL,
    fpc_pic,
    icmp_words,
    integer,
    is_absent,
    ports,
    present,
    protocol_number,
)  # fmt: skip

_HEADER = re.compile(r"Session ID: (\d{1,20})(?:,\s*|$)")
_WING = re.compile(r"(In|Out): (\S+)/(\d+) --> (\S+)/(\d+);\s*([\w.-]+)(?:,\s*|$)")
_NODE = re.compile(r"(node\d+|fpc\d+|re\d+|[\w-]*-re\d+):")
_PLACE = re.compile(r"Flow Sessions on (FPC\d+ PIC\d+)")
_TOTAL = re.compile(r"Total sessions: (\d+)")
_COUNTER = re.compile(r"([A-Z][\w -]{2,60}): (\d{1,20})")
_PAIR = re.compile(r"([A-Z][\w /().-]{0,60}?):(?:\s+(.*))?")
_STATES = {"Valid", "Invalid", "Invalidated", "Pending", "Drop", "Unknown"}

# Names of the text form by the leaf of the XML form (facts: the same table on 24.4R1 in both).
_COUNTERS = {
    "unicast-sessions": "active-unicast-sessions",
    "multicast-sessions": "active-multicast-sessions",
    "services-offload-sessions": "active-services-offload-sessions",
    "failed-sessions": "failed-sessions",
    "drop-sessions": "active-drop-sessions",
    "sessions-in-drop-flow": "active-drop-sessions",
    "sessions-in-use": "active-sessions",
    "valid-sessions": "active-session-valid",
    "pending-sessions": "active-session-pending",
    "invalidated-sessions": "active-session-invalidated",
    "sessions-in-other-states": "active-session-other",
    "maximum-sessions": "max-sessions",
}
_TEXT_FIELDS = {
    "Policy name", "State", "HA State", "Timeout", "Current timeout", "Maximum timeout", "Session State", "Status",
    "Flags", "Flag", "Start time", "Duration", "Application", "Dynamic application", "Source NAT pool",
    "Logical system",
}  # fmt: skip
_WING_FIELDS = {"If", "Interface", "Pkts", "Bytes"}


def policy_of(text: str) -> tuple[str, int | None]:
    """Split ``name/index``; both are empty for ``N/A``."""
    name, slash, index = present(text).rpartition("/")
    number = integer(index)
    return (name, number) if slash and number is not None else (present(text), None)


def pool_of(text: str) -> str:
    """Name of the source NAT pool, empty for ``Null``."""
    return "" if is_absent(text) else text.strip()


@dataclass(slots=True)
class _Pending:
    """A session whose lines are still coming: pairs of the session, then of each wing."""

    session_id: int
    pairs: dict[str, str] = field(default_factory=dict)
    wings: list[tuple[re.Match[str], dict[str, str]]] = field(default_factory=list)


@dataclass(slots=True)
class _Place:
    node: str = ""
    fpc_pic: str = ""


def records(source: Source, tally: Tally) -> Iterator[FlowSession | SessionSummary]:
    """Yield sessions and summaries in the order printed."""
    table = _Table(tally)
    for line in source.lines():
        tally.lines += 1
        yield from table.take(line)
    yield from table.end()


class _Table:
    """What is being put together: a session or a summary, and where it was printed."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._place = _Place()
        self._pending: _Pending | None = None
        self._counters: dict[str, int] = {}

    def take(self, line: Line) -> Iterator[FlowSession | SessionSummary]:
        """Read a line; yields what it ends."""
        text = line.text.strip()
        header = _HEADER.match(text)
        if header or _ends_block(text):
            yield from self.end(text)
        if header:
            self._pending = _Pending(int(header[1]))
            _pairs_into(self._pending.pairs, text[header.end() :])
        elif self._pending and _continues(self._pending, text):
            pass
        elif counter := _counter(text):
            if counter[0] in self._counters:
                yield from self.end()
            self._counters[counter[0]] = counter[1]
        elif not _moves(self._place, text, self._tally):
            self._tally.unknown(line)
            return
        self._tally.recognised += 1

    def end(self, ending: str = "") -> Iterator[FlowSession | SessionSummary]:
        """Yield what is complete; ``ending`` is the line that ends it, which may be the total of a summary."""
        if self._pending:
            yield _session(self._pending, self._place)
        if self._counters:
            yield _summary(self._counters, self._place, ending)
        self._pending, self._counters = None, {}


def _ends_block(text: str) -> bool:
    return bool(_TOTAL.match(text) or _PLACE.match(text) or _NODE.fullmatch(text))


def _moves(place: _Place, text: str, tally: Tally) -> bool:
    """Follow node and SPU headings and the totals."""
    if found := _TOTAL.match(text):
        tally.declare(integer(found[1]))
    elif found := _PLACE.match(text):
        place.fpc_pic = fpc_pic(found[1])
    elif found := _NODE.fullmatch(text):
        place.node, place.fpc_pic = found[1], ""
    else:
        return False
    return True


def _counter(text: str) -> tuple[str, int] | None:
    found = _COUNTER.fullmatch(text)
    if not found or "session" not in found[1].lower() or _TOTAL.match(text):
        return None
    name = found[1].lower().replace(" ", "-")
    return _COUNTERS.get(name, name), int(found[2])


def _summary(counters: dict[str, int], place: _Place, total: str = "") -> SessionSummary:
    if "active-sessions" not in counters and "active-unicast-sessions" not in counters:
        # The summary of a filtered query has other leaf names and its total behind it.
        counters = {name.replace("active-session-", "displayed-session-"): each for name, each in counters.items()}
        if found := _TOTAL.match(total):
            counters["displayed-session-count"] = int(found[1])
    return SessionSummary(counters=counters, node=place.node, fpc_pic=place.fpc_pic)


def _continues(pending: _Pending, text: str) -> bool:
    """Take a wing or more pairs of the session or of its last wing."""
    if wing := _WING.match(text):
        pairs: dict[str, str] = {}
        _pairs_into(pairs, text[wing.end() :])
        pending.wings.append((wing, pairs))
        return True
    if not _PAIR.match(text) or text.startswith(("In:", "Out:")) or _counter(text):
        return False
    _pairs_into(pending.wings[-1][1] if pending.wings else pending.pairs, text)
    return True


def _pairs_into(pairs: dict[str, str], text: str) -> None:
    """Split ``Name: value, Name: value, Valid``; a word alone is the state."""
    last = ""
    for part in text.rstrip(" ,").split(", "):
        found = _PAIR.fullmatch(part.strip())
        if found:
            last = found[1]
            pairs[last] = (found[2] or "").strip()
        elif part.strip() in _STATES or not last:
            pairs["Session State"] = part.strip()
        else:
            pairs[last] += f", {part}"


def _session(pending: _Pending, place: _Place) -> FlowSession:
    pairs = pending.pairs
    name, index = policy_of(pairs.get("Policy name", ""))
    extra = {key: value for key, value in pairs.items() if key not in _TEXT_FIELDS and value}
    return FlowSession(
        session_id=pending.session_id,
        wings=tuple(_wing(found, each) for found, each in pending.wings),
        policy=name,
        policy_index=index,
        state=pairs.get("Session State", ""),
        ha_state=present(pairs.get("HA State", pairs.get("State"))),
        status=present(pairs.get("Status")),
        flag=present(pairs.get("Flags", pairs.get("Flag"))),
        timeout=integer(pairs.get("Timeout", pairs.get("Current timeout"))),
        configured_timeout=integer(pairs.get("Maximum timeout")),
        start_time=integer(pairs.get("Start time")),
        duration=integer(pairs.get("Duration")),
        application=present(pairs.get("Application")),
        dynamic_application=present(pairs.get("Dynamic application")).rstrip(","),
        source_pool=pool_of(pairs.get("Source NAT pool", "")),
        logical_system=present(pairs.get("Logical system")),
        node=place.node,
        fpc_pic=place.fpc_pic,
        extra=extra,
    )


def _wing(found: re.Match[str], pairs: dict[str, str]) -> Wing:
    protocol = protocol_number(found[6])
    source_port, destination_port = ports(protocol, found[3], found[5])
    extra = {key: value for key, value in pairs.items() if key not in _WING_FIELDS and value}
    if protocol == UNKNOWN_PROTOCOL:
        extra["protocol"] = found[6]
    return Wing(
        direction=found[1],
        source=found[2],
        destination=found[4],
        protocol=protocol,
        source_port=source_port,
        destination_port=destination_port,
        icmp_words=icmp_words(protocol, found[3], found[5]),
        interface=present(pairs.get("If", pairs.get("Interface"))),
        packets=integer(pairs.get("Pkts")),
        bytes=integer(pairs.get("Bytes")),
        extra=extra,
    )
