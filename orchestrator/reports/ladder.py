"""A conversation as a ladder: three lifelines, an arrow a packet, a cross where one was dropped.

All lengths are units of the drawing. It is computed twice, for a wide page and for a phone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.reports.moments import after, moment, seconds_between

DRAWN = 60
FIRST_DRAWN = 40  # when there are more: the first ones, then drops
HEAD = 46
FOOT = 12
ARROW = 7

_FLAGS = ((0x02, "SYN"), (0x01, "FIN"), (0x04, "RST"), (0x08, "PSH"), (0x10, "ACK"), (0x20, "URG"))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the lifelines stand, and how many characters a note beside the firewall may have."""

    name: str
    width: int
    client: int
    inside: int
    outside: int
    server: int
    row: int
    characters: int
    with_times: bool


WIDE = Layout("wide", 760, 112, 350, 470, 748, 36, 38, with_times=True)
NARROW = Layout("narrow", 320, 8, 130, 184, 312, 50, 18, with_times=False)


@dataclass(frozen=True, slots=True)
class Note:
    """Words at a place; ``anchor`` is SVG's text-anchor."""

    x: float
    y: float
    anchor: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One packet: its way to the firewall, its way on when it was forwarded, and what is written beside."""

    number: int
    y: float
    outcome: str
    back: bool
    first_path: bool
    time: str
    way: tuple[float, float]
    way_on: tuple[float, float] | None
    head: str
    cross: tuple[float, float] | None
    label: Note
    note: Note | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Packets that are not drawn."""

    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The whole drawing."""

    layout: Layout
    height: float
    arrows: tuple[Arrow, ...]
    gaps: tuple[Gap, ...]


def chosen(packets: Sequence[Mapping[str, Any]]) -> list[int]:
    """Which packets are drawn: all, or the first ones and then drops, in their order."""
    if len(packets) <= DRAWN:
        return list(range(len(packets)))
    later = [at for at in range(FIRST_DRAWN, len(packets)) if packets[at].get("outcome") == "dropped"]
    taken = later[: DRAWN - FIRST_DRAWN]
    rest = [at for at in range(FIRST_DRAWN, len(packets)) if at not in set(taken)]
    return sorted([*range(FIRST_DRAWN), *taken, *rest[: DRAWN - FIRST_DRAWN - len(taken)]])


def flags(text: object) -> str:
    """TCP flags by name, from what the trace prints: ``12 syn ack`` is ``SYN ACK``, ``18`` is ``PSH ACK``."""
    number, _, names = str(text or "").strip().partition(" ")
    if names:
        return names.upper()
    try:
        value = int(number, 16)
    except ValueError:
        return number.upper()
    return " ".join(name for bit, name in _FLAGS if value & bit)


def ladder(packets: Sequence[Mapping[str, Any]], layout: Layout) -> Ladder:
    """Draw the packets of one conversation; each needs ``direction`` and ``outcome``."""
    start = next((when for one in packets if (when := moment(one.get("time")))), None)
    arrows: list[Arrow] = []
    gaps: list[Gap] = []
    y = float(HEAD + layout.row / 2)
    before = -1
    for at in chosen(packets):
        if at > before + 1:
            gaps.append(Gap(y, _not_drawn(packets[before + 1 : at])))
            y += layout.row
        arrows.append(_arrow(packets[at], at + 1, y, layout, start))
        y += layout.row
        before = at
    if before + 1 < len(packets):
        gaps.append(Gap(y, _not_drawn(packets[before + 1 :])))
        y += layout.row
    return Ladder(layout=layout, height=y - layout.row / 2 + FOOT, arrows=tuple(arrows), gaps=tuple(gaps))


def _not_drawn(packets: Sequence[Mapping[str, Any]]) -> str:
    dropped = sum(one.get("outcome") == "dropped" for one in packets)
    some = "1 packet" if len(packets) == 1 else f"{len(packets)} packets"
    return f"{some} not drawn" + (f", {dropped} of them dropped" if dropped else "")


def _arrow(packet: Mapping[str, Any], number: int, y: float, layout: Layout, start: datetime | None) -> Arrow:
    back = packet.get("direction") == "back"
    outcome = "unclear" if packet.get("ambiguous") else str(packet.get("outcome") or "unknown")
    near, enter, leave, far = layout.client, layout.inside, layout.outside, layout.server
    if back:
        near, enter, leave, far = far, leave, enter, near
    forwarded = outcome == "forwarded"
    tip = float(far if forwarded else enter)
    middle = (layout.inside + layout.outside) / 2
    later = seconds_between(start, moment(packet.get("time")))
    return Arrow(
        number=number, y=y, outcome=outcome, back=back, first_path=packet.get("path") == "first",
        time=after(later) if later is not None else "",
        way=(near, enter), way_on=(leave, far) if forwarded else None,
        head=_head(tip, y, back=back), cross=None if forwarded else (middle, y),
        label=Note((near + enter) / 2, y - 6, "middle", (_label(packet, layout, later),)),
        note=_note(packet, outcome, y, layout, back=back),
    )  # fmt: skip


def _head(tip: float, y: float, *, back: bool) -> str:
    tail = tip + ARROW if back else tip - ARROW
    return f"{tip:g},{y:g} {tail:g},{y - 4:g} {tail:g},{y + 4:g}"


def _label(packet: Mapping[str, Any], layout: Layout, later: float | None) -> str:
    length = packet.get("length")
    size = "" if length is None else f"{length} B"
    words = [flags(packet.get("tcp_flags")), size]
    if not layout.with_times:
        words = [after(later) if later is not None else "", words[0] or size]
    return " ".join(word for word in words if word)[: layout.characters]


def _note(packet: Mapping[str, Any], outcome: str, y: float, layout: Layout, *, back: bool) -> Note | None:
    """What stands on the far side of the firewall: the reason of a drop, or how the packet was handled."""
    x, anchor = (layout.inside - 10, "end") if back else (layout.outside + 10, "start")
    if outcome == "forwarded":
        first = packet.get("path") == "first"
        return Note((layout.outside + layout.server) / 2, y - 6, "middle", ("first path",)) if first else None
    text = {
        "dropped": str(packet.get("reason") or "no reason given"),
        "unclear": "lines of several packets are mixed",
    }.get(outcome, "the trace does not show its end")
    lines = textwrap.wrap(text, layout.characters, max_lines=2, placeholder="\N{HORIZONTAL ELLIPSIS}")
    return Note(x, y + 4 - 7 * (len(lines) - 1), anchor, tuple(lines))
