"""Which packet a line of a flow trace belongs to.

Where the header names the thread, the thread's open packet takes the line. Where it does not, the lines of several
threads interleave: lines with one microsecond stamp come from one thread (a burst), and a burst goes to the only packet
it does not contradict - by buffer, session, tuple, interface or order of handling - or to the one that shares most of
its addresses and ports. What cannot be decided marks every packet it may belong to as ambiguous.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import TracePacket, TraceStats
from orchestrator.parsers import flow_trace_grammar as grammar
from orchestrator.parsers.flow_trace_grammar import Said
from orchestrator.parsers.flow_trace_lines import TraceRecord
from orchestrator.parsers.flow_trace_rules import ADDRESS, Stage, key_of, session_of

_STALE_SECONDS = 2.0  # a packet is handled in microseconds; after this long its end was lost
_MOST_OPEN = 64
_DAY_SECONDS = 86400
_TOKENS = re.compile(
    rf"(?:mbuf |@|nsp2? |=> )((?:0x)?[0-9a-f]{{6,16}})|((?:\d{{1,3}}\.){{3}}\d{{1,3}}|(?=[0-9a-f]*:){ADDRESS})"
    r"|(?:(?<=/)|(?<=\()|[sd]p )(\d{2,5})\b"
)
_IN_INTERFACE = re.compile(r"\bin <([^>]+)>|\bin ifp ([^\s,]+)|from \S+ \((\S+) in |chose interface (\S+) as incoming")

Spoken = tuple[TraceRecord, Said]


@dataclass(slots=True, eq=False)
class Open:
    """A packet whose end has not come."""

    packet: TracePacket
    stage: Stage = Stage.ANY
    thread: str = ""  # the number in ``(thd N)``
    last: float = 0.0
    _tokens: set[str] = field(default_factory=set)
    _tokens_upto: int = 0

    def tokens(self) -> set[str]:
        """Addresses, ports and buffers that its lines have named so far."""
        for line in self.packet.lines[self._tokens_upto :]:
            self._tokens |= tokens_of(line.text)
        self._tokens_upto = len(self.packet.lines)
        return self._tokens

    def take(self, record: TraceRecord, said: Said) -> None:
        """Add a line and what it says."""
        self.packet.lines.append(record.line)
        self.last = record.seconds
        grammar.fill(self.packet, said)
        if said.name == "start":
            self.thread = said.group("thd")
        self.stage = max(self.stage, said.stage)


def tokens_of(text: str) -> set[str]:
    """Addresses, ports and buffers named in a text."""
    return {next(filter(None, found)) for found in _TOKENS.findall(text) if any(found)}


class Lane:
    """The packets of one header. ``alone`` says that the header names a thread: one packet at a time."""

    def __init__(self, stats: TraceStats, *, alone: bool) -> None:
        self._stats = stats
        self._alone = alone
        self._open: list[Open] = []
        self._owner: Open | None = None  # who took the last line
        self.done: list[TracePacket] = []

    def take(self, burst: list[Spoken]) -> None:
        """Attribute the lines of one stamp."""
        part: list[Spoken] = []
        opened: Open | None = None
        for record, said in burst:
            if said.name in {"matched", "host outbound"}:
                self._attribute(part, opened)
                part, opened = [], self._opening(record, said)
                continue
            if said.name in {"packet", "start"} and any(said.stage <= earlier.stage for _, earlier in part):
                self._attribute(part, opened)
                part, opened = [], None
            part.append((record, said))
            if said.stage is Stage.END:
                self._attribute(part, opened)
                part, opened = [], None
        self._attribute(part, opened)

    def close_all(self) -> None:
        """The trace is at its end: what is open was cut."""
        for each in list(self._open):
            self._close(each)

    def _opening(self, record: TraceRecord, said: Said) -> Open:
        self._drop_stale(record)
        again = self._other_filter(said) if said.name == "matched" else None
        opened = again or self._new(record)
        opened.take(record, said)
        self._owner = opened
        return opened

    def _other_filter(self, said: Said) -> Open | None:
        """The packet that another filter has matched as well, and nothing happened to it since."""
        for each in self._open:
            waiting = each.stage is Stage.MATCHED and each.packet.key == _key_of(said)
            if waiting and said.group("filter") not in each.packet.filter.split(","):
                return each
        return None

    def _new(self, record: TraceRecord) -> Open:
        if self._alone:
            self.close_all()
        opened = Open(TracePacket(time=record.time, written=record.written_at, thread=record.header))
        self._open.append(opened)
        return opened

    def _attribute(self, part: list[Spoken], opened: Open | None) -> None:
        if not part:
            return
        possible = [each for each in self._open if not _contradicts(each, part)]
        first_record, first = part[0]
        if not possible and first.name in {"packet", "start"}:
            self._give(part, self._new(first_record))
        elif len(self._open) == 1:
            self._give(part, self._open[0])
        elif not self._open:
            self._stats.orphans += len(part)
        elif not possible and len(part) > 1:
            for each in part:  # two threads met in one microsecond
                self._attribute([each], opened)
        else:
            self._give(part, self._decide(part, possible or self._open, opened))

    def _decide(self, part: list[Spoken], possible: list[Open], opened: Open | None) -> Open:
        """Pick the owner, and mark all who may be it when nothing decides."""
        if len(possible) == 1 and possible != self._open:
            return possible[0]
        if opened in possible and opened is not None:
            return opened
        named = set().union(*(tokens_of(record.body) for record, _ in part))
        scores = sorted(((len(named & each.tokens()), n) for n, each in enumerate(possible)), reverse=True)
        if len(scores) > 1 and scores[0][0] > scores[1][0]:
            return possible[scores[0][1]]
        for each in possible:
            each.packet.ambiguous = True
        return self._owner if self._owner in possible and self._owner else possible[0]

    def _give(self, part: list[Spoken], owner: Open) -> None:
        self._owner = owner
        for record, said in part:
            owner.take(record, said)
            if said.rule is None and said.drop is None:
                self._stats.unread += 1
            if said.name == "start":
                self._end_same_thread(owner)
            if said.stage is Stage.END:
                self._close(owner)

    def _end_same_thread(self, owner: Open) -> None:
        """A thread that starts a packet has ended the one before, though its last line was lost."""
        for each in [each for each in self._open if each is not owner and each.thread == owner.thread]:
            self._close(each)

    def _drop_stale(self, record: TraceRecord) -> None:
        for each in list(self._open):
            if _STALE_SECONDS < (record.seconds - each.last) % _DAY_SECONDS < _DAY_SECONDS / 2:
                self._close(each)
        while len(self._open) >= _MOST_OPEN:
            self._close(self._open[0])

    def _close(self, each: Open) -> None:
        if each not in self._open:
            return
        self._open.remove(each)
        grammar.finish(each.packet)
        self._stats.packets += 1
        self._stats.truncated += each.stage is not Stage.END
        self._stats.ambiguous += each.packet.ambiguous
        self.done.append(each.packet)


def _contradicts(each: Open, part: list[Spoken]) -> bool:
    """Whether one of the lines cannot be of this packet."""
    stage, path = each.stage, each.packet.path
    for record, said in part:
        if _out_of_order(said, stage, path, each.packet) or _other_identity(record, said, each.packet):
            return True
        stage = max(stage, said.stage)
        if said.name == "first path":
            path = "first"
        elif said.name in {"found", "got session"}:
            path = path or "fast"
    return False


def _out_of_order(said: Said, stage: Stage, path: str, packet: TracePacket) -> bool:
    now = said.stage
    if now is Stage.ANY:
        return said.drop is not None and stage < Stage.INGRESS
    if Stage.PACKET <= now <= Stage.TUPLE:
        return now <= stage
    if now is Stage.LOOKUP:
        return stage > Stage.FOUND and not packet.embedded_icmp
    if said.name == "first path":
        return stage > Stage.FOUND or path == "fast"
    if Stage.DESTINATION_NAT <= now <= Stage.SESSION:
        late = Stage.SESSION if now >= Stage.ROUTE else Stage.ROUTE
        return path == "fast" or stage < Stage.TUPLE or (stage > late)
    return stage < Stage.INGRESS


def _other_identity(record: TraceRecord, said: Said, packet: TracePacket) -> bool:
    mbuf = said.group("mbuf")
    if mbuf and packet.mbuf and mbuf != packet.mbuf:
        return True
    if said.stage in {Stage.FOUND, Stage.SESSION} and packet.session_id is not None:
        session_id = session_of(said.group("hex"), said.group("id"))
        if session_id is not None:
            return session_id != packet.session_id
    if said.name in {"tuple", "lookup"} and packet.key and not packet.embedded_icmp:
        return not _same_flow(_key_of(said), packet.key)
    if packet.ingress and (interface := _IN_INTERFACE.search(record.body)):
        return next(filter(None, interface.groups())) not in {packet.ingress, "N/A"}
    return False


def _same_flow(one: FlowKey | None, other: FlowKey) -> bool:
    return one is not None and (one.source, one.destination, one.source_port, one.destination_port) == (
        other.source, other.destination, other.source_port, other.destination_port,
    )  # fmt: skip


def _key_of(said: Said) -> FlowKey | None:
    return key_of(said.match) if said.match else None
