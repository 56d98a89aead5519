"""``show security flow session``, whole or summary, XML or text.

XML layouts read (facts: live 24.4R1, YANG 17.2R1 to 24.4R1, captures 12.3 to 20.3): one table; one per SPU as siblings;
per node of a cluster; a summary as sibling, per PIC, wrapped, or as counts of a filtered query.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.flow_session import FlowSession, SessionSummary, Wing
from orchestrator.model.flow_trace import Line
from orchestrator.parsers import session_table_text
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import UNKNOWN_PROTOCOL, fpc_pic, icmp_words, integer, ports, present, protocol_number
from orchestrator.parsers.xml_input import (
    Element,
    Event,
    account,
    children,
    events_of,
    leaf,
    leaves,
    line_of,
    local_name,
    looks_like_xml,
    text_of,
    walk,
)  # fmt: skip

KIND = "a session table"
_NAMES = (
    "re-name", "multi-routing-engine-item", "flow-session-information", "flow-fpc-pic-id", "flow-session",
    "flow-session-summary-information", "flow-session-per-pic", "flow-fpc-id", "flow-pic-id",
)  # fmt: skip
_BLOCKS = {"flow-session-information", "flow-session-summary-information", "flow-session"}
_FILTERED = ("displayed-session-valid", "displayed-session-pending", "displayed-session-invalidated")

# Leaves that have a field of their own; all others go to ``extra``.
_SESSION_LEAVES = {
    "session-identifier", "policy", "session-state", "sess-state", "status", "session-flag", "timeout", "start-time",
    "configured-timeout", "duration", "application-name", "dynamic-application-name", "nat-source-pool-name",
    "logical-system",
}  # fmt: skip
_WING_LEAVES = {
    "direction", "source-address", "source-port", "destination-address", "destination-port", "protocol",
    "interface-name", "pkt-cnt", "byte-cnt",
}  # fmt: skip


def parse(source: Source) -> Reading[FlowSession | SessionSummary]:
    """Read a table or a summary, streamed."""
    tally = Tally()
    if looks_like_xml(source):
        records = _Events(source.name, tally, streamed=True).records(events_of(source, _NAMES))
    else:
        records = session_table_text.records(source, tally)
    return Reading(KIND, source.name, tally, records)


def parse_element(element: Element, name: str = "reply") -> Reading[FlowSession | SessionSummary]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``, so that no sibling is lost."""
    tally = Tally()

    def records() -> Iterator[FlowSession | SessionSummary]:
        yield from _Events(name, tally, streamed=False).records(walk(element, _NAMES))
        account(element, name, tally)

    return Reading(KIND, name, tally, records())


class _Events:
    """Follows which node and which SPU is speaking while sessions go by."""

    def __init__(self, name: str, tally: Tally, *, streamed: bool) -> None:
        self._name = name
        self._tally = tally
        self._streamed = streamed  # the tree is ours: what was read is thrown away
        self._root: Element | None = None
        self._node = ""
        self._fpc_pic = ""
        self._per_pic = False
        self._open: list[Element] = []  # sessions begun and not ended

    def records(self, events: Iterator[Event]) -> Iterator[FlowSession | SessionSummary]:
        """Yield sessions and summaries."""
        for event, element in events:
            if event == "start":
                self._start(element)
                continue
            yield from self._end(element)
        for element in self._open:
            self._tally.unknown(Line(self._name, line_of(element), "a session whose end is missing"))
        if self._root is not None:
            account(self._root, self._name, self._tally)

    def _start(self, element: Element) -> None:
        name = local_name(element)
        if name == "multi-routing-engine-item":
            self._node = self._fpc_pic = ""
        elif name == "flow-session-information":
            self._fpc_pic = ""
        elif name == "flow-session-per-pic":
            self._per_pic = True
        elif name == "flow-session":
            self._open.append(element)
        elif name == "capture" and self._root is None:
            self._root = element
        if name in _BLOCKS:
            self._tally.recognised += 1

    def _end(self, element: Element) -> Iterator[FlowSession | SessionSummary]:
        name = local_name(element)
        if name == "flow-session":
            self._open.clear()
            session = self._session(element)
            if session is not None:
                yield session
            self._forget(element)
        elif name == "flow-session-summary-information" and not self._per_pic:
            yield self._summary(element, self._fpc_pic)
        elif name == "flow-session-per-pic":
            self._per_pic = False
            fpc, pic = leaf(element, "flow-fpc-id"), leaf(element, "flow-pic-id")
            place = f"FPC{fpc} PIC{pic}" if fpc or pic else self._fpc_pic
            for summary in children(element, "flow-session-summary-information"):
                yield self._summary(summary, place)
        elif name == "flow-session-information":
            yield from self._block_end(element)
        elif name == "flow-fpc-pic-id":
            self._fpc_pic = fpc_pic(text_of(element))
        elif name == "re-name":
            self._node = text_of(element)

    def _block_end(self, element: Element) -> Iterator[SessionSummary]:
        self._tally.declare(integer(leaf(element, "displayed-session-count")))
        if any(leaf(element, name) for name in _FILTERED):
            yield self._summary(element, self._fpc_pic)
        self._forget(element)

    def _summary(self, element: Element, place: str) -> SessionSummary:
        counters = {name: value for name, text in leaves(element).items() if (value := integer(text)) is not None}
        return SessionSummary(counters=counters, node=self._node, fpc_pic=place)

    def _session(self, element: Element) -> FlowSession | None:
        found = leaves(element)
        session_id = integer(found.get("session-identifier"))
        if session_id is None:
            self._tally.unknown(Line(self._name, line_of(element), "a session without an identifier"))
            return None
        name, index = session_table_text.policy_of(found.get("policy", ""))
        extra = {key: value for key, value in found.items() if key not in _SESSION_LEAVES and value}
        return FlowSession(
            session_id=session_id,
            wings=tuple(_wing(each) for each in children(element, "flow-information")),
            policy=name,
            policy_index=index,
            state=present(found.get("sess-state")),
            ha_state=present(found.get("session-state")),
            status=present(found.get("status")),
            flag=present(found.get("session-flag")),
            timeout=integer(found.get("timeout")),
            configured_timeout=integer(found.get("configured-timeout")),
            start_time=integer(found.get("start-time")),
            duration=integer(found.get("duration")),
            application=present(found.get("application-name")),
            dynamic_application=present(found.get("dynamic-application-name")),
            source_pool=session_table_text.pool_of(found.get("nat-source-pool-name", "")),
            logical_system=present(found.get("logical-system")),
            node=self._node,
            fpc_pic=self._fpc_pic,
            extra=extra,
        )

    def _forget(self, element: Element) -> None:
        """Free what was read: the element's content, and the siblings before it."""
        if not self._streamed:
            return
        element.clear()
        above = element.getparent()
        while above is not None and (before := element.getprevious()) is not None:
            if local_name(before) not in {"flow-session", "flow-session-information"}:
                break
            above.remove(before)


def _wing(element: Element) -> Wing:
    found = leaves(element)
    protocol = protocol_number(found.get("protocol", ""))
    words = found.get("source-port", ""), found.get("destination-port", "")
    source_port, destination_port = ports(protocol, *words)
    extra = {key: value for key, value in found.items() if key not in _WING_LEAVES and value}
    if protocol == UNKNOWN_PROTOCOL:
        extra["protocol"] = found.get("protocol", "")
    return Wing(
        direction=found.get("direction", ""),
        source=found.get("source-address", ""),
        destination=found.get("destination-address", ""),
        protocol=protocol,
        source_port=source_port,
        destination_port=destination_port,
        icmp_words=icmp_words(protocol, *words),
        interface=present(found.get("interface-name")),
        packets=integer(found.get("pkt-cnt")),
        bytes=integer(found.get("byte-cnt")),
        extra=extra,
    )
