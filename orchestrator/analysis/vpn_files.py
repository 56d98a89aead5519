"""Saved outputs of IKE, IPsec and certificates, read together: what is wrong with the tunnels they show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from orchestrator.analysis.certificate_findings import certificate_findings
from orchestrator.analysis.vpn_findings import ike_findings, ipsec_findings, statistics_findings
from orchestrator.model.ipsec import IpsecSa
from orchestrator.model.verdict import Finding
from orchestrator.parsers import certificate, ike_sa, ipsec_sa, ipsec_statistics
from orchestrator.parsers.kinds import kinds_in
from orchestrator.parsers.source import Source

KINDS = frozenset({"ike_sa", "ipsec_sa", "ipsec_statistics", "certificate"})


def are_of_vpn(files: Iterable[Path]) -> bool:
    """Whether all files hold outputs of these commands, and of no others that are known."""
    return all(path.is_file() and {kind for kind, _ in kinds_in(Source.of_path(path))} <= KINDS for path in files)


def findings(files: Iterable[Path], now: datetime) -> list[Finding]:
    """What is wrong; of two outputs of the statistics the first named is the earlier. ``now`` judges certificates."""
    by_kind: dict[str, list[Source]] = {kind: [] for kind in KINDS}
    for path in files:
        for kind, source in kinds_in(Source.of_path(path)):
            by_kind[kind].append(source)
    associations = [one for source in by_kind["ipsec_sa"] for one in ipsec_sa.parse(source)]
    brief = [one for one in associations if _is_brief(one)]
    detail = [one for one in associations if not _is_brief(one)]
    readings = [list(ipsec_statistics.parse(source)) for source in by_kind["ipsec_statistics"]]
    return [
        *ike_findings(one for source in by_kind["ike_sa"] for one in ike_sa.parse(source)),
        *ipsec_findings(detail or brief, brief if detail else ()),
        *(one for pair in pairwise(readings) for one in statistics_findings(*pair)),
        *certificate_findings((one for source in by_kind["certificate"] for one in certificate.parse(source)), now),
    ]


def _is_brief(one: IpsecSa) -> bool:
    """The brief forms print no state of a direction."""
    return bool(one.directions) and not any(way.state for way in one.directions)
