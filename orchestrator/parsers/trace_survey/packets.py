"""Reading single packets of a trace again, in full, from where their lanes had nothing open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line, TracePacket, TraceStats
from orchestrator.model.trace_flow import LINE_BITS, Extent
from orchestrator.parsers import flow_trace_grammar as grammar
from orchestrator.parsers.flow_trace_lane import Lane, Spoken
from orchestrator.parsers.flow_trace_lines import Clock, TraceRecord, lane_of, records_of
from orchestrator.parsers.source import Source, cleaned
from orchestrator.parsers.trace_survey.reader import whole_lines

_LOOK_BACK = 1 << 16
_LINES_BACK = 50
_LINE_MASK = (1 << LINE_BITS) - 1


def reread(sources: Sequence[Source], wanted: Iterable[tuple[Extent, FlowKey]]) -> list[TracePacket]:
    """The packets of these flows at these places, in the order in which they begin."""
    places = {(begin, end, key) for (begin, end, *_), key in wanted}
    replays: dict[tuple[int, str, bool], _Replay] = {}
    for (_, end, since, lane, crowded), _ in wanted:
        replay = replays.setdefault((since, lane, crowded), _Replay(since, lane, crowded=crowded))
        replay.until = max(replay.until, end)
    found = {}
    for packet in _Tape(sources, replays.values()).packets():
        place = packet.lines[0].number, packet.lines[-1].number, packet.key
        if place in places:
            found[place] = packet
    for packet in found.values():
        packet.lines = [
            Line(sources[line.number >> LINE_BITS].name, line.number & _LINE_MASK, line.text) for line in packet.lines
        ]
    return [found[place] for place in sorted(found, key=lambda place: place[:2])]


class _Replay:
    """One lane from a point where nothing was open in it; lines are numbered over all files."""

    def __init__(self, since: int, name: str, *, crowded: bool) -> None:
        self.since = since
        self.until = since
        self.name = name
        self._alone = "THREAD_ID" in name
        self._lane = Lane(TraceStats(), alone=self._alone, crowded=crowded)
        self._burst: list[Spoken] = []

    def take(self, record: TraceRecord, name: str) -> None:
        """Take the next record of the trace, whose lane has this name."""
        mine = name == self.name
        if self._burst and (self._alone or not mine or record.made != self._burst[0][0].made):
            self._flush()
        if mine:
            self._burst.append((record, grammar.read(record.body)))

    def packets(self) -> list[TracePacket]:
        """What the lane held."""
        self._flush()
        self._lane.close_all()
        return self._lane.done

    def _flush(self) -> None:
        if self._burst:
            self._lane.take(self._burst)
            self._burst = []


class _Tape:
    """Runs through the files and plays the stretches that are asked for."""

    def __init__(self, sources: Sequence[Source], replays: Iterable[_Replay]) -> None:
        self._sources = sources
        self._to_come = sorted(replays, key=lambda replay: -replay.since)
        self._playing: list[_Replay] = []
        self._clock = Clock(None)
        self._names: dict[str, str] = {}

    def packets(self) -> Iterator[TracePacket]:
        """The packets of all replays."""
        for file, source in enumerate(self._sources):
            if self._next_line() >> LINE_BITS > file:
                continue
            self._clock = Clock(source.modified)
            at, before = file << LINE_BITS | 1, b""
            for block in whole_lines(source.blocks()):
                count = block.count(b"\n")
                if self._next_line() < at + count:
                    self._see_date(before.split(b"\n"))
                    yield from self._block(block, at)
                at, before = at + count, block[-_LOOK_BACK:]
        for replay in self._playing:
            yield from replay.packets()

    def _next_line(self) -> int:
        if self._playing:
            return 0
        return self._to_come[-1].since if self._to_come else 1 << 62

    def _block(self, block: bytes, first: int) -> Iterator[TracePacket]:
        lines = block.split(b"\n")[:-1]
        for at, raw in enumerate(lines, first):
            while self._to_come and self._to_come[-1].since <= at:
                if not self._playing:
                    self._see_date(lines[max(0, at - first - _LINES_BACK) : at - first])
                self._playing.append(self._to_come.pop())
            if not self._playing:
                continue
            self._line(raw, at)
            if any(replay.until <= at for replay in self._playing):
                for replay in [replay for replay in self._playing if replay.until <= at]:
                    yield from replay.packets()
                self._playing = [replay for replay in self._playing if replay.until > at]

    def _line(self, raw: bytes, at: int) -> None:
        for text in cleaned(raw.decode("utf-8", "replace")):
            for item in records_of(Line("", at, text), self._clock):
                if isinstance(item, TraceRecord) and not item.is_control:
                    name = self._names.get(item.header)
                    if name is None:
                        name = self._names[item.header] = lane_of(item.header)[0]
                    for replay in self._playing:
                        replay.take(item, name)

    def _see_date(self, before: list[bytes]) -> None:
        """A cut line may lack its date: the lines before tell."""
        for raw in before[-_LINES_BACK:]:
            for text in cleaned(raw.decode("utf-8", "replace")):
                list(records_of(Line("", 0, text), self._clock))
