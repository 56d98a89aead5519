"""Reading the bytes of a trace into lanes: runs of lines of one second and one header are found by one pattern.

Lines that do not begin like a record (blank, cut, run together, notes of log rotation) are read one by one as the full
parser reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orchestrator.model.flow_trace import Line
from orchestrator.model.trace_flow import LINE_BITS
from orchestrator.parsers.flow_trace_lines import Clock, TraceRecord, lane_of, records_of
from orchestrator.parsers.source import Source, cleaned
from orchestrator.parsers.trace_survey.account import Account, Clocks, Untame
from orchestrator.parsers.trace_survey.form import HEADER, SAME, STAMP
from orchestrator.parsers.trace_survey.forms import Forms
from orchestrator.parsers.trace_survey.lane import END, SurveyLane

_RUN = re.compile(rf"{STAMP}{HEADER}.*+\n++(?:{SAME}.*+\n++){{0,40}}+".encode())
_NEWLINE = 10
_STEADY = 3
_LONGEST_LINE = 1 << 15  # bytes; the full parser cuts lines beyond twice this length, where depends on its blocks


class Reader:
    """Reads files, or parts of them, in order. ``middle`` says that the lanes were at work before the first line."""

    def __init__(self, sources: list[Source], *, middle: bool = False) -> None:
        self.account = Account()
        self.lanes: dict[str, SurveyLane] = {}
        self.last = ""  # name of the lane that had the last record
        self.first = 0, ""  # where the first record stands, and the name of its lane
        self.line = 0  # ``file << 40 | line`` of the next line
        self._middle = middle
        self._sources = sources
        self._tools = Forms(), Clocks([source.modified for source in sources])
        self._by_header: dict[bytes, SurveyLane] = {}
        self._clock = Clock(None)
        self._run_seen: re.Match[bytes] | None = None  # the last run; the clock has not seen its stamp
        self._dated = True
        self._steady = 0  # brackets that stood whole behind one another
        self._mixed = False  # lanes that name no thread, and others

    def begin(self, file: int, line: int = 1, *, dated: bool = True) -> None:
        """Turn to a file; ``dated`` says that no record stands before this line, whose date another might need."""
        self.line = file << LINE_BITS | line
        self._clock = Clock(self._sources[file].modified)
        self._tools[1].turn_to(file)
        self._run_seen, self._dated = None, dated

    def read(self, blocks: Iterable[bytes]) -> None:
        """Read whole lines."""
        for block in blocks:
            data = block.replace(b"\r\n", b"\n") if b"\r" in block else block
            for start in range(0, len(data) - _LONGEST_LINE + 1, _LONGEST_LINE):
                if data.find(b"\n", start, start + _LONGEST_LINE) < 0:
                    raise Untame
            self._read(data)

    def finish(self) -> None:
        """The trace is at its end."""
        for lane in self.lanes.values():
            lane.finish()
        self.settle()

    def settle(self) -> None:
        """Count in the account what was put off."""
        self._tools[0].settle(self.account.stats)

    def lane(self, name: str, *, alone: bool) -> SurveyLane:
        """The lane of a name."""
        known = self.lanes.get(name)
        if known is None:
            known = SurveyLane(name, self.account, self._tools, alone=alone, unsure=self._middle)
            self.lanes[name] = known
            self._mixed = len(self.lanes) > 1 and not all(each.alone for each in self.lanes.values())
        return known

    def scratch(self, lane: SurveyLane) -> SurveyLane:
        """A lane of the same name whose account nobody reads."""
        tools = Forms(), self._tools[1]  # forms remember the flows of their account
        made = SurveyLane(lane.name, Account(), tools, alone=lane.alone, unsure=False)
        made.crowded = lane.crowded
        return made

    def _read(self, data: bytes) -> None:
        at, end, match, find = 0, len(data), _RUN.match, data.find
        while at < end:
            if self._steady >= _STEADY and self.lanes[self.last].calm:
                at = self._brackets(data, at)
                if at == end:
                    break
            run = match(data, at)
            if run is None:
                at = self._odd_line(data, at)
                continue
            self._run_seen = run
            lane = self._by_header.get(run[2]) or self._lane_of(run)
            if self._mixed and _may_hold_control(run[0]):
                for _ in range(run[0].count(b"\n")):
                    at = self._odd_line(data, at)
                continue
            stop = run.end()
            mark = find(END, at, stop)
            if mark >= 0:
                at = self._run(lane, data, at, stop, mark)
                continue
            lane.wait((self.line, run[0], lane.name == self.last if self.last else self._follows(lane)))
            self.last = lane.name
            self.line += data.count(b"\n", at, stop)
            at = stop

    def _brackets(self, data: bytes, at: int) -> int:
        """Take whole brackets of the lane that had the last ones, as long as they follow one another."""
        lane, begin = self.lanes[self.last], at
        while lane.calm:
            cut, lines = lane.bracket(data, at, self.line, 0)
            if not lines:
                self._steady = 0
                break
            self.line += lines
            begin, at = at, cut
        if begin < at:
            self._run_seen = _RUN.match(data, begin)
        return at

    def _run(self, lane: SurveyLane, data: bytes, at: int, stop: int, mark: int) -> int:
        """Cut a run of one lane behind each line that seems to end a packet, and say how far it was taken."""
        joined = self._follows(lane)
        self._steady = min(self._steady, _STEADY - 1)  # where whole brackets did not do, runs must do first
        while mark >= 0 and self._steady < _STEADY:
            while data[at] == _NEWLINE:
                at += 1
                self.line += 1
            cut, lines = lane.bracket(data, at, self.line, 0) if lane.calm else (0, 0)
            if lines:
                self._steady += 1
            else:
                self._steady -= self._steady > 0
                cut = data.find(b"\n", mark, stop) + 1
                lines = data.count(b"\n", at, cut)
                lane.end((self.line, data[at:cut], joined), self.line + lines - 1)
            self.line += lines
            at, joined = cut, True
            mark = data.find(END, at, stop)
        if mark < 0 and at < stop:
            lane.wait((self.line, data[at:stop], joined))
            self.line += data.count(b"\n", at, stop)
            return stop
        return at

    def _lane_of(self, run: re.Match[bytes]) -> SurveyLane:
        header = run[2]
        name, alone = lane_of(header[1:-4].decode())
        lane = self._by_header[header] = self.lane(name, alone=alone)
        lane.headers.add(header)
        lane.skip = run.end(2) - run.start()
        return lane

    def _follows(self, lane: SurveyLane) -> bool:
        """Whether the record before this line was of the same lane."""
        if not self.last:
            self.first = self.line, lane.name
        joined = self.last == lane.name
        self.last = lane.name
        return joined

    def _odd_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at) + 1
        if end - at > 1:
            self._show_clock()
            read = False
            for text in cleaned(data[at : end - 1].decode("utf-8", "replace")):
                for item in records_of(Line("", self.line, text), self._clock):
                    self._odd_item(item)
                    read = True
            self.account.stats.lines += read
        self.line += 1
        return end

    def _odd_item(self, item: TraceRecord | Line) -> None:
        if isinstance(item, Line) or item.is_control:
            self.account.aside(self.line, item)
            return
        if not item.written and not self._dated:
            raise Untame
        self._dated = True
        name, alone = lane_of(item.header)
        lane = self.lane(name, alone=alone)
        run = self.line, item, self._follows(lane)
        if "flow_process_pkt rc" in item.body:
            lane.end(run, self.line)
        else:
            lane.wait(run)

    def _show_clock(self) -> None:
        """Let the clock see the date of the lines it did not read: a cut line may lack its own."""
        if self._run_seen is not None:
            list(records_of(Line("", 0, f"{self._run_seen[1].decode()}000000:CID-0:RT:"), self._clock))
            self._run_seen, self._dated = None, True


def _may_hold_control(run: bytes) -> bool:
    """Lines about tracing itself stand between the lanes; among several lanes it matters whose they are."""
    return b"CLI" in run or b"flow trace option" in run


def whole_lines(blocks: Iterable[bytes], most: int | None = None) -> Iterator[bytes]:
    """Cut blocks behind line ends, and into at most so many bytes at a time; the last line gets its end."""
    rest = b""
    for block in blocks if most is None else _smaller(blocks, most):
        data = rest + block
        cut = data.rfind(b"\n") + 1
        if cut:
            yield data[:cut]
        rest = data[cut:]
        if len(rest) > _LONGEST_LINE:
            raise Untame
    if rest:
        yield rest + b"\n"


def _smaller(blocks: Iterable[bytes], most: int) -> Iterator[bytes]:
    return (block[start : start + most] for block in blocks for start in range(0, len(block), most))
