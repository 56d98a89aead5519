"""Records of a log file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """One syslog record.

    ``time`` is ISO 8601 when the line has a year, else the stamp as printed, else empty. ``fields`` are the
    structured values as printed, or for RT_FLOW in the unstructured form the same names filled from the text.
    ``form`` is ``structured``, ``text`` or ``plain`` (a line of another facility). ``repeated`` counts what a
    ``last message repeated N times`` line stood for.
    """

    time: str
    host: str
    process: str
    tag: str
    message: str
    form: str
    fields: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
