"""What the last look at the chassis and at the VPN of a run comes to: findings, from the files that were kept."""

from __future__ import annotations

from orchestrator.analysis.chassis.health import judge
from orchestrator.analysis.vpn_findings import ike_findings, ipsec_findings
from orchestrator.driver.operations.vpn import names_of
from orchestrator.errors import ParseError
from orchestrator.model.chassis_health import DetectorState
from orchestrator.model.verdict import Finding
from orchestrator.parsers import ike_sa, ipsec_sa
from orchestrator.parsers.chassis_snapshot import of_files
from orchestrator.parsers.source import Source
from orchestrator.runner.result import DeviceResult


def conclude(result: DeviceResult) -> None:
    """Add findings, and which detectors of the chassis could not be checked, to the result of a device."""
    for look in (_chassis, _vpn):
        try:
            result.findings += look(result)
        except ParseError as error:
            result.notes.append(f"what came home could not be read: {error}")


def _chassis(result: DeviceResult) -> tuple[Finding, ...]:
    kept = [one.path for one in result.artifacts if one.kind == "chassis_health" and one.path.suffix == ".json"]
    if not kept:
        return ()
    health = judge(of_files(kept[-1:]))
    unknown = [one.detector for one in health.detectors if one.state is DetectorState.NOT_CHECKED]
    if unknown:
        result.notes.append(f"chassis detectors not checked: {', '.join(unknown)}")
    return health.findings


def _vpn(result: DeviceResult) -> tuple[Finding, ...]:
    told = next((one.data for one in reversed(result.steps) if one.kind == "vpn" and "save" in one.data), None)
    if told is None:
        return ()
    kept = {one.kind: Source.of_path(one.path) for one in result.artifacts if one.kind in {"ike_sa", "ipsec_sa"}}
    peer = told.get("peer", "")
    ike = [one for one in ike_sa.parse(kept["ike_sa"]) if peer in {"", one.remote_address}]
    ipsec = [one for one in ipsec_sa.parse(kept["ipsec_sa"]) if not peer or peer in names_of(one)]
    return (*ike_findings(ike), *ipsec_findings(ipsec))
