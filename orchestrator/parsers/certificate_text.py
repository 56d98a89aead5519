"""The text form of certificates: the IPsec database (documentation) and the PKI (published captures)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orchestrator.model.certificate import Certificate, CertificateDatabase
from orchestrator.model.flow_trace import Line
from orchestrator.parsers.certificate_values import distinguished_name, moment_of
from orchestrator.parsers.labels import Labels, pairs_of
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.values import integer, node_heading

_DATABASE = re.compile(r"Database: Total entries: (\d+),? Active entries: (\d+),? Locked entries: (\d+)")
_HEADER = re.compile(r"ID +Serial +Subject")
_ROW = re.compile(r"(?P<id>\d{1,9}) +(?P<serial>[0-9A-Fa-f]+) +(?P<subject>\S.*=.*)")
_ALTERNATIVE = re.compile(r"(?:Alternative name information|Alternate subject):\s*(?P<value>.*)")
_ALTERNATIVE_KINDS = {"IP address", "Email address", "Email", "DNS name", "URI", "Domain name", "FQDN"}
_FLAGS = re.compile(
    r"Flags: (?P<trusted>Not trusted|Trusted)(?:,? (?P<root>Non-root|Root))?(?:,? (?P<crl>Non-crl-issuer|Crl-issuer))?",
    re.IGNORECASE,
)
_OWNER = re.compile(r"(CA profile|LSYS|Logical system|Tenant): (\S.*)")  # stands above the certificates it has
_SECTIONS = {"Issuer:", "Subject:", "Serial number:", "Subject string:", "Alternate subject:", "Fingerprint:",
             "Auto-re-enrollment:", "Distribution CRL:", "Validity:"}  # fmt: skip
_IDENTIFIER = re.compile(r"Certificate identifier: ?(.*)")


def records(lines: Iterable[Line], tally: Tally) -> Iterator[Certificate | CertificateDatabase]:
    """Yield the counters of the database and the certificates, brief or detail."""
    block: _Block | None = None
    node = ""
    above: list[tuple[str, str]] = []
    for line in lines:
        tally.lines += 1
        tally.recognised += 1
        text = plain_line(line.text)
        begins = text.startswith("Subject: ") or _IDENTIFIER.fullmatch(text) is not None
        heading, owner = node_heading(text), _OWNER.fullmatch(text)
        if heading or owner:
            if block is not None:
                yield block.record()
            block, node = None, heading or node
            above = [] if owner is None else [*above, (owner[1], owner[2])]
        elif database := _DATABASE.fullmatch(text):
            total, active, locked = (integer(number) for number in database.groups())
            yield CertificateDatabase(total=total, active=active, locked=locked, node=node, line=line)
        elif begins and not (block is not None and block.of_the_pki and text.startswith("Subject: ")):
            if block is not None:
                yield block.record()
            block, above = _Block(text, line, node, above), []
        elif row := _ROW.fullmatch(text):
            yield Certificate(id=integer(row["id"]), serial=row["serial"], subject=row["subject"], node=node, line=line)
        elif not _HEADER.fullmatch(text) and (block is None or not block.take(text, _indent(line.text))):
            tally.recognised -= 1
            tally.unknown(line)
    if block is not None:
        yield block.record()


class _Block:
    """The detail of one certificate while its lines go by."""

    def __init__(self, text: str, line: Line, node: str, above: list[tuple[str, str]]) -> None:
        self.of_the_pki = text.startswith("Certificate")
        self._labels = Labels(above)
        self._node = node
        self._fields_at: int | None = None
        self._section = ""
        self._names: dict[str, list[tuple[str, str]]] = {"Issuer": [], "Subject": []}
        self._alternatives: list[tuple[str, str]] = []
        self._flags: re.Match[str] | None = None
        self._line = line
        label, _colon, value = text.partition(":")
        self._labels.add(label, value.strip())

    def take(self, text: str, indent: int) -> bool:
        """Read one line of it, so far indented; ``False`` when the line has no meaning here."""
        if self.of_the_pki and self._is_inner(text, indent):
            self._take_inner(text)
            return True
        if text in _SECTIONS:
            return True
        label, colon, value = text.partition(":")
        if found := _ALTERNATIVE.fullmatch(text):
            if found["value"]:
                self._alternatives.append((label, found["value"]))
        elif label in _ALTERNATIVE_KINDS:
            self._alternatives.append((label, value.strip()))
        elif flags := _FLAGS.fullmatch(text):
            self._flags = flags
        elif text.startswith(("ID:", "Issued to:")):
            for name, said in pairs_of(text):
                self._labels.add(name, said)
        elif colon:
            self._labels.add(" ".join(label.split()), value.strip())
        else:
            return False
        return True

    def _is_inner(self, text: str, indent: int) -> bool:
        """Whether a line stands under the last field; else it is a field of its own."""
        self._fields_at = indent if self._fields_at is None else self._fields_at
        if indent > self._fields_at and self._section:
            return True
        self._section = " ".join(text.partition(":")[0].split())
        return False

    def _take_inner(self, text: str) -> None:
        """One line that stands indented under a field of the PKI."""
        label, _colon, value = text.partition(":")
        if self._section in self._names:
            self._names[self._section] += [pair for pair in pairs_of(text) if pair[0]]
        elif self._section == "Validity":
            self._labels.add(label, value.strip())
        elif self._section == "Alternate subject":
            self._alternatives.append((self._section, text))
        elif self._section == "Serial number" and label == "hexadecimal":
            self._labels.add("Serial number", value.strip())
        else:
            self._labels.add(self._section, text)

    def record(self) -> Certificate:
        """The certificate, when its lines are over."""
        labels, flags = self._labels, self._flags
        starts = moment_of(labels, "Validity period starts", "Not before")
        ends = moment_of(labels, "Validity period ends", "Not after")
        return Certificate(
            serial=labels.take("Serial", "Serial number"),
            subject=labels.take("Subject", "Subject string", "Issued to") or distinguished_name(self._names["Subject"]),
            issuer=labels.take("Issuer", "Issued by") or distinguished_name(self._names["Issuer"]),
            id=labels.number("ID"),
            identifier=labels.take("Certificate identifier"),
            references=labels.number("References"),
            trusted=_said(flags, "trusted", "trusted"),
            root=_said(flags, "root", "root"),
            crl_issuer=_said(flags, "crl", "crl-issuer"),
            not_before=starts,
            not_after=ends,
            alternative_names=tuple(self._alternatives),
            node=self._node,
            others=labels.rest(),
            line=self._line,
        )


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _said(flags: re.Match[str] | None, group: str, yes: str) -> bool | None:
    text = flags[group] if flags else None
    return None if text is None else text.lower() == yes
