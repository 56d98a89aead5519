"""How a device writes: what differs between releases and platforms in trace, logs and session ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Both seen in published traces. The FPC/PIC form of the SRX5000 is synthetic: no sample shows it.
PLAIN_PREFIX = "CID-{cid}:RT:"
THREAD_PREFIX = "CID-{cid}:THREAD_ID-{thread:02}:LSYS_ID-00:RT:"
SPU_PREFIX = "CID-{cid:02}:FPC-{fpc:02}:PIC-{pic:02}:THREAD_ID-{thread:02}:RT:"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStyle:
    """The flow trace file. ``flush_delay`` is lab seconds from a record to its line in the file, at most."""

    prefix: str = PLAIN_PREFIX
    cid: int = 0
    threads: int = 2
    pointer_digits: int = 8
    packet_pointer_has_0x: bool = True  # older releases print ``@4228031e``
    has_conn_tag: bool = True  # ``;6,0x0>`` in the header line; 12.1X46 has ``;6>``
    flush_delay: float = 1.0

    def pointer(self, value: int) -> str:
        """A buffer address."""
        return f"0x{value:0{self.pointer_digits}x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStyle:
    """What a persona says about the forwarding plane."""

    host_name: str = "srx"
    trace: TraceStyle = TraceStyle()
    log_fields: Literal["12.3", "22.2"] = "22.2"
    platform_oid: int = 129  # the last number of ``junos@2636.1.1.1.2.N``
    icmp_words: Literal["id-sequence", "sequence-id"] = "id-sequence"
    session_id_base: int = 1
    session_id_stride: int = 0  # between SPUs: 10,000,000 of old, 1 << 32 on newer releases
    fpc_pics: tuple[tuple[int, int], ...] = ((0, 0),)
    uptime_start_time: bool = False  # 15.1 to 20.3 print seconds since boot, 24.4 the epoch
    record_drops: bool = True  # packet-drop records exist from 21.1R1
    default_policy: str = "default-policy-logical-system-00"
    default_policy_id: int = 2  # synthetic: the printed index of the default policy has no sample
    closed_seconds: float = 2.0  # synthetic: from FIN or RST to the end of the session
    invalidated_seconds: float = 4.0  # an ended session stays counted as invalidated; 4 to 20 s seen
