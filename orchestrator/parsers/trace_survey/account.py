"""What a survey adds up, and the clocks of its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line, TraceStats
from orchestrator.model.trace_flow import TraceFlow
from orchestrator.parsers.flow_trace_lines import Clock, TraceRecord, is_control_line, records_of

_SAMPLES = 5
_MOST_SECONDS = 4096
_SECOND = timedelta(microseconds=999_999)


class Untame(Exception):  # noqa: N818 - a condition, never seen outside the survey
    """The trace holds what only the full parser can put in order."""


@dataclass(slots=True)
class Account:
    """Flows, counts, and the first few lines that were not recognised, by where they stand."""

    flows: dict[FlowKey, TraceFlow] = field(default_factory=dict)
    stats: TraceStats = field(default_factory=TraceStats)
    recognised: int = 0
    samples: list[tuple[int, str]] = field(default_factory=list)

    def aside(self, at: int, item: TraceRecord | Line) -> None:
        """Count a line that belongs to no packet: one about tracing itself, or one that is no record."""
        if isinstance(item, TraceRecord) or is_control_line(item.text):
            self.stats.control += 1
            self.recognised += 1
        else:
            self.stats.unrecognised += 1
            self._sample([(at, item.text[:200])])

    def flow(self, key: FlowKey | None) -> TraceFlow | None:
        """The record of a flow; none for a packet without a tuple."""
        if key is None:
            return None
        flow = self.flows.get(key)
        if flow is None:
            flow = self.flows[key] = TraceFlow(key)
        return flow

    def merge(self, other: Account) -> None:
        """Add up what another part of the trace held."""
        for name in ("lines", "packets", "control", "unrecognised", "truncated", "ambiguous", "orphans", "unread"):
            setattr(self.stats, name, getattr(self.stats, name) + getattr(other.stats, name))
        self.recognised += other.recognised
        self._sample(other.samples)
        for key, flow in other.flows.items():
            if key in self.flows:
                self.flows[key].merge(flow)
            else:
                self.flows[key] = flow

    def _sample(self, samples: list[tuple[int, str]]) -> None:
        if samples and (len(self.samples) < _SAMPLES or samples[0][0] < self.samples[-1][0]):
            self.samples = sorted([*self.samples, *samples], key=lambda sample: sample[0])[:_SAMPLES]


class Clocks:
    """Data-plane times of stamps, by file; what all stamps of one second share is read once."""

    def __init__(self, modified: list[datetime | None]) -> None:
        self.stamp = b"-"  # the last one asked for in the last file, and its time
        self.time: datetime | None = None
        self._file = -1
        self._clocks = [Clock(each) for each in modified]
        self._seconds: dict[tuple[int, bytes], datetime | None] = {}

    def of(self, file: int) -> Clock:
        """A clock of the file for records that have their date."""
        return self._clocks[file]

    def second(self, file: int, stamp: bytes) -> datetime | None:
        """The time of a stamp that lacks its microseconds; ``None`` when one does not serve for all of them."""
        if (file, stamp) not in self._seconds:
            if len(self._seconds) >= _MOST_SECONDS:
                self._seconds.clear()
            self._seconds[file, stamp] = self._read(file, stamp.decode())
        time = self._seconds[file, stamp]
        if file == self._file:
            self.stamp, self.time = stamp, time
        return time

    def turn_to(self, file: int) -> None:
        """Let ``stamp`` be of this file from now on."""
        self._file, self.stamp = file, b"-"

    def _read(self, file: int, stamp: str) -> datetime | None:
        lines = [Line("", 0, f"{stamp}{micros}:CID-0:RT:") for micros in ("000000", "999999")]
        read = [item for line in lines for item in records_of(line, self._clocks[file])]
        first, last = (item.time if isinstance(item, TraceRecord) else None for item in read)
        return first if first and last and last - first == _SECOND else None
