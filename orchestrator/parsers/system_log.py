"""Log files: RT_FLOW and APPTRACK records in both forms, and every other line as it is.

A record reaches us as the device wrote it, or through a collector that put its own stamp in front, dropped the
priority or even the date, counted octets, or repeated by reference (facts: published logs of 12.1 to 24.x).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from orchestrator.model.flow_trace import Line
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers import system_log_text
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log_head import Head, head_of, last_frame, messages_of
from orchestrator.parsers.system_log_lane import Lane, is_clean
from orchestrator.parsers.system_log_structured import structured
from orchestrator.parsers.xml_input import unwrapped

KIND = "a log file"
_PLAIN = re.compile(
    r"(?P<process>[\w./-]{1,64})(?:(?:\[(?P<pid>\d{1,10})\])?:\s+|\s+(?:-|\d{1,10})\s+(?=[A-Z0-9_]{4,64}: ))"
    r"(?P<message>.*)",
    re.DOTALL,
)
_TAG = re.compile(r"(?:%(?:[\w-]+-\d)?-)?(?P<tag>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): ?")
_MOST_HOSTS = 1024
_LONGEST_LINE = 1 << 16


def parse(source: Source) -> Reading[LogRecord]:
    """Read every line of a log.

    A line with neither stamp nor tag, and an RT_FLOW line in no known form, count as unrecognised; they are yielded
    too.
    """
    tally = Tally()
    return Reading(KIND, source.name, tally, Log(tally).records(unwrapped(source, "file-content", "output")))


class Log:
    """Remembers the last record of each host, for the lines that refer to it, and the layouts of the fast lane."""

    def __init__(self, tally: Tally, *, fast: bool = True) -> None:
        self._tally = tally
        self._last: dict[str, LogRecord] = {}
        self._lane = Lane() if fast else None

    def records(self, source: Source) -> Iterator[LogRecord]:
        """Yield one record per message."""
        number = 1
        rest = ""  # of a stream that counts octets and has no line ends
        for piece, whole in source.texts():
            text = rest + piece
            cut = len(text) if whole else last_frame(text)
            rest = text[cut:] if cut and len(text) - cut < _LONGEST_LINE else ""
            yield from self.piece(text[: len(text) - len(rest)], source.name, number)
            number += piece.count("\n")
        yield from self.piece(rest, source.name, number)

    def piece(self, text: str, name: str, number: int) -> Iterator[LogRecord]:
        """Read whole lines; ``number`` is that of the first one."""
        if self._lane is None or not is_clean(text):
            for line in _cleaned(text, name, number):
                yield from self.line(line)
            return
        lane, last, read = self._lane.record, self._last, 0
        for at, raw in enumerate(text.split("\n"), start=number):
            if fast := lane(raw, name, at):
                read += 1
                if fast.host in last or len(last) < _MOST_HOSTS:
                    last[fast.host] = fast
                yield fast
            elif raw and not raw.isspace():
                for line in _cleaned(raw, name, at) if _may_be_noise(raw) else (Line(name, at, raw.rstrip()),):
                    yield from self.line(line)
        self._tally.lines += read
        self._tally.recognised += read

    def line(self, line: Line) -> Iterator[LogRecord]:
        """Read one line that was cleaned."""
        self._tally.lines += 1
        for text in messages_of(line.text):
            record = self._record(text, line)
            if record.time or record.tag:
                self._tally.recognised += 1
            else:
                self._tally.unknown(line)
            yield record

    def _record(self, text: str, line: Line) -> LogRecord:
        head = head_of(text)
        if times := head.repeated:
            return self._repeat(head, times, line)
        record = _structured(head, line) or _unstructured(head, line)
        if not record.fields and (record.form == "text" or system_log_text.is_session_tag(record.tag)):
            self._tally.unknown(line)
        if record.host in self._last or len(self._last) < _MOST_HOSTS:
            self._last[record.host] = record
        return record

    def _repeat(self, head: Head, times: int, line: Line) -> LogRecord:
        last = self._last.get(head.host)
        if last is None:
            return LogRecord(
                time=head.time, host=head.host, process="", tag="", message=head.rest, form="plain", repeated=times,
                file=line.file, number=line.number, raw=line.text,
            )  # fmt: skip
        return replace(
            last, time=head.time or last.time, repeated=times, file=line.file, number=line.number, raw=line.text
        )


def _cleaned(text: str, name: str, number: int) -> Iterator[Line]:
    """Lines without what terminals leave behind. A stream without line ends is cut where a record ends."""
    if len(text) > _LONGEST_LINE:
        raws = text.split("\n")
        if max(map(len, raws)) > _LONGEST_LINE:
            for at, raw in enumerate(raws, start=number):
                for message in messages_of(raw):
                    yield from _plain_lines(message, name, at)
            return
    yield from _plain_lines(text, name, number)


def _plain_lines(text: str, name: str, number: int) -> Iterator[Line]:
    for line in Source.of_text(text, name).lines():
        yield Line(line.file, number + line.number - 1, line.text)


def _may_be_noise(raw: str) -> bool:
    """Whether a clean line could still be a prompt or a rule, or is too long to be one line."""
    return len(raw) > _LONGEST_LINE or "@" in raw[:80] or raw.lstrip()[0] in "{]-"


def _structured(head: Head, line: Line) -> LogRecord | None:
    found = structured(head)
    if found is None:
        return None
    return LogRecord(
        time=head.time, host=head.host, process=found.process, tag=found.tag, message=found.message,
        form="structured", fields=found.fields, file=line.file, number=line.number, raw=line.text,
    )  # fmt: skip


def _unstructured(head: Head, line: Line) -> LogRecord:
    process, name, said = _words(head.rest)
    form, fields = "plain", {}
    if system_log_text.is_session_tag(name) or system_log_text.is_session_text(said):
        form = "text"
        fields = system_log_text.fields_of(said)
        name = name or system_log_text.tag_of(said)
    return LogRecord(
        time=head.time, host=head.host, process=process, tag=name, message=said, form=form, fields=fields,
        file=line.file, number=line.number, raw=line.text,
    )  # fmt: skip


def _words(rest: str) -> tuple[str, str, str]:
    """Process, tag and message of an unstructured line; each may be empty."""
    found = _PLAIN.match(rest)
    process, message = (found["process"], found["message"]) if found else ("", rest)
    if process.isupper() and "_" in process and process != "RT_FLOW" and not _TAG.match(message):
        return "", process, message  # the process was left out
    tag = _TAG.match(message)
    name, said = (tag["tag"], message[tag.end() :]) if tag else ("", message)
    return process, name, said
