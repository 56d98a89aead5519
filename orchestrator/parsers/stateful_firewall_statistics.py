"""Counters of ``show services stateful-firewall statistics``, by the names YANG gives them, and ``flows count``.

The labels are those of the ALG document (the older wording) and of the command reference (the newer one). The leaves of
a count are those a published check of JSNAP asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model.flow_trace import Line
from orchestrator.model.stateful_firewall import FirewallStatistics, ServiceFlowTable
from orchestrator.parsers.labels import Labels, leaves_below
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.stateful_firewall_text import Block, Joined, unknown
from orchestrator.parsers.xml_input import Element, leaf, line_of, local_name, text_of

TOTALS = "totals"  # counters that stand in no group
_PAIR = re.compile(r"(?<!\w)(?P<label>[A-Za-z][^:]{0,120}?): ?(?:(?P<count>\d+)(?P<percent>%?)(?=[ ,]|$))?")
# Columns of the table, the first three by YANG's names (facts: documentation 13.1).
_TABLE = re.compile(r"Interface Service set Accept Discard Reject Errors(?= |$)")
_TABLE_ROW = re.compile(r" ([a-z]{2,5}[\w/.-]*\d) (\S+) (\d+) (\d+) (\d+) (\d+)(?= |$)")
_TABLE_COUNTERS = ("total-flow-accepts", "total-flow-discards", "total-flow-rejects", "errors")
_COUNT_TABLE = re.compile(r"Interface Service set Flow [Cc]ounts?(?= |$)")
_COUNT_ROW = re.compile(r" ([a-z]{2,5}[\w/.-]*\d) (\S+) (\d+)(?= |$)")
_IN_BRACKETS = re.compile(r"\([^)]*\)")
_GROUPS = {
    "new flows": "new-flow-counters",
    "existing flows": "existing-flow-counters",
    "existing flow types packet counters": "existing-flow-counters",
    "hairpinning counters": "hairpinning-counters",
    "haripinning counters": "hairpinning-counters",
    "drops": "drop_counters",  # YANG's own underscore
    "errors": "error-counters",
    "ip errors": "ip-error-counters",
    "tcp errors": "tcp-error-counters",
    "udp errors": "udp-error-counters",
    "icmp errors": "icmp-error-counters",
    "alg errors": "alg-error-counters",
    "drop flows": "drop-flows",
}
_ALGS = (
    "bootp", "dce-rpc", "dce-rpc portmap", "dns", "exec", "ftp", "h323", "icmp", "iiop", "login", "netbios", "netshow",
    "realaudio", "rpc", "rpc portmap", "rtsp", "shell", "sip", "snmp", "sqlnet", "tftp", "traceroute",
)  # fmt: skip
_COUNTERS: dict[str, dict[str, str]] = {
    "new-flow-counters": {
        "accepts": "new-flow-accepts", "discards": "new-flow-discards", "rejects": "new-flow-rejects",
        "rule accepts": "new-flow-accepts", "rule discards": "new-flow-discards", "rule rejects": "new-flow-rejects",
    },
    "existing-flow-counters": {
        "accepts": "existing-flow-accepts", "discards": "existing-flow-discards", "drop": "existing-flow-discards",
        "rejects": "existing-flow-rejects",
    },
    "hairpinning-counters": {
        "slow path hairpinned packets": "slow-path-hairpinned-packets",
        "fast path hairpinned packets": "fast-path-hairpinned-packets",
    },
    "drop_counters": {
        "ip option": "ip-option", "tcp syn defense": "syn-defense", "nat ports exhausted": "nat-ports-exhausted",
        "sessions dropped due to subscriber flow limit": "subs-flow-limit-exceeded",
    },
    "error-counters": {
        "ip": "ip-errors", "tcp": "tcp-errors", "udp": "udp-errors", "icmp": "icmp-errors",
        "non-ip packets": "non-ip-packets", "alg": "alg-errors",
    },
    "ip-error-counters": {
        "ip packet length inconsistencies": "ip-length-error",
        "minimum ip header length check failures": "ip-header-length-error",
        "reassembled packet exceeds maximum ip length": "long-packet",
        "illegal source address": "illegal-source-address",
        "illegal destination address": "illegal-destination-address",
        "ttl zero errors": "ttl-zero",
        "illegal ip protocol number": "illegal-ip-protocol",
        "land attack": "land-attack",
        "non-ipv4 packets": "non-ipv4",
        "non-ipv6 packets": "non-ipv6",
        "not ip packet": "not-ip-packet",
        "bad checksum": "bad-checksum",
        "illegal ip fragment length": "illegal-fragment-length",
        "ip fragment overlap": "fragment-overlap",
        "ip fragment reassembly timeout": "fragment-reassembly-timeout",
        "ip fragment limit exceeded": "fragment-limit-exceeded",
        "unknown": "unknown",
    },
    "tcp-error-counters": {
        "tcp header length inconsistencies": "tcp-header-length-error",
        "source or destination port number is zero": "tcp-zero-port",
        "illegal sequence number and flags combinations": "illegal-sequence-number-flags",
        "syn attack": "syn-attack",
        "first packet not a syn message": "non-syn-first-packet",
        "tcp port scan": "tcp-port-scan",
        "bad syn cookie response": "bad-syn-cookie-response",
    },
    "udp-error-counters": {
        "ip data length less than minimum udp header length": "udp-header-length-error",
        "source or destination port number is zero": "udp-zero-port",
        "udp port scan": "udp-port-scan",
    },
    "icmp-error-counters": {
        "ip data length less than minimum icmp header length": "icmp-length-error",
        "icmp error length inconsistencies": "icmp-error-length-error",
        "duplicate ping sequence number": "ping-duplicate-sequence-number",
        "mismatched ping sequence number": "ping-mismatched-sequence-number",
        "no matching flow": "icmp-error-no-matching-flow",
    },
    "alg-error-counters": {name: f"alg-{name.replace(' ', '-')}-errors" for name in _ALGS},
    "drop-flows": {
        "maximum ingress drop flows allowed": "max-ingress-drop-flows",
        "maximum egress drop flows allowed": "max-egress-drop-flows",
        "current ingress drop flows": "current-ingress-drop-flows",
        "current egress drop flows": "current-egress-drop-flows",
        "ingress drop flow limit drops count": "ingress-drop-flowlimit-drops",
        "egress drop flow limit drops count": "egress-drop-flowlimit-drops",
    },
}  # fmt: skip


def is_table(text: str) -> bool:
    """Whether a block of text holds the table of counters."""
    return _TABLE.search(text) is not None


def is_statistics(text: str) -> bool:
    """Whether a block of text holds counters and no flows."""
    return re.search(r"\b(?:New flows|ALG errors|Errors|Drops):", text) is not None


def read_table(joined: Joined, block: Block, tally: Tally) -> Iterator[FirewallStatistics]:
    """Read the rows of the table that is printed without a level of detail: one a service set."""
    start = block.start
    for heading in _TABLE.finditer(joined.text, block.start, block.end):
        unknown(joined, start, heading.start(), tally)
        start = heading.end()
        while row := _TABLE_ROW.match(joined.text, start, block.end):
            start = row.end()
            tally.recognised += 1
            interface, service_set, *counts = row.groups()
            totals = dict(zip(_TABLE_COUNTERS, map(int, counts), strict=True))
            line = joined.line(row.start(1))
            yield FirewallStatistics(
                interface=interface, service_set=service_set, groups={TOTALS: totals}, others={},
                lines={name: line for name, count in totals.items() if count},
            )  # fmt: skip
    unknown(joined, start, block.end, tally)


def is_count(text: str) -> bool:
    """Whether a block of text holds the table of numbers of flows."""
    return _COUNT_TABLE.search(text) is not None


def read_counts(joined: Joined, block: Block, tally: Tally) -> Iterator[ServiceFlowTable]:
    """Read the numbers of flows: one a service set."""
    start = block.start
    for heading in _COUNT_TABLE.finditer(joined.text, block.start, block.end):
        unknown(joined, start, heading.start(), tally)
        start = heading.end()
        tally.recognised += 1
        while row := _COUNT_ROW.match(joined.text, start, block.end):
            start = row.end()
            tally.recognised += 1
            yield ServiceFlowTable(interface=row[1], service_set=row[2], flows=(), counted=int(row[3]))
    unknown(joined, start, block.end, tally)


def count_of(entry: Element) -> ServiceFlowTable:
    """Read the number of flows of one service set."""
    labels = Labels(leaves_below(entry))
    return ServiceFlowTable(
        interface=labels.take("interface-name"), service_set=labels.take("service-set-name"), flows=(),
        counted=labels.number("flow-count"), others=labels.rest(),
    )  # fmt: skip


def read_block(joined: Joined, block: Block, tally: Tally) -> FirewallStatistics:
    """Read the counters of a block; a label in no list is kept as printed, and counted as unknown."""
    groups: dict[str, dict[str, int]] = {}
    others: dict[str, str] = {}
    lines: dict[str, Line] = {}
    group, at = TOTALS, block.start
    for found in _PAIR.finditer(joined.text, block.start, block.end):
        unknown(joined, at, found.start(), tally)
        at = found.end()
        label = _label(found["label"])
        line = joined.line(found.start())
        known = _GROUPS.get(label) if found["count"] is None else _COUNTERS.get(group, {}).get(label)
        if known is None:
            tally.unknown(Line(line.file, line.number, found.group()))
        else:
            tally.recognised += 1
        name = known or " ".join(found["label"].split())
        if found["count"] is None:
            group = name
        elif found["percent"]:
            others[name] = f"{found['count']}%"
        else:
            groups.setdefault(group, {})[name] = int(found["count"])
            if int(found["count"]):
                lines[name] = line
    unknown(joined, at, block.end, tally)
    return FirewallStatistics(
        interface=block.interface, service_set=block.service_set, groups=groups, others=others, lines=lines
    )


def _label(text: str) -> str:
    return " ".join(_IN_BRACKETS.sub(" ", text).split()).lower().rstrip("-")


def read_element(entry: Element, interface: str, name: str) -> FirewallStatistics:
    """Read every leaf of a service set, known or not; a nested group is named with the one around it."""
    groups: dict[str, dict[str, int]] = {}
    others: dict[str, str] = {}
    lines: dict[str, Line] = {}
    _collect(entry, "", (groups, others, lines), name)
    others.pop("service-set-name", None)
    return FirewallStatistics(
        interface=interface, service_set=leaf(entry, "service-set-name"), groups=groups, others=others, lines=lines
    )


def _collect(
    element: Element, group: str, into: tuple[dict[str, dict[str, int]], dict[str, str], dict[str, Line]], name: str
) -> None:
    groups, others, lines = into
    for child in element:
        tag, text = local_name(child), text_of(child)
        if len(child):
            _collect(child, f"{group}/{tag}" if group else tag, into, name)
        elif tag and text.isdecimal():
            groups.setdefault(group or TOTALS, {})[tag] = int(text)
            if int(text):
                lines[tag] = Line(name, line_of(child), f"{tag}: {text}")
        elif tag:
            others[tag] = text
