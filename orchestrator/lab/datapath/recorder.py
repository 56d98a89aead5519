"""From record bodies to lines in the trace file: stamps, buffers, rotation.

Each flow thread stamps and buffers on its own; the buffers are collected at one point, sorted and written (facts:
Junos documentation). So lines of packets that two threads handle at once interleave, lines appear some time after
their packet, and what was buffered at ``stop`` still arrives after it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter

from orchestrator.lab.datapath.outcome import Outcome
from orchestrator.lab.datapath.packet import Packet
from orchestrator.lab.datapath.records import Counters
from orchestrator.lab.datapath.style import TraceStyle
from orchestrator.lab.datapath.trace import STATE_READ, TraceWriter
from orchestrator.lab.filesystem import DiskFullError, Filesystem
from orchestrator.lab.monitor import Monitor, TraceFile

BUFFER_RECORDS = 40000  # facts: local-debug-buf holds 40000 lines by default
FLUSH_SPACING = 0.4  # of the flush delay; with the half that records rest and one tick they are out in time
STEPS_MICROSECONDS = (4, 3, 6, 5, 9, 3, 7, 4)


@dataclass(frozen=True, slots=True)
class Record:
    """One buffered record; ``stamp`` is the data plane's, in microseconds since the epoch."""

    stamp: int
    serial: int
    prefix: str
    body: str
    file: TraceFile
    node: int


class TraceRecorder:
    """Asks the monitor which packets to trace, and brings their records to the file.

    In a cluster each node writes what its own threads handled to its own disk; here the threads take turns between the
    nodes (synthetic: on a real cluster the redundancy groups decide).
    """

    def __init__(
        self,
        monitor: Monitor,
        filesystems: Sequence[Filesystem],
        style: TraceStyle,
        writer: TraceWriter,
        counters: Counters,
    ) -> None:
        self._monitor = monitor
        self._filesystems = filesystems
        self._style = style
        self._writer = writer
        self._counters = counters
        self._records: list[Record] = []
        self._busy_until: dict[tuple[int, int, int], int] = {}
        self._serial = 0
        self._next_flush = 0.0
        self._armed_at: float | None = None

    def notice(self, now: float) -> None:
        """See whether monitoring was started or stopped; packets before ``now`` are not taken."""
        if not self._monitor.active:
            self._armed_at = None
        elif self._armed_at is None:
            self._armed_at = now
            self._append(
                int(now * 1_000_000), self._style.prefix.format(cid=self._style.cid, thread=0, fpc=0, pic=0),
                STATE_READ, 0,
            )  # fmt: skip

    def filters(self, packet: Packet) -> list[str]:
        """Names of the filters that take a packet; cheap when monitoring does not run."""
        if not self._monitor.active:
            return []
        self.notice(packet.time)
        if self._armed_at is None or packet.time < self._armed_at:
            return []
        return [one.name for one in self._monitor.matching(packet.view())]

    def record(self, outcome: Outcome, filters: list[str]) -> None:
        """Stamp and buffer the records of one packet on its thread."""
        fpc, pic = outcome.fpc_pic
        thread = (fpc, pic, outcome.thread)
        stamp = max(int(outcome.packet.time * 1_000_000), self._busy_until.get(thread, 0))
        node = outcome.thread % len(self._filesystems)
        prefix = self._style.prefix.format(cid=self._style.cid + node, thread=outcome.thread, fpc=fpc, pic=pic)
        for number, body in enumerate(self._writer.bodies(outcome, filters)):
            stamp += STEPS_MICROSECONDS[(number + outcome.thread) % len(STEPS_MICROSECONDS)]
            self._append(stamp, prefix, body, node)
        self._busy_until[thread] = stamp

    def _append(self, stamp: int, prefix: str, body: str, node: int) -> None:
        file = self._monitor.file
        if file is None or len(self._records) >= BUFFER_RECORDS:
            self._counters.trace_lines_lost += 1
            return
        self._serial += 1
        self._records.append(Record(stamp, self._serial, prefix, body, file, node))

    @property
    def is_pending(self) -> bool:
        """Whether records wait to be written."""
        return bool(self._records)

    def flush(self, now: float, *, everything: bool = False) -> None:
        """Write what has been in the buffers for half the flush delay, so that all threads can be sorted together."""
        if not self._records or (now < self._next_flush and not everything):
            return
        self._next_flush = now + self._style.flush_delay * FLUSH_SPACING
        horizon = int((now - self._style.flush_delay / 2) * 1_000_000)
        due = [record for record in self._records if everything or record.stamp <= horizon]
        if not due:
            return
        self._records = [] if everything else [record for record in self._records if record.stamp > horizon]
        due.sort(key=attrgetter("node", "stamp", "serial"))
        for _, group in groupby(due, key=lambda record: (record.node, id(record.file))):
            self._write(list(group), now)

    def wipe(self) -> None:
        """A reboot: what was buffered is lost."""
        self._records.clear()
        self._busy_until.clear()
        self._armed_at = None

    def _write(self, records: list[Record], now: float) -> None:
        file, filesystem = records[0].file, self._filesystems[records[0].node]
        lines = (_line(record, now) for record in records)
        if file.match is not None and (pattern := _compiled(file.match)) is not None:
            lines = (line for line in lines if pattern.search(line))
        for chunk in self._chunks(filesystem, file, (line.encode() for line in lines)):
            try:
                mode = 0o644 if file.world_readable else 0o640
                filesystem.append(file.path, chunk, mode=mode)
                self._counters.trace_lines += chunk.count(b"\n")
            except DiskFullError:
                self._counters.trace_lines_lost += chunk.count(b"\n")

    @staticmethod
    def _chunks(filesystem: Filesystem, trace: TraceFile, lines: Iterable[bytes]) -> Iterable[bytes]:
        """Cut at the size limit, rotating between the pieces once the one before is written."""
        there = filesystem.get(trace.path)
        size = len(there.data) if there else 0
        chunk = bytearray()
        for line in lines:
            if size + len(line) > trace.size_bytes and size:
                if chunk:
                    yield bytes(chunk)
                filesystem.rotate(trace.path, trace.files)
                chunk.clear()
                size = 0
            chunk += line
            size += len(line)
        if chunk:
            yield bytes(chunk)


def _line(record: Record, now: float) -> str:
    seconds, micros = divmod(record.stamp, 1_000_000)
    written, clock = _date(max(int(now), seconds)), _date(seconds)[7:]
    return f"{written} {clock}.{micros:06}:{record.prefix}{record.body}\n"


@functools.lru_cache(maxsize=64)
def _date(seconds: int) -> str:
    """``Mon DD HH:MM:SS``, the day padded to two columns."""
    date = datetime.fromtimestamp(seconds, UTC)
    return f"{date:%b} {date.day:2} {date:%H:%M:%S}"


@functools.lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None
