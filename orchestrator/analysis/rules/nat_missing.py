"""A private address that leaves for a public one untranslated, and hears nothing."""

from __future__ import annotations

import ipaddress

from orchestrator.analysis.case import Case
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.verdict import Finding


def look(case: Case) -> Finding | None:
    """Find a source of private use that left for a global address as it came; only without a reply is it a symptom."""
    talk = case.conversation
    silent = case.is_one_sided and talk.there.packets and not case.is_answered and case.expects_answer
    if not case.forwarded or not silent or talk.source_nat or any(one.is_translated for one in case.logs):
        return None
    if not _is_private(talk.key.source) or _is_private(talk.key.destination) or _translates(case.before + case.after):
        return None
    if not any(one.path == "first" for one in case.forwarded):
        return None  # translation is told in the first packet's bracket
    return Finding(
        symptom="no source translation",
        saw=f"{talk.key.source} is of private use and left for {talk.key.destination} as it came",
        why="no source NAT rule took the packet, and nobody out there can answer a private address",
        next="show security nat source rule all: is there a rule{zones} for this source?".format(**case.words),
        lines=case.proof(case.forwarded[0]),
        soft=True,
    )


def _is_private(address: str) -> bool:
    one = ipaddress.ip_address(address)
    return any(one in net for net in _PRIVATE if net.version == one.version)


def _translates(sessions: list[FlowSession]) -> bool:
    return any(one.source_nat for one in sessions)


_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
