"""Log files: RT_FLOW and APPTRACK records in both forms, and every other line as it is.

A record reaches us as the device wrote it, or through a collector that put its own stamp in front, dropped the
priority or even the date, counted octets, or repeated by reference (facts: published logs of 12.1 to 24.x).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestrator.model.flow_trace import Line
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers import system_log_text
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.xml_input import unwrapped

KIND = "a log file"
_STAMP = r"[A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?"
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_TIME_ONLY = r"\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_PRIORITY = re.compile(r"<\d{1,3}>(?:\d )?")
# ``852 <14>1 ...``, and the next record behind it on the same line.
_OCTETS = re.compile(r"(?<![^\]\s\"])\d{1,5} (?=<\d{1,3}>(?:\d |[A-Z][a-z]{2} ))")
_ANY_STAMP = re.compile(rf"(?:\d )?(?P<time>{_ISO}|{_STAMP}|{_TIME_ONLY})(?:\s+|$)")
_STRUCTURED = re.compile(
    r"(?:(?P<process>[\w./-]{1,48})\s+(?P<pid>-|\d{1,10})\s+)?(?P<tag>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\s+(?:-\s+)?"
    r"\[[\w-]+@[\d.]+(?=[\s\]])"
)
_VALUE = re.compile(
    r"\s*(?P<name>[\w.-]+)=(?:\"(?P<value>(?:[^\"\\]|\\.|\"(?!\s*(?:[\w.-]+=[\"“”]|\])|\s*$))*)\""
    r"|[“”](?P<curly>[^“”]*)[“”])",
    re.DOTALL,
)
_ESCAPED = re.compile(r'\\(["\\\]])')
_PLAIN = re.compile(r"(?P<process>[\w./-]{1,64})(?:\[(?P<pid>\d{1,10})\])?:\s+(?P<message>.*)", re.DOTALL)
_TAG = re.compile(r"(?:%[\w-]+-\d-)?(?P<tag>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): ?")
_REPEATED = re.compile(r"last message repeated (\d{1,9}) times?")
_MONTHS = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}
_BSD = re.compile(r"([A-Z][a-z]{2}) +(\d+)(?: (\d{4}))? (\S+?)(?: (\d{4}))?")
_MOST_HOSTS = 1024


def parse(source: Source) -> Reading[LogRecord]:
    """Read every line of a log.

    A line with neither stamp nor tag, and an RT_FLOW line in no known form, count as unrecognised; they are yielded
    too.
    """
    tally = Tally()
    return Reading(KIND, source.name, tally, _Log(tally).records(unwrapped(source, "file-content", "output")))


@dataclass(slots=True)
class _Head:
    """What stands before the message."""

    time: str
    host: str
    rest: str


class _Log:
    """Remembers the last record of each host, for the lines that refer to it."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._last: dict[str, LogRecord] = {}

    def records(self, source: Source) -> Iterator[LogRecord]:
        """Yield one record per message."""
        for line in source.lines():
            self._tally.lines += 1
            for text in _messages(line.text):
                record = self._record(text, line)
                if record.time or record.tag:
                    self._tally.recognised += 1
                else:
                    self._tally.unknown(line)
                yield record

    def _record(self, text: str, line: Line) -> LogRecord:
        head = _head(text)
        repeated = _REPEATED.search(head.rest)
        if repeated and len(head.rest) < 120:
            return self._repeat(head, int(repeated[1]))
        record = _structured(head) or self._unstructured(head, line)
        if len(self._last) < _MOST_HOSTS or record.host in self._last:
            self._last[record.host] = record
        return record

    def _repeat(self, head: _Head, times: int) -> LogRecord:
        last = self._last.get(head.host)
        if last is None:
            return LogRecord(
                time=head.time, host=head.host, process="", tag="", message=head.rest, form="plain", repeated=times
            )
        return replace(last, time=head.time or last.time, repeated=times)

    def _unstructured(self, head: _Head, line: Line) -> LogRecord:
        found = _PLAIN.match(head.rest)
        process, message = (found["process"], found["message"]) if found else ("", head.rest)
        tag = _TAG.match(message) or (None if found else _TAG.match(head.rest))
        if tag is None and process.isupper() and "_" in process and process != "RT_FLOW":
            name, said = process, message  # the process was left out
        else:
            name, said = (tag["tag"], message[tag.end() :]) if tag else ("", message)
        form, fields = "plain", {}
        if system_log_text.is_session_tag(name) or system_log_text.is_session_text(said):
            form = "text"
            fields = system_log_text.fields_of(said)
            name = name or system_log_text.tag_of(said)
            if not fields:
                self._tally.unknown(line)
        return LogRecord(
            time=head.time,
            host=head.host,
            process=process if name != process else "",
            tag=name,
            message=said,
            form=form,
            fields=fields,
        )


def _messages(text: str) -> Iterator[str]:
    """Split octet-counted records that share a line."""
    starts = list(_OCTETS.finditer(text)) if "<" in text else []
    if not starts:
        yield text.strip()
        return
    if before := text[: starts[0].start()].strip():
        yield before
    for index, found in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        yield text[found.end() : end].strip()


def _head(text: str) -> _Head:
    """Take priorities, stamps and hosts off the front: the last stamp and the last host are the device's own."""
    time = host = ""
    rest = text
    while True:
        if found := _PRIORITY.match(rest):
            rest = rest[found.end() :]
        if not (found := _ANY_STAMP.match(rest)):
            break
        time, rest = found["time"], rest[found.end() :]
        name, space, after = rest.partition(" ")
        if space and not name.endswith(":") and not _STRUCTURED.match(rest) and not _REPEATED.match(rest):
            host, rest = name, after.lstrip()
    if not time:
        host, rest = _host_without_time(rest)
    return _Head(_iso(time), host, rest)


def _host_without_time(rest: str) -> tuple[str, str]:
    """A collector that dropped even the date leaves ``HOST RT_FLOW - TAG [``."""
    name, _, after = rest.partition(" ")
    if not _STRUCTURED.match(rest) and (_STRUCTURED.match(after) or after.startswith("RT_FLOW: ")):
        return name, after
    return "", rest


def _structured(head: _Head) -> LogRecord | None:
    found = _STRUCTURED.match(head.rest)
    if not found:
        return None
    fields: dict[str, str] = {}
    at = found.end()
    while value := _VALUE.match(head.rest, at):
        text = value["value"] if value["value"] is not None else value["curly"]
        fields.setdefault(value["name"], _ESCAPED.sub(r"\1", text))
        at = value.end()
    message = head.rest[at:].lstrip().removeprefix("]").strip()
    process = found["process"] or ""
    return LogRecord(
        time=head.time,
        host=head.host,
        process=process,
        tag=found["tag"],
        message=message,
        form="structured",
        fields=fields,
    )


def _iso(stamp: str) -> str:
    """ISO 8601 when the stamp has a year, else as printed."""
    found = _BSD.fullmatch(stamp)
    if not found:
        return stamp.replace(" ", "T", 1).replace(",", ".") if stamp[:4].isdigit() else stamp
    year = found[3] or found[5]
    if not year or found[1] not in _MONTHS:
        return stamp
    return f"{year}-{_MONTHS[found[1]]:02}-{int(found[2]):02}T{found[4]}"
