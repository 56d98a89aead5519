"""``clear_sessions``: end the sessions that match. It cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field, model_validator

from orchestrator.driver.base import Rpc
from orchestrator.driver.operations import flow_session
from orchestrator.errors import ReplyTimeoutError, SessionLostError
from orchestrator.steps.session_filter import SessionFilterArgs
from orchestrator.steps.step import Bench, Outcome, Planned


class Args(SessionFilterArgs):
    """Which sessions; ``all: true`` for every one, which ends our own as well."""

    all: bool = Field(default=False, description=flow_session.WARNING)

    @model_validator(mode="after")
    def _narrow(self) -> Args:
        if not self.all and not self.which().args():
            raise ValueError(f"name which sessions, or say all: true ({flow_session.WARNING})")
        return self


def run(args: Args, bench: Bench) -> Outcome:
    """Clear, and say how many."""
    try:
        cleared = flow_session.clear(bench.driver, args.which(), everything=args.all)
    except (ReplyTimeoutError, SessionLostError):
        if not args.all:
            raise
        return Outcome(notes=["the clear ended our own session, as expected; how many it ended is not known"])
    bench.say(f"cleared {cleared} session{'s' * (cleared != 1)}")
    return Outcome(data={"cleared": cleared}, notes=[f"cleared {cleared} sessions; this cannot be undone"])


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """One RPC, without an undo."""
    del tag
    words = args.which().args()
    request = Rpc("clear-flow-session", words) if words else Rpc("clear-flow-session-all")
    return [Planned(str(request), "(cannot be undone)", "clear")]
