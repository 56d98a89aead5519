"""What tells of a wedge: lines of a log, and what a forwarding engine prints when it is asked.

A log is read line by line and gives the lines that a signature knows; the others are counted as read when they are
lines of a log at all. Output of ``request pfe execute`` goes to ``pfe_output``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model.chassis import PfeRow, WedgeEvent
from orchestrator.model.flow_trace import Line
from orchestrator.model.place import Place
from orchestrator.parsers import pfe_output
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.wedge_signatures import signatures
from orchestrator.parsers.xml_input import account, looks_like_xml, root_of, unwrapped

KIND = "a log of wedges, or output of a forwarding engine"
_TIME = re.compile(
    r"(?:<\d{1,3}>)?(?:\d )?(?P<time>[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,6})?|"
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,13}|\d{4} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d)\s"
)
_CARD = re.compile(r"(?:(?P<node>node\d)[._])?\bfpc ?(?P<slot>\d{1,3})\b", re.IGNORECASE)
_PFE = re.compile(r"\bPFE:? ?(?P<pfe>\d{1,2})\b", re.IGNORECASE)
# The chip names itself; it is a better witness than the rule the wording came from.
_CHIPS = (
    ("host-loopback", re.compile(r"host loopback", re.IGNORECASE)),
    ("toe", re.compile(r"\bTOE\b")),
    ("lu", re.compile(r"\bLU-?CHIP")),
    ("xm", re.compile(r"\bXMCHIP")),
    ("xl", re.compile(r"\bXLCHIP|\bXL\[")),
    ("mq", re.compile(r"\bMQCHIP")),
)
_NEEDS_NO_CARD = {"host-loopback"}


def parse(source: Source) -> Reading[WedgeEvent | PfeRow]:
    """Read a log or the output of a forwarding engine, told by what its first stretch holds."""
    inner = unwrapped(source, "output", "file-content")
    tally = Tally()
    if looks_like_xml(inner):  # a reply without output, most likely a refusal
        account(root_of(inner), source.name, tally)
        return Reading(KIND, source.name, tally, ())
    if pfe_output.is_one(inner.head()):
        return Reading(KIND, source.name, tally, pfe_output.rows(inner, tally))
    return Reading(KIND, source.name, tally, _events(inner, tally))


def _events(source: Source, tally: Tally) -> Iterator[WedgeEvent]:
    for line in source.lines():
        tally.lines += 1
        event = event_of(line)
        if event is not None:
            tally.recognised += 1
            yield event
        elif _TIME.match(line.text):
            tally.recognised += 1
        else:
            tally.unknown(line)


def event_of(line: Line) -> WedgeEvent | None:
    """The event a line tells of, ``None`` when no signature knows it."""
    text = line.text
    card = _CARD.search(text)
    driver = next((name for name, sign in _CHIPS if sign.search(text)), "")
    if card is None and driver not in _NEEDS_NO_CARD:
        return None
    said = text[card.end() :] if card and driver not in _NEEDS_NO_CARD else text
    known = next((one for one in signatures() if one.wording.search(said)), None)
    if known is None:
        return None
    time, pfe = _TIME.match(text), _PFE.search(text)
    return WedgeEvent(
        signature=known.name,
        driver=driver or known.driver,
        text=text,
        area=known.area,
        permanence=known.permanence,
        advice=known.advice,
        recurs_at=known.recurs_at,
        fpc=int(card["slot"]) if card else None,
        pfe=integer(pfe["pfe"]) if pfe else None,
        time=time["time"] if time else "",
        node=(card["node"] or "") if card else "",
        place=Place.of_lines(line.file, line.number, line.number),
    )
