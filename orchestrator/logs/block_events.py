"""Archives to rows of leases: a fast lane in SQL for the form of services cards, the exact parser for all else.

A line goes the fast lane only in the very shape the card writes: a payload stamp in UTC, an address without leading
zeros, ports in front of the end. Every other line with a port-block mark is read by the exact parser, and a file that
the engine does not take whole (foreign bytes, carriage returns) is read by it from first to last line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.logs import lease_table
from orchestrator.logs.engine import quoted
from orchestrator.model.flow_trace import Line
from orchestrator.model.port_block import BlockEvent, PortBlockLog, as_printed
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
_SUBSCRIBER = rf"(?:{_V4}|{_V6}(?:/\d\d?\d?)?)"
_DAY = r"(?:19[7-9]|20\d)\d-[01]\d-[0-3]\d"
_DEVICE = r"(?:[A-Za-z][\w.-]*(?:/\d\d?/\d)?)?"
_LINE = (
    r"(?:[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d  ?[A-Za-z][\w.-]* (?:\(FPC Slot \d\d?, PIC Slot \d\) )?)?"
    rf"{_DAY} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d (?:\{{[^}} ]*\}})?\[FWNAT\]:(?:ASP_|JSERVICES_)?"
    rf"NAT_PORT_BLOCK_(?:ALLOC|ACTIVE|RELEASE): {_SUBSCRIBER} -> {_BLOCK}(?: 0x[0-9a-f]{{1,8}})?"
)
_TAGS = [f"{family}NAT_PORT_BLOCK_{event}:" for family in ("JSERVICES_", "ASP_", "")
         for event in ("ACTIVE", "RELEASE", "ALLOC")]  # fmt: skip
# A line is cut at ``[FWNAT]:``. ``h`` are the words before, counted from the end as collectors differ in what they put
# first, and ``r`` those behind. The cheap test looks at some of them, and later at each group; the strict one at all.
_CHEAP = f"""coalesce(
  r[3] = '->' AND time::VARCHAR = h[-2] AND r[1] IN ({", ".join(map(quoted, _TAGS))})
  AND (h[-1] = '' OR (starts_with(h[-1], '{{') AND strpos(h[-1], '}}') = strlen(h[-1])))
  AND CASE len(r) WHEN 4 THEN true WHEN 5 THEN hex IS NOT NULL AND starts_with(r[5], '0x') AND strlen(r[5]) <= 10
    AND NOT contains(r[5], '_') END
  AND CASE WHEN len(h) = 3 THEN true WHEN h[-9] = '(FPC' THEN h[-11] = '' OR contains(h[-11], ':')
    ELSE h[-5] = '' OR contains(h[-5], ':') END, false)"""
_STRICT = f"regexp_full_match(l, {quoted(_LINE)})"
_FAST_LINES = """
SELECT place, CASE WHEN len(h) = 3 THEN $1 WHEN h[-9] = '(FPC'
    THEN h[-10] || '/' || h[-7][:-2] || '/' || h[-4][:-2] ELSE h[-4] END AS device,
  r[2] AS sub, r[4] AS block, h[-3] AS day, h[-1] AS scope, time, len(r) = 5 AS exact,
  ends_with(r[1], 'ALLOC:') AS allocated, CASE WHEN ends_with(r[1], 'RELEASE:') THEN time END AS release,
  CASE WHEN len(r) = 5 THEN hex
    WHEN ends_with(r[1], 'ALLOC:') THEN epoch(try_cast(h[-3] AS DATE) + time)::BIGINT END AS created,
  CASE WHEN NOT fast THEN l END AS odd
FROM (
  SELECT *, {fast} AS fast FROM (
    SELECT *, try_cast(h[-2] AS TIME) AS time, try_cast(r[5] AS BIGINT) AS hex FROM (
      SELECT place, l, string_split(w[1], ' ') AS h, CASE len(w) WHEN 2 THEN string_split(w[2], ' ') END AS r FROM (
        SELECT place, l, string_split(l, '[FWNAT]:') AS w FROM ({files}) WHERE {marks} AND place NOT IN ({unfinished})
      )
    )
  )
)"""
_FILE = (
    "SELECT {number}::UBIGINT << 32 | row_number() OVER () AS place, l FROM read_csv({path}, delim='\x1f', quote='', "
    "escape='', header=false, columns={{'l': 'VARCHAR'}}, auto_detect=false, new_line='\\n', max_line_size=65536, "
    "compression='none')"
)
# One row for all logs of a lease that one UTC day has; a line for the exact parser has one of its own.
_GROUPS = """
SELECT device, sub, block, day, created, max(scope) AS scope, bool_or(exact) AS exact, bool_or(allocated) AS allocated,
  min(time) AS first, max(time) AS last, max(release) AS release, bit_or((1 << hour(time))::UINTEGER) AS hours,
  min(place) AS place0, max(place) AS place1, count(*) AS logs, max(odd) AS odd
FROM ({lines}) GROUP BY device, sub, block, day, created, CASE WHEN odd IS NOT NULL OR created IS NULL THEN place END"""
_SHAPE = quoted(f"{_DAY} {_SUBSCRIBER} {_BLOCK} {_DEVICE}")
_CLEAN = f"""odd IS NOT NULL OR (last < TIME '24:00:00'
  AND regexp_full_match(day || ' ' || sub || ' ' || block || ' ' || device, {_SHAPE}))"""
_IMPOSSIBLE = """odd IS NULL AND (try_cast(day AS DATE) IS NULL OR try_cast(split_part(block, '-', 2) AS INTEGER)
  < try_cast(string_split(split_part(block, '-', 1), ':')[2] AS INTEGER))"""
_CHECKS = f"""
SELECT count(*) FILTER (NOT ({_CLEAN})), count(*) FILTER ({_IMPOSSIBLE}), count(*) FILTER (odd IS NOT NULL)
FROM batch"""
_EXACT_LINES = {
    "place": "UBIGINT", "device": "VARCHAR", "sub": "VARCHAR", "block": "VARCHAR", "day": "VARCHAR", "scope": "VARCHAR",
    "time": "TIME", "exact": "BOOLEAN", "allocated": "BOOLEAN", "release": "TIME", "created": "BIGINT",
    "odd": "VARCHAR",
}  # fmt: skip
_CARDS, _SESSIONS = b"[FWNAT]", b"RT_FLOW"
_READ_BYTES = 1 << 18
_NULL = "\\N"
_LATEST = 1 << 32  # seconds that the table can hold


@dataclass(frozen=True, slots=True)
class Archive:
    """One plain file: what the index calls it, its number there, how many lines it has, and which logs are in it.

    ``cut`` says that its last line has no end: it is still being written, or was cut.
    """

    path: Path
    name: str
    number: int
    lines: int
    cut: bool
    cards: bool
    sessions: bool

    @classmethod
    def of(cls, path: Path, name: str, number: int) -> Archive:
        """Go through a file once."""
        lines, before, found = 0, b"", dict.fromkeys((_CARDS, _SESSIONS), False)
        with path.open("rb") as stream:
            while block := stream.read(_READ_BYTES):
                lines += block.count(b"\n")
                for mark, known in found.items():
                    found[mark] = known or mark in block or mark in before[-len(mark) :] + block[: len(mark)]
                before = block
        return cls(path, name, number, lines, not before.endswith(b"\n") and bool(before), *found.values())


@dataclass(slots=True)
class Count:
    """Port-block logs read, and for each archive the lines with a mark that could not be read."""

    records: int = 0
    unread: dict[int, int] = field(default_factory=dict)

    def miss(self, number: int, lines: int = 1) -> None:
        """Count lines that could not be read."""
        self.unread[number] = self.unread.get(number, 0) + lines


@dataclass(frozen=True, slots=True)
class Reader:
    """How archives are read into the table of rows that no index has yet."""

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
        fast = [one for one in archives if self.clock.payload is UTC and one.cards]
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
        for test in (_CHEAP, _STRICT):
            self._batch(_fast_lines(archives, test), [self.device])
            unclean, impossible, odd = self.engine.execute(_CHECKS).fetchone() or (0, 0, 0)
            if not unclean:
                break
        if impossible:
            gone = self.engine.execute(f"DELETE FROM batch WHERE {_IMPOSSIBLE} RETURNING place0 >> 32, logs")
            for number, logs in gone.fetchall():
                count.miss(number, logs)
        lines = self._odd(archives) if odd else []
        count.records += self._add()
        self._exact(lines, count)

    def _odd(self, archives: list[Archive]) -> list[tuple[int, Line]]:
        """Take the lines for the exact parser out of the batch."""
        names = {one.number: one.name for one in archives}
        gone = self.engine.execute("DELETE FROM batch WHERE odd IS NOT NULL RETURNING place0, odd").fetchall()
        return [(place >> 32, Line(names[place >> 32], place & 0xFFFFFFFF, text)) for place, text in sorted(gone)]

    def _batch(self, lines: str, values: list[object]) -> None:
        self.engine.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {_GROUPS.format(lines=lines)}", values)

    def _add(self) -> int:
        """Hand the batch over; the answer is how many logs it has."""
        total = self.engine.execute("SELECT coalesce(sum(logs), 0)::BIGINT FROM batch").fetchone()
        lease_table.add(self.engine)
        return total[0] if total else 0

    def _exact(self, lines: Iterable[tuple[int, Line]], count: Count) -> None:
        """Read lines one by one, and hand them to the engine in a file: it takes single rows slowly."""
        table = self.scratch / "exact.tsv"
        with table.open("w", newline="") as out:
            rows = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
            for number, line in lines:
                found = parse_line(line, self.clock)
                if found is None or not _fits(found):
                    count.miss(number)
                else:
                    rows.writerow(_row(found if found.device else replace(found, device=self.device), number))
            written = out.tell()
        if written:
            self._batch(
                f"SELECT * FROM read_csv({quoted(table)}, delim='\t', quote='', header=false, columns={_EXACT_LINES}, "
                f"auto_detect=false, nullstr={quoted(_NULL)})",
                [],
            )
            count.records += self._add()
        table.unlink()


def _fast_lines(archives: list[Archive], test: str) -> str:
    """The query for all lines with a mark; a last line that is still being written, or was cut, is left out."""
    marks = " OR ".join(f"contains(l, {quoted(mark)})" for mark in MARKS)
    files = " UNION ALL ".join(_FILE.format(number=one.number, path=quoted(one.path)) for one in archives)
    unfinished = [str(one.number << 32 | (one.lines + 1)) for one in archives if one.cut]
    return _FAST_LINES.format(fast=test, files=files, marks=f"({marks})", unfinished=", ".join(unfinished) or "0")


def _fits(log: PortBlockLog) -> bool:
    """Whether the table can hold its times; a hexadecimal time of centuries ahead was damaged on its way."""
    return all(0 <= int(one.timestamp()) < _LATEST for one in (log.time, log.created) if one)


def _row(log: PortBlockLog, number: int) -> tuple[object, ...]:
    allocated = log.event is BlockEvent.ALLOC
    created = log.created or (log.time if allocated else None)
    time = f"{log.time:%H:%M:%S}"
    return (
        (number << 32) | log.line.number, log.device, as_printed(log.subscriber),
        f"{as_printed(log.external)}:{log.low}-{log.high}", f"{log.time:%Y-%m-%d}", log.scope, time,
        log.created is not None, allocated, time if log.event is BlockEvent.RELEASE else _NULL,
        int(created.timestamp()) if created else _NULL, _NULL,
    )  # fmt: skip


def _lines(one: Archive) -> Iterator[tuple[int, Line]]:
    for line in Source(one.name, one.path).lines():
        if any(mark in line.text for mark in MARKS) and not (one.cut and line.number > one.lines):
            yield one.number, line
