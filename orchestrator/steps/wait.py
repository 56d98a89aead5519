"""``wait``: let time pass."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from orchestrator.model.arguments import Arguments
from orchestrator.model.quantities import in_words
from orchestrator.playbook.fields import Duration
from orchestrator.steps.step import Bench, Outcome, Planned


class Args(Arguments):
    """How long."""

    for_: Duration = Field(alias="for", description="how long to wait")


def run(args: Args, bench: Bench) -> Outcome:
    """Wait; a signal ends it at once."""
    bench.say(f"waiting {in_words(args.for_)}")
    bench.pause(args.for_.total_seconds())
    return Outcome()


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """Nothing is sent."""
    del args, tag
    return []
