"""Where a device sends its logs, and so where RT_FLOW records of sessions can be read.

RT_FLOW has facility ``user`` and severity ``info`` (facts: priority 14 in published logs). In mode ``event`` it goes
through the system's syslog, in mode ``stream`` past it, straight to the streams (CLI reference: log, Security).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

FACILITIES = frozenset({"any", "user"})
LEVELS = frozenset({"any", "info", "debug"})  # a level takes what is graver than itself too
CATEGORIES = frozenset({"", "all", "flow"})
# What a line filter is held against: a record of each kind, as the first release of the facts writes them.
SAMPLES = (
    "RT_FLOW: RT_FLOW_SESSION_CREATE: session created 10.1.1.10/50000->192.0.2.80/443 junos-https",
    "RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 10.1.1.10/50000->192.0.2.80/443 junos-https",
    "RT_FLOW: RT_FLOW_SESSION_DENY: session denied 10.1.1.10/50000->192.0.2.25/25 junos-smtp",
)


class LogMode(StrEnum):
    """``security log mode``."""

    EVENT = "event"
    STREAM = "stream"
    STREAM_EVENT = "stream-event"  # both ways


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogTarget:
    """A file or a host of ``system syslog``; ``selectors`` are facility and level, ``match`` its line filter."""

    name: str
    is_file: bool
    selectors: tuple[tuple[str, str], ...] = ()
    match: str = ""
    structured: bool = False

    @property
    def takes_sessions(self) -> bool:
        """Whether RT_FLOW lines come here: the facility's own level counts before that of ``any``."""
        levels = dict(self.selectors)
        level = levels.get("user", levels.get("any", "none"))
        return level in LEVELS and self._lets_through()

    def _lets_through(self) -> bool:
        """Held against samples; ``!`` in front turns a filter round, and one that cannot be read lets all through."""
        pattern, without = self.match.removeprefix("!"), self.match.startswith("!")
        try:
            return any((re.search(pattern, sample) is None) is without for sample in SAMPLES)
        except re.error:
            return True


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStream:
    """A stream of ``security log``: to a collector or to a file of the device."""

    name: str
    host: str = ""
    file: str = ""
    category: str = ""
    format: str = ""

    @property
    def takes_sessions(self) -> bool:
        """Whether session records belong to it."""
        return self.category in CATEGORIES


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfiguration:
    """``system syslog`` and ``security log``. ``mode`` is ``None`` where the configuration is silent."""

    targets: tuple[SyslogTarget, ...] = ()
    mode: LogMode | None = None
    format: str = ""
    streams: tuple[LogStream, ...] = ()

    @property
    def session_logs(self) -> SessionLogs:
        """Where RT_FLOW goes.

        A silent mode leaves both ways open: which one is the default differs between platforms and releases.
        """
        events = self.mode is not LogMode.STREAM
        streams = self.mode is not LogMode.EVENT
        taken = [one for one in self.targets if events and one.takes_sessions]
        sent = [one for one in self.streams if streams and one.takes_sessions]
        files = sorted((one for one in taken if one.is_file), key=_tells_most, reverse=True)
        return SessionLogs(
            files=(*(one.name for one in files), *(one.file for one in sent if one.file)),
            collectors=(*(one.host for one in sent if one.host), *(one.name for one in taken if not one.is_file)),
            certain=self.mode is not None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLogs:
    """Where RT_FLOW goes: files of ``/var/log``, the most telling first, and collectors elsewhere.

    ``certain`` is false where the configuration does not name the mode.
    """

    files: tuple[str, ...] = ()
    collectors: tuple[str, ...] = ()
    certain: bool = True

    @property
    def nowhere_here(self) -> str:
        """Why no file of the device holds RT_FLOW, empty when one does."""
        if self.files:
            return ""
        if self.collectors:
            return f"RT_FLOW goes to {', '.join(self.collectors)} only: no file of the device holds it"
        return "RT_FLOW goes nowhere: no syslog file, host or stream of the configuration takes it"


def _tells_most(one: SyslogTarget) -> tuple[bool, bool]:
    return one.structured, bool(one.match)
