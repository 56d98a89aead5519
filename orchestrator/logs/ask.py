"""Questions to one or more indexes; each is one small query, and the leases are made from its rows."""

from __future__ import annotations

import gzip
import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import InputError
from orchestrator.logs import partition
from orchestrator.logs.engine import connect, listed
from orchestrator.logs.ladder import holding
from orchestrator.logs.lease_table import MEANT
from orchestrator.logs.leases import Row, leases_of
from orchestrator.model.flow_trace import Line
from orchestrator.model.port_block import Holding, Lease, as_printed, covering

if TYPE_CHECKING:
    import duckdb

_TRIES = 3
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)  # a span without an end


@dataclass(slots=True)
class Index:
    """Indexes that are open for questions; several partitions are asked as one table."""

    engine: duckdb.DuckDBPyConnection
    tables: dict[str, list[Path]]
    files: dict[Path, list[str]]  # of each partition, the archives by number

    def table(self, name: str) -> str:
        """A table of all partitions, as SQL names it."""
        return f"read_parquet({listed(self.tables[name])}, filename=true)"

    def leases(self, where: str, values: list[object]) -> list[Lease]:
        """Leases of the rows that a condition picks; it should pick whole blocks."""
        return leases_of(self.rows(where, values))

    def rows(self, where: str, values: list[object], tail: str = "") -> Iterator[Row]:
        """Rows of the lease table."""
        if not self.tables["leases"]:
            return
        found = self.engine.execute(
            f"SELECT {MEANT}, filename FROM (FROM {self.table('leases')} WHERE {where}) {tail}",
            values,
        )
        while some := found.fetchmany(4096):
            yield from map(self._row, some)

    def _row(self, row: tuple[object, ...]) -> Row:
        names = self.files[Path(str(row[-1])).parent]
        places = dict.fromkeys(((row[14], row[15]), (row[16], row[17])))
        lines = tuple(Line(names[file], int(str(line)), "") for file, line in places if isinstance(file, int))
        device, scope, external, low, high, subscriber, created, exact, allocated, first, last, released, day, hours = (
            row[:14]
        )
        return Row(
            device=device or "", scope=scope or "", external=external, low=low, high=high, subscriber=subscriber,  # type: ignore[arg-type]
            created=created, exact=exact, allocated=allocated, first_log=first, last_log=last, released=released,  # type: ignore[arg-type]
            day=day, hours=hours, lines=lines,  # type: ignore[arg-type]
        )  # fmt: skip


@contextmanager
def opened(folder: Path) -> Iterator[Index]:
    """Open an index, or every index right below a folder.

    Raises:
        InputError: there is none.
        OrchestratorError: DuckDB is missing.
    """
    engine = connect(threads=1)  # a lookup is too small to share
    import duckdb  # noqa: PLC0415 - an optional extra; connect() says so when it is missing

    try:
        tables: dict[str, list[Path]] = {"leases": [], "sessions": []}
        files = {}
        for part in partition.under(folder):
            manifest = _settled(part)
            files[part] = [one.path for one in manifest.files]
            for name, file in manifest.tables.items():
                tables[name].append(part / file)
        yield Index(engine, tables, files)
    except duckdb.Error as error:
        raise InputError(
            "a table of this index is damaged", path=folder, hint="build it again in a new folder"
        ) from error
    finally:
        engine.close()


def _settled(part: Path) -> partition.Manifest:
    """The manifest with tables that are there: a build may replace both while we look."""
    for _ in range(_TRIES):
        manifest = partition.read(part)
        if all((part / name).is_file() for name in manifest.tables.values()):
            return manifest
    raise InputError("a table of this index is missing", path=part, hint="build the index again in a new folder")


def who_had(index: Index, external: str, port: int, at: datetime, device: str = "") -> Holding:
    """Who had an address and a port at a moment."""
    where = "external = $1 AND low <= $2 AND high >= $2"
    found = index.leases(where, [as_printed(external), port])
    if device:
        found = [one for one in found if one.device == device or one.device.startswith(f"{device}/")]
    return holding(str(ipaddress.ip_address(external)), port, at, found)


def of_subscriber(index: Index, address: str, begin: datetime, end: datetime) -> list[Lease]:
    """Leases of a subscriber that touch ``[begin, end)``, in the order of time; also under a prefix it lies in."""
    texts = [as_printed(text) for text in covering(address)] if "/" not in address else [as_printed(address)]
    marks = ", ".join(f"${n}" for n in range(1, len(texts) + 1))
    if not index.tables["leases"]:
        return []
    where = f"(external, low) IN (SELECT (external, low) FROM {index.table('leases')} WHERE subscriber IN ({marks}))"
    wanted = {str(ipaddress.ip_network(text, strict=False)) for text in texts}
    found = [
        one for one in index.leases(where, list(texts))
        if any(str(ipaddress.ip_network(text)) in wanted for text in one.subscribers) and _touches(one, begin, end)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.created or one.first_log)


def _touches(one: Lease, begin: datetime, end: datetime) -> bool:
    last = one.released or one.until or LAST
    return (one.created or one.since or one.last_log) < end and last > begin


def span(index: Index) -> tuple[datetime, datetime] | None:
    """The times of the first and the last port-block log; ``None`` without any."""
    if not index.tables["leases"]:
        return None
    query = f"SELECT min(first_log), max(first_log::BIGINT + last_after_first) FROM {index.table('leases')}"
    first, last = index.engine.execute(query).fetchone() or (None, None)
    return None if first is None else (datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC))


def with_text(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines with their text, read from the archives; empty where an archive is gone or was cut."""
    wanted: dict[str, set[int]] = {}
    for line in lines:
        wanted.setdefault(line.file, set()).add(line.number)
    texts = {(file, number): text for file, numbers in wanted.items() for number, text in _texts(file, numbers)}
    return tuple(replace(line, text=texts.get((line.file, line.number), "")) for line in lines)


def _texts(file: str, numbers: set[int]) -> Iterator[tuple[int, str]]:
    path = Path(file)
    if not path.is_file():
        return
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if packed else path.open("rb") as stream:
        last = max(numbers)
        try:
            for number, raw in enumerate(stream, 1):
                if number in numbers:
                    yield number, raw.decode(errors="replace").rstrip()
                if number >= last:
                    return
        except (OSError, EOFError):
            return
