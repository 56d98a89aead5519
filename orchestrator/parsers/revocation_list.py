"""Revocation lists: ``show ipsec certificates crl`` (XML, facts: YANG 16.1 to 24.4R1) and ``show security pki crl``.

No source shows the text of the former, nor the XML of the latter.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.certificate import RevocationList, Revoked
from orchestrator.parsers.labels import Labels, leaves_below
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.revocation_list_text import records
from orchestrator.parsers.source import Source
from orchestrator.parsers.xml_input import (
    Element,
    account,
    children,
    descendants,
    leaf,
    looks_like_xml,
    node_of,
    root_of,
    unwrapped,
)

KIND = "a list of revocation lists"


def parse(source: Source) -> Reading[RevocationList]:
    """Read the lists in the order printed."""
    source = unwrapped(source, "output")
    if looks_like_xml(source):
        return parse_element(root_of(source), source.name)
    tally = Tally()
    return Reading(KIND, source.name, tally, records(source.lines(), tally))


def parse_element(element: Element, name: str = "reply") -> Reading[RevocationList]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    tally = Tally()

    def found() -> Iterator[RevocationList]:
        for _root in descendants(element, "crl-information"):
            tally.recognised += 1
        for each in descendants(element, "crl"):
            labels = Labels(leaves_below(each, "crl-list"))
            if not labels and not len(each):
                continue  # the empty argument of the same name
            tally.recognised += 1
            yield RevocationList(
                issuer=labels.take("cert-issuer"),
                id=labels.number("cert-id"),
                references=labels.number("cert-references"),
                revoked=tuple(
                    Revoked(serial=leaf(one, "serial"), date=leaf(one, "revocation-date"))
                    for one in children(each, "crl-list")
                ),
                node=node_of(each),
                others=(*labels.rest(), *_unknown_of_entries(each)),
            )
        account(element, name, tally)

    return Reading(KIND, name, tally, found())


def _unknown_of_entries(crl: Element) -> Iterator[tuple[str, str]]:
    """Leaves of the entries that no release published so far, each with the serial number it stands beside."""
    for one in children(crl, "crl-list"):
        for name, text in leaves_below(one):
            if name not in {"serial", "revocation-date"}:
                yield f"{leaf(one, 'serial')} {name}", text
