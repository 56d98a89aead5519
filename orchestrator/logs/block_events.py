"""One archive to events: the fast lane in SQL for the form of services cards, the exact parser for all else.

A line goes the fast lane only in the very shape the card writes: a payload stamp in UTC, an address without leading
zeros, ports in front of the end. Every other line with a port-block mark is read by the exact parser, and a file that
the engine does not take whole (foreign bytes, carriage returns) is read by it from first to last line.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.logs.engine import listed, quoted
from orchestrator.model.flow_trace import Line
from orchestrator.model.port_block import PortBlockLog, as_printed
from orchestrator.parsers.port_block_log import MARKS, Clock, parse_line
from orchestrator.parsers.source import Source

if TYPE_CHECKING:
    import duckdb

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_V4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP = r"(?:0|[1-9a-f][0-9a-f]{0,3})"
_V6 = rf"{_GROUP}(?::{_GROUP}){{7}}"
_PORT = r"(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3}|0)"
# As the exact parser reads it, but with nothing to forgive. Without groups: the engine then never looks back.
_BLOCK = rf"{_V4}:{_PORT}-{_PORT}"
_TAG = r"(?:\{[^} ]*\})?\[FWNAT\]:(?:ASP_|JSERVICES_)?NAT_PORT_BLOCK_(?:ALLOC|ACTIVE|RELEASE):"
_DAY = r"\d{4}-[01]\d-[0-3]\d"
_SUBSCRIBER = rf"(?:{_V4}|{_V6}(?:/\d\d?\d?)?)"
_HEX = r"[0-9a-f]{1,8}"
_DEVICE = r"(?:[A-Za-z][\w.-]*(?:/\d\d?/\d)?)?"
_LINE = (
    r"(?:[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d  ?[A-Za-z][\w.-]* (?:\(FPC Slot \d\d?, PIC Slot \d\) )?)?"
    rf"{_DAY} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d {_TAG} {_SUBSCRIBER} -> {_BLOCK}(?: 0x{_HEX})?"
)
# The cheap test looks at two words of a line, and then at each group; the strict one at every line.
_CHEAP = "coalesce(w[-2 - e] = '->' AND try_cast(w[-5 - e] AS TIME) IS NOT NULL AND len(w[-5 - e]) = 8, false)"
_STRICT = f"regexp_full_match(l, {quoted(_LINE)})"
# One row for all logs of a lease that one UTC day has, in the words of the line; ``odd`` is a line for the exact
# parser. The words are counted from the end: what stands in front differs by collector.
_GROUPS = """
SELECT device, tag, sub, block, hex, day, odd, min(clock) AS c0, max(clock) AS c1,
  bit_or((1 << clock[:2]::INTEGER)::UINTEGER) AS hours, min(n) AS n0, max(n) AS n1, count(*) AS logs
FROM (
  SELECT n,
    CASE WHEN NOT fast THEN '' WHEN len(w) = e + 6 THEN $1 WHEN w[-12 - e] = '(FPC'
      THEN w[-13 - e] || '/' || rtrim(w[-10 - e], ',') || '/' || rtrim(w[-7 - e], ')') ELSE w[-7 - e] END AS device,
    CASE WHEN fast THEN w[-4 - e] ELSE '' END AS tag, CASE WHEN fast THEN w[-3 - e] END AS sub,
    CASE WHEN fast THEN w[-1 - e] END AS block, CASE WHEN fast AND e = 1 THEN w[-1][3:] ELSE '' END AS hex,
    CASE WHEN fast THEN w[-6 - e] END AS day, CASE WHEN fast THEN w[-5 - e] ELSE '00:00:00' END AS clock,
    CASE WHEN NOT fast THEN l END AS odd
  FROM (
    SELECT n, l, w, e, {fast} AS fast FROM (
      SELECT n, l, w, starts_with(w[-1], '0x')::INTEGER AS e FROM (
        SELECT n, l, string_split(l, ' ') AS w FROM (
          SELECT row_number() OVER () AS n, l FROM read_csv({paths}, delim='\x1f', quote='', escape='', header=false,
            columns={{'l': 'VARCHAR'}}, auto_detect=false, new_line='\\n', max_line_size=65536, compression='none')
        ) WHERE {marks}
      )
    )
  )
)
GROUP BY device, tag, sub, block, hex, day, odd, CASE WHEN hex = '' THEN clock END,
  CASE WHEN odd IS NOT NULL THEN n END
"""
_BAD = f"""
SELECT count(*) FROM batch WHERE odd IS NULL AND NOT (
  regexp_full_match(day || ' ' || tag || ' ' || sub || ' ' || block || ' ' || hex || ' ' || device,
    {quoted(f"{_DAY} {_TAG} {_SUBSCRIBER} {_BLOCK} (?:{_HEX})? {_DEVICE}")})
)"""
_IMPOSSIBLE = """
DELETE FROM batch WHERE odd IS NULL AND (try_cast(day AS DATE) IS NULL
  OR split_part(split_part(block, ':', 2), '-', 1)::INTEGER > split_part(block, '-', 2)::INTEGER)
RETURNING n0, logs"""
EVENTS = """
CREATE OR REPLACE TEMP TABLE events (
  device VARCHAR, tag VARCHAR, sub VARCHAR, block VARCHAR, hex VARCHAR, day VARCHAR, odd VARCHAR,
  c0 VARCHAR, c1 VARCHAR, hours UINTEGER, n0 BIGINT, n1 BIGINT, logs BIGINT, place0 UBIGINT, place1 UBIGINT
)"""
_CARDS = b"[FWNAT]"
_TAIL_BYTES = 1 << 16
_SAMPLE_BYTES = 1 << 20
_NULL = "\\N"


@dataclass(frozen=True, slots=True)
class Archive:
    """One plain file: what the index calls it, its number there, and how many lines it has."""

    path: Path
    name: str
    number: int
    lines: int
    tail: str

    @classmethod
    def of(cls, path: Path, name: str, number: int) -> Archive:
        """Count the lines of a file."""
        lines = 0
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                lines += block.count(b"\n")
            stream.seek(max(0, stream.tell() - _TAIL_BYTES))
            tail = stream.read().rpartition(b"\n")[2]
        return cls(path, name, number, lines, tail.decode(errors="replace"))

    def is_of_cards(self) -> bool:
        """Whether it begins like a log of services cards."""
        with self.path.open("rb") as stream:
            return _CARDS in stream.read(_SAMPLE_BYTES)


@dataclass(slots=True)
class Count:
    """Port-block logs read, and for each archive the lines with a mark that could not be read."""

    records: int = 0
    unread: dict[int, int] = field(default_factory=dict)

    def miss(self, number: int) -> None:
        """Count a line that could not be read."""
        self.unread[number] = self.unread.get(number, 0) + 1


@dataclass(frozen=True, slots=True)
class Reader:
    """How archives are read into the table ``events``."""

    engine: duckdb.DuckDBPyConnection
    scratch: Path
    clock: Clock
    device: str = ""

    def load(self, archives: list[Archive]) -> Count:
        """Read a batch; a batch the engine does not take whole is read file by file, such a file line by line.

        Raises:
            ParseError: a stamp has no zone and none was said.
        """
        import duckdb  # noqa: PLC0415 - an optional extra

        count = Count()
        fast = [one for one in archives if self.clock.payload is UTC and one.is_of_cards()]
        for one in archives:
            if one not in fast:
                self._exact(_lines(one), count)
        if not fast:
            return count
        try:
            self._fast(fast, count)
        except duckdb.Error:
            if len(fast) == 1:
                self._exact(_lines(fast[0]), count)
            else:
                for one in fast:
                    part = self.load([one])
                    count.records += part.records
                    count.unread.update(part.unread)
        return count

    def _fast(self, archives: list[Archive], count: Count) -> None:
        marks = " OR ".join(f"contains(l, {quoted(mark)})" for mark in MARKS)
        for test in (_CHEAP, _STRICT):
            groups = _GROUPS.format(fast=test, paths=listed([one.path for one in archives]), marks=marks)
            self.engine.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {groups}", [self.device])
            if self.engine.execute(_BAD).fetchone() == (0,):
                break
        begins = _begins(archives)
        for n0, logs in self.engine.execute(_IMPOSSIBLE).fetchall():
            for _ in range(logs):
                count.miss(_archive_at(archives, begins, n0)[0].number)
        odd = self.engine.execute("SELECT n0, odd FROM batch WHERE odd IS NOT NULL ORDER BY n0").fetchall()
        place = _place_sql(archives, begins)
        self.engine.execute(
            f"INSERT INTO events SELECT *, {place.format(n='n0')}, {place.format(n='n1')} FROM batch WHERE odd IS NULL"
        )
        total = self.engine.execute("SELECT coalesce(sum(logs), 0)::BIGINT FROM batch WHERE odd IS NULL").fetchone()
        count.records += total[0] if total else 0
        self._exact(_numbered(archives, begins, odd), count)
        self._unfinished(archives)

    def _unfinished(self, archives: list[Archive]) -> None:
        """Take out last lines that are still being written, or were cut: their ports may be too."""
        for one in archives:
            if any(mark in one.tail for mark in MARKS):
                last = (one.number << 32) | (one.lines + 1)
                self.engine.execute("DELETE FROM events WHERE place0 = $1 AND place1 = $1", [last])

    def _exact(self, lines: Iterable[tuple[int, Line]], count: Count) -> None:
        """Read lines one by one, and hand them to the engine in a file: it takes single rows slowly."""
        table = self.scratch / "exact.tsv"
        before = count.records
        with table.open("w", newline="") as out:
            rows = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
            for number, line in lines:
                found = parse_line(line, self.clock)
                if found is None:
                    count.miss(number)
                else:
                    count.records += 1
                    rows.writerow(_row(found if found.device else replace(found, device=self.device), number))
        if count.records > before:
            text = dict.fromkeys("device tag sub block hex day odd c0 c1".split(), "VARCHAR")
            columns = text | {"hours": "UINTEGER", "n0": "BIGINT", "n1": "BIGINT", "logs": "BIGINT",
                              "place0": "UBIGINT", "place1": "UBIGINT"}  # fmt: skip
            self.engine.execute(
                f"INSERT INTO events SELECT * FROM read_csv({quoted(table)}, delim='\t', quote='', header=false, "
                f"columns={columns}, auto_detect=false, nullstr={quoted(_NULL)})"
            )
        table.unlink()


def _begins(archives: list[Archive]) -> list[int]:
    """The row before the first one of each archive, when they are read one behind the other."""
    begins, rows = [], 0
    for one in archives:
        begins.append(rows)
        rows += one.lines + bool(one.tail)
    return begins


def _archive_at(archives: list[Archive], begins: list[int], row: int) -> tuple[Archive, int]:
    at = bisect_left(begins, row) - 1
    return archives[at], row - begins[at]


def _place_sql(archives: list[Archive], begins: list[int]) -> str:
    """An expression that makes a place, the number of the file and the line, of a row."""
    cases = " ".join(
        f"WHEN {{n}} > {begin} THEN ({one.number}::UBIGINT << 32) | ({{n}} - {begin})::UBIGINT"
        for one, begin in zip(reversed(archives), reversed(begins), strict=True)
    )
    return f"CASE {cases} END"


def _numbered(archives: list[Archive], begins: list[int], odd: list[tuple[int, str]]) -> Iterator[tuple[int, Line]]:
    for row, text in odd:
        one, line = _archive_at(archives, begins, row)
        if not (one.tail and line > one.lines):
            yield one.number, Line(one.name, line, text)


def _row(log: PortBlockLog, number: int) -> tuple[str | int, ...]:
    created = f"{int(log.created.timestamp()):x}" if log.created else ""
    scope = f"{{{log.scope}}}" if log.scope else ""  # a tag with a service set sorts behind one without
    tag = f"{scope}[FWNAT]:{log.event.value.upper()}:"
    block = f"{as_printed(log.external)}:{log.low}-{log.high}"
    clock = f"{log.time:%H:%M:%S}"
    place = (number << 32) | log.line.number
    return (
        log.device, tag, as_printed(log.subscriber), block, created, f"{log.time:%Y-%m-%d}", _NULL, clock, clock,
        1 << log.time.hour, 0, 0, 1, place, place,
    )  # fmt: skip


def _lines(one: Archive) -> Iterator[tuple[int, Line]]:
    for line in Source(one.name, one.path).lines():
        if any(mark in line.text for mark in MARKS) and not (one.tail and line.number > one.lines):
            yield one.number, line


def prefixes_as_printed(engine: duckdb.DuckDBPyConnection) -> None:
    """Bring prefixes of the fast lane, which may have host bits, into the one stored form."""
    found = engine.execute("SELECT DISTINCT sub FROM events WHERE contains(sub, '/')").fetchall()
    for (text,) in found:
        same = as_printed(text)
        if same != text:
            engine.execute("UPDATE events SET sub = $1 WHERE sub = $2", [same, text])
