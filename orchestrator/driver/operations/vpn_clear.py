"""Clear security associations of IKE and IPsec: always named ones, and what became of them is read back.

A clear says nothing (facts: documentation, YANG 17.2R1 to 24.4R1), so success is changed SPIs or cookies, never a
returned command. Nobody can undo it. A lost reply is followed by the same reading, on a fresh session.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from orchestrator.driver import retry
from orchestrator.driver.base import Driver, Rpc
from orchestrator.driver.operations import vpn
from orchestrator.errors import RefusedError, ReplyTimeoutError, SessionLostError
from orchestrator.model.ipsec import Facility, IkeSa, IpsecSa
from orchestrator.model.ipsec_clear import Aftermath, Cleared, Clearing

PATIENCE_SECONDS = 6.0  # a negotiation takes a few round trips; a tunnel that waits for traffic never comes back
LOOK_EVERY_SECONDS = 0.5
MANUAL = "it is manual: its parameters are configured, not negotiated, and a clear is for dynamic ones only"
NOT_UNDOABLE = "cleared associations are not restored by anybody: new ones are negotiated, or wait for traffic"
Sleep = Callable[[float], None]
Sa = TypeVar("Sa", IkeSa, IpsecSa)

_SETTLED = (Aftermath.RENEWED,)
_IKE_CLEARS = {
    Facility.SECURITY: "clear-ike-security-association",
    Facility.ROUTING_ENGINE: "clear-ike-security-associations",
    Facility.SERVICES: "clear-services-ike-security-associations",
}
_IPSEC_CLEARS = {
    Facility.SECURITY: "clear-ipsec-security-association",
    Facility.ROUTING_ENGINE: "clear-ipsec-security-associations",
    Facility.SERVICES: "clear-services-ipsec-vpn-security-associations",
}


def clear_ike(
    driver: Driver,
    peer: str = "",
    *,
    everything: bool = False,
    patience: float = PATIENCE_SECONDS,
    sleep: Sleep = time.sleep,
) -> Clearing:
    """Clear the IKE associations with a peer, or with every peer, one request for each.

    Raises:
        RefusedError: no peer was named and ``everything`` was not said, or there is no association with it.
    """
    _named(driver, peer, "clear ike security-associations", everything=everything)
    before = [one for one in vpn.ike(driver, peer) if not peer or one.remote_address == peer]
    if not before:
        raise RefusedError(f"there is no IKE association with {peer or 'anybody'}", device=driver.device.name)
    requests = {(one.facility, one.remote_address): one for one in before}
    lost = _sent(
        driver,
        [Rpc(_IKE_CLEARS[facility], (("peer-address", address),)) for facility, address in requests],
    )

    def look() -> tuple[Cleared, ...]:
        after = vpn.ike(driver, peer)
        return tuple(_ike_aftermath(address, before, after) for _facility, address in requests)

    command = " + ".join(sorted({_IKE_CLEARS[facility] for facility, _address in requests}))
    return Clearing(command=command, cleared=_settled(look, patience, sleep), reply_lost=lost)


def clear_ipsec(
    driver: Driver,
    which: str = "",
    *,
    everything: bool = False,
    patience: float = PATIENCE_SECONDS,
    sleep: Sleep = time.sleep,
) -> Clearing:
    """Clear the IPsec associations of a name, tunnel index or remote gateway, or all dynamic ones.

    Whether one is manual the brief form decides: a detail of the documentation says ``dynamic`` of a manual one.

    Raises:
        RefusedError: none was named and ``everything`` was not said, there is none, or it is manual.
    """
    _named(driver, which, "clear ipsec security-associations", everything=everything)
    before = [one for one in vpn.ipsec(driver) if not which or which in vpn.names_of(one)]
    if not before:
        raise RefusedError(f"there is no IPsec association {which}".rstrip(), device=driver.device.name)
    manual = _manual(driver, before)
    if which and len(manual) == len(before):
        raise RefusedError(f"{which} is not cleared: {MANUAL}", device=driver.device.name)
    wanted = [one for one in before if one not in manual]
    lost = _sent(driver, dict.fromkeys(map(_ipsec_request, wanted)))  # never the same twice: the new one would go too

    def look() -> tuple[Cleared, ...]:
        after = {_identity(one): one for one in vpn.ipsec(driver)}
        return tuple(_ipsec_aftermath(one, after.get(_identity(one))) for one in wanted)

    command = " + ".join(sorted({_IPSEC_CLEARS[one.facility] for one in wanted}))
    skipped = tuple(f"{one.label}: {MANUAL}" for one in manual)
    return Clearing(command=command, cleared=_settled(look, patience, sleep), skipped=skipped, reply_lost=lost)


def _named(driver: Driver, which: str, command: str, *, everything: bool) -> None:
    if not which and not everything:
        raise RefusedError(
            "nothing was named: it would take down every tunnel",
            device=driver.device.name,
            command=command,
            hint="name a peer or an association, or say that all are meant",
        )


def _manual(driver: Driver, found: Sequence[IpsecSa]) -> list[IpsecSa]:
    brief = {_identity(one): one.types for one in vpn.ipsec(driver, detail=False)}
    return [one for one in found if "manual" in (brief.get(_identity(one)) or one.types)]


def _identity(one: IpsecSa) -> tuple[object, ...]:
    """What stays the same when it is negotiated anew, in brief and in detail."""
    if one.facility is Facility.ROUTING_ENGINE:
        return one.facility, one.node, one.name
    return one.facility, one.node, one.service_set, one.index


def _ipsec_request(one: IpsecSa) -> Rpc:
    name, index = _IPSEC_CLEARS[one.facility], "" if one.index is None else str(one.index)
    if one.facility is Facility.ROUTING_ENGINE:
        return Rpc(name, (("sa-name", one.name),))
    if one.facility is Facility.SECURITY:
        return Rpc(name, (("index", index),))
    tunnel = ("tunnel-index", index) if index else ("remote-gateway", one.remote_gateway)
    return Rpc(name, ((("service-set", one.service_set),) if one.service_set else ()) + (tunnel,))


def _sent(driver: Driver, requests: Collection[Rpc]) -> bool:
    """Send each once. Returns whether a reply was lost; the rest is then not sent."""
    for request in requests:
        try:
            driver.rpc(request)
        except (ReplyTimeoutError, SessionLostError):
            return True
    return False


def _settled(look: Callable[[], tuple[Cleared, ...]], patience: float, sleep: Sleep) -> tuple[Cleared, ...]:
    def settled(seen: tuple[Cleared, ...]) -> bool:
        return all(one.aftermath in _SETTLED for one in seen)

    return retry.until(look, settled, timeout=patience, every=LOOK_EVERY_SECONDS, sleep=sleep)


def _ike_aftermath(peer: str, before: Sequence[IkeSa], after: Sequence[IkeSa]) -> Cleared:
    old, new = ({one.cookies: one for one in found if one.remote_address == peer} for found in (before, after))
    aftermath = Aftermath.RENEWED
    if old.keys() & new.keys():
        aftermath = Aftermath.UNCHANGED
    elif not any(one.established for one in new.values()):
        aftermath = Aftermath.GONE
    return Cleared(
        what=f"IKE peer {peer}",
        aftermath=aftermath,
        before=tuple(" ".join(cookies) for cookies in old),
        after=tuple(" ".join(cookies) for cookies in new),
    )


def _ipsec_aftermath(before: IpsecSa, after: IpsecSa | None) -> Cleared:
    aftermath = Aftermath.RENEWED
    if after is None or not after.spis:
        aftermath = Aftermath.GONE
    elif before.spis & after.spis:
        aftermath = Aftermath.UNCHANGED
    elif any(one.installed is False for one in after.directions):
        aftermath = Aftermath.NOT_INSTALLED
    return Cleared(what=before.label, aftermath=aftermath, before=_spis(before), after=_spis(after))


def _spis(one: IpsecSa | None) -> tuple[str, ...]:
    return () if one is None else tuple(f"{way.direction} {way.spi}" for way in one.directions)
