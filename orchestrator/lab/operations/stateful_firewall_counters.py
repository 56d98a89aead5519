"""Counters of the stateful firewall: the label of the text and the leaf of the XML, group by group.

Labels are those of the ALG document, leaves those of YANG 24.4R1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One group; ``detailed`` ones are printed by ``extensive`` only."""

    heading: str
    tag: str
    counters: tuple[tuple[str, str], ...]
    detailed: bool = False


_ALGS = (
    "BOOTP", "DCE-RPC", "DCE-RPC portmap", "DNS", "Exec", "FTP", "H323", "ICMP", "IIOP", "Login", "NetBIOS", "NetShow",
    "RealAudio", "RPC", "RPC portmap", "RTSP", "Shell", "SIP", "SNMP", "SQLNet", "TFTP", "Traceroute",
)  # fmt: skip

GROUPS = (
    Group("New flows", "new-flow-counters", (
        ("Accepts", "new-flow-accepts"), ("Discards", "new-flow-discards"), ("Rejects", "new-flow-rejects"),
    )),
    Group("Existing flows", "existing-flow-counters", (
        ("Accepts", "existing-flow-accepts"), ("Discards", "existing-flow-discards"),
        ("Rejects", "existing-flow-rejects"),
    )),
    Group("Drops", "drop_counters", (
        ("IP option", "ip-option"), ("TCP SYN defense", "syn-defense"), ("NAT ports exhausted", "nat-ports-exhausted"),
    )),
    Group("Errors", "error-counters", (
        ("IP", "ip-errors"), ("TCP", "tcp-errors"), ("UDP", "udp-errors"), ("ICMP", "icmp-errors"),
        ("Non-IP packets", "non-ip-packets"), ("ALG", "alg-errors"),
    )),
    Group("IP errors", "ip-error-counters", (
        ("IP packet length inconsistencies", "ip-length-error"),
        ("Minimum IP header length check failures", "ip-header-length-error"),
        ("Reassembled packet exceeds maximum IP length", "long-packet"),
        ("Illegal source address", "illegal-source-address"),
        ("Illegal destination address", "illegal-destination-address"),
        ("TTL zero errors", "ttl-zero"),
        ("Illegal IP protocol number (0 or 255)", "illegal-ip-protocol"),
        ("Land attack", "land-attack"),
        ("Non-IPv4 packets", "non-ipv4"),
        ("Bad checksum", "bad-checksum"),
        ("Illegal IP fragment length", "illegal-fragment-length"),
        ("IP fragment overlap", "fragment-overlap"),
        ("IP fragment reassembly timeout", "fragment-reassembly-timeout"),
        ("Unknown", "unknown"),
    ), detailed=True),
    Group("TCP errors", "tcp-error-counters", (
        ("TCP header length inconsistencies", "tcp-header-length-error"),
        ("Source or destination port number is zero", "tcp-zero-port"),
        ("Illegal sequence number and flags combinations", "illegal-sequence-number-flags"),
        ("SYN attack (multiple SYN messages seen for the same flow)", "syn-attack"),
        ("First packet not a SYN message", "non-syn-first-packet"),
        ("TCP port scan (TCP handshake, RST seen from server for SYN)", "tcp-port-scan"),
        ("Bad SYN cookie response", "bad-syn-cookie-response"),
    ), detailed=True),
    Group("UDP errors", "udp-error-counters", (
        ("IP data length less than minimum UDP header length (8 bytes)", "udp-header-length-error"),
        ("Source or destination port number is zero", "udp-zero-port"),
        ("UDP port scan (ICMP error seen for UDP flow)", "udp-port-scan"),
    ), detailed=True),
    Group("ICMP errors", "icmp-error-counters", (
        ("IP data length less than minimum ICMP header length (8 bytes)", "icmp-length-error"),
        ("ICMP error length inconsistencies", "icmp-error-length-error"),
        ("Duplicate ping sequence number", "ping-duplicate-sequence-number"),
        ("Mismatched ping sequence number", "ping-mismatched-sequence-number"),
    ), detailed=True),
    Group("ALG errors", "alg-error-counters", tuple(
        (name, f"alg-{name.lower().replace(' ', '-')}-errors") for name in _ALGS
    ), detailed=True),
)  # fmt: skip
