"""``show security packet-drop records`` (21.1R1 and later)."""

from __future__ import annotations

from pathlib import Path

from orchestrator.driver.base import Driver, Rpc
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.parsers import packet_drop


def records(driver: Driver, *, keep: Path | None = None) -> list[PacketDrop]:
    """Records of dropped packets, newest first as the device lists them.

    ``keep`` leaves the reply at that path.

    Raises:
        UnsupportedError: the release has no such records.
    """
    reply = driver.rpc(Rpc("get-packet-drop-records-all")).kept(keep)
    return list(packet_drop.parse_element(reply.root, f"{driver.device.name} packet-drop records"))
