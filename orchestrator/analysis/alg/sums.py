"""The errors of a protocol are the sum of its error counters."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.model.flow_trace import Line
from orchestrator.model.stateful_firewall import FirewallStatistics
from orchestrator.model.verdict import Finding

_PROTOCOLS = ("ip", "tcp", "udp", "icmp", "alg")


def look(case: AlgCase) -> Iterator[Finding]:
    """Sums that do not hold; a level of output without the single counters says nothing."""
    for one in case.statistics or ():
        for protocol in _PROTOCOLS:
            single = one.groups.get(f"{protocol}-error-counters", {})
            total = one.count("error-counters", f"{protocol}-errors")
            if single and total is not None and total != sum(single.values()):
                yield _finding(one, protocol, total, sum(single.values()))


def _finding(one: FirewallStatistics, protocol: str, total: int, summed: int) -> Finding:
    return Finding(
        symptom=f"{protocol.upper()} errors do not add up",
        saw=f"service set {one.service_set}: {total} in all, {summed} in the single counters",
        why="the total is the sum of the single counters; more means an error that this release does not itemise, or "
        "counters that moved while they were read",
        next="read the counters again; a difference that stays is worth a look at the newer release's counters",
        lines=(one.lines.get(f"{protocol}-errors", Line("", 0, f"{protocol}-errors: {total}")),),
    )
