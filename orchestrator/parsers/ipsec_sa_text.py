"""The text form of IPsec security associations.

ES PIC and routing engine: documentation. SRX and inline IPsec of an MX: published captures of 12.x to 25.x. Services
cards: no source shows the text; lines are read when they have the labels of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec import IpsecDirection, IpsecSa
from orchestrator.parsers.ipsec_sa_records import direction, ipsec_sa
from orchestrator.parsers.key_material import redact_text
from orchestrator.parsers.labels import Indented, Labels, pairs_of
from orchestrator.parsers.paste import plain, plain_line
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.values import node_heading

_TOTAL = re.compile(r"Total active tunnels: (\d+)(?: +Total ip[sS]ec sas: (\d+))?", re.IGNORECASE)
_HEADER = re.compile(
    r"Direction +SPI +AUX-SPI.*|ID +(?:Gateway +Port +)?Algorithm +SPI.*|Tunnel events:", re.IGNORECASE
)
_BEGIN = re.compile(
    r"Security association: .*|(?:ID: \d+,? +)?Virtual-system: [^\s,]+(?:,? .*)?|Service set: .*|Rule: .*"
)
# What other commands begin with: a saved session goes on, the association does not.
_ELSEWHERE = re.compile(r"error: .*|IKE peer .*|(?:ESP|AH) Statistics:|(?:Index|Remote Address) +.*Initiator cookie.*")
_ROW = re.compile(
    r"(?P<direction>inbound|outbound) +(?P<spi>\w+) +(?P<aux>\w+) +(?P<mode>\S+) +(?P<type>\S+) +(?P<protocol>\S+)"
)
_ROW_SRX = re.compile(
    r"(?P<direction>[<>])\s*(?P<index>\d+) +(?P<protocol>ESP|AH):(?P<encryption>[^\s/]*)/\s?(?P<hmac>\S+) +"
    r"(?P<spi>(?:0x)?[0-9a-fA-F]+) +(?P<seconds>[^\s/]+)/ *(?P<kilobytes>\S+) +(?:(?P<monitor>\S+) +(?P<system>\S+) +"
    r"(?P<port>\d+) +)?(?P<gateway>\S+)"
)
_ARROW = re.compile(r"[<>]\s*\d")
# Up to 11.x the peer stands before the algorithm (published captures of J Series and SRX).
_ROW_OLD_SRX = re.compile(
    r"(?P<direction>[<>])\s*(?P<index>\d+) +(?P<gateway>\S+) +(?P<port>\d+) +(?P<protocol>ESP|AH):"
    r"(?P<encryption>[^\s/]*)/\s?(?P<hmac>\S+) +(?P<spi>(?:0x)?[0-9a-fA-F]+) +(?P<seconds>[^\s/]+)/ *"
    r"(?P<kilobytes>\S+) +(?P<monitor>\S+) +(?P<system>\S+)"
)
_EVENT = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d{4} \d\d:\d\d:\d\d(?: [+-]\d{4})?: \S.*")
_FIRST = re.compile(r"(?:ID: (?P<index>\d+),? +)?Virtual-system: (?P<system>[^,\s]+)(?P<rest>.*)")
_UNLABELLED = re.compile(r"Multi-sa, Configured SAs# \d+, Negotiated SAs#: \d+")

_NAMES = {
    "security association": "sa-name",
    "interface family": "sa-block-state",
    "vpn name": "sa-vpn-name",
    "service set": "svc-set-name",
    "rule": "sa-rule-name",
    "term": "sa-term-name",
    "tunnel index": "sa-tunnel-index",
    "local gateway": "sa-local-gateway",
    "remote gateway": "sa-remote-gateway",
    "local identity": "sa-local-identity",
    "remote identity": "sa-remote-identity",
    "bind-interface": "sa-bind-interface",
    "ipsec inside interface": "sa-inside-interface",
    "port": "sa-port",
    "direction": "sa-direction",
    "spi": "sa-spi",
    "aux-spi": "sa-aux-spi",
    "state": "sa-state",
    "mode": "sa-mode",
    "type": "sa-type",
    "protocol": "sa-protocol",
    "authentication": "sa-authentication-algorithm",
    "encryption": "sa-encryption-algorithm",
    "soft lifetime": "sa-soft-lifetime",
    "hard lifetime": "sa-hard-lifetime",
    "lifesize remaining": "sa-lifesize-remaining",
    "anti-replay service": "sa-anti-replay-service",
    "replay window size": "sa-replay-window-size",
    "vpn monitoring": "sa-vpn-monitoring-state",
}


def records(lines: Iterable[Line], tally: Tally) -> Iterator[IpsecSa]:
    """Yield the associations of a brief table or of detail blocks."""
    node, block = "", None
    for line in lines:
        tally.lines += 1
        tally.recognised += 1
        text = _unquoted(line.text)
        if heading := node_heading(text):
            yield from _ended(block)
            node, block = heading, None
        elif total := _TOTAL.fullmatch(text):
            yield from _ended(block)
            block = None
            tally.declare(int(total[1]) if len(total[1]) < 20 else None)
        elif (row := _ROW_SRX.fullmatch(text) or _ROW_OLD_SRX.fullmatch(text)) or _BEGIN.fullmatch(text):
            if block is None or row is None or not block.continues(row["index"]):
                yield from _ended(block)
                fresh = _Block(node, line, tally, hexadecimal=row is not None or text.startswith("ID:"))
                block = _begun(block, text, row, fresh)
            if row is not None:
                block.take_srx_row(row, line)
        elif _ELSEWHERE.fullmatch(text) or (block is not None and not _HEADER.fullmatch(text) and block.ends_at(line)):
            yield from _ended(block)
            block = None
            tally.recognised -= 1
            tally.unknown(line)
        elif not _HEADER.fullmatch(text) and (block is None or not block.take(text, line)):
            tally.recognised -= 1
            tally.unknown(Line(line.file, line.number, redact_text(line.text)))
    yield from _ended(block)


def _unquoted(text: str) -> str:
    """A line without what a page added; the arrow of a row is no quote, and no tag."""
    bare = plain(text).strip()
    return bare if _ARROW.match(bare) else plain_line(text)


def _ended(block: _Block | None) -> Iterator[IpsecSa]:
    """The association whose lines are over; the heading of a service set alone is none."""
    if block is not None and not block.only_named():
        yield block.record()


def _begun(block: _Block | None, text: str, row: re.Match[str] | None, begun: _Block) -> _Block:
    if row is not None:
        begun.begin_srx_row(row)
    elif first := _FIRST.fullmatch(text):
        if first["index"]:
            begun.put("sa-tunnel-index", first["index"])
        begun.put("sa-virtual-system", first["system"])
        if first["rest"].strip(" ,"):
            begun.put_all(first["rest"])
    else:
        if text.startswith("Rule:") and block is not None:  # rules stand under the heading of their service set
            begun.service_set, begun.of_the_set = block.service_set, block.of_the_set
        if text.startswith("Service set:"):
            begun.take_heading(text)
        else:
            begun.put_all(text)
    return begun


class _Block:
    """One association while its lines go by."""

    def __init__(self, node: str, line: Line, tally: Tally, *, hexadecimal: bool) -> None:
        self.service_set = ""
        self.of_the_set: list[tuple[str, str]] = []
        self._tally = tally
        self._labels = Labels()
        self._named = 0
        self._current: Labels | None = None
        self._current_line = line
        self._directions: list[IpsecDirection] = []
        self._events: list[str] = []
        self._index = ""
        self._indented = Indented(line.text)
        self._node = node
        self._line = line
        self._hexadecimal = hexadecimal

    def continues(self, index: str) -> bool:
        """Whether a row of that index belongs to this tunnel."""
        return self._index == index

    def ends_at(self, line: Line) -> bool:
        """Whether a line belongs to no tunnel: below a table nothing does."""
        return bool(self._index) or self._indented.ends_at(line.text)

    def only_named(self) -> bool:
        """Whether nothing but the heading of a service set was read yet."""
        return bool(self.service_set) and self._named == 0 and not self._directions and self._current is None

    def take_heading(self, text: str) -> None:
        """The line that names a service set says more of it, which holds for all tunnels below."""
        for label, value in pairs_of(text):
            name = _NAMES.get(label.lower(), label)
            if name == "svc-set-name":
                self.service_set = value
            else:
                self.of_the_set.append((name, value))

    def put(self, name: str, value: str) -> None:
        """One value of the association, or of the direction that is open."""
        if self._current is not None:
            self._current.add(name, value)
        else:
            self._named += 1
            self._labels.add(name, value)

    def put_all(self, text: str) -> None:
        """All values of a line."""
        for label, value in pairs_of(text):
            self.put(_NAMES.get(label.lower(), label), value)

    def take(self, text: str, line: Line) -> bool:
        """Read one line of it; ``False`` when the line has no meaning here."""
        if row := _ROW.fullmatch(text):
            self._open(line)
            for name, group in (("direction",) * 2, ("spi",) * 2, ("aux-spi", "aux"), ("mode",) * 2, ("type",) * 2,
                                ("protocol",) * 2):  # fmt: skip
                self.put(f"sa-{name}", row[group])
            return True
        if _EVENT.fullmatch(text):
            self._events.append(text)
            return True
        if _UNLABELLED.fullmatch(text):
            self.put("multi-sa", text)
            return True
        if not all(label for label, _value in pairs_of(text)):
            return False
        if text.startswith("Direction:"):
            self._open(line)
        self.put_all(text)
        return True

    def begin_srx_row(self, row: re.Match[str]) -> None:
        """What the rows of a tunnel have in common."""
        self._index = row["index"]
        for name, group in (("tunnel-index", "index"), ("virtual-system", "system"), ("remote-gateway", "gateway"),
                            ("port", "port")):  # fmt: skip
            self.put(f"sa-{name}", row[group] or "")

    def take_srx_row(self, row: re.Match[str], line: Line) -> None:
        """One row of the brief table of an SRX."""
        self._open(line)
        for name, group in (
            ("direction", "direction"), ("spi", "spi"), ("protocol", "protocol"), ("hard-lifetime", "seconds"),
            ("lifesize-remaining", "kilobytes"), ("esp-encryption-algorithm", "encryption"),
            ("hmac-algorithm", "hmac"), ("vpn-monitoring-state", "monitor"),
        ):  # fmt: skip
            if row[group] is not None:
                self.put(f"sa-{name}", row[group])

    def _open(self, line: Line) -> None:
        self._close()
        self._current, self._current_line = Labels(), line

    def _close(self) -> None:
        if self._current is None:
            return
        one = direction(self._current, hexadecimal=self._hexadecimal, line=self._current_line)
        if one is None:
            self._tally.unknown(self._current_line)
        else:
            self._directions.append(one)
        self._current = None

    def record(self) -> IpsecSa:
        """The association, when its lines are over."""
        self._close()
        if self.service_set:
            self._labels.extend([("svc-set-name", self.service_set), *self.of_the_set])
        return ipsec_sa(self._labels, self._directions, events=tuple(self._events), node=self._node, line=self._line)
