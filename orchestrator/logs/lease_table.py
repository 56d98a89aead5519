"""Groups of logs to rows of leases.

A row is one lease on one UTC day: external address, ports, subscriber, creation, which hours have a log, the first and
the last line. Every column is a minimum, a maximum or a union, so rows of any files in any order, also of a file that
is read twice, add up to the same table.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.logs.engine import listed, quoted
from orchestrator.model.port_block import as_printed

if TYPE_CHECKING:
    import duckdb

# As the rows are stored: three of four times as a distance, which takes a fraction of the room.
_STORED = """
device, scope, external, low, high, subscriber, first_log, (first_log - created)::INTEGER AS first_after_created, exact,
allocated, (last_log - first_log)::UINTEGER AS last_after_first, (last_log - released)::UINTEGER AS last_after_released,
day, hours"""
# As they are meant: seconds since 1970, UTC.
MEANT = """
device, scope, external, low, high, subscriber,
first_log - first_after_created AS created, exact, allocated, first_log,
first_log::BIGINT + last_after_first AS last_log,
first_log::BIGINT + last_after_first - last_after_released AS released,
day, hours, first_file, first_line, last_file, last_line"""
FRESH = """
CREATE OR REPLACE TEMP TABLE fresh (
  device VARCHAR, scope VARCHAR, external VARCHAR, low USMALLINT, high USMALLINT, subscriber VARCHAR, created BIGINT,
  exact BOOLEAN, allocated BOOLEAN, first_log UINTEGER, last_log UINTEGER, released UINTEGER, day DATE, hours UINTEGER,
  place0 UBIGINT, place1 UBIGINT
)"""
# Text is what logs are grouped by, numbers come after: there are several times fewer groups than logs.
_NUMBERS = """
SELECT device, nullif(trim(scope, '{}'), '') AS scope,
  CASE len(b) WHEN 2 THEN b[1] ELSE array_to_string(b[:-2], ':') END AS external, p[1]::USMALLINT AS low,
  p[2]::USMALLINT AS high, sub AS subscriber, created, exact, allocated, epoch(date + first)::UINTEGER AS first_log,
  epoch(date + last)::UINTEGER AS last_log, epoch(date + release)::UINTEGER AS released, date AS day, hours,
  place0, place1
FROM (
  SELECT *, string_split(b[-1], '-') AS p FROM (SELECT *, string_split(block, ':') AS b, day::DATE AS date FROM batch)
)"""
_PACKED = (
    "* EXCLUDE (first_file, first_line, last_file, last_line), (first_file::UBIGINT << 32) | first_line AS place0, "
    "(last_file::UBIGINT << 32) | last_line AS place1"
)
_UNPACKED = (
    "(place0 >> 32)::UINTEGER AS first_file, (place0 & 4294967295)::UINTEGER AS first_line, "
    "(place1 >> 32)::UINTEGER AS last_file, (place1 & 4294967295)::UINTEGER AS last_line"
)
ROW_GROUP = 20480  # a lookup reads one or two of them


def add(engine: duckdb.DuckDBPyConnection) -> None:
    """Add the groups in the table ``batch`` to the table ``fresh``."""
    for (text,) in engine.execute("SELECT DISTINCT sub FROM batch WHERE contains(sub, '/')").fetchall():
        engine.execute("UPDATE batch SET sub = $1 WHERE sub = $2", [as_printed(text), text])  # may have host bits
    engine.execute(f"INSERT INTO fresh {_NUMBERS}")


def write(engine: duckdb.DuckDBPyConnection, old: list[Path], out: Path) -> None:
    """Merge ``fresh`` with the tables before, sorted for lookups by external address, into ``out``."""
    before = f"UNION ALL BY NAME SELECT {_PACKED} FROM (SELECT {MEANT} FROM read_parquet({listed(old)}))" if old else ""
    engine.execute(f"""
COPY (
  SELECT {_STORED}, {_UNPACKED}
  FROM (
    SELECT device, max(scope) AS scope, external, low, high, subscriber, created, bool_or(exact) AS exact,
      bool_or(allocated) AS allocated, min(first_log) AS first_log, max(last_log) AS last_log,
      max(released) AS released, day, bit_or(hours) AS hours, min(place0) AS place0, max(place1) AS place1
    FROM (SELECT * FROM fresh {before})
    GROUP BY device, external, low, high, subscriber, created, day, CASE WHEN created IS NULL THEN released END
  )
  ORDER BY external, low, created, day
) TO {quoted(out)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE {ROW_GROUP})""")
