"""A form: a whole bracket with its numbers, addresses and names left open.

The brackets that have it are recognised by one pattern and read from its groups. A form stands for a bracket that the
full parser would surely read as one packet, all lines its own, in a lane where nothing else is open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Outcome, TracePacket
from orchestrator.model.trace_flow import Alike, Extent, Facts, TraceFlow
from orchestrator.parsers import flow_trace_grammar as grammar
from orchestrator.parsers.flow_trace_rules import Rule, session_of

STAMP = (
    r"(?P<stamp>[A-Z][a-z]{2} {1,2}[0-9]{1,2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2} (?:[0-9]{4} )?"
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}\.)[0-9]{6}+"
)
HEADER = r"(?P<header>:(?:[A-Z_]{2,12}-[A-Za-z0-9_.]{1,12}:)+RT:)"
SAME = r"(?P=stamp)[0-9]{6}+(?P=header)"

_MOST_WORDS = 7
_FEW = 256

Moment = tuple[datetime, bytes]  # a second, and the microseconds as printed


@dataclass(slots=True)
class Known:
    """Brackets of one form with the same values; they are counted in their flow some time later.

    ``flow`` is ``None`` for packets without a tuple. ``rest`` are the values that are not in the first line, ``words``
    the filters and flags so far. ``last`` is the last moment of ``second``; ``early`` and ``late`` are where the first
    and the last bracket stand. ``kept`` says that another such bracket is expected.
    """

    form: Form
    flow: TraceFlow | None
    outcome: Outcome
    reason: str
    rest: tuple[bytes, ...]
    words: tuple[tuple[bytes, ...], ...]
    first: Moment
    second: datetime
    last: bytes
    early: Extent
    late: Extent
    kept: bool
    amount: int = 0

    def note(self, second: datetime, micros: bytes) -> None:
        """Take in a moment that is not simply later in the same second."""
        self.first = min(self.first, (second, micros))
        self.second, self.last = max((self.second, self.last), (second, micros))

    def hear(self, words: tuple[bytes, ...]) -> None:
        """Take in a filter and flags that were not there before."""
        self.words = (*self.words[-_MOST_WORDS:], words)
        if self.flow is not None:
            self.flow.hear(words[0].decode(), words[1].decode())

    def settle(self) -> None:
        """Count in the flow what was put off."""
        amount, self.amount = self.amount, 0
        if self.flow is None or not amount:
            return
        first = last = _time(self.first)
        if self.last is not self.first[1]:
            last = _time((self.second, self.last))
        self.flow.count(Alike(self.outcome, self.reason, amount, first, last, (self.early,), self.late))


def _time(moment: Moment) -> datetime:
    return moment[0].replace(microsecond=int(moment[1]))


Told = tuple[Facts, bool]  # what a bracket tells, and whether the identities named in it agree


@dataclass(frozen=True, slots=True)
class Step:
    """What one record of the form says: constant parts, and which of the captured texts the others are."""

    rule: Rule | None
    drop: str | None
    constant: dict[str, str | None]
    open: tuple[tuple[str, int], ...]
    names_session: bool

    def found(self, texts: Sequence[str]) -> dict[str, str | None]:
        """The groups of the rule."""
        found = dict(self.constant)
        for name, index in self.open:
            found[name] = texts[index]
        return found


@dataclass(slots=True, eq=False)
class Form:
    """A bracket left open.

    ``wanted`` are the groups of the pattern that tell something, ``rest`` those of them behind the first line, and
    ``words`` the filter and the TCP flags, between which the packets of one flow change; an empty group stands where
    there is none. ``strict`` says that the full parser would question no line, ``doubts`` are pairs of stamps of lines
    that it would if they came in one microsecond. ``mark`` is which captured text holds both ports in hexadecimal.
    ``brackets`` counts those that had the form, ``firsts`` those whose values were not known; ``known`` holds by the
    wanted groups what they were. ``quick`` gives
    the same as ``read`` where that takes no more than putting texts in their places.
    """

    pattern: re.Pattern[bytes]
    wanted: tuple[int, ...]
    rest: tuple[int, ...]
    words: tuple[int, int]
    steps: tuple[Step, ...]
    lines: int
    unread: int
    strict: bool
    doubts: tuple[tuple[int, int], ...]
    mark: int | None
    quick: Callable[[Sequence[str]], Told] | None = None
    brackets: int = 0
    firsts: int = 0
    known: dict[tuple[bytes, ...], Known] = field(default_factory=dict)
    match: Callable[[bytes, int], re.Match[bytes] | None] = field(init=False)

    def __post_init__(self) -> None:
        self.match = self.pattern.match

    def tell(self, found: re.Match[bytes]) -> Told:
        """What a bracket tells."""
        texts = b"\n".join(found.group(*self.wanted, *self.words)).decode().split("\n")
        return self.quick(texts) if self.quick else self.read(texts)

    @property
    def repeats(self) -> bool:
        """Whether brackets with the same values come again; those of a first path hardly do."""
        return self.firsts < _FEW or self.brackets > 2 * self.firsts

    def read(self, texts: Sequence[str]) -> Told:
        """What captured texts tell, by the rules of the full parser."""
        packet = TracePacket()
        sessions = set()
        for step in self.steps:
            found = step.found(texts)
            grammar.put(packet, step.rule, found, step.drop)
            if step.names_session:
                sessions.add(session_of(found["hex"], found["id"]))
        grammar.finish(packet)
        mark = texts[self.mark] if self.mark is not None else ""
        return Facts.of(packet), len(sessions) < 2 and mark_agrees(mark, packet.key)

    def is_sure(self, found: re.Match[bytes]) -> bool:
        """Whether no line comes in one microsecond with another that would make the full parser question it."""
        return not self.doubts or all(found[one] != found[other] for one, other in self.doubts)


def mark_agrees(mark: str, key: FlowKey | None) -> bool:
    """Whether the hexadecimal word of a policy search holds the source port, as far as the full parser looks."""
    if not 7 <= len(mark) <= 10 or key is None or not key.source_port:
        return True
    return int(mark, 16) >> 16 == key.source_port
