"""RPCs of IKE, IPsec and certificates: what may leave, and with which arguments."""

from __future__ import annotations

from orchestrator.driver.guard import slots
from orchestrator.driver.guard.rule import RpcRule, change, read

_LEVELS = ("brief", "detail")

RPCS: dict[str, RpcRule] = {
    # IKE: SRX and old ES PICs, routing engine since 20.3R1, services cards
    "get-ike-security-associations-information": read(*_LEVELS, peer_address=slots.ADDRESS),
    "get-re-ike-security-associations-information": read(*_LEVELS, peer_address=slots.ADDRESS),
    "get-ike-services-security-associations-information": read(*_LEVELS, peer_address=slots.ADDRESS),
    # IPsec, in the same order; ``sa-name`` is an ES PIC's
    "get-security-associations-information": read(
        *_LEVELS, sa_name=slots.SA_NAME, show_index_ipsec_security_association=slots.UINT32
    ),
    "get-re-security-associations-information": read(*_LEVELS, sa_name=slots.SA_NAME),
    "get-services-security-associations-information": read(*_LEVELS, "extensive", service_set=slots.SERVICE_SET),
    "get-ipsec-statistics-information": read(),
    "get-services-ipsec-statistics-information": read(*_LEVELS, service_set=slots.SERVICE_SET),
    # certificates; the database's XML is in no source, so it is asked for as text
    "get-certificates-information": read(*_LEVELS),
    "get-crl-information": read(*_LEVELS),
    "get-pki-local-certificate": read(*_LEVELS),
    "get-pki-ca-certificate": read(*_LEVELS),
    # clears: always of a named one; who wants all of them cleared gets one request for each
    "clear-ike-security-association": change(
        any_of=frozenset({"peer-address", "index"}), peer_address=slots.ADDRESS, index=slots.UINT32
    ),
    "clear-ike-security-associations": change(required="peer-address", peer_address=slots.ADDRESS),
    "clear-services-ike-security-associations": change(required="peer-address", peer_address=slots.ADDRESS),
    "clear-ipsec-security-association": change(required="index", index=slots.UINT32),
    "clear-ipsec-security-associations": change(required="sa-name", sa_name=slots.SA_NAME),
    "clear-services-ipsec-vpn-security-associations": change(
        any_of=frozenset({"tunnel-index", "remote-gateway"}),
        service_set=slots.SERVICE_SET,
        tunnel_index=slots.UINT32,
        remote_gateway=slots.ADDRESS,
    ),
    # redundancy of encryption PICs and tunnels; the switch itself has no RPC (see lines.py)
    "get-ipsec-pic-redundancy-information": read(interface_name=slots.ES_INTERFACE),
    "get-ipsec-tunnel-redundancy-information": read(security_association_name=slots.SA_NAME),
}
