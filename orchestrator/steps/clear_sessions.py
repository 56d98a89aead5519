"""``clear_sessions``: end the sessions that match and read back what still does. It cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field, model_validator

from orchestrator.driver.operations import flow_session, session_control
from orchestrator.steps.session_filter import SessionFilterArgs
from orchestrator.steps.step import Bench, Outcome, Planned


class Args(SessionFilterArgs):
    """Which sessions; ``all: true`` for every one, which ends our own as well."""

    all: bool = Field(default=False, description=flow_session.WARNING)
    own_session: bool = Field(default=False, description="also when the session of our own connection matches")
    dry_run: bool = Field(default=False, description="only list what would end")

    @model_validator(mode="after")
    def _narrow(self) -> Args:
        if not self.all and not self.which().args():
            raise ValueError(f"name which sessions, or say all: true ({flow_session.WARNING})")
        if self.all and self.which().args():
            raise ValueError("all: true and a filter contradict each other")
        return self


def run(args: Args, bench: Bench) -> Outcome:
    """Look what matches, refuse to cut our own connection, clear, and read back."""
    seen = session_control.preview(bench.driver, args.which())
    if args.dry_run:
        bench.say(f"{seen.matching} sessions would end")
        return Outcome(data={"matched": seen.matching, "dry_run": True}, records=[*seen.sessions])
    if not (args.own_session or args.all):
        session_control.refuse_our_own(bench.device.name, seen)
    done = session_control.clear(bench.driver, args.which(), seen, everything=args.all)
    notes = list(done.notes)
    if done.ended is not None:
        bench.say(f"cleared {done.ended} session{'s' * (done.ended != 1)}")
        notes.insert(0, f"cleared {done.ended} sessions; this cannot be undone")
    data = {"matched": done.matched, "cleared": done.ended, "new": done.new}
    if done.still_there is not None:
        data["still_there"] = len(done.still_there)
    return Outcome(data=data, notes=notes, records=[*seen.sessions])


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """The look before, the clear without an undo, and the look after."""
    del tag
    which = args.which()
    look = Planned(str(which.shown_by()))
    if args.dry_run:
        return [look]
    clear = Planned(str(which.cleared_by()), "(cannot be undone)", "clear")
    return [look, clear] if args.all else [look, clear, look]
