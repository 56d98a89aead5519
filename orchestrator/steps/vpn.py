"""``vpn``: keep the security associations of the device, and say what changed since they were kept before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import Field

from orchestrator.driver.base import Rpc
from orchestrator.driver.operations import vpn
from orchestrator.errors import UnsupportedError
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import Artifact
from orchestrator.model.ipsec import IkeSa, IpsecSa
from orchestrator.steps.step import Bench, Outcome, Planned
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256


class Args(Arguments):
    """Which associations to keep, and under which name; ``compare`` names what an earlier step kept."""

    save: str = Field(default="vpn", pattern=r"^[a-z0-9-]{1,32}$")
    peer: str = Field(default="", pattern=r"^[0-9A-Fa-f.:]{0,45}$", description="only those with this peer")
    compare: str = Field(default="", pattern=r"^[a-z0-9-]{0,32}$")


Kept = tuple[list[IkeSa], list[IpsecSa]]


def run(args: Args, bench: Bench) -> Outcome:
    """Read both kinds; a device without IPsec is a note, not a failure."""
    paths = [bench.folder / safe_name(f"{kind}-{args.save}.xml") for kind in ("ike-sa", "ipsec-sa")]
    try:
        ike = vpn.ike(bench.driver, args.peer, keep=paths[0])
        ipsec = [
            one for one in vpn.ipsec(bench.driver, keep=paths[1]) if not args.peer or args.peer in vpn.names_of(one)
        ]
    except UnsupportedError as error:
        return Outcome(notes=[f"{args.save}: {error.message}"])
    before: Kept | None = bench.saved.get(args.compare) if args.compare else None
    bench.saved[args.save] = (ike, ipsec)
    bench.say(f"{args.save}: {len(ike)} IKE and {len(ipsec)} IPsec associations")
    notes = [] if before is None else [f"{args.save}: {text}" for text in changes(before, (ike, ipsec))]
    data = {"save": args.save, "peer": args.peer, "ike": len(ike), "ipsec": len(ipsec), "changes": len(notes)}
    artifacts = [_artifact(bench, path, path.name.partition("-sa")[0]) for path in paths]
    return Outcome(artifacts=artifacts, notes=notes, data=data, records=[*ike, *ipsec])


def changes(before: Kept, after: Kept) -> list[str]:
    """What is not as it was: peers and associations that came, went, or were negotiated anew."""
    old_ike, new_ike = ({(one.node, one.remote_address): one.cookies for one in kept[0]} for kept in (before, after))
    old_ipsec, new_ipsec = ({(one.node, one.label): one.spis for one in kept[1]} for kept in (before, after))
    return [
        *_compared("IKE peer", old_ike, new_ike, "other cookies"),
        *_compared("IPsec", old_ipsec, new_ipsec, "other SPIs"),
    ]


def _compared(
    kind: str, old: Mapping[tuple[str, str], object], new: Mapping[tuple[str, str], object], anew: str
) -> list[str]:
    told = []
    for node, name in sorted({*old, *new}):
        where = f"{kind} {name}{f' on {node}' if node else ''}"
        if (node, name) not in new:
            told.append(f"{where} is gone")
        elif (node, name) not in old:
            told.append(f"{where} is new")
        elif old[node, name] != new[node, name]:
            told.append(f"{where} was negotiated anew ({anew})")
    return told


def _artifact(bench: Bench, path: Path, kind: str) -> Artifact:
    return Artifact(
        path=path, origin=f"{bench.device.name}:show {kind} security-associations", method="netconf",
        size_bytes=path.stat().st_size, sha256=sha256(path), kind=f"{kind}_sa",
    )  # fmt: skip


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """The first form of each command that is tried; what the device does not know is passed over."""
    del args, tag
    names = "get-ike-security-associations-information", "get-security-associations-information"
    return [Planned(str(Rpc(name, (("detail", None),)))) for name in names]
