"""Log lines of services cards, any ``ASP_*``, ``JSERVICES_*`` or ``MSVCS_*`` among lines of others.

Grammar (facts: System Log Messages 10.3, published logs of MS-MPC):
``[STAMP ](FPC Slot N, PIC Slot N) {SERVICE-SET}[PLUGIN]: TAG: proto N (NAME) application: APP, IFL:SRC:PORT ->
DST:PORT, EVENT``. Ports stand behind ``:`` or ``/``, the application behind ``application`` or ``app``, with or without
a blank; ``#012`` is a line feed that a collector escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model import protocols
from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line
from orchestrator.model.service_log import ServiceLog
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log_head import head_of
from orchestrator.parsers.values import integer, protocol_number
from orchestrator.parsers.xml_input import unwrapped

KIND = "a log of a services card"
_TAG = re.compile(r"(?<![\w-])(?P<tag>(?:ASP|JSERVICES|MSVCS)_[A-Z0-9_]+): ?")
_CARD = re.compile(r"\(?FPC Slot (?P<fpc>\d+), ?PIC Slot (?P<pic>\d+)\)?")
_STAMP = re.compile(r"(?<![\d-])(\d{4}-\d\d-\d\d)[ T](\d\d: ?\d\d:\d\d)")
_WHERE = re.compile(r"\{(?P<set>[^}]{0,128})\}(?:\[(?P<plugin>[^\]]{0,64})\])?:?\s{0,8}$")
_PROTOCOL = re.compile(r"proto (?P<number>\d{1,3})\b(?: \([\w-]+\))?|\((?P<name>TCP|UDP|ICMP6?|[A-Z]{2,8})\)")
_APPLICATION = re.compile(r"\bapp(?:lication)? ?: ?(?P<name>[^\s,]+)")
_END = (  # an IPv4 address may stand without a port, where the protocol has none
    r"(?:(?P<{0}>[0-9A-Fa-f.:]{{0,45}}[0-9A-Fa-f])[:/](?P<{0}_port>\d{{1,5}})|"
    r"(?P<{0}_alone>\d{{1,3}}(?:\.\d{{1,3}}){{3}})(?![\d.:/]))"
)
_SOURCE = rf"{_END.format('source')}(?: ?\[{_END.format('source_nat')}\])?"
_DESTINATION = rf"(?:\[{_END.format('destination_nat')}\] ?)?{_END.format('destination')}"
_FLOW = re.compile(rf"(?:(?P<interface>[a-z]{{1,8}}[\w/.-]{{0,40}})[: ])?{_SOURCE} -> {_DESTINATION}")
_TRANSLATED = re.compile(
    r"(?P<which>source|destination) address and port translate to (?P<address>[0-9A-Fa-f.:]{1,45})[:/](?P<port>\d{1,5})"
)
_RULE = re.compile(
    r"\brule-set ?: ?(?P<set>[^,]{0,128}), ?rule ?: ?(?P<rule>[^,]{0,128}), ?term ?: ?(?P<term>[^,;\s]{0,128})"
)


def parse(source: Source) -> Reading[ServiceLog]:
    """Read the lines of services cards; those of others are only counted, unless there are no others."""
    tally = Tally()
    return Reading(KIND, source.name, tally, _records(unwrapped(source, "file-content", "output"), tally))


def _records(source: Source, tally: Tally) -> Iterator[ServiceLog]:
    foreign: Line | None = None
    for line in source.lines():
        tally.lines += 1
        record = service_log(line)
        if record is None:
            foreign = foreign or line
        else:
            tally.recognised += 1
            yield record
    if foreign is not None and not tally.recognised:
        tally.unknown(foreign)


def service_log(line: Line) -> ServiceLog | None:
    """Read one line; ``None`` when it is of another daemon."""
    text = plain_line(line.text).replace("#012", " ")
    found = _TAG.search(text)
    if found is None:
        return None
    before, said = text[: found.start()], text[found.end() :]
    card, where = _CARD.search(before), _WHERE.search(before)
    application, rule = _APPLICATION.search(said), _RULE.search(said)
    flow = _FLOW.search(said)
    translated = {one["which"]: (one["address"], int(one["port"])) for one in _TRANSLATED.finditer(said)}
    return ServiceLog(
        time=head_of(text).time or _own_time(before),
        tag=found["tag"],
        card=f"FPC {card['fpc']} PIC {card['pic']}" if card else "",
        service_set=where["set"] if where else "",
        plugin=(where["plugin"] or "") if where else "",
        application=application["name"] if application else "",
        interface=(flow["interface"] or "") if flow else "",
        key=_key(said, flow),
        translated_source=translated.get("source") or _nat_end(flow, "source_nat"),
        translated_destination=translated.get("destination") or _nat_end(flow, "destination_nat"),
        rule_set=_name(rule["set"]) if rule else "",
        rule=_name(rule["rule"]) if rule else "",
        term=_name(rule["term"]) if rule else "",
        text=said[flow.end() :].strip(" ,") if flow else said.strip(),
        line=line,
    )


def _own_time(before: str) -> str:
    """The stamp a services card writes where no head of a system log is: ``2015-06-11 07:11:33: NAME{SET}``."""
    stamps = _STAMP.findall(before)
    return "T".join((stamps[-1][0], "".join(stamps[-1][1].split()))) if stamps else ""


def _key(said: str, flow: re.Match[str] | None) -> FlowKey | None:
    if flow is None:
        return None
    protocol = _PROTOCOL.search(said)
    number = protocol_number(protocol["number"] or protocol["name"]) if protocol else -1
    source, destination = (flow[end] or flow[f"{end}_alone"] for end in ("source", "destination"))
    source_port, destination_port = integer(flow["source_port"]), integer(flow["destination_port"])
    if number not in protocols.WITH_PORTS and number != -1:
        return FlowKey(source, None, destination, None, number)
    return FlowKey(source, source_port, destination, destination_port, number)


def _nat_end(flow: re.Match[str] | None, name: str) -> tuple[str, int | None] | None:
    return (flow[name], int(flow[f"{name}_port"])) if flow and flow[name] else None


def _name(text: str) -> str:
    """A name as printed, empty for ``(null)``."""
    return "" if text.strip() == "(null)" else text.strip()
