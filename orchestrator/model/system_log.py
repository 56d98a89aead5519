"""Records of a log file."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.model.flow_trace import Line


@dataclass(slots=True, kw_only=True)
class LogRecord:
    """One syslog record. Not frozen only because freezing would double the cost of making millions of them.

    ``time`` is ISO 8601 when the line has a year, else the stamp as printed, else empty. ``fields`` are the
    structured values as printed, or for RT_FLOW in the unstructured form the same names filled from the text.
    ``form`` is ``structured``, ``text`` or ``plain`` (a line of another facility). ``repeated`` counts what a
    ``last message repeated N times`` line stood for. ``file``, ``number`` and ``raw`` are where it was read and what
    stood there; two records are equal whatever these are.
    """

    time: str
    host: str
    process: str
    tag: str
    message: str
    form: str
    fields: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
    file: str = field(default="", compare=False)
    number: int = field(default=0, compare=False)
    raw: str = field(default="", compare=False)

    @property
    def line(self) -> Line:
        """The line as evidence."""
        return Line(self.file, self.number, self.raw)
