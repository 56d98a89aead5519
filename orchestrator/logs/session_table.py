"""RT_FLOW sessions of an archive: one row a record, sorted by source."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.logs.block_events import Archive
from orchestrator.logs.engine import listed, quoted
from orchestrator.model.session_log import SessionEvent, SessionLog
from orchestrator.parsers.port_block_log import Clock, stamp_time
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log import Log
from orchestrator.parsers.system_log_session import session_log

if TYPE_CHECKING:
    import duckdb

_COLUMNS = {
    "device": "VARCHAR", "kind": "VARCHAR", "source": "VARCHAR", "source_port": "USMALLINT", "destination": "VARCHAR",
    "destination_port": "USMALLINT", "protocol": "UTINYINT", "nat_source": "VARCHAR", "nat_source_port": "USMALLINT",
    "nat_destination": "VARCHAR", "nat_destination_port": "USMALLINT", "policy": "VARCHAR", "service": "VARCHAR",
    "session_id": "UBIGINT", "begin_at": "BIGINT", "end_at": "BIGINT", "reason": "VARCHAR", "file": "UINTEGER",
    "line": "UINTEGER",
}  # fmt: skip
COLUMNS = tuple(_COLUMNS)
FRESH = f"CREATE OR REPLACE TEMP TABLE sessions ({', '.join(f'{name} {kind}' for name, kind in _COLUMNS.items())})"


def load(engine: duckdb.DuckDBPyConnection, archive: Archive, clock: Clock, scratch: Path) -> int:
    """Append the sessions of one plain file; the answer is how many records there were.

    Raises:
        ParseError: a stamp has no zone and none was said.
    """
    if not archive.sessions:
        return 0
    count = 0
    table = scratch / "sessions.tsv"
    with table.open("w", newline="") as out:
        rows = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
        for record in Log(Tally()).records(Source(archive.name, archive.path)):
            session = session_log(record)
            if session is not None and not session.tracking and (row := _row(session, archive.number, clock)):
                count += 1
                rows.writerow(row)
    if count:
        engine.execute(
            f"INSERT INTO sessions SELECT * FROM read_csv({quoted(table)}, delim='\t', quote='\"', header=false, "
            f"columns={_COLUMNS}, auto_detect=false)"
        )
    table.unlink()
    return count


def write(engine: duckdb.DuckDBPyConnection, old: list[Path], out: Path) -> None:
    """Merge with the table before; a record that was read twice counts once."""
    before = f"UNION SELECT * FROM read_parquet({listed(old)})" if old else ""
    engine.execute(
        f"COPY (SELECT DISTINCT * FROM (SELECT * FROM sessions {before}) ORDER BY source, begin_at, file, line) "
        f"TO {quoted(out)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 40960)"
    )


def _row(one: SessionLog, number: int, clock: Clock) -> tuple[object, ...] | None:
    time = stamp_time(one.time, clock, one.line)
    if time is None:
        return None
    closed = one.kind is SessionEvent.CLOSE
    begin = time - timedelta(seconds=one.elapsed_seconds or 0) if closed else time
    end = None if one.kind is SessionEvent.CREATE else int(time.timestamp())
    key, before, after = one.key, one.nat_source, one.nat_destination
    return (
        one.host, one.kind.value, key.source, key.source_port, key.destination, key.destination_port, key.protocol,
        before.address if before else None, before.port if before else None, after.address if after else None,
        after.port if after else None, one.policy, one.service, one.session_id, int(begin.timestamp()), end, one.reason,
        number, one.line.number,
    )  # fmt: skip
