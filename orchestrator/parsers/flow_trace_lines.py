"""One line of a flow trace: stamps, header, and what follows ``RT:``.

Form: ``Mon DD HH:MM:SS HH:MM:SS.uuuuuu:CID-N:RT:BODY`` (facts: published traces of 10.x to 24.x). The first stamp is
when the routing engine wrote the line, the second when the data plane made it. Parts such as ``FPC-01``, ``PIC-00``,
``THREAD_ID-05`` and ``LSYS_ID-00`` may stand between ``CID`` and ``RT``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from orchestrator.model.flow_trace import Line
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.source import Source

_RECORD = re.compile(
    r"(?:(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?(?P<written>\d\d:\d\d:\d\d)(?:\.\d{1,6})? "
    r"(?:(?P<year2>\d{4}) )?)?"
    r"(?P<made>\d\d:\d\d:\d\d\.\d{6}):(?P<header>(?:[A-Z_]{2,12}-[\w.]{1,12}:)+)RT:"
)
_ESCAPED = re.compile(r":RT: {0,4}(?:&lt;|\\<|\*\*)|-&gt;|-\\>")
_CONTROL_BODY = re.compile(r"CLI flow status command recvd|Rcvd CLI|flow trace options? ")
_CONTROL_LINE = re.compile(
    r"logfile (?:turned over|cleared|created)|trace file .{0,200}created|newsyslog\[|clear-log\[|^= log size|^Starting "
)
_MONTHS = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}
_LANE = re.compile(r"(?:CID|FPC|PIC|THREAD_ID)-[\w.]+")


@dataclass(slots=True)
class TraceRecord:
    """One record; ``made`` is the data-plane stamp as printed, ``clock`` gives it a date when somebody asks."""

    line: Line
    made: str
    header: str
    body: str
    clock: Clock
    day: date | None
    written: str = ""

    @property
    def time(self) -> datetime | None:
        """Data-plane time, without a zone: it is the device's own clock."""
        return self.clock.made(self.day, self.written, self.made)

    @property
    def written_at(self) -> datetime | None:
        """When the routing engine wrote the line, ``None`` when the line does not say."""
        moment = _time(self.written)
        return datetime.combine(self.day, moment) if self.day and moment else None

    @property
    def is_control(self) -> bool:
        """Whether it speaks of tracing itself, not of a packet."""
        return _CONTROL_BODY.match(self.body.lstrip()) is not None


class Clock:
    """Gives the stamps of one file their year: that of the file, or the one before for a month that is later."""

    def __init__(self, modified: datetime | None) -> None:
        self._modified = (modified or datetime.now(tz=UTC)).date()
        self._last: tuple[str, date | None] = ("", None)

    def day(self, found: re.Match[str]) -> date | None:
        """Date of the routing engine's stamp; the last one seen when the line has none."""
        if found["month"] is None:
            return self._last[1]
        text = f"{found['month']} {found['day']} {found['year'] or found['year2'] or ''}"
        if text != self._last[0]:
            self._last = (text, self._date(found))
        return self._last[1]

    def made(self, day: date | None, written: str, made: str) -> datetime | None:
        """Full data-plane time: around midnight it may belong to the day before the line was written, or after."""
        moment = _time(made)
        if moment is None:
            return None
        full = datetime.combine(day or self._modified, moment)
        reference = _time(written)
        if reference is None or day is None:
            return full
        away = full - datetime.combine(day, reference)
        half = timedelta(hours=12)
        return full - timedelta(days=1) if away > half else full + timedelta(days=1) if away < -half else full

    def _date(self, found: re.Match[str]) -> date | None:
        month, day = _MONTHS.get(found["month"], 0), int(found["day"])
        year = found["year"] or found["year2"]
        if year:
            return _valid(int(year), month, day)
        # A day of tolerance: the device's zone may be ahead of the clock that stamped the file.
        latest = self._modified + timedelta(days=1)
        this_year = _valid(latest.year, month, day)
        later = (month, 1) > (latest.month, 1)
        return _valid(latest.year - 1, month, day) if later or this_year is None else this_year


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def records(source: Source) -> Iterator[TraceRecord | Line]:
    """Yield the records of a file in order; a line that holds none comes back as the plain line."""
    clock = Clock(source.modified)
    pasted = is_pasted(source)
    for line in source.lines():
        yield from records_of(Line(line.file, line.number, plain_line(line.text)) if pasted else line, clock)


def is_pasted(source: Source) -> bool:
    """Whether a trace came through a web page or a ticket, which escape what they take for markup."""
    return _ESCAPED.search(source.head()) is not None


def records_of(line: Line, clock: Clock) -> Iterator[TraceRecord | Line]:
    """Yield the records of one line; two that were run together are split."""
    text = line.text
    first = _RECORD.match(text)
    if first and text.find(":RT:", first.end()) < 0:
        yield _record(line, first, len(text), clock)
        return
    starts = list(_RECORD.finditer(text)) if ":RT:" in text else []
    if not starts:
        yield line
    for index, found in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        piece = Line(line.file, line.number, text[found.start() : end].rstrip())
        yield _record(piece if len(starts) > 1 else line, found, end, clock)


def _record(line: Line, found: re.Match[str], end: int, clock: Clock) -> TraceRecord:
    body = found.string[found.end() : end].rstrip()
    return TraceRecord(line, found["made"], found["header"][:-1], body, clock, clock.day(found), found["written"] or "")


def seconds_of(stamp: str) -> float:
    """Seconds since midnight of a data-plane stamp."""
    hour, minute, second = stamp.split(":")
    return int(hour) * 3600 + int(minute) * 60 + float(second)


def is_control_line(text: str) -> bool:
    """Whether a line without the record form is a mark of log rotation or clearing."""
    return _CONTROL_LINE.search(text) is not None


def lane_of(header: str) -> tuple[str, bool]:
    """What handles one packet at a time: the header without its logical system, and whether it names a thread."""
    return ":".join(_LANE.findall(header)), "THREAD_ID" in header
