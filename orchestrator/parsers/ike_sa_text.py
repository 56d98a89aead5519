"""The text form of IKE security associations.

ES PIC and routing engine: documentation; SRX and inline IPsec of an MX: published captures of 12.x to 25.x.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec import IkeSa
from orchestrator.parsers.ike_sa_records import ike_sa
from orchestrator.parsers.ipsec_values import address_and_port
from orchestrator.parsers.labels import Indented, Labels, pairs_of
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.values import node_heading

_COOKIES = r"(?P<initiator>[0-9a-fA-F]{16}) +(?P<responder>[0-9a-fA-F]{16})"
# The SRX begins a row with the index and ends it with the peer (up to 10.x the peer is second); the others begin with
# the peer.
_ROW_SRX = re.compile(rf"(?P<index>\d+) +(?P<state>\S+(?: \S+)*?) +{_COOKIES} +(?P<exchange>\S+) +(?P<remote>\S+)")
_ROW_OLD_SRX = re.compile(
    rf"(?P<index>\d+) +(?P<remote>[0-9a-fA-F]*[.:]\S+) +(?P<state>\S+(?: \S+)*?) +{_COOKIES} +(?P<exchange>\S.*)"
)
_ROW = re.compile(rf"(?P<remote>\S+) +(?P<state>\S+(?: \S+)*?) +{_COOKIES} +(?P<exchange>\S.*)")
_COLUMNS = re.compile(r"(?:Remote Address|Index|Index +Remote Address) +State +Initiator cookie.*|Exchange type")
_HEADER = re.compile(r"Algorithms:|Traffic statistics:")
# What other commands begin with: a saved session goes on, the association does not.
_ELSEWHERE = re.compile(
    r"Total active tunnels: .*|(?:ID: \d+,? +)?Virtual-system: .*|Security association: .*|(?:ESP|AH) Statistics:|"
    r"error: .*"
)
_NEGOTIATION = re.compile(r"Negotiation type ?:", re.IGNORECASE)  # of the association above, wherever it stands
_PEER = re.compile(r"IKE peer (?P<remote>[^\s,]+)(?:, (?P<rest>.*))?")
_INDEX = re.compile(r"Index (\d+)")
_CREATED = re.compile(r"(\d+) created, (\d+) deleted")

_NAMES = {
    "role": "ike-sa-role",
    "state": "ike-sa-state",
    "initiator cookie": "ike-sa-initiator-cookie",
    "responder cookie": "ike-sa-responder-cookie",
    "exchange type": "ike-sa-exchange-type",
    "authentication method": "ike-sa-authentication-method",
    "lifetime": "ike-sa-lifetime",
    "reauth lifetime": "ike-sa-reauthlifetime",
    "authentication": "ike-sa-authentication-algorithm",
    "encryption": "ike-sa-encryption-algorithm",
    "pseudo random function": "ike-sa-prf-algorithm",
    "diffie-hellman group": "ike-sa-dhgroup",
    "input bytes": "ike-sa-input-bytes",
    "output bytes": "ike-sa-output-bytes",
    "input packets": "ike-sa-input-packets",
    "output packets": "ike-sa-output-packets",
    "flags": "ike-sa-flags",
    "phase 2 negotiations in progress": "ike-sa-num-phase2-negotiations",
    "gateway name": "ike-gw-name",
    "local gateway interface": "ike-sa-local-gateway-interface",
    "routing instance": "ike-sa-routing-instance",
    "negotiation type": "ike-sa-phase2-type",
    "message id": "ike-sa-msg-id",
    "local identity": "ike-sa-local-id",
    "remote identity": "ike-sa-remote-id",
}


def records(lines: Iterable[Line], tally: Tally) -> Iterator[IkeSa]:
    """Yield the associations of a brief table or of detail blocks."""
    node, block = "", None
    for line in lines:
        tally.lines += 1
        tally.recognised += 1
        text = plain_line(line.text)
        heading, row, peer = node_heading(text), _row(text), _PEER.fullmatch(text)
        columns = _COLUMNS.fullmatch(text)
        begins = heading or row or peer or columns or _ELSEWHERE.fullmatch(text)
        if block is not None and (begins or (block.indented.ends_at(line.text) and not _NEGOTIATION.match(text))):
            yield block.record()
            block = None
        if heading:
            node = heading
        elif row:
            yield _of_row(row, node, line)
        elif peer:
            block = _Block(peer["remote"], peer["rest"] or "", node, line)
        elif not columns and not _HEADER.fullmatch(text) and (block is None or not block.take(text)):
            tally.recognised -= 1
            tally.unknown(line)
    if block is not None:
        yield block.record()


def _row(text: str) -> re.Match[str] | None:
    return _ROW_SRX.fullmatch(text) or _ROW_OLD_SRX.fullmatch(text) or _ROW.fullmatch(text)


def _of_row(row: re.Match[str], node: str, line: Line) -> IkeSa:
    found = row.groupdict()
    labels = Labels(
        [
            ("ike-sa-remote-address", found["remote"]),
            ("ike-sa-state", found["state"]),
            ("ike-sa-initiator-cookie", found["initiator"]),
            ("ike-sa-responder-cookie", found["responder"]),
            ("ike-sa-exchange-type", found["exchange"].strip()),
        ]
    )
    if "index" in found:
        labels.add("ike-sa-index", found["index"])
    return ike_sa(labels, [], node=node, line=line)


class _Block:
    """The detail of one association while its lines go by."""

    def __init__(self, remote: str, rest: str, node: str, line: Line) -> None:
        self._labels = Labels([("ike-sa-remote-address", remote)])
        self.indented = Indented(line.text)
        self._phase2: list[Labels] = []
        self._node = node
        self._line = line
        if index := _INDEX.search(rest):
            self._labels.add("ike-sa-index", index[1])
        for label, value in pairs_of(_INDEX.sub("", rest)):
            if label:
                self._put(label, value)

    def take(self, text: str) -> bool:
        """Read one line of it; ``False`` when the line has no meaning here."""
        pairs = list(pairs_of(text))
        if pairs[0][0].lower() == "negotiation type":
            self._phase2.append(Labels())
        if not all(label for label, _value in pairs):
            return False
        for label, value in pairs:
            self._put(label, value)
        return True

    def _put(self, label: str, value: str) -> None:
        target = self._phase2[-1] if self._phase2 else self._labels
        known = label.lower()
        if known in ("local", "remote"):
            address, port = address_and_port(value)
            if known == "local" or self._phase2:
                target.add(f"ike-sa-{known}-address", address)
            if port is not None:
                target.add(f"ike-sa-{known}-port", str(port))
        elif known == "ipsec security associations" and (counts := _CREATED.match(value)):
            target.add("ike-sa-num-ipsec-sas-created", counts[1])
            target.add("ike-sa-num-ipsec-sas-deleted", counts[2])
        else:
            target.add(_NAMES.get(known, label), value)

    def record(self) -> IkeSa:
        """The association, when its lines are over."""
        return ike_sa(self._labels, self._phase2, node=self._node, line=self._line)
