"""``show chassis alarms`` and ``show system alarms``, text or XML.

Both have one layout (facts: YANG 24.4R1; replies of vSRX 24.4R1.9). An old EX answers the RPC with the text inside
``<output>`` (facts: a fixture of PyEZ). "No alarms" is a list with none, never nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model.chassis import Alarm, AlarmList, Severity
from orchestrator.model.flow_trace import Line
from orchestrator.model.place import Place
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
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?: [A-Za-z0-9+-]{1,8})?)\s+(?P<class>[A-Z][a-z]+)\s+(?P<said>\S.*)"
)
# facts: texts of vSRX 24.4R1.9 and of published cases
_FPC = re.compile(
    r"FPC (?P<slot>\d{1,3}) (?:(?P<word>Major|Minor|Hard|Fatal) )?[Ee]rrors"
    r"(?: - (?P<module>.+?) Error code: (?P<code>0x[0-9a-fA-F]+))?"
)
_SLOT = re.compile(r"FPC (?P<slot>\d{1,3})\b")


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
        alarms.append(_of_leaves(detail, name, node))
    return AlarmList(node=node, declared=declared, fpc_slot=slot, alarms=tuple(alarms))


def _of_leaves(detail: Element, name: str, node: str) -> Alarm:
    said = leaves(detail)
    time = next(children(detail, "alarm-time"), None)
    line = line_of(detail)
    return _alarm(
        said.get("alarm-description", ""),
        said.get("alarm-class", ""),
        leaf(detail, "alarm-time"),
        node,
        seconds=None if time is None else integer(attribute(time, "seconds")),
        short=said.get("alarm-short-description", ""),
        kind=said.get("alarm-type", ""),
        place=Place.of_lines(name, line, line + "".join(map(str, detail.itertext())).count("\n")),
    )


def _from_text(source: Source, tally: Tally, node: str) -> Iterator[AlarmList]:
    declared: int | None = None
    open_list = False
    found: list[Alarm] = []
    for line in source.lines():
        tally.lines += 1
        text = plain_line(line.text)
        if heading := node_heading(text):
            if open_list:
                yield AlarmList(node=node, declared=declared, alarms=tuple(found))
            node, declared, open_list, found = heading, None, False, []
        elif count := _COUNT.fullmatch(text):
            if open_list:
                yield AlarmList(node=node, declared=declared, alarms=tuple(found))
                found = []
            declared, open_list = (0 if count["count"] == "No" else int(count["count"])), True
        elif row := _ROW.fullmatch(text):
            open_list = True
            found.append(_of_row(row, line, node))
        elif not _HEADING.fullmatch(text):
            tally.unknown(line)
            continue
        tally.recognised += 1
    if open_list:
        yield AlarmList(node=node, declared=declared, alarms=tuple(found))


def _of_row(row: re.Match[str], line: Line, node: str) -> Alarm:
    place = Place.of_lines(line.file, line.number, line.number)
    return _alarm(row["said"], row["class"], row["time"], node, place=place)


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
        place=place,
    )
