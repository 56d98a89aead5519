"""RPCs of on-box packet capture: what may leave, and with which arguments (facts: YANG 24.4R1)."""

from __future__ import annotations

from orchestrator.driver.guard import slots
from orchestrator.driver.guard.rule import RpcRule, change, read
from orchestrator.model.packet_capture import COUNTS, SIZES, SNAPS

RPCS: dict[str, RpcRule] = {
    # Always with a file of ours and with the bounds that end it on the device.
    "request-packet-capture-start": change(
        "bidirectional",
        required="capture-file size maximum-capture-size count",
        capture_file=slots.our_tag,
        size=slots.between(*SIZES),
        maximum_capture_size=slots.between(*SNAPS),
        count=slots.between(*COUNTS),
        source_prefix=slots.PREFIX,
        destination_prefix=slots.PREFIX,
        source_port=slots.PORT,
        destination_port=slots.PORT,
        protocol=slots.NAME,
        interface=slots.INTERFACE,
    ),
    # It names no capture: who sends it must have looked whose runs.
    "request-packet-capture-stop": change(),
    "request-packet-capture-show": read(),
}
