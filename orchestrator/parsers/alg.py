"""``show security alg status`` (SRX) and ``show services alg conversations`` (extension-provider packages).

XML is that of YANG 24.4R1. Text of the first is as a live 24.4R1 prints it; of the second only the beginning of one
sample is published, so that it is read by its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from orchestrator.model import protocols
from orchestrator.model.alg import AlgConversation, AlgSession, AlgStatus
from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.stateful_firewall_text import Joined, end_of, key_of, unknown
from orchestrator.parsers.values import integer, node_heading, protocol_number
from orchestrator.parsers.xml_input import (
    Element,
    account,
    children,
    descendants,
    leaf,
    leaves,
    line_of,
    local_name,
    looks_like_xml,
    node_of,
    root_of,
    text_of,
)

KIND = "output of show security alg status or show services alg conversations"
Record = AlgStatus | AlgConversation
_WORDS = {"enabled": True, "disabled": False}
_TITLE = re.compile(r"ALG Status ?:?", re.IGNORECASE)
_STATE = re.compile(r"(?P<alg>[A-Za-z0-9][\w-]*(?: \w+)?) ?: ?(?P<word>[A-Za-z]+)")
_PHRASES = re.compile(
    r"Interface(?: name)? ?: ?(?P<interface>[^\s,]+)"
    r"|ALG ?: ?(?P<alg>[^,]{1,60}?),? State ?: ?(?P<state>\w+)"
    r"|Number of (?:conversations|groups) ?: ?(?P<count>\d+)"
    r"|Group ID ?: ?(?P<group>\d+)"
    r"|(?P<whose>Parent|Child) session status ?: ?(?P<status>\w+)"
    r"|(?P<kind>Parent|Child) session(?: ID)? ?: ?(?P<number>\d+)(?:,? [Pp]rotocol ?: ?(?P<protocol>\w+))?"
    r"|(?P<way>Forward|Reverse) Flow ?: ?\{(?P<source>\S{1,64}) ?-> ?(?P<destination>[^\s}]{1,64}) ?\}"
)


def parse(source: Source) -> Reading[Record]:
    """Read the state of each ALG, or the conversations they hold."""
    if looks_like_xml(source):
        return parse_element(root_of(source), source.name)
    tally = Tally()
    return Reading(KIND, source.name, tally, _from_text(source, tally))


def parse_element(element: Element, name: str = "reply") -> Reading[Record]:
    """Read a reply that is already parsed."""
    tally = Tally()
    return Reading(KIND, name, tally, _from_element(element, name, tally))


def _from_text(source: Source, tally: Tally) -> Iterator[Record]:
    lines = [Line(one.file, one.number, " ".join(plain_line(one.text).split())) for one in source.lines()]
    if any(_PHRASES.match(one.text) and not _TITLE.match(one.text) for one in lines[:20]):
        yield from _conversations(Joined.of(source), tally)
    else:
        yield from _statuses(lines, tally)


# -- show security alg status ------------------------------------------------------------------------------------------


def _statuses(lines: list[Line], tally: Tally) -> Iterator[AlgStatus]:
    node, first = "", Line("", 0, "")
    found: dict[str, bool | None] = {}
    for line in lines:
        tally.lines += 1
        tally.recognised += 1
        if heading := node_heading(line.text):
            if found:
                yield AlgStatus(enabled=found, node=node, line=first)
            node, found = heading, {}
        elif _TITLE.fullmatch(line.text):
            if found:  # the next logical system, or the same command again
                yield AlgStatus(enabled=found, node=node, line=first)
            first, found = line, {}
        elif state := _STATE.fullmatch(line.text):
            found[_small(state["alg"])] = _WORDS.get(state["word"].lower())
        else:
            tally.recognised -= 1
            tally.unknown(line)
    if found:
        yield AlgStatus(enabled=found, node=node, line=first)


def _small(name: str) -> str:
    """One name for what text and XML call differently: ``IKE-ESP`` and ``ike-esp-nat``."""
    small = name.strip().lower().replace(" ", "-")
    return "ike-esp-nat" if small == "ike-esp" else small


def _from_element(root: Element, name: str, tally: Tally) -> Iterator[Record]:
    for held in descendants(root, "alg-status"):
        states = {
            _small(tag.removeprefix("alg-").removesuffix("-status")): _WORDS.get(text.lower())
            for tag, text in leaves(held).items()
            if tag.startswith("alg-")
        }
        tally.recognised += 1
        yield AlgStatus(enabled=states, node=node_of(held), line=Line(name, line_of(held), "ALG Status"))
    for reply in descendants(root, "service-msp-alg-conversation-information"):
        tally.recognised += 1
        for held in descendants(reply, "msp-alg-conv-all-entry", "msp-alg-conv-all-extensive-entry"):
            yield _of_lists(held, leaf(reply, "interface-name"))
    account(root, name, tally)


# -- show services alg conversations -----------------------------------------------------------------------------------


def _of_lists(held: Element, interface: str) -> AlgConversation:
    """The entry keeps each value of all sessions in a list of its own; the places in the lists belong together."""
    lists: dict[str, list[str]] = {}
    for child in held:
        lists.setdefault(local_name(child), []).append(text_of(child))
    parents = tuple(_sessions(lists, "parent"))
    return AlgConversation(
        interface=interface, alg=leaf(held, "client-name"), state=leaf(held, "client-state"),
        conversations=integer(leaf(held, "num-groups")), parents=parents, children=tuple(_sessions(lists, "child")),
        groups=tuple(int(text_of(one)) for one in children(held, "group-id") if text_of(one).isdecimal()),
    )  # fmt: skip


def _sessions(lists: dict[str, list[str]], kind: str) -> Iterator[AlgSession]:
    names = [f"{kind}-{name}" for name in ("sess-id", "sess-state", "flow-protocol")]
    ends = [f"{kind}-{way}-{end}" for way in ("fflow", "rflow") for end in ("src-ip", "src-port", "dst-ip", "dst-port")]
    for row in zip_longest(*(lists.get(name, []) for name in (*names, *ends)), fillvalue=""):
        number, status, protocol, *ends_of = row
        yield AlgSession(
            forward=_key(protocol, ends_of[:4]), reverse=_key(protocol, ends_of[4:]), protocol=protocol,
            status=status.lower(), session_id=integer(number),
        )  # fmt: skip


def _key(protocol: str, ends: list[str]) -> FlowKey | None:
    source, source_port, destination, destination_port = ends
    if not (source or destination):
        return None
    return key_of(protocol, (source, integer(source_port)), (destination, integer(destination_port)))


@dataclass(slots=True)
class _Open:
    """A conversation while it is read, and the session that the next lines belong to."""

    interface: str
    alg: str
    state: str
    count: int | None = None
    groups: list[int] = field(default_factory=list)
    sessions: list[tuple[str, AlgSession]] = field(default_factory=list)

    def of(self, kind: str) -> tuple[AlgSession, ...]:
        return tuple(one for name, one in self.sessions if name == kind)

    def done(self) -> AlgConversation:
        return AlgConversation(
            interface=self.interface, alg=self.alg, state=self.state, conversations=self.count,
            parents=self.of("Parent"), children=self.of("Child"), groups=tuple(self.groups),
        )  # fmt: skip


def _conversations(joined: Joined, tally: Tally) -> Iterator[AlgConversation]:
    tally.lines = len(joined.lines)
    interface, at = "", 0
    now: _Open | None = None
    for found in _PHRASES.finditer(joined.text):
        unknown(joined, at, found.start(), tally)
        at = found.end()
        tally.recognised += 1
        if found["interface"]:
            interface = found["interface"]
        elif found["alg"]:
            if now:
                yield now.done()
            now = _Open(interface, found["alg"], found["state"].lower())
        elif now:
            _take(found, now)
    unknown(joined, at, len(joined.text), tally)
    if now:
        yield now.done()


def _take(found: re.Match[str], now: _Open) -> None:
    if found["count"]:
        now.count = int(found["count"])
    elif found["group"]:
        now.groups.append(int(found["group"]))
    elif found["whose"]:
        now.sessions.append((found["whose"], AlgSession(forward=None, reverse=None, status=found["status"].lower())))
    elif found["kind"]:
        _numbered(found, now)
    elif found["way"] and now.sessions:
        kind, last = now.sessions[-1]
        now.sessions[-1] = kind, _with_flow(found, last)


def _numbered(found: re.Match[str], now: _Open) -> None:
    """A number belongs to the status line before it, when that was of the same kind and had none yet."""
    kind, number, protocol = found["kind"], int(found["number"]), found["protocol"] or ""
    if now.sessions and now.sessions[-1][0] == kind and now.sessions[-1][1].session_id is None:
        now.sessions[-1] = kind, replace(now.sessions[-1][1], session_id=number, protocol=protocol)
    else:
        now.sessions.append((kind, AlgSession(forward=None, reverse=None, protocol=protocol, session_id=number)))


def _with_flow(found: re.Match[str], session: AlgSession) -> AlgSession:
    with_ports = not session.protocol or protocol_number(session.protocol) in protocols.WITH_PORTS
    key = key_of(session.protocol, end_of(found["source"], with_ports), end_of(found["destination"], with_ports))
    return replace(session, forward=key) if found["way"] == "Forward" else replace(session, reverse=key)
