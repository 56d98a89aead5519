"""The text form of the revocation lists of the PKI: ``show security pki crl``, brief and detail.

No capture of it is published. Read are the labels of the command reference, indented or not; the revoked certificates
as rows of a table, or as labels again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from orchestrator.model.certificate import RevocationList, Revoked
from orchestrator.model.flow_trace import Line
from orchestrator.parsers.certificate_values import distinguished_name, moment_of
from orchestrator.parsers.labels import Labels, pairs_of
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.values import node_heading

_OWNER = re.compile(r"(CA profile|LSYS|Logical system|Tenant)s? ?: ?(\S.*)", re.IGNORECASE)
_FIELD = re.compile(r"(?P<label>[A-Za-z][\w -]{0,40}?) ?:(?: +|(?=\S)|$)(?P<value>.*)")
_FIRST = re.compile(r"CRL version ?:", re.IGNORECASE)
_BEGINS = re.compile(r"CRL (?:version|number|issuer) ?:", re.IGNORECASE)
_ELSEWHERE = re.compile(r"Certificate identifier ?:.*|error: .*")  # a saved session goes on, the list does not
_LIST = re.compile(r"(?:Revocation|CRL) list ?:?", re.IGNORECASE)
_HEADING = re.compile(r"Serial number +Revocation date(?: +(?P<more>\S.*))?", re.IGNORECASE)
_ROW = re.compile(r"(?P<serial>(?:0x)?[0-9A-Fa-f:]{1,60}) +(?P<date>\d\S*[- ] ?\d\S*.*|[A-Z][a-z]{2} +\d.*)")
_DATE = re.compile(r"(?P<date>\d{1,4}- ?\d{1,2}-\d{2,4} \d\d:\d\d(?::\d\d)?(?: [A-Z]{3,4})?)(?: +(?P<more>\S.*))?")
_OF_AN_ENTRY = {"serial number": "serial", "revocation date": "date"}


def records(lines: Iterable[Line], tally: Tally) -> Iterator[RevocationList]:
    """Yield the lists in the order printed."""
    block, node = _Block("", ()), ""
    above: list[tuple[str, str]] = []
    for line in lines:
        tally.lines += 1
        tally.recognised += 1
        text = plain_line(line.text)
        heading, owner = node_heading(text), _OWNER.fullmatch(text)
        if heading or owner:
            yield from block.done()
            node = heading or node
            above = [] if owner is None else [*above, (owner[1], owner[2].strip())]
            block = _Block(node, above)
        elif _ELSEWHERE.fullmatch(text):
            yield from block.done()
            block = _Block(node, ())
            tally.recognised -= 1
            tally.unknown(line)
        elif _FIRST.match(text) and block.begun:
            yield from block.done()
            above = []
            block = _Block(node, ())
            block.take(text, line)
        elif not block.take(text, line):
            tally.recognised -= 1
            tally.unknown(line)
        if block.begun:
            above = []
    yield from block.done()


class _Block:
    """One list while its lines go by."""

    def __init__(self, node: str, above: Iterable[tuple[str, str]]) -> None:
        self.begun = False
        self._labels = Labels(above)
        self._node = node
        self._names: list[tuple[str, str]] = []
        self._issuer: list[str] = []
        self._section = ""
        self._revoked: list[Revoked] = []
        self._more: list[tuple[str, str]] = []
        self._line: Line | None = None

    def take(self, text: str, line: Line) -> bool:
        """Read one line of it; ``False`` when the line has no meaning here."""
        known = self._take_entry(text) if self._section == "list" else self._take_field(text)
        if known:
            self.begun, self._line = True, self._line or line
        return known

    def _take_field(self, text: str) -> bool:
        found = _FIELD.fullmatch(text)
        if _LIST.fullmatch(text) or _HEADING.fullmatch(text):
            self._section = "list"
            return self.begun
        if self._section == "issuer" and "=" in text and (found is None or "=" in found["label"]):
            self._issuer.append(text)  # a name too long for its line
            return True
        if found is None or not (self.begun or _BEGINS.match(text)):
            return False
        label, value = " ".join(found["label"].split()), found["value"].strip()
        if label.lower() in ("crl issuer", "issuer"):
            self._section = "issuer"
            self._issuer += [value] if value else []
        elif self._section == "issuer" and not self._issuer and not label.lower().startswith(("effective", "next")):
            self._names += [pair for pair in pairs_of(text) if pair[0]]
        else:
            self._section = ""
            self._labels.add(label, value)
        return True

    def _take_entry(self, text: str) -> bool:
        if _HEADING.fullmatch(text):
            return True
        if row := _ROW.fullmatch(text):
            date = _DATE.fullmatch(row["date"])
            self._revoked.append(Revoked(serial=row["serial"], date=date["date"] if date else row["date"]))
            if date and date["more"]:
                self._more.append((row["serial"], date["more"]))
            return True
        pairs = list(pairs_of(text))
        if not all(label for label, _value in pairs):
            return False
        for label, value in pairs:
            name = _OF_AN_ENTRY.get(label.lower())
            if name == "serial":
                self._revoked.append(Revoked(serial=value))
            elif name == "date" and self._revoked:
                self._revoked[-1] = replace(self._revoked[-1], date=value)
            else:
                serial = f"{self._revoked[-1].serial} " if self._revoked else ""
                self._more.append((f"{serial}{label}", value))
        return True

    def done(self) -> Iterator[RevocationList]:
        """The list, when its lines are over; the name of a CA profile alone is none."""
        if not self.begun:
            return
        labels = self._labels
        yield RevocationList(
            issuer=" ".join(self._issuer) or distinguished_name(self._names),
            profile=labels.take("CA profile"),
            effective=moment_of(labels, "Effective date"),
            next_update=moment_of(labels, "Next update"),
            revoked=tuple(self._revoked),
            node=self._node,
            others=(*labels.rest(), *self._more),
            line=self._line,
        )
