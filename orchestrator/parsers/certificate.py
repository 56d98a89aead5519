"""Certificates: ``show ipsec certificates`` and ``show security pki local-certificate|ca-certificate``.

Text of the former: documentation; its XML is published by no source. XML of the PKI: ``x509-pki-certificate-info-list``
(YANG 24.4R1 names its entries ``x509-certificate-info``, devices write ``pkid-x509-certificate-information``); its text
is read by its labels. The PKI prints dates month first (published capture, 15.1X49).
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.certificate import Certificate, CertificateDatabase
from orchestrator.model.flow_trace import Line
from orchestrator.parsers.certificate_text import records
from orchestrator.parsers.certificate_values import distinguished_name, moment_of
from orchestrator.parsers.labels import Labels, leaves_below
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.xml_input import (
    Element,
    account,
    children,
    descendants,
    line_of,
    looks_like_xml,
    node_of,
    root_of,
    unwrapped,
)

KIND = "a list of certificates"
_ROOT = "x509-pki-certificate-info-list"
_ENTRIES = ("pkid-x509-certificate-information", "x509-certificate-info")
_NAMED = ("issuer", "issuer-name", "subject", "subject-name", "validity")

Record = Certificate | CertificateDatabase


def parse(source: Source) -> Reading[Record]:
    """Read the certificates in the order printed, after the counters of the database when there are some."""
    source = unwrapped(source, "output")
    if looks_like_xml(source):
        return _from_element(root_of(source), source.name, read=True)
    tally = Tally()
    return Reading(KIND, source.name, tally, records(source.lines(), tally))


def parse_element(element: Element, name: str = "reply") -> Reading[Record]:
    """Read a reply that is already parsed; text inside ``output`` is read as text."""
    if next(descendants(element, _ROOT), None) is not None:
        return _from_element(element, name, read=False)
    text = "\n".join("".join(str(part) for part in each.itertext()) for each in descendants(element, "output"))
    if text.strip():
        return parse(Source.of_text(text, name))
    return _from_element(element, name, read=False)


def _from_element(element: Element, name: str, *, read: bool) -> Reading[Record]:
    tally = Tally()

    def found() -> Iterator[Record]:
        for _root in descendants(element, _ROOT):
            tally.recognised += 1
        for each in descendants(element, *_ENTRIES):
            tally.recognised += 1
            yield _record(each, Line(name, line_of(each), "") if read else None)
        account(element, name, tally)

    return Reading(KIND, name, tally, found())


def _record(element: Element, line: Line | None) -> Certificate:
    labels = Labels(leaves_below(element, *_NAMED))
    names = {kind: list(_name_of(element, kind)) for kind in ("issuer", "subject")}
    validity = Labels(pair for each in children(element, "validity") for pair in leaves_below(each))
    subject = labels.take("subject-string") or distinguished_name(names["subject"]) or labels.take("recipient")
    return Certificate(
        serial=labels.take("serial-number-x509"),
        subject=subject,
        issuer=distinguished_name(names["issuer"]) or labels.take("issued-by"),
        identifier=labels.take("identifier"),
        not_before=moment_of(validity, "not-before"),
        not_after=moment_of(validity, "not-after"),
        alternative_names=tuple(("alternate-subject", text) for text in labels.take_all("alternate-subject")),
        node=node_of(element),
        others=(*labels.rest(), *validity.rest()),
        line=line,
    )


def _name_of(element: Element, kind: str) -> Iterator[tuple[str, str]]:
    for wrapper in (kind, f"{kind}-name"):
        for each in children(element, wrapper):
            yield from leaves_below(each)
