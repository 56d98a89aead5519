"""Flow trace files: from lines to packets.

One packet is the bracket from its ``matched filter`` line (or ``flow process pak, mbuf`` for one the device sends)
to its ``flow_process_pkt rc`` line. A packet may continue in the next file of a rotated set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from orchestrator.model.flow_trace import Line, TracePacket, TraceStats
from orchestrator.parsers import flow_trace_grammar as grammar
from orchestrator.parsers.flow_trace_lane import Lane, Spoken
from orchestrator.parsers.flow_trace_lines import TraceRecord, is_control_line, lane_of, records
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.xml_input import unwrapped

KIND = "a flow trace"
_ROTATED = re.compile(r"(?P<base>.*?)(?:\.(?P<number>\d{1,4}))?(?:\.gz)?")

AnyPath = TypeVar("AnyPath", Path, str)


class TraceReading(Reading[TracePacket]):
    """Packets of a trace in the order in which they end; ``stats`` is complete after the last."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self._counts = TraceStats()
        tally = Tally()
        name = sources[0].name if sources else ""
        super().__init__(KIND, name, tally, _Packets(tally, self._counts).of(sources))

    @property
    def stats(self) -> TraceStats:
        """What the trace held."""
        self._counts.lines = self.tally.lines
        self._counts.unrecognised = self.tally.unrecognised
        self._counts.samples = self.tally.samples
        return self._counts


def parse(*sources: Source) -> TraceReading:
    """Read one trace file, or the files of a rotated set, oldest first (``in_order``)."""
    return TraceReading(sources)


def in_order(paths: Iterable[AnyPath]) -> list[AnyPath]:
    """Sort the files of rotated sets oldest first: ``name.2.gz``, ``name.1.gz``, ``name.0.gz``, ``name``."""

    def age(path: AnyPath) -> tuple[str, str, int]:
        found = _ROTATED.fullmatch(Path(path).name)
        if found is None:
            return str(Path(path).parent), Path(path).name, 0
        return str(Path(path).parent), found["base"], -int(found["number"] or -1)

    return sorted(paths, key=age)


class _Packets:
    """One lane per header, and the burst that is being collected."""

    def __init__(self, tally: Tally, stats: TraceStats) -> None:
        self._tally = tally
        self._stats = stats
        self._lanes: dict[str, Lane] = {}
        self._lane_of_header: dict[str, tuple[Lane, bool]] = {}
        self._burst: list[Spoken] = []
        self._burst_lane: Lane | None = None
        self._burst_stamp = ""

    def of(self, sources: Iterable[Source]) -> Iterator[TracePacket]:
        """Yield the packets of several files read as one."""
        for source in sources:
            last = 0
            for item in records(unwrapped(source, "file-content", "output")):
                line = item if isinstance(item, Line) else item.line
                self._tally.lines += line.number != last
                last = line.number
                if isinstance(item, Line):
                    self._other(item)
                else:
                    yield from self._record(item)
        yield from self._flush()
        for lane in self._lanes.values():
            lane.close_all()
            yield from _taken(lane)

    def _other(self, line: Line) -> None:
        if is_control_line(line.text):
            self._stats.control += 1
            self._tally.recognised += 1
        else:
            self._tally.unknown(line)

    def _record(self, record: TraceRecord) -> Iterator[TracePacket]:
        self._tally.recognised += 1
        if record.is_control:
            self._stats.control += 1
            return
        lane, alone = self._lane(record.header)
        if lane is not self._burst_lane or alone or record.made != self._burst_stamp:
            yield from self._flush()
            self._burst_lane, self._burst_stamp = lane, record.made
        self._burst.append((record, grammar.read(record.body)))

    def _flush(self) -> Iterator[TracePacket]:
        if self._burst_lane is not None and self._burst:
            self._burst_lane.take(self._burst)
            yield from _taken(self._burst_lane)
        self._burst = []

    def _lane(self, header: str) -> tuple[Lane, bool]:
        known = self._lane_of_header.get(header)
        if known is None:
            name, alone = lane_of(header)
            lane = self._lanes.setdefault(name, Lane(self._stats, alone=alone))
            known = self._lane_of_header[header] = (lane, alone)
        return known


def _taken(lane: Lane) -> list[TracePacket]:
    done, lane.done = lane.done, []
    return done
