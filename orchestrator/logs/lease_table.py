"""Events to rows of leases.

A row is one lease on one UTC day: external address, ports, subscriber, creation, which hours have a log, the first and
the last line. Every column is a minimum, a maximum or a union, so rows of any files in any order, also of a file that
is read twice, add up to the same table.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.logs.engine import listed, quoted

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
# Text first, numbers after: there are several times fewer groups than events.
_COLLAPSE = r"""
SELECT device, nullif(regexp_extract(tag, '^\{([^}]*)\}', 1), '') AS scope,
  regexp_extract(block, '^(.*):', 1) AS external,
  split_part(split_part(block, ':', -1), '-', 1)::USMALLINT AS low, split_part(block, '-', 2)::USMALLINT AS high,
  sub AS subscriber, created, exact, allocated, first_log, last_log, released, day::DATE AS day, hours, place0, place1
FROM (
  SELECT device, max(tag) AS tag, block, sub, created, bool_or(hex <> '') AS exact, bool_or(allocated) AS allocated,
    min(t0) AS first_log, max(t1) AS last_log, max(release) AS released, day, bit_or(hours) AS hours,
    min(place0) AS place0, max(place1) AS place1
  FROM (
    SELECT device, tag, block, sub, hex, contains(tag, 'ALLOC:') AS allocated, day, hours, place0, place1,
      epoch((day || ' ' || c0)::TIMESTAMP)::UINTEGER AS t0, epoch((day || ' ' || c1)::TIMESTAMP)::UINTEGER AS t1,
      CASE WHEN contains(tag, 'RELEASE:') THEN t1 END AS release,
      CASE WHEN hex <> '' THEN ('0x' || hex)::BIGINT WHEN contains(tag, 'ALLOC:') THEN t0::BIGINT END AS created
    FROM events
  )
  GROUP BY device, block, sub, created, day, CASE WHEN created IS NULL THEN release END
)
"""
_PACKED = (
    "* EXCLUDE (first_file, first_line, last_file, last_line), (first_file::UBIGINT << 32) | first_line AS place0, "
    "(last_file::UBIGINT << 32) | last_line AS place1"
)
_UNPACKED = (
    "(place0 >> 32)::USMALLINT AS first_file, (place0 & 4294967295)::UINTEGER AS first_line, "
    "(place1 >> 32)::USMALLINT AS last_file, (place1 & 4294967295)::UINTEGER AS last_line"
)
ROW_GROUP = 20480  # a lookup reads one or two of them


def collapse(engine: duckdb.DuckDBPyConnection) -> None:
    """Add what is in ``events`` to the table ``fresh``, and empty ``events``."""
    engine.execute(f"CREATE TEMP TABLE IF NOT EXISTS fresh AS SELECT * FROM ({_COLLAPSE}) LIMIT 0")
    engine.execute(f"INSERT INTO fresh {_COLLAPSE}")
    engine.execute("DELETE FROM events")


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
