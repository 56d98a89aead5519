"""The SQL engine, which is an optional extra."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import OrchestratorError

if TYPE_CHECKING:
    import duckdb


def connect(scratch: Path | None = None, *, memory: str = "", threads: int = 0) -> duckdb.DuckDBPyConnection:
    """An engine in memory; with ``scratch`` it may spill there.

    Raises:
        OrchestratorError: DuckDB is not installed.
    """
    try:
        import duckdb  # noqa: PLC0415 - an optional extra, and slow to load
    except ImportError as error:
        raise OrchestratorError(
            "indexes of logs need DuckDB, which is not installed", hint="pip install 'srx-orchestrator[logs]'"
        ) from error
    settings: dict[str, str | bool | int | float | list[str]] = {"preserve_insertion_order": "true"}
    if memory:
        settings["memory_limit"] = memory
    if threads:
        settings["threads"] = threads
    if scratch is not None:
        settings["temp_directory"] = str(scratch)
    return duckdb.connect(config=settings)


def quoted(text: str | Path) -> str:
    """A string of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def listed(paths: list[Path]) -> str:
    """A list of strings of SQL."""
    return "[" + ", ".join(quoted(path) for path in paths) + "]"
