"""Build an index from archives, plain or gzip; what is in already is left out, so a build may be repeated at will."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import InputError
from orchestrator.logs import block_events, lease_table, partition, session_table
from orchestrator.logs.engine import connect
from orchestrator.logs.partition import IndexedFile, Manifest
from orchestrator.parsers.port_block_log import Clock
from orchestrator.parsers.source import Source

if TYPE_CHECKING:
    import duckdb

_BATCH_BYTES = 384 << 20  # plain text that is read at once
_BATCH_FILES = 64
_PACKED_RATIO = 10
_MEMORY = "1500MB"


@dataclass(slots=True)
class Built:
    """What a build did; ``skipped`` were in the index before."""

    folder: Path
    indexed: list[IndexedFile] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    records: int = 0
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How to read: zones, the name for lines without a host, and whether RT_FLOW sessions go in too."""

    clock: Clock = Clock()  # noqa: RUF009 - frozen
    device: str = ""
    sessions: bool = True


def build(
    paths: Iterable[Path], into: Path, order: Order | None = None, say: Callable[[str], None] = lambda _text: None
) -> Built:
    """Index every archive that is not in yet.

    Raises:
        InputError: an archive is missing, or a stamp has no zone and none was said.
        OrchestratorError: DuckDB is missing, or another process writes there.
    """
    wanted = list(archives(paths))
    with partition.writing(into):
        manifest = partition.read(into)
        partition.sweep(into, manifest)
        built = Built(into, generation=manifest.generation)
        with _scratch(into) as scratch:
            engine = connect(scratch, memory=_MEMORY, threads=1)  # others build other partitions
            try:
                _Build(engine, scratch, manifest, order or Order(), built).run(wanted, say)
            finally:
                engine.close()
    return built


def archives(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those right inside the folders named, in the order of their names.

    Raises:
        InputError: there is no such place.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        elif path.is_file():
            yield path
        else:
            raise InputError("there is no such file", path=path)


@contextmanager
def _scratch(into: Path) -> Iterator[Path]:
    for left in into.glob(".work-*"):  # of builds that were killed: we hold the lock
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=into) as folder:
        yield Path(folder)


class _Build:
    def __init__(self, engine: duckdb.DuckDBPyConnection, scratch: Path, manifest: Manifest, order: Order,
                 built: Built) -> None:  # fmt: skip
        self._engine = engine
        self._scratch = scratch
        self._manifest = manifest
        self._order = order
        self._built = built
        self._reader = block_events.Reader(engine, scratch, order.clock, order.device)

    def run(self, wanted: list[Path], say: Callable[[str], None]) -> None:
        """Read what is new, collapse it by batches, and publish."""
        self._engine.execute(lease_table.FRESH)
        self._engine.execute(session_table.FRESH)
        batch: list[tuple[Path, IndexedFile]] = []
        size = 0
        for path in self._new(wanted):
            batch.append((path, self._entry(path)))
            size += path.stat().st_size * (_PACKED_RATIO if _is_packed(path) else 1)
            if size > _BATCH_BYTES or len(batch) == _BATCH_FILES:
                self._take(batch, say)
                batch, size = [], 0
                say(f"{len(self._built.indexed)} of {len(wanted) - len(self._built.skipped)} new archives read")
        if batch:
            self._take(batch, say)
        if self._built.indexed:
            self._publish()

    def _new(self, wanted: list[Path]) -> Iterator[Path]:
        known = {one.mark for one in self._manifest.files}
        for path in wanted:
            mark = partition.mark_of(path)
            if mark in known:
                self._built.skipped.append(str(path))
            else:
                known.add(mark)
                yield path

    def _entry(self, path: Path) -> IndexedFile:
        """The place of an archive in the manifest; one that grew keeps its number."""
        name = str(path.resolve())
        one = next((one for one in self._manifest.files if one.path == name), None)
        if one is None:
            one = IndexedFile(len(self._manifest.files), name, 0, "")
            self._manifest.files.append(one)
        one.size, one.mark, one.unread = path.stat().st_size, partition.mark_of(path), 0
        return one

    def _take(self, batch: list[tuple[Path, IndexedFile]], say: Callable[[str], None]) -> None:
        archives = []
        for path, one in batch:
            plain, one.damage = _plain(path, self._scratch / f"{one.number}.log")
            archive = block_events.Archive.of(plain, one.path, one.number)
            archives.append(archive)
            one.lines = archive.lines
        count = self._reader.load(archives)
        self._built.records += count.records
        for archive, (path, one) in zip(archives, batch, strict=True):
            one.unread = count.unread.get(one.number, 0)
            if self._order.sessions:
                one.sessions = session_table.load(self._engine, archive, self._order.clock, self._scratch)
            if archive.path != path:
                archive.path.unlink()
            self._built.indexed.append(one)
            if one.damage or one.unread:
                say(f"{path}: {one.unread} lines not read" + (f"; {one.damage}" if one.damage else ""))

    def _publish(self) -> None:
        folder, manifest = self._built.folder, self._manifest
        manifest.generation += 1
        tables = {"leases": lease_table.write, "sessions": session_table.write}
        for name, write in tables.items():
            before = [folder / manifest.tables[name]] if name in manifest.tables else []
            fresh = folder / f"{name}-{manifest.generation:06}.parquet.new"
            write(self._engine, before, fresh)
            with fresh.open("rb") as done:
                os.fsync(done.fileno())
            manifest.tables[name] = fresh.with_suffix("").name
            fresh.replace(fresh.with_suffix(""))
        partition.publish(folder, manifest)
        self._built.generation = manifest.generation


def _is_packed(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def _plain(path: Path, copy: Path) -> tuple[Path, str]:
    """The archive as plain text: itself, or unpacked; and what is wrong with it."""
    if not _is_packed(path):
        return path, ""
    source = Source(str(path), path)
    with copy.open("wb") as out:
        for block in source.blocks():
            out.write(block)
    return copy, source.damage
