"""The kinds of input that can be parsed by name, and which of them an input is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from orchestrator.parsers import pcap
from orchestrator.parsers.reading import Reading
from orchestrator.parsers.saved_session import outputs
from orchestrator.parsers.source import Source


class _Kinds(Mapping[str, Callable[[Source], Reading[Any]]]):
    """The parser of a kind is ``parse`` in the module of its name; only what is asked for is loaded."""

    _NAMES = (
        *("alarms", "alg", "certificate", "chassis_errors", "file_list", "flow_trace", "ike_sa", "ipsec_redundancy"),
        *("ipsec_sa", "ipsec_statistics", "monitor_status", "packet_capture", "packet_drop", "pcap", "port_block_log"),
        *("revocation_list", "service_log", "session_table", "stateful_firewall", "system_log", "wedge"),
    )

    def __getitem__(self, kind: str) -> Callable[[Source], Reading[Any]]:
        if kind not in self._NAMES:
            raise KeyError(kind)
        parse: Callable[[Source], Reading[Any]] = import_module(f"orchestrator.parsers.{kind}").parse
        return parse

    def __iter__(self) -> Iterator[str]:
        return iter(self._NAMES)

    def __len__(self) -> int:
        return len(self._NAMES)


KINDS = _Kinds()
LOGS = frozenset({"flow_trace", "pcap", "port_block_log", "service_log", "system_log"})  # they may quote any command

# What only one kind holds, in the order of asking. A log may quote anything, so it comes last.
_SIGNS = (
    ("flow_trace", r":RT:|flow_process_pkt|matched filter "),
    ("session_table", r"<flow-session|Session ID: ?\d|Valid sessions:|Unicast-sessions"),
    ("packet_drop", r"packet-drop-(?:records|information)|,Dropped by |packet-drop records"),
    ("policy_configuration", r"<policies[ >]|<policy[ >]|<default-policy"),
    ("monitor_status", r"Monitor security flow"),
    ("ipsec_redundancy", r"<ipsec-(?:pic|tunnel)-redundancy(?:-information)?[ />]|Failure counter:"),
    ("ike_sa", r"<ike-security-associations|^\s*IKE peer \S|(?:Remote Address|Index) +State +Initiator cookie"),
    (
        "ipsec_sa",
        (
            r"<(?:ipsec-|services-)?security-associations-(?:information|block)|^\s*Security association: |"
            r"Total active tunnels: \d|^\s*(?:ID: \d+,? +)?Virtual-system: .*\n\s*Local Gateway: |"
            r"^\s*Rule: .{1,80}Tunnel index: \d"
        ),
    ),
    ("ipsec_statistics", r"<(?:usp-)?ipsec-total-statistics-information|^\s*ESP Statistics:"),
    (
        "certificate",
        (
            r"<x509-pki-certificate-info-list|<pkid-x509-certificate-information|^\s*Database: Total entries|"
            r"^\s*Certificate identifier:"
        ),
    ),
    ("revocation_list", r"<crl-information|^\s*CRL version ?:"),
    ("packet_capture", r"request-packet-capture-show-|(?i:^\s*capture[-_ ]file[-_ ]filename ?:)"),
    ("alg", r"<alg-status|<service-msp-alg-conversation|ALG Status ?:|^ALG ?: ?.{1,40}State ?:"),
    (
        "stateful_firewall",
        (
            r"<service-sfw-|Conversation: ?ALG protocol:|New flows:|ALG errors:|Frm count|"
            r"Interface +Service set +(?:Accept +Discard|Flow [Cc]ount)"
        ),
    ),
    ("services_configuration", r"<service-set>|<stateful-firewall>"),
    ("service_log", r"(?<![\w-])(?:ASP|JSERVICES|MSVCS)_(?!NAT_PORT_BLOCK)[A-Z0-9_]+: "),
    ("alarms", r"<alarm-information|alarms? currently active"),
    ("chassis_errors", r"<fpc-error-information|<active-error-|(?i:Level\s+Occurred\s+Cleared)|^\s*Error Name\s*:"),
    (
        "wedge",
        (
            r"SENT: Ukern command|Host Loopback Toolkit|Module\s+Name\s+Active Errors|Wedge poll thread|LUCHIP\(\d|"
            r"Interrupt Name +Number of Interrupts|^\s*Error-id +(?:PFE +)?Level |"
            r"^\s*\d+ +\S+ +\d+ +(?:Yes|No) +0x[0-9a-f]+ +0x[0-9a-f]+\s*$|"
            r"(?i:host loopback wedge detected)"
        ),
    ),
    ("port_block_log", r"NAT_PORT_BLOCK_(?:ALLOC|ACTIVE|RELEASE): |RT_SRC_NAT_PBA_"),
    ("system_log", r"RT_FLOW|APPTRACK_SESSION|session (?:created|closed|denied) |^(?:<\d+>)?[A-Z][a-z]{2} +\d"),
    ("file_list", r"<directory-list|^total (?:files|blocks)"),
)


def kind_of(source: Source) -> str:
    """The kind an input is by what its first stretch holds; empty when it holds nothing known."""
    if pcap.is_capture(source):
        return "pcap"
    head = source.head()
    return next((kind for kind, sign in _SIGNS if re.search(sign, head, re.MULTILINE)), "")


def kinds_in(source: Source) -> list[tuple[str, Source]]:
    """What an input holds, kind by kind: each known output of a saved session, else the input as it is."""
    known = [(kind, part) for part in outputs(source) if (kind := kind_of(part))]
    return known or [(kind_of(source), source)]
