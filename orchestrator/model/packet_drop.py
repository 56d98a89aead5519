"""``show security packet-drop records`` (21.1R1 and later)."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.model.flow import FlowKey
from orchestrator.model.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketDrop:
    """One record. The device prints a time of day without a date; ``detail`` is open text.

    For ICMP the words in place of ports are id and sequence: they are in ``icmp_words`` and the key has no ports.
    ``place`` is where it was read, ``None`` when it was not read from a file.
    """

    time: str
    key: FlowKey
    module: str
    detail: str
    interface: str = ""
    logical_system: str = ""
    ip_id: int | None = None
    icmp_words: tuple[int, int] | None = None
    node: str = ""
    fpc_pic: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def reason(self) -> str:
        """Module and detail as the device prints them."""
        return f"Dropped by {self.module}:{self.detail}"
