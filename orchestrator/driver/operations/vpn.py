"""Security associations of IKE and IPsec, their statistics, and certificates: what a device holds, by asking it.

The same RPC name is another command on another platform, and an MX with inline IPsec speaks as an SRX does. So every
form is tried, what the device does not know is passed over, and what it knew is remembered (facts: YANG 16.1 to 24.4R1,
live 24.4R1.9). Keys in replies are taken out by the driver before anybody sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from lxml import etree

from orchestrator.driver.base import Driver, Rpc
from orchestrator.errors import CommandError, UnsupportedError
from orchestrator.model.certificate import Certificate, CertificateDatabase, RevocationList
from orchestrator.model.ipsec import Facility, IkeSa, IpsecSa, IpsecStatistics
from orchestrator.parsers import certificate, ike_sa, ipsec_sa, ipsec_statistics, revocation_list
from orchestrator.parsers.xml_input import Element

Record = TypeVar("Record")
Parse = Callable[[Element, str], Iterable[Record]]
Args = tuple[tuple[str, str | None], ...]

_DETAIL: Args = (("detail", None),)
_AS_TEXT = (("format", "text"),)
_IKE = {
    "get-ike-security-associations-information": Facility.UNKNOWN,  # the reply tells
    "get-re-ike-security-associations-information": Facility.ROUTING_ENGINE,
    "get-ike-services-security-associations-information": Facility.SERVICES,
}
_IPSEC = {
    "get-security-associations-information": Facility.UNKNOWN,
    "get-re-security-associations-information": Facility.ROUTING_ENGINE,
    "get-services-security-associations-information": Facility.SERVICES,
}
_STATISTICS = ("get-ipsec-statistics-information", "get-services-ipsec-statistics-information")
_CERTIFICATES = ("get-certificates-information", "get-pki-local-certificate", "get-pki-ca-certificate")


def ike(driver: Driver, peer: str = "", *, detail: bool = True, keep: Path | None = None) -> list[IkeSa]:
    """IKE associations of every part of the device, or those with one peer. ``keep`` leaves the replies at that path.

    Raises:
        UnsupportedError: the device knows no form of the command.
    """
    args = (_DETAIL if detail else ()) + ((("peer-address", peer),) if peer else ())
    requests = {name: Rpc(name, args) for name in _IKE}
    found = _of_every_form(driver, "show ike", requests, ike_sa.parse_element, keep)
    return [replace(one, facility=_IKE[name] or _ike_facility(one)) for name, one in found]


def _ike_facility(one: IkeSa) -> Facility:
    """An SRX gives every association an index; ES PICs do not, and since 20.3R1 have a name of their own."""
    return Facility.ROUTING_ENGINE if one.index is None else Facility.SECURITY


def ipsec(driver: Driver, *, detail: bool = True, keep: Path | None = None) -> list[IpsecSa]:
    """IPsec associations of every part of the device. ``keep`` leaves the replies at that path.

    Raises:
        UnsupportedError: the device knows no form of the command.
    """
    requests = {name: Rpc(name, _DETAIL if detail else ()) for name in _IPSEC}
    found = _of_every_form(driver, "show ipsec", requests, ipsec_sa.parse_element, keep)
    return [replace(one, facility=_IPSEC[name] or _ipsec_facility(one)) for name, one in found]


def _ipsec_facility(one: IpsecSa) -> Facility:
    """Those of an SRX have an index and no name of their own in the block; those of an ES PIC the other way round."""
    return Facility.ROUTING_ENGINE if one.index is None else Facility.SECURITY


def names_of(one: IpsecSa) -> set[str]:
    """What a person may call it: its name, its tunnel index, its remote gateway."""
    index = "" if one.index is None else str(one.index)
    return {one.name, index, one.remote_gateway} - {""}


def statistics(driver: Driver, *, keep: Path | None = None) -> list[IpsecStatistics]:
    """Counters of IPsec.

    Raises:
        UnsupportedError: the device knows no form of the command.
    """
    requests = {name: Rpc(name) for name in _STATISTICS}
    found = _of_every_form(driver, "show ipsec statistics", requests, ipsec_statistics.parse_element, keep)
    return [one for _name, one in found]


def certificates(driver: Driver, *, keep: Path | None = None) -> list[Certificate | CertificateDatabase]:
    """Certificates of the IPsec database and of the PKI, in detail. The database is asked for as text: its XML is in
    no source.

    Raises:
        UnsupportedError: the device knows no form of the command.
    """
    requests = {name: Rpc(name, _DETAIL) for name in _CERTIFICATES}
    requests["get-certificates-information"] = Rpc("get-certificates-information", _DETAIL, _AS_TEXT)
    return [
        one for _name, one in _of_every_form(driver, "show certificates", requests, certificate.parse_element, keep)
    ]


def revocation_lists(driver: Driver, *, keep: Path | None = None) -> list[RevocationList]:
    """Revocation lists of the IPsec database.

    Raises:
        UnsupportedError: the device has no such database.
    """
    requests = {"get-crl-information": Rpc("get-crl-information", _DETAIL)}
    found = _of_every_form(driver, "show certificates crl", requests, revocation_list.parse_element, keep)
    return [one for _name, one in found]


def _of_every_form(
    driver: Driver, verb: str, requests: Mapping[str, Rpc], parse: Parse[Record], keep: Path | None
) -> Iterator[tuple[str, Record]]:
    """Records of every form the device knows, with the name of the form.

    Only "I do not know that" passes over a form. One that is refused counts when no other answered.
    """
    roots, refusals = _asked(driver, verb, requests)
    if not roots and len(refusals) < len(requests):
        driver.memory.pop(_key(driver, verb), None)  # what it knew once it knows no more
        roots, refusals = _asked(driver, verb, requests)
    if not roots:
        driver.memory.pop(_key(driver, verb), None)
        raise _refused(driver, verb, refusals)
    if keep is not None:
        keep.write_bytes(b"".join(etree.tostring(root) for _name, root in roots))
    for name, root in roots:
        yield from ((name, record) for record in _read(root, parse, f"{driver.device.name} {name}"))


def _asked(
    driver: Driver, verb: str, requests: Mapping[str, Rpc]
) -> tuple[list[tuple[str, Element]], list[CommandError]]:
    """The replies, and the refusals with the weightiest first; which forms it knew is remembered."""
    roots, known, refusals = [], [], list[CommandError]()
    for name in _worth_asking(driver, verb, requests):
        try:
            root = driver.rpc(requests[name]).root
        except UnsupportedError as error:
            refusals.append(error)
            continue
        except CommandError as error:
            refusals.insert(0, error)  # it understood, and refused: worth more than not knowing
            known.append(name)
            continue
        known.append(name)
        roots.append((name, root))
    driver.memory[_key(driver, verb)] = " ".join(known)
    return roots, refusals


def _read(root: Element, parse: Parse[Record], name: str) -> Iterator[Record]:
    """The records of a reply; none when the device said nothing, which is how it says that there are none."""
    if len(root) and any(len(each) or (each.text or "").strip() for each in root.iter() if each is not root):
        yield from parse(root, name)


def _worth_asking(driver: Driver, verb: str, requests: Mapping[str, Rpc]) -> list[str]:
    remembered = driver.memory.get(_key(driver, verb), "").split()
    return [name for name in requests if name in remembered] or list(requests)


def _key(driver: Driver, verb: str) -> str:
    return f"{driver.device.name}/{verb}"


def _refused(driver: Driver, verb: str, refusals: list[CommandError]) -> CommandError:
    if refusals and not isinstance(refusals[0], UnsupportedError):
        return refusals[0]
    return UnsupportedError(
        f"the device takes no form of this command ({'; '.join(error.message for error in refusals)})",
        device=driver.device.name,
        command=verb,
        hint="it may have no IPsec, or the login class may hide the command",
    )
