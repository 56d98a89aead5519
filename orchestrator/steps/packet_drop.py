"""``packet_drop``: keep the records of dropped packets (21.1R1 and later)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from pydantic import Field

from orchestrator.driver.base import Rpc
from orchestrator.driver.operations import packet_drop
from orchestrator.errors import UnsupportedError
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import Artifact
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.playbook.fields import EndpointField, Protocol
from orchestrator.steps.step import Bench, Outcome, Planned
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256

TOLD_REASONS = 5


class Args(Arguments):
    """Which records to keep; without any of these, all of them."""

    save: str = Field(default="drops", pattern=r"^[a-z0-9-]{1,32}$")
    source: EndpointField | None = None
    destination: EndpointField | None = None
    protocol: Protocol | None = None


def run(args: Args, bench: Bench) -> Outcome:
    """Read the records; a release without them is a note, not a failure."""
    try:
        path = bench.folder / safe_name(f"packet-drops-{args.save}.xml")
        records = [one for one in packet_drop.records(bench.driver, keep=path) if _wanted(args, one)]
    except UnsupportedError:
        return Outcome(notes=["this release keeps no packet-drop records (21.1R1 and later do)"])
    bench.say(f"{args.save}: {len(records)} dropped packet{'s' * (len(records) != 1)} on record")
    bench.saved[args.save] = records
    artifact = Artifact(
        path=path, origin=f"{bench.device.name}:show security packet-drop records", method="netconf",
        size_bytes=path.stat().st_size, sha256=sha256(path), kind="packet_drop",
    )  # fmt: skip
    reasons = Counter(one.reason for one in records)
    notes = [f"{args.save}: {count} on record: {reason}" for reason, count in reasons.most_common(TOLD_REASONS)]
    return Outcome(
        artifacts=[artifact], notes=notes, data={"save": args.save, "drops": len(records)}, records=[*records]
    )


def _wanted(args: Args, one: PacketDrop) -> bool:
    key = one.key
    return (
        (args.source is None or args.source.holds(key.source, key.source_port))
        and (args.destination is None or args.destination.holds(key.destination, key.destination_port))
        and args.protocol in (None, key.protocol)
    )


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """One RPC; the device gives all records, we keep those that match."""
    del args, tag
    return [Planned(str(Rpc("get-packet-drop-records-all")))]
