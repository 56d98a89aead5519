"""The fast lane: a structured line in the one shape the device itself writes.

Such a line is split at its quotes. The pieces between the values are its layout; each layout is checked once and
remembered. What does not fit (another head, an escape, a stray quote, a layout too many) is left to the slow
parser, which reads it to the same record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.model.system_log import LogRecord

_LAYOUTS = 256
_NAMES = 1024
_SHORTEST = 256  # shorter lines may be ``last message repeated``
_LONGEST = 1 << 14
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
_PRIORITY = re.compile(r"<\d{1,3}>\d")
_HOST = re.compile(r"[A-Za-z_][\w.-]{0,63}|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_HEADER = re.compile(
    r"(?P<process>[A-Za-z_][\w./-]{0,47}) (?:-|\d{1,10}) (?P<tag>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+) "
    r"\[[\w-]+@[\d.]+ (?P<name>[\w.-]+)="
)
_BETWEEN = re.compile(r" ([\w.-]+)=")
_PLAIN = bytes({*range(32, 127), 9, 10})  # a piece of a file with nothing else in it needs no cleaning


@dataclass(frozen=True, slots=True)
class _Layout:
    pieces: list[str]
    process: str
    tag: str
    names: tuple[str, ...]


def is_clean(piece: str) -> bool:
    """Whether a piece of a file holds nothing that terminals and pagers leave behind, and only ASCII."""
    if not piece.isascii() or ("(" in piece and "---(" in piece):  # a single character is found ten times as fast
        return False
    return not piece.encode("ascii").translate(None, _PLAIN)


class Lane:
    """Layouts, hosts and priorities seen so far; all three are bounded."""

    def __init__(self) -> None:
        self._layouts: dict[str, list[_Layout]] = {}  # by the first piece
        self._count = 0
        self._hosts: set[str] = set()
        self._priorities: set[str] = set()

    def record(self, raw: str, file: str, number: int) -> LogRecord | None:
        """Read one line of a clean piece; ``None`` when it is not of the shape."""
        if raw.rfind("<") or not _SHORTEST < len(raw) < _LONGEST or "\\" in raw:  # one "<", and it comes first
            return None
        text = raw.rstrip()
        pieces = text.split('"')
        last = pieces.pop()
        if not pieces or len(pieces) & 1 or last[:1] != "]":
            return None
        words = pieces[0].split(" ", 3)
        if len(words) != 4:
            return None
        priority, stamp, host, pieces[0] = words
        between = pieces[::2]
        layout: _Layout | None
        for layout in self._layouts.get(pieces[0], ()):
            if layout.pieces == between:
                break
        else:
            layout = self._learn(between)
        if layout is None or not _STAMP.fullmatch(stamp):
            return None
        if (host not in self._hosts or priority not in self._priorities) and not self._admits(priority, host):
            return None
        return LogRecord(
            time=stamp,
            host=host,
            process=layout.process,
            tag=layout.tag,
            message=last[1:].strip(),
            form="structured",
            fields=dict(zip(layout.names, pieces[1::2])),  # noqa: B905 - the layout says that they are as many; costs 8 %
            file=file,
            number=number,
            raw=text,
        )

    def _admits(self, priority: str, host: str) -> bool:
        return _admit(self._hosts, _HOST, host) and _admit(self._priorities, _PRIORITY, priority)

    def _learn(self, pieces: list[str]) -> _Layout | None:
        """Check a layout that was not seen before, and remember it when it fits and there is room."""
        layout = None if self._count >= _LAYOUTS else _layout(pieces)
        if layout is not None:
            self._count += 1
            self._layouts.setdefault(pieces[0], []).append(layout)
        return layout


def _layout(pieces: list[str]) -> _Layout | None:
    header = _HEADER.fullmatch(pieces[0])
    between = [_BETWEEN.fullmatch(piece) for piece in pieces[1:]]
    names = [found[1] for found in between if found]
    if not header or len(names) != len(between):
        return None
    every = (header["name"], *names)
    return _Layout(pieces, header["process"], header["tag"], every) if len(set(every)) == len(every) else None


def _admit(known: set[str], pattern: re.Pattern[str], name: str) -> bool:
    fits = pattern.fullmatch(name) is not None
    if fits and len(known) < _NAMES:
        known.add(name)
    return fits
