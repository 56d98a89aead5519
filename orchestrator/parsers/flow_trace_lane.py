"""Which packet a line of a flow trace belongs to.

Where the header names the thread, the thread's open packet takes the line. Where it does not, the lines of several
threads interleave: lines with one microsecond stamp come from one thread (a burst), and a burst goes to the only packet
it does not contradict - by buffer, session, tuple, interface or order of handling - or to the one that shares most of
its addresses and ports. What cannot be decided marks every packet it may belong to as ambiguous.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Outcome, TracePacket, TraceStats
from orchestrator.parsers import flow_trace_grammar as grammar
from orchestrator.parsers.flow_trace_grammar import Said
from orchestrator.parsers.flow_trace_lines import TraceRecord, seconds_of
from orchestrator.parsers.flow_trace_rules import Stage, key_of, session_of

_STALE_SECONDS = 2.0  # a packet is handled in microseconds; after this long its end was lost
_MOST_OPEN = 64
_DAY_SECONDS = 86400
_TOKENS = re.compile(
    r"(?:mbuf |@|nsp2? |=> )((?:0x)?[0-9a-f]{6,16})|((?:\d{1,3}\.){3}\d{1,3}"
    r"|(?<![\w.:-])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:]))"
    r"|(?:(?<=[.\w]/)|[sd]p |(?<=\()(?=\d+\)))(\d{2,5})\b"
)
IN_INTERFACE = re.compile(r"\bin <([^>]+)>|\bin ifp ([^\s,]+)|from \S+ \((\S+) in |chose interface (\S+) as incoming")

# The policy search prints source and destination port in one hexadecimal word.
_POLICY_WORDS = re.compile(r"policy search .*\(0x[0-9a-f]+,0x([0-9a-f]{5,8}),0x[0-9a-f]+\)")
_POLICY_RESULTS = {"policy permit", "policy deny", "policy passed"}
_POLICY_SEARCH = {"policy search", "policy lookup", "policy deny"}
_NOT_BEFORE = {
    Stage.DESTINATION_NAT: Stage.FOUND,
    Stage.ROUTE: Stage.FOUND,
    Stage.POLICY: Stage.ROUTE,
    Stage.SOURCE_NAT: Stage.POLICY,
    Stage.SESSION: Stage.POLICY,
}
NAMES_SESSION = {Stage.FOUND, Stage.SESSION}

Spoken = tuple[TraceRecord, Said]


@dataclass(slots=True, eq=False)
class Open:
    """A packet whose end has not come.

    ``packet`` has all lines it was given; ``known`` only what is surely its own, and is the same object as long as
    nothing was in doubt. Its true stage lies between ``least`` and ``most``.
    """

    packet: TracePacket
    known: TracePacket
    least: Stage = Stage.ANY
    most: Stage = Stage.ANY
    thread: str = ""  # the number in ``(thd N)``
    last: str = ""  # data-plane stamp of the last line
    tangle: Tangle | None = None
    _tokens: set[str] = field(default_factory=set)
    _tokens_upto: int = 0

    def tokens(self) -> set[str]:
        """Addresses, ports and buffers that its own lines have named so far."""
        for line in self.known.lines[self._tokens_upto :]:
            self._tokens |= tokens_of(line.text.partition(":RT:")[2])
        self._tokens_upto = len(self.known.lines)
        return self._tokens

    def take(self, record: TraceRecord, said: Said) -> None:
        """Add a line of its own and what it says."""
        for each in (self.packet,) if self.known is self.packet else (self.packet, self.known):
            each.lines.append(record.line)
            grammar.fill(each, said)
        if said.name == "start":
            self.thread = said.group("thd")
        if said.stage > self.least:
            self.least = said.stage
            self.most = max(self.most, said.stage)
        self.last = record.made

    def guess(self, record: TraceRecord, said: Said) -> None:
        """Add a line that may be another's."""
        self.packet.lines.append(record.line)
        grammar.fill(self.packet, said)

    def doubt(self, part: list[Spoken]) -> None:
        """Note that lines which may be its own went by."""
        if self.known is self.packet:
            self.known = replace(self.packet, soft=list(self.packet.soft), lines=list(self.packet.lines))
        self.packet.ambiguous = self.known.ambiguous = True
        self.most = max(self.most, *(said.stage for _, said in part))
        self.last = part[-1][0].made


@dataclass(slots=True, eq=False)
class Tangle:
    """Packets that cannot be told apart: they stay open until as many ends have come as there are members."""

    members: list[Open]
    ends: int = 0

    @classmethod
    def of(cls, members: list[Open]) -> Tangle:
        """Join packets, and whatever they were tangled with before."""
        before = {id(each.tangle): each.tangle for each in members if each.tangle}
        everyone = {id(each): each for old in before.values() for each in old.members}
        everyone |= {id(each): each for each in members}
        tangle = cls(list(everyone.values()), sum(old.ends for old in before.values()))
        for each in tangle.members:
            each.tangle = tangle
        return tangle


def tokens_of(text: str) -> set[str]:
    """Addresses, ports and buffers named in a text."""
    return {next(filter(None, found)) for found in _TOKENS.findall(text) if any(found)}


class Lane:
    """The packets of one header. ``alone`` says that the header names a thread: one packet at a time."""

    def __init__(self, stats: TraceStats, *, alone: bool, crowded: bool = False) -> None:
        self._stats = stats
        self._alone = alone
        self._open: list[Open] = []
        self._owner: Open | None = None  # who took the last line
        self.crowded = crowded  # whether two packets were ever open at once
        self.done: list[TracePacket] = []

    @property
    def idle(self) -> bool:
        """Whether no packet is open."""
        return not self._open

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
            waiting = each.most is Stage.MATCHED and each.packet.key == _key_of(said)
            if waiting and said.group("filter") not in each.packet.filter.split(","):
                return each
        return None

    def _new(self, record: TraceRecord) -> Open:
        if self._alone:
            self.close_all()
        packet = TracePacket(time=record.time, written=record.written_at, thread=record.header)
        opened = Open(packet, packet)
        self._open.append(opened)
        self.crowded = self.crowded or len(self._open) > 1
        return opened

    def _attribute(self, part: list[Spoken], opened: Open | None) -> None:
        if not part:
            return
        if not self.crowded and self._open and part[0][1].name not in {"packet", "start"}:
            self._give(part, self._open[0])
            return
        possible = [each for each in self._open if not contradicts(each, part)]
        if opened is not None and opened in possible:
            self._give(part, opened)
        elif not possible:
            self._without_candidate(part)
        elif len(possible) == 1:
            self._give(part, possible[0])
        elif best := _sharing_most(part, possible):
            self._give(part, best)
        else:
            self._entangle(part, possible)

    def _without_candidate(self, part: list[Spoken]) -> None:
        """Every open packet is contradicted: a start was lost, or two threads met in one microsecond."""
        record, first = part[0]
        if first.name in {"packet", "start"}:
            self._give(part, self._new(record))
        elif not self._open:
            self._stats.orphans += len(part)
        elif len(part) > 1:
            for each in part:
                self._attribute([each], None)
        elif len(self._open) == 1 and not self.crowded:
            self._give(part, self._open[0])
        else:
            self._entangle(part, list(self._open))

    def _entangle(self, part: list[Spoken], possible: list[Open]) -> None:
        """Nothing decides: all who may be the owner are in doubt, and the one who spoke last keeps the lines."""
        if (settled := _settled(part, possible)) is not None:
            self._give(part, settled)
            return
        tangle = Tangle.of(possible)
        owner = self._owner if self._owner in possible and self._owner else possible[0]
        for each in possible:
            each.doubt(part)
        for record, said in part:
            owner.guess(record, said)
            self._count(said)
        tangle.ends += part[-1][1].stage is Stage.END
        self._settle(tangle)

    def _give(self, part: list[Spoken], owner: Open) -> None:
        self._owner = owner
        for record, said in part:
            owner.take(record, said)
            self._count(said)
            if said.name == "start":
                self._end_same_thread(owner)
            if said.stage is Stage.END:
                self._close(owner)

    def _count(self, said: Said) -> None:
        if said.rule is None and said.drop is None:
            self._stats.unread += 1

    def _end_same_thread(self, owner: Open) -> None:
        """A thread that starts a packet has ended the one before; its end was lost, or went into a tangle."""
        for each in [each for each in self._open if each is not owner and each.thread == owner.thread]:
            if each.tangle and each.tangle.ends:
                each.tangle.ends -= 1
            self._close(each)

    def _drop_stale(self, record: TraceRecord) -> None:
        for each in list(self._open):
            if _STALE_SECONDS < (seconds_of(record.made) - seconds_of(each.last)) % _DAY_SECONDS < _DAY_SECONDS / 2:
                self._close(each)
        while len(self._open) >= _MOST_OPEN:
            self._close(self._open[0])

    def _settle(self, tangle: Tangle) -> None:
        if tangle.ends >= len(tangle.members):
            for each in list(tangle.members):
                self._close(each)

    def _close(self, each: Open) -> None:
        if each not in self._open:
            return
        self._open.remove(each)
        if each.tangle:
            tangle, each.tangle = each.tangle, None
            tangle.members.remove(each)
            self._settle(tangle)
        grammar.finish(each.packet)
        self._stats.packets += 1
        self._stats.truncated += each.packet.rc is None
        self._stats.ambiguous += each.packet.ambiguous
        self.done.append(each.packet)


def _settled(part: list[Spoken], possible: list[Open]) -> Open | None:
    """For an end line: the only packet whose outcome is certain already and agrees with it."""
    if len(part) != 1 or part[0][1].stage is not Stage.END or any(each.tangle for each in possible):
        return None
    good = _is_good_end(part[0][1])
    certain = [
        each for each in possible if (each.least is Stage.EGRESS if good else each.known.outcome is Outcome.DROPPED)
    ]
    return certain[0] if len(certain) == 1 else None


def _sharing_most(part: list[Spoken], possible: list[Open]) -> Open | None:
    """The one whose session or buffer is named, or who shares more addresses and ports than any other."""
    for _, said in part:
        same = [each for each in possible if _same_identity(said, each.known)]
        if len(same) == 1:
            return same[0]
    named = set().union(*(tokens_of(record.body) for record, _ in part))
    if not named:
        return None
    scores = sorted(((len(named & each.tokens()), n) for n, each in enumerate(possible)), reverse=True)
    return possible[scores[0][1]] if scores[0][0] > scores[1][0] else None


def contradicts(each: Open, part: list[Spoken]) -> bool:
    """Whether one of the lines cannot be of this packet."""
    least, most, path = each.least, each.most, each.known.path
    embedded = False  # what follows in the same burst is then looked up by the inner packet's tuple
    for record, said in part:
        embedded = embedded or said.name == "embedded"
        if _too_late(said, least, path, each.known) or _too_early(said, most, path):
            return True
        if not (embedded and said.name == "lookup") and _other_identity(record, said, each.known):
            return True
        least, most = max(least, said.stage), max(most, said.stage)
        if said.name == "first path":
            path = "first"
        elif said.name in {"found", "got session"}:
            path = path or "fast"
    return False


def _too_late(said: Said, least: Stage, path: str, known: TracePacket) -> bool:
    """Whether the packet is past this."""
    now = said.stage
    if known.outcome is Outcome.DROPPED and now not in {Stage.ANY, Stage.FOUND}:
        return now is not Stage.END or _is_good_end(said)
    if known.policy and (said.name in _POLICY_SEARCH or "polic" in (said.drop or "")):
        return True
    if Stage.DESTINATION_NAT <= now <= Stage.SESSION:
        return path == "fast" or least > (Stage.SESSION if now >= Stage.ROUTE else Stage.ROUTE)
    if said.name in {"first path", "found"}:
        return least > Stage.FOUND or (path == "fast" and said.name == "first path")
    if now is Stage.LOOKUP:
        return least > Stage.FOUND and not known.embedded_icmp
    return Stage.PACKET <= now <= Stage.TUPLE and now <= least


def _too_early(said: Said, most: Stage, path: str) -> bool:
    """Whether the packet has not come so far."""
    now = said.stage
    if now is Stage.ANY:
        return said.drop is not None and most < (Stage.ROUTE if "polic" in said.drop else Stage.INGRESS)
    if said.name in _POLICY_RESULTS:
        return most < Stage.POLICY
    if now in _NOT_BEFORE:
        return most < _NOT_BEFORE[now]
    forwarded = now is Stage.EGRESS or said.name in {"got session", "session id"} or _is_good_end(said)
    if forwarded and path == "first":
        return most < Stage.POLICY  # the session of a new flow is made after its policy was found
    return now >= Stage.FOUND and most < (Stage.INGRESS if now is Stage.END else Stage.TUPLE)


def _is_good_end(said: Said) -> bool:
    return said.stage is Stage.END and said.group("rc").strip("0x") == ""


def _other_identity(record: TraceRecord, said: Said, packet: TracePacket) -> bool:
    mbuf = said.group("mbuf")
    if mbuf and packet.mbuf and mbuf != packet.mbuf:
        return True
    if said.stage in NAMES_SESSION and packet.session_id is not None:
        session_id = session_of(said.group("hex"), said.group("id"))
        if session_id is not None:
            return session_id != packet.session_id
    if said.name in {"tuple", "lookup"} and packet.key and not packet.embedded_icmp:
        return not _same_flow(_key_of(said), packet.key)
    if packet.key and packet.key.source_port and (words := _POLICY_WORDS.search(record.body)):
        return int(words[1], 16) >> 16 != packet.key.source_port
    if packet.ingress and (interface := IN_INTERFACE.search(record.body)):
        return next(filter(None, interface.groups())) not in {packet.ingress, "N/A"}
    return False


def _same_identity(said: Said, known: TracePacket) -> bool:
    """Whether the line names the session or the buffer of this packet."""
    if said.group("mbuf") and said.group("mbuf") == known.mbuf:
        return True
    session_id = session_of(said.group("hex"), said.group("id")) if said.stage in NAMES_SESSION else None
    return session_id is not None and session_id == known.session_id


def _same_flow(one: FlowKey | None, other: FlowKey) -> bool:
    return one is not None and (one.source, one.destination, one.source_port, one.destination_port) == (
        other.source, other.destination, other.source_port, other.destination_port,
    )  # fmt: skip


def _key_of(said: Said) -> FlowKey | None:
    return key_of(said.match) if said.match else None
