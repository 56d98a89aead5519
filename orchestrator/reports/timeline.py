"""When things happened: a lane a conversation on one axis, and packet drops counted over time.

All lengths are units of the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.reports.moments import after, clock, moment, seconds_between, ticks, times_of_day

LANES = 12
LANE = 40
EDGE = 10
AXIS = 26
BARS = 30
BAR_HEIGHT = 64
BAR_WIDTH = 320


@dataclass(frozen=True, slots=True)
class Mark:
    """Packets of one kind that lie at one place of a lane."""

    x: float
    y: float
    outcome: str
    back: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One conversation."""

    title: str
    y: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The whole drawing; ``start`` is the device's clock at its left edge."""

    name: str
    width: int
    height: float
    start: str
    seconds: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    left_out: int


def timeline(conversations: Sequence[Mapping[str, Any]], name: str, width: int) -> Timeline | None:
    """Draw the packets of conversations over time; ``None`` when no packet has a time."""
    drawn = conversations[:LANES]
    times = [when for one in drawn for packet in one["packets"] if (when := moment(packet.get("time")))]
    start = min(times, default=None)
    if start is None:
        return None
    span = max((max(times) - start).total_seconds(), 0.001)
    inner = width - 2 * EDGE
    lanes = tuple(
        Lane(str(one.get("title") or ""), at * LANE + 30, _marks(one["packets"], start, inner / span, at * LANE + 30))
        for at, one in enumerate(drawn)
    )
    marks = ticks(span, max(width // 110, 2))
    return Timeline(
        name=name, width=width, height=len(lanes) * LANE + AXIS, start=clock(start), seconds=span, lanes=lanes,
        ticks=tuple(Tick(EDGE + inner * at / span, after(at), _anchor(at, span)) for at in marks),
        left_out=len(conversations) - len(drawn),
    )  # fmt: skip


def _anchor(at: float, span: float) -> str:
    if at == 0:
        return "start"
    return "end" if at > span * 0.95 else "middle"


def _marks(packets: Sequence[Mapping[str, Any]], start: datetime, scale: float, y: float) -> tuple[Mark, ...]:
    """One mark for all packets of a kind within two units: a million packets draw no more than the lane holds."""
    places: dict[tuple[int, str, bool], None] = {}
    for packet in packets:
        later = seconds_between(start, moment(packet.get("time")))
        if later is not None:
            outcome = "unclear" if packet.get("ambiguous") else str(packet.get("outcome") or "unknown")
            places[round(later * scale / 2), outcome, packet.get("direction") == "back"] = None
    return tuple(Mark(EDGE + place * 2, y, outcome, back) for place, outcome, back in places)


@dataclass(frozen=True, slots=True)
class Bar:
    """Drops within one stretch of time."""

    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Drops over time; ``most`` is the count of the tallest bar, ``step`` the seconds of one."""

    bars: tuple[Bar, ...]
    most: int
    step: float
    begins: str
    ends: str
    untimed: int


def histogram(drops: Sequence[Mapping[str, Any]]) -> Histogram | None:
    """Count drops over time; ``None`` when none has one."""
    read = times_of_day([str(one.get("time") or "") for one in drops])
    known = [one for one in read if one is not None]
    if not known:
        return None
    begin, span = min(known), max(max(known) - min(known), 1.0)
    counts = [0] * BARS
    for one in known:
        counts[min(int((one - begin) / span * BARS), BARS - 1)] += 1
    most, wide = max(counts), BAR_WIDTH / BARS
    bars = tuple(
        Bar(at * wide + 1, BAR_HEIGHT * (1 - count / most), wide - 2, BAR_HEIGHT * count / most, count)
        for at, count in enumerate(counts)
        if count
    )
    return Histogram(
        bars=bars, most=most, step=span / BARS, begins=_of_day(begin), ends=_of_day(begin + span),
        untimed=len(drops) - len(known),
    )  # fmt: skip


def _of_day(seconds: float) -> str:
    whole = int(seconds) % 86_400
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
