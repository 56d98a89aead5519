"""Sessions of RT_FLOW archives that were open at a moment, or in a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.logs.ask import Index
from orchestrator.logs.session_table import COLUMNS
from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line
from orchestrator.model.indexed_session import IndexedSession
from orchestrator.model.session_log import LogEnd

_SLACK_SECONDS = 5  # between the stamp of a create and that of the close less the elapsed time
_SIDES = {"source": ("source", "nat_source"), "destination": ("destination", "nat_destination")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An end is an address before or after NAT; ports are ``None`` for any."""

    source: str = ""
    source_port: int | None = None
    destination: str = ""
    destination_port: int | None = None
    begin: datetime
    end: datetime


def flows(index: Index, asked: Asked) -> list[IndexedSession]:
    """Sessions that touch ``[begin, end]``, by begin; a create whose close is known is left out."""
    if not index.tables["sessions"]:
        return []
    where, values = _where(asked)
    rows = index.engine.execute(
        f"SELECT {', '.join(COLUMNS)}, filename FROM {index.table('sessions')} WHERE {where}"
        " ORDER BY begin_at, file, line",
        values,
    ).fetchall()
    found = [_session(dict(zip((*COLUMNS, "filename"), row, strict=True)), index) for row in rows]
    closed = [one for one in found if one.kind == "close"]
    return [one for one in found if (one.end is None or one.end >= asked.begin) and not _has_close(one, closed)]


def _where(asked: Asked) -> tuple[str, list[object]]:
    values: list[object] = [int(asked.end.timestamp())]
    parts = ["begin_at <= $1"]
    for side, address, port in (
        ("source", asked.source, asked.source_port), ("destination", asked.destination, asked.destination_port),
    ):  # fmt: skip
        if not address:
            continue
        choices = []
        for column in _SIDES[side]:
            values.append(address)
            test = f"{column} = ${len(values)}"
            if port is not None:
                values.append(port)
                test += f" AND {column}_port = ${len(values)}"
            choices.append(f"({test})")
        parts.append(f"({' OR '.join(choices)})")
    return " AND ".join(parts), values


def _has_close(one: IndexedSession, closed: list[IndexedSession]) -> bool:
    return one.kind == "create" and any(
        other.key == one.key and other.device == one.device and other.session_id == one.session_id
        and abs((other.begin - one.begin).total_seconds()) <= _SLACK_SECONDS
        for other in closed
    )  # fmt: skip


def _session(row: dict[str, object], index: Index) -> IndexedSession:
    names = index.files[Path(str(row["filename"])).parent]
    return IndexedSession(
        kind=_text(row["kind"]),
        key=FlowKey(_text(row["source"]), _number(row["source_port"]), _text(row["destination"]),
                    _number(row["destination_port"]), _number(row["protocol"]) or 0),
        nat_source=_end(row, "nat_source"), nat_destination=_end(row, "nat_destination"),
        begin=datetime.fromtimestamp(_number(row["begin_at"]) or 0, UTC),
        end=None if row["end_at"] is None else datetime.fromtimestamp(_number(row["end_at"]) or 0, UTC),
        device=_text(row["device"]), policy=_text(row["policy"]), service=_text(row["service"]),
        session_id=_number(row["session_id"]), reason=_text(row["reason"]),
        line=Line(names[_number(row["file"]) or 0], _number(row["line"]) or 0, ""),
    )  # fmt: skip


def _end(row: dict[str, object], name: str) -> LogEnd | None:
    return LogEnd(_text(row[name]), _number(row[f"{name}_port"])) if row[name] else None


def _text(value: object) -> str:
    return str(value) if value is not None else ""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
