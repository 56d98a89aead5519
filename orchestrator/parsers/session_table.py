"""``show security flow session``, whole or summary, XML or text.

XML layouts read (facts: live 24.4R1, YANG 17.2R1 to 24.4R1, captures 12.3 to 20.3): one table; one per SPU as siblings;
per node of a cluster; a summary as sibling, per PIC, wrapped, or as counts of a filtered query; the same of the central
point (``dcp-*``); text inside ``output``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from orchestrator.model.flow_session import FlowSession, SessionSummary
from orchestrator.model.flow_trace import Line
from orchestrator.model.place import Place
from orchestrator.parsers import session_table_text
from orchestrator.parsers.paste import Pasted, is_pasted_markup
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.session_table_blocks import CutSource, Cutter
from orchestrator.parsers.session_table_records import SESSION_LEAVES, WING_LEAVES, session_of, sorted_out, wing_of
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import fpc_pic, integer
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
_SUMMARIES = ("flow-session-summary-information", "dcp-flow-session-summary-information")
_PLACES = ("flow-fpc-pic-id", "dcp-flow-fpc-pic-id")
_NAMES = (
    "re-name", "multi-routing-engine-item", "flow-session-information", "flow-session", "flow-session-per-pic",
    "output", *_SUMMARIES, *_PLACES,
)  # fmt: skip
_BLOCKS = {"flow-session-information", "flow-session", *_SUMMARIES}
_FILTERED = "displayed-session-valid", "displayed-session-pending", "displayed-session-invalidated"

# Messages to all users, or anything else of the terminal, may stand before the reply.
_BEGINS_LATER = re.compile(
    r"^[ \t]*<(?:[\w-]{1,20}:)?(?:rpc-reply|multi-routing-engine-results|(?:security-)?flow-session-information)[ >]",
    re.MULTILINE,
)

Record = FlowSession | SessionSummary


def parse(source: Source) -> Reading[Record]:
    """Read a table or a summary, streamed."""
    tally = Tally()
    head = source.head()
    if is_pasted_markup(head):
        return parse_slowly(Pasted(source.name, whole=source))
    if not looks_like_xml(source) and not _BEGINS_LATER.search(head):
        return Reading(KIND, source.name, tally, session_table_text.records(source.lines(), tally))
    cutter = Cutter(source.name)
    cut = CutSource(source.name, whole=source, cutter=cutter)
    return Reading(KIND, source.name, tally, _Events(source.name, tally, cutter).records(events_of(cut, _NAMES)))


def parse_slowly(source: Source) -> Reading[Record]:
    """Read XML with the XML parser alone: what ``parse`` is measured against and must agree with."""
    tally = Tally()
    events = events_of(source, _NAMES)
    return Reading(KIND, source.name, tally, _Events(source.name, tally, Cutter(source.name)).records(events))


def parse_element(element: Element, name: str = "reply") -> Reading[Record]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``, so that no sibling is lost."""
    tally = Tally()

    def records() -> Iterator[Record]:
        yield from _Events(name, tally, None).records(walk(element, _NAMES))
        account(element, name, tally)

    return Reading(KIND, name, tally, records())


class _Events:
    """Follows which node and which SPU is speaking while sessions go by.

    With a ``cutter`` the tree is ours: what was read is thrown away, and elements may stand for runs of sessions.
    """

    def __init__(self, name: str, tally: Tally, cutter: Cutter | None) -> None:
        self._name = name
        self._tally = tally
        self._cutter = cutter
        self._root: Element | None = None
        self._node = ""
        self._fpc_pic = ""
        self._per_pic = False
        self._open: list[Element] = []  # sessions begun and not ended

    def records(self, events: Iterator[Event]) -> Iterator[Record]:
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

    def _end(self, element: Element) -> Iterator[Record]:
        name = local_name(element)
        if name == "flow-session":
            if element in self._open:  # those begun after it have not ended either, and never will
                del self._open[self._open.index(element) + 1 :]
                self._open.pop()
            yield from self._sessions(element)
            self._forget(element)
        elif name in _SUMMARIES and not self._per_pic:
            yield self._summary(element, self._fpc_pic)
        elif name == "flow-session-per-pic":
            self._per_pic = False
            yield from self._pic(element)
        elif name == "flow-session-information":
            yield from self._block_end(element)
        elif name in _PLACES:
            self._fpc_pic = fpc_pic(text_of(element))
        elif name == "re-name":
            self._node = text_of(element)
        elif name == "output":
            yield from self._text(element)

    def _sessions(self, element: Element) -> Iterator[FlowSession]:
        run = self._cutter.sessions(element.get("run", ""), (self._node, self._fpc_pic)) if self._cutter else None
        if run is None:
            session = self._session(element)
            if session is not None:
                yield session
            return
        self._tally.recognised -= 1  # the element that stands for the run
        for session in run:
            self._tally.recognised += 1
            yield session

    def _pic(self, element: Element) -> Iterator[SessionSummary]:
        fpc = leaf(element, "flow-fpc-id") or leaf(element, "dcp-flow-fpc-id")
        pic = leaf(element, "flow-pic-id") or leaf(element, "dcp-flow-pic-id")
        where = f"FPC{fpc} PIC{pic}" if fpc or pic else self._fpc_pic
        for name in _SUMMARIES:
            for summary in children(element, name):
                yield self._summary(summary, where)

    def _block_end(self, element: Element) -> Iterator[SessionSummary]:
        if any(leaf(element, name) for name in _FILTERED):
            yield self._summary(element, self._fpc_pic)
        else:
            self._tally.declare(integer(leaf(element, "displayed-session-count")))
        self._forget(element)

    def _summary(self, element: Element, where: str) -> SessionSummary:
        counters = {name: value for name, text in leaves(element).items() if (value := integer(text)) is not None}
        return SessionSummary(counters=counters, node=self._node, fpc_pic=where, place=self._place(element))

    def _session(self, element: Element) -> FlowSession | None:
        wings = tuple([
            wing_of(*sorted_out(_all_leaves(each), WING_LEAVES))
            for each in element
            if _local(each.tag) == "flow-information"
        ])  # fmt: skip
        texts, extra = sorted_out(_all_leaves(element), SESSION_LEAVES)
        session = session_of(texts, extra, wings, (self._node, self._fpc_pic), self._place(element))
        if session is None:
            self._tally.unknown(Line(self._name, line_of(element), "a session without an identifier"))
        return session

    def _text(self, element: Element) -> Iterator[Record]:
        """The text form of the table, as a reply carries it when text was asked for."""
        lines = Source.of_text("".join(str(each) for each in element.itertext()), self._name).lines()
        begin = max(line_of(element) - 1, 0)
        moved = (Line(line.file, line.number + begin, line.text) for line in lines)
        yield from session_table_text.records(moved, self._tally, self._node)

    def _place(self, element: Element) -> Place | None:
        line = line_of(element)
        if self._cutter is None or not line:
            return None
        return Place.of_lines(self._name, line, line + "".join(map(str, element.itertext())).count("\n"))

    def _forget(self, element: Element) -> None:
        """Free what was read: the element's content, and the siblings before it."""
        if self._cutter is None:
            return
        element.clear()
        above = element.getparent()
        while above is not None and (before := element.getprevious()) is not None:
            if local_name(before) not in {"flow-session", "flow-session-information"}:
                break
            above.remove(before)


def _all_leaves(element: Element) -> dict[str, str]:
    """Leaves by local name, first of each; those of an unknown container as ``container/leaf``, repeated joined."""
    found: dict[str, str] = {}
    for child in element:
        name = _local(child.tag)
        if not len(child):
            found.setdefault(name, (child.text or "").strip())
        elif name and name != "flow-information":
            _flatten(child, name, found)
    found.pop("", None)
    return found


def _flatten(container: Element, name: str, found: dict[str, str]) -> None:
    for inner in container.iter():
        text = "" if len(inner) else text_of(inner)
        if text:
            key = f"{name}/{local_name(inner)}"
            found[key] = f"{found[key]}; {text}" if key in found else text


@lru_cache(maxsize=1024)
def _local(tag: object) -> str:
    """``local_name`` of a tag: a table has few of them, each many times."""
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""
