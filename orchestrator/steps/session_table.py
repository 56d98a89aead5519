"""``session_table``: keep the sessions that match, as the device shows them now."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from orchestrator.driver.operations import flow_session
from orchestrator.model.files import Artifact
from orchestrator.model.flow_session import FlowSession
from orchestrator.steps.session_filter import SessionFilterArgs
from orchestrator.steps.step import Bench, Outcome, Planned
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256

KEEP_SESSIONS = 100_000  # in memory for the analysis; the artifact always has them all


class Args(SessionFilterArgs):
    """Which sessions, and the name to keep them under."""

    save: str = Field(default="sessions", pattern=r"^[a-z0-9-]{1,32}$")


def run(args: Args, bench: Bench) -> Outcome:
    """Read the table through a file that becomes the artifact."""
    path = bench.folder / safe_name(f"sessions-{args.save}.xml")
    found: list[FlowSession] = []
    count = 0
    for one in flow_session.sessions(bench.driver, args.which(), keep=path):
        if isinstance(one, FlowSession):
            count += 1
            if len(found) < KEEP_SESSIONS:
                found.append(one)
    bench.say(f"{args.save}: {count} session{'s' * (count != 1)}")
    bench.saved[args.save] = found
    artifact = Artifact(
        path=path, origin=f"{bench.device.name}:show security flow session", method="netconf",
        size_bytes=path.stat().st_size, sha256=sha256(path), kind="session_table",
    )  # fmt: skip
    return Outcome(artifacts=[artifact], data={"save": args.save, "sessions": count}, records=[*found])


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """One RPC."""
    del tag
    return [Planned(str(args.which().shown_by()))]
