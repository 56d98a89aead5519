"""``show chassis alarms`` and ``show system alarms``, text or XML.

Both have one layout (facts: YANG 24.4R1; replies of vSRX 24.4R1.9). An old EX answers the RPC with the text inside
``<output>`` (facts: a fixture of PyEZ). "No alarms" is a list with none, never nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.model.chassis import Alarm, AlarmList, Severity
from orchestrator.model.flow_trace import Line
from orchestrator.model.place import Place
from orchestrator.parsers.labels import leaves_below
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer, node_heading
from orchestrator.parsers.xml_input import (
    Element,
    account,
    attribute,
    children,
    descendants,
    leaf,
    leaves,
    line_of,
    local_name,
    looks_like_xml,
    node_of,
    root_of,
)

KIND = "a list of alarms"
_COUNT = re.compile(r"(?P<count>\d{1,6}|No) alarms? currently active")
_HEADING = re.compile(r"Alarm time\s+Class\s+Description")
_ROW = re.compile(
    r"(?P<time>(?:\d{4}-\d\d-\d\d|[A-Z][a-z]{2} +\d{1,2}) \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [A-Za-z0-9+-]{1,8})?)\s+"
    r"(?P<class>[A-Z][a-z]+)\s+(?P<said>\S.*)"
)
# facts: texts of vSRX 24.4R1.9 and of published cases
_FPC = re.compile(
    r"FPC (?P<slot>\d{1,3}) (?:(?P<word>Major|Minor|Hard|Fatal) )?[Ee]rrors"
    r"(?: - (?P<module>.+?) Error code: (?P<code>0x[0-9a-fA-F]+))?"
)
_SLOT = re.compile(r"FPC (?P<slot>\d{1,3})\b")
_LEAVES = {
    "alarm-time", "alarm-class", "alarm-description", "alarm-short-description", "alarm-type", "active-alarm-count",
    "no-active-alarms", "active-fpc-slot", "no-active-fpc-slot",
}  # fmt: skip
# A description too long for its line: it goes on under its column, or where the terminal had no more room.
_DEEP = 20
_NEXT = re.compile(r"\s*\d{4}-|.*\s(?:Major|Minor|Critical)\s{2}|\s*error: ")  # a row of a form that is not known
_TERMINALS = {80, 100, 120, 132}
_WIDTHS = _TERMINALS | {width - 1 for width in _TERMINALS}


def parse(source: Source) -> Reading[AlarmList]:
    """Read one list a node."""
    tally = Tally()
    if looks_like_xml(source):
        return Reading(KIND, source.name, tally, _from_element(root_of(source), source.name, tally))
    return Reading(KIND, source.name, tally, _from_text(source, tally, ""))


def parse_element(element: Element, name: str = "reply") -> Reading[AlarmList]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    tally = Tally()
    return Reading(KIND, name, tally, _from_element(element, name, tally))


def _from_element(element: Element, name: str, tally: Tally) -> Iterator[AlarmList]:
    for each in descendants(element, "alarm-information", "output"):
        if local_name(each) == "output":
            text = "".join(map(str, each.itertext()))
            yield from _from_text(Source.of_text(text, name), tally, node_of(each))
        else:
            tally.recognised += 1
            yield _list_of(each, name, tally)
    account(element, name, tally)


def _list_of(element: Element, name: str, tally: Tally) -> AlarmList:
    declared = slot = None
    for summary in children(element, "alarm-summary"):
        said = leaves(summary)
        declared = 0 if "no-active-alarms" in said else integer(said.get("active-alarm-count"))
        slot = integer(said.get("active-fpc-slot") or said.get("no-active-fpc-slot"))
    node = node_of(element)
    alarms = []
    for detail in children(element, "alarm-detail"):
        tally.recognised += 1
        alarms.append(_of_leaves(detail, name, node, tally))
    others = _unknown_leaves(element, name, tally, "alarm-detail")
    return AlarmList(node=node, declared=declared, fpc_slot=slot, alarms=tuple(alarms), others=others)


def _of_leaves(detail: Element, name: str, node: str, tally: Tally) -> Alarm:
    said = leaves(detail)
    time = next(children(detail, "alarm-time"), None)
    line = line_of(detail)
    return _alarm(
        " ".join(said.get("alarm-description", "").split()),
        said.get("alarm-class", ""),
        leaf(detail, "alarm-time"),
        node,
        seconds=None if time is None else integer(attribute(time, "seconds")),
        short=said.get("alarm-short-description", ""),
        kind=said.get("alarm-type", ""),
        others=_unknown_leaves(detail, name, tally),
        place=Place.of_lines(name, line, line + "".join(map(str, detail.itertext())).count("\n")),
    )


def _unknown_leaves(element: Element, name: str, tally: Tally, *without: str) -> tuple[tuple[str, str], ...]:
    """Leaves that no release published so far: kept, and counted."""
    found = tuple(pair for pair in leaves_below(element, *without) if pair[0] not in _LEAVES)
    for tag, text in found:
        tally.unknown(Line(name, line_of(element), f"<{tag}> {text}"))
    return found


@dataclass(slots=True)
class _Page:
    """The list of one node while its lines go by. ``open_list`` is set when there is one, be it empty."""

    node: str
    declared: int | None = None
    open_list: bool = False
    found: list[Alarm] = field(default_factory=list)
    row: re.Match[str] | None = None
    row_line: Line = field(default=Line("", 0, ""))

    def finished(self) -> Iterator[AlarmList]:
        """The list is whole."""
        if self.open_list:
            yield AlarmList(node=self.node, declared=self.declared, alarms=tuple(self.found))
        self.declared, self.open_list, self.found, self.row = None, False, [], None

    def take_row(self, row: re.Match[str], line: Line) -> None:
        """One alarm."""
        self.open_list, self.row, self.row_line = True, row, line
        self.found.append(_of_row(row, row["said"], line, line, self.node))

    def continues(self, line: Line) -> bool:
        """Whether a line goes on with the description of the alarm above: it stands under it, or was cut off it."""
        if self.row is None or line.number != (self.found[-1].place or Place("", 0, 0)).end:
            return False
        if _NEXT.match(line.text):
            return False
        indent = len(line.text) - len(line.text.lstrip())
        return indent >= _DEEP or (indent == 0 and len(self.row_line.text) in _WIDTHS)

    def take_rest(self, text: str, line: Line) -> None:
        """The next piece of the description; a line cut at the width of the terminal may be cut within a word."""
        if self.row is None:
            return
        cut = line.text[:1] != " " and len(self.row_line.text) in _TERMINALS
        said = self.found[-1].description + ("" if cut else " ") + text
        self.found[-1] = _of_row(self.row, said, self.row_line, line, self.node)


def _from_text(source: Source, tally: Tally, node: str) -> Iterator[AlarmList]:
    page = _Page(node)
    for line in source.lines():
        tally.lines += 1
        text = plain_line(line.text)
        if heading := node_heading(text):
            yield from page.finished()
            page.node = heading
        elif count := _COUNT.fullmatch(text):
            yield from page.finished()
            page.declared, page.open_list = (0 if count["count"] == "No" else int(count["count"])), True
        elif row := _ROW.fullmatch(text):
            page.take_row(row, line)
        elif page.continues(line):
            page.take_rest(text, line)
        elif not _HEADING.fullmatch(text):
            tally.unknown(line)
            continue
        tally.recognised += 1
    yield from page.finished()


def _of_row(row: re.Match[str], said: str, first: Line, last: Line, node: str) -> Alarm:
    place = Place.of_lines(first.file, first.number, last.number)
    return _alarm(said, row["class"], row["time"], node, place=place)


def _alarm(  # noqa: PLR0913 - the columns of one row
    description: str,
    alarm_class: str,
    time: str,
    node: str,
    *,
    place: Place,
    seconds: int | None = None,
    short: str = "",
    kind: str = "",
    others: tuple[tuple[str, str], ...] = (),
) -> Alarm:
    card = _FPC.fullmatch(description)
    slot = card or _SLOT.match(description)
    word = card["word"].lower() if card and card["word"] else ""
    return Alarm(
        description=description,
        alarm_class=alarm_class,
        time=time,
        seconds=seconds,
        short_description=short,
        alarm_type=kind,
        node=node,
        fpc=int(slot["slot"]) if slot else None,
        severity=Severity(word) if word in set(Severity) else None,
        module=(card["module"] or "") if card else "",
        code=(card["code"] or "") if card else "",
        others=others,
        place=place,
    )
