"""The chassis: is it a cluster, and who is primary."""

from __future__ import annotations

from orchestrator.driver.base import Driver, Rpc
from orchestrator.errors import CommandError
from orchestrator.model.system import ClusterStatus
from orchestrator.parsers import system


def cluster_status(driver: Driver) -> ClusterStatus:
    """Nodes and redundancy groups; no nodes on a standalone device.

    A standalone device answers with ``<xnm:error>`` "Chassis cluster is not enabled" (12.3X48, live 24.4R1.9).
    """
    try:
        reply = driver.rpc(Rpc("get-chassis-cluster-status"))
    except CommandError as error:
        if "not enabled" in error.message:
            return ClusterStatus()
        raise
    return system.cluster_status(reply.root)
