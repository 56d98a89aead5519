"""Security associations of IKE, of all platforms, brief and detail, XML and text.

XML: ``ike-security-associations`` alone (brief) or in ``ike-security-associations-block`` (detail) (facts: YANG 16.1
to 24.4R1, live 24.4R1.9). Text of ES PIC and routing engine: documentation; of the SRX: published captures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec import IkeSa
from orchestrator.parsers.ike_sa_records import ike_sa
from orchestrator.parsers.ike_sa_text import records
from orchestrator.parsers.labels import Labels, leaves_below
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.xml_input import (
    Element,
    account,
    children,
    descendants,
    line_of,
    local_name,
    looks_like_xml,
    node_of,
    root_of,
)

KIND = "a list of IKE security associations"
_OUTER = re.compile("ike-security-associations-information")
_PHASE2 = "ike-sa-phase2-information"
_BLOCK = "ike-security-associations-block"
_ONE = "ike-security-associations"


def parse(source: Source) -> Reading[IkeSa]:
    """Read the associations in the order printed."""
    if looks_like_xml(source):
        return _from_element(root_of(source), source.name, read=True)
    tally = Tally()
    return Reading(KIND, source.name, tally, records(source.lines(), tally))


def parse_element(element: Element, name: str = "reply") -> Reading[IkeSa]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    return _from_element(element, name, read=False)


def _from_element(element: Element, name: str, *, read: bool) -> Reading[IkeSa]:
    tally = Tally()

    def found() -> Iterator[IkeSa]:
        for each in descendants(element, "ike-security-associations-information", _BLOCK, _ONE):
            kind = local_name(each)
            if _OUTER.fullmatch(kind):
                tally.recognised += 1
            elif kind == _BLOCK:
                yield from _of_block(each, name, tally, read=read)
            elif not _in_block(each):
                yield from _one(each, Labels(leaves_below(each, _PHASE2)), name, tally, read=read)
        account(element, name, tally)

    return Reading(KIND, name, tally, found())


def _in_block(element: Element) -> bool:
    return any(local_name(above) == _BLOCK for above in element.iterancestors())


def _of_block(block: Element, name: str, tally: Tally, *, read: bool) -> Iterator[IkeSa]:
    for each in children(block, _ONE):
        both = Labels([*leaves_below(each, _PHASE2), *leaves_below(block, _ONE)])
        yield from _one(each, both, name, tally, read=read)


def _one(element: Element, labels: Labels, name: str, tally: Tally, *, read: bool) -> Iterator[IkeSa]:
    if not labels:
        return  # the empty containers of styles that YANG 16.1 publishes
    tally.recognised += 1
    phase2 = [Labels(leaves_below(each)) for each in children(element, _PHASE2)]
    place = Line(name, line_of(element), "") if read else None
    yield ike_sa(labels, phase2, node=node_of(element), line=place)
