"""``policy_configuration``: keep what the security policies do and log, to know what silence of the log means."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from orchestrator.driver.operations import policy
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import Artifact
from orchestrator.steps.step import Bench, Outcome, Planned
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256


class Args(Arguments):
    """The name to keep it under."""

    save: str = Field(default="policies", pattern=r"^[a-z0-9-]{1,32}$")


def run(args: Args, bench: Bench) -> Outcome:
    """Read the policies; a login class that may not is a note, not a failure."""
    path = bench.folder / safe_name(f"{args.save}.xml")
    found = policy.policies(bench.driver, keep=path)
    if found is None:
        return Outcome(notes=["this user may not read the policies: what they log is not known"])
    bench.say(f"{args.save}: {len(found.policies)} policies")
    artifact = Artifact(
        path=path, origin=f"{bench.device.name}:get-configuration security policies", method="netconf",
        size_bytes=path.stat().st_size, sha256=sha256(path), kind="policy_configuration",
    )  # fmt: skip
    logging = sum(one.logs for one in found.policies)
    return Outcome(artifacts=[artifact], data={"save": args.save, "policies": len(found.policies), "logging": logging})


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """One RPC."""
    del args, tag
    return [Planned(str(policy.REQUEST))]
