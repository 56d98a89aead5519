"""What stands in front of a message: counts, priorities, stamps and hosts, of the device and of collectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

STAMP = r"[A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?"
ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_TIME_ONLY = r"\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_PRIORITY = re.compile(r"(?:<\d{1,3}>|&lt;\d{1,3}&gt;)(?:\d )?")
# ``852 <14>1 ...``, and the next record behind it on the same line.
_FRAME = re.compile(r"(\d{1,5}) (?=<\d{1,3}>(?:\d |[A-Z][a-z]{2} ))")
_INNER_FRAME = re.compile(rf"(?<![^\]\s\"]){_FRAME.pattern}")
# A version or a count that lost its ``<14>`` stays in front of the stamp.
_ANY_STAMP = re.compile(rf"(?:\d{{1,5}} )?(?P<time>{ISO}|{STAMP}|{_TIME_ONLY})(?:\s+|$)")
_OWN_WORDS = re.compile(
    r"(?:[\w./-]{1,48}\s+(?:-|\d{1,10})\s+)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\s+(?:-\s+)?\["  # PROCESS - TAG [
    r"|RT_\w+\s+-\s+[A-Z]"  # RT_FLOW - TAG:
    r"|(?:RT_FLOW|APPTRACK)_SESSION_[A-Z_]+: "
)
_REPEATED = re.compile(r"last message repeated (\d{1,9}) times?")
_MONTHS = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}
_BSD = re.compile(r"([A-Z][a-z]{2}) +(\d+)(?: (\d{4}))? (\S+?)(?: (\d{4}))?")
_LONGEST_REPEAT = 120
_LARGEST_FRAME = 1 << 14  # octets; more is a number that happens to stand there


@dataclass(frozen=True, slots=True)
class Head:
    """The device's own stamp and name, and the rest of the message."""

    time: str
    host: str
    rest: str

    @property
    def repeated(self) -> int:
        """How often the last message is said to have come again; 0 for a message of its own."""
        found = _REPEATED.search(self.rest) if len(self.rest) < _LONGEST_REPEAT else None
        return int(found[1]) if found else 0


def messages_of(text: str) -> Iterator[str]:
    """Split octet-counted records that share a line."""
    if "<" not in text or not _FRAME.search(text):
        yield text.strip()
        return
    for _, start, end in _spans(text):
        if message := text[start:end].strip():
            yield message


def last_frame(text: str) -> int:
    """Where the last octet-counted record of a text begins, whole or not; 0 when there is no second one."""
    start = 0
    for start, _, _ in _spans(text):  # noqa: B007 - the last one is wanted
        pass
    return start


def _spans(text: str) -> Iterator[tuple[int, int, int]]:
    """Begin, begin of the message and end of each record: by its count while it is right, else up to the next one."""
    at = 0
    while at < len(text):
        frame = _FRAME.match(text, at)
        start = frame.end() if frame else at
        end = _counted_end(text, frame) if frame else 0
        if not end:
            following = _INNER_FRAME.search(text, start)
            end = following.start() if following else len(text)
        yield at, start, end
        at = end


def _counted_end(text: str, frame: re.Match[str]) -> int:
    """Where a frame ends by its count of octets; 0 when no frame and no end of the line is there."""
    size = int(frame[1])
    if size > _LARGEST_FRAME:
        return 0
    if text.isascii():
        end = frame.end() + size
    else:
        end = frame.end() + len(text[frame.end() : frame.end() + size].encode()[:size].decode(errors="ignore"))
    return end if end == len(text) or _FRAME.match(text, end) else 0


def head_of(text: str) -> Head:
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
        if space and not name.endswith(":") and not _OWN_WORDS.match(rest) and not _REPEATED.match(rest):
            host, rest = name, after.lstrip()
    if not time:
        host, rest = _host_without_time(rest)
    return Head(_iso(time), host, rest)


def _host_without_time(rest: str) -> tuple[str, str]:
    """A collector that dropped even the date leaves ``HOST RT_FLOW - TAG [``."""
    name, _, after = rest.partition(" ")
    if (
        not name.endswith(":")
        and not _OWN_WORDS.match(rest)
        and (_OWN_WORDS.match(after) or after.startswith("RT_FLOW: "))
    ):
        return name, after
    return "", rest


def _iso(stamp: str) -> str:
    """ISO 8601 when the stamp has a year, else as printed."""
    found = _BSD.fullmatch(stamp)
    if not found:
        return stamp.replace(" ", "T", 1).replace(",", ".") if stamp[:4].isdigit() else stamp
    year = found[3] or found[5]
    if not year or found[1] not in _MONTHS:
        return stamp
    return f"{year}-{_MONTHS[found[1]]:02}-{int(found[2]):02}T{found[4]}"
