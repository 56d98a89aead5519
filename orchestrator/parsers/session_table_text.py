"""``show security flow session`` as text, in the forms of 12.1 to 24.4.

A session is its ``Session ID:`` line, then ``In:`` and ``Out:``. The extensive form spreads the same over lines of
``Name: value`` pairs, so all lines are read as such pairs. Lines that a terminal wrapped or a page ran together, and
what a page did to ``-->``, are read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from orchestrator.model.flow_session import FlowSession, SessionSummary, Wing
from orchestrator.model.flow_trace import Line
from orchestrator.model.place import Place
from orchestrator.model.protocols import ICMP, WITH_PORTS
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.session_table_records import keep_words, policy_of, pool_of
from orchestrator.parsers.values import UNKNOWN_PROTOCOL, fpc_pic, icmp_words, integer, ports, present, protocol_number

_HEADER = re.compile(r"Session ID: (\d{1,20})(?:,\s*|$)")
_WING = re.compile(r"(In|Out): (\S+)/(\d+) (?:--? ?|\u2013|\u2014)> (\S+)/(\d+);\s*([\w.-]+)(?:\s*,\s*|\s*$)")
_NODE = re.compile(r"(node\d+|fpc\d+|re\d+|[\w-]*-re\d+):")
_PLACE = re.compile(r"(?:DCP |CP )?Flow Sessions on (FPC\d+ PIC\d+)")
_TOTAL = re.compile(r"Total sessions: (\d{1,19})")
_COUNTER = re.compile(r"([A-Z][\w -]{2,60}): (\d{1,20})")
_PAIR = re.compile(r"([A-Z][\w /().-]{0,60}?)\s*:(?:\s+(.*))?")
_ECHO = re.compile(r"(?:\S{0,60}[>#%] ?)?(?:run )?show security flow .*")
_WORD = re.compile(r"[\w./:-]{1,60}")
_STATES = {"Valid", "Invalid", "Invalidated", "Pending", "Drop", "Unknown"}
# What begins a line on the device; met inside of one, lines were run together.
_SIGNS = (" In: ", " Out: ", " Total sessions: ", "Flow Sessions on ", "Session ID: ")
_BEGIN = r"Session ID: \d+, (?:Policy|Status|SPU)"
_SEAM = re.compile(
    rf"\s(?={_BEGIN}|(?:In|Out): \S+/\d+ -|Total sessions: \d)"
    r"|(?<!CP)\s(?=(?:D?CP )?Flow Sessions on FPC)"
    rf"|(?<=\d)(?={_BEGIN})"
)

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
    "maximum-inet6-sessions": "max-inet6-session-count",
}
_TEXT_FIELDS = {
    "Policy name", "State", "HA State", "Timeout", "Current timeout", "Maximum timeout", "Session State", "Status",
    "Flags", "Flag", "Start time", "Duration", "Application", "Dynamic application", "Source NAT pool",
    "Logical system",
}  # fmt: skip
_WING_FIELDS = {"If", "Interface", "Pkts", "Bytes"}


@dataclass(slots=True)
class _Pending:
    """A session whose lines are still coming: pairs of the session, then of each wing."""

    session_id: int
    first: Line
    last: int
    pairs: dict[str, str] = field(default_factory=dict)
    wings: list[tuple[re.Match[str], dict[str, str]]] = field(default_factory=list)

    @property
    def latest(self) -> dict[str, str]:
        """The pairs that the next line may go on with."""
        return self.wings[-1][1] if self.wings else self.pairs


@dataclass(slots=True)
class _Where:
    node: str = ""
    fpc_pic: str = ""


def records(lines: Iterable[Line], tally: Tally, node: str = "") -> Iterator[FlowSession | SessionSummary]:
    """Yield sessions and summaries in the order printed."""
    table = _Table(tally, node)
    for line in lines:
        tally.lines += 1
        text = plain_line(line.text)
        if any(text.find(sign, 1) > 0 for sign in _SIGNS):
            for part in _SEAM.split(text):
                yield from table.take(line, part.strip())
        else:
            yield from table.take(line, text)
    yield from table.end()


class _Table:
    """What is being put together: a session or a summary, and where it was printed."""

    def __init__(self, tally: Tally, node: str) -> None:
        self._tally = tally
        self._where = _Where(node)
        self._pending: _Pending | None = None
        self._counters: dict[str, int] = {}
        self._counted: tuple[Line, int] | None = None  # first and last line of the counters

    def take(self, line: Line, text: str) -> Iterator[FlowSession | SessionSummary]:
        """Read a line; yields what it ends."""
        header = _HEADER.match(text)
        if header or _ends_block(text):
            yield from self.end(text)
        if header:
            self._pending = _Pending(int(header[1]), line, line.number)
            _pairs_into(self._pending.pairs, text[header.end() :])
        elif self._pending and _continues(self._pending, text):
            self._pending.last = line.number
        elif counter := _counter(text):
            if counter[0] in self._counters:
                yield from self.end()
            self._counters[counter[0]] = counter[1]
            self._counted = (self._counted[0] if self._counted else line, line.number)
        elif not self._moves(text):
            if text.startswith("In: "):
                yield from self.end()  # of a session whose first line is lost; its other lines are not the last one's
            if text and not _ECHO.fullmatch(text):
                self._tally.unknown(line)
            return
        self._tally.recognised += 1

    def end(self, ending: str = "") -> Iterator[FlowSession | SessionSummary]:
        """Yield what is complete; ``ending`` is the line that ends it, which may be the total of a summary."""
        if self._pending:
            yield _session(self._pending, self._where)
        if self._counted:
            yield self._summary(*self._counted, ending)
        elif found := _TOTAL.match(ending):
            self._tally.declare(int(found[1]))
        self._pending, self._counters, self._counted = None, {}, None

    def _summary(self, first: Line, last: int, ending: str) -> SessionSummary:
        counters = self._counters
        if "active-sessions" not in counters and "active-unicast-sessions" not in counters:
            # The summary of a filtered query has other leaf names and its total behind it.
            counters = {name.replace("active-session-", "displayed-session-"): each for name, each in counters.items()}
            if found := _TOTAL.match(ending):
                counters["displayed-session-count"] = int(found[1])
        place = Place.of_lines(first.file, first.number, last)
        return SessionSummary(counters=counters, node=self._where.node, fpc_pic=self._where.fpc_pic, place=place)

    def _moves(self, text: str) -> bool:
        """Follow node and SPU headings; totals have been taken."""
        if found := _PLACE.match(text):
            self._where.fpc_pic = fpc_pic(found[1])
        elif found := _NODE.fullmatch(text):
            self._where.node, self._where.fpc_pic = found[1], ""
        else:
            return bool(_TOTAL.match(text))
        return True


def _ends_block(text: str) -> bool:
    return bool(_TOTAL.match(text) or _PLACE.match(text) or _NODE.fullmatch(text))


def _counter(text: str) -> tuple[str, int] | None:
    found = _COUNTER.fullmatch(text)
    if not found or "session" not in found[1].lower() or _TOTAL.match(text):
        return None
    name = found[1].lower().replace(" ", "-")
    return _COUNTERS.get(name, name), int(found[2])


def _continues(pending: _Pending, text: str) -> bool:
    """Take a wing, more pairs of the session or of its last wing, or a value that was wrapped away from its name."""
    if wing := _WING.match(text):
        if wing[1] == "In" and pending.wings:
            return False
        pairs: dict[str, str] = {}
        _pairs_into(pairs, text[wing.end() :])
        pending.wings.append((wing, pairs))
        return True
    text = text.lstrip(" ,")
    latest = pending.latest
    if _WORD.fullmatch(text) and latest and not next(reversed(latest.values())):
        latest[next(reversed(latest))] = text
        return True
    if text and (not _PAIR.match(text) or text.startswith(("In:", "Out:")) or _counter(text)):
        return False
    _pairs_into(latest, text)
    return True


def _pairs_into(pairs: dict[str, str], text: str) -> None:
    """Split ``Name: value, Name: value, Valid``; a word alone is the state, or more of a value that is a list."""
    last = ""
    for part in text.rstrip(" ,").split(","):
        word = part.strip()
        found = _PAIR.fullmatch(word)
        if found:
            last = found[1]
            pairs[last] = (found[2] or "").strip()
        elif word in _STATES or (word and (not last or last in _TEXT_FIELDS)):
            pairs["Session State"] = word
        elif word:
            pairs[last] += f", {word}"


def _session(pending: _Pending, where: _Where) -> FlowSession:
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
        node=where.node,
        fpc_pic=where.fpc_pic,
        extra=extra,
        place=Place.of_lines(pending.first.file, pending.first.number, pending.last),
    )


def _wing(found: re.Match[str], pairs: dict[str, str]) -> Wing:
    protocol = protocol_number(found[6])
    source_port, destination_port = ports(protocol, found[3], found[5])
    extra = {key: value for key, value in pairs.items() if key not in _WING_FIELDS and value}
    if protocol not in WITH_PORTS and protocol not in ICMP:
        keep_words(extra, found[3], found[5])
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
