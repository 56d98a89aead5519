"""What happened to a conversation, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.model.flow_trace import Line


class Verdict(StrEnum):
    """The five answers."""

    PERMITTED = "permitted"
    DENIED = "denied"
    DROPPED = "dropped"
    NOT_SEEN = "not-seen"
    INCONCLUSIVE = "inconclusive"


class Certainty(StrEnum):
    """How firmly an answer stands."""

    CERTAIN = "certain"
    LIKELY = "likely"  # rests on a soft pattern, or on one source that another could have confirmed


def lines_of(line: Line | None) -> tuple[Line, ...]:
    """The one line that proves a finding, none where the source has no lines."""
    return () if line is None else (line,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One symptom: what was seen, why it follows, what to check next, and the lines that prove it.

    ``verdict`` is what it makes of the conversation, ``None`` for what is only worth knowing. ``soft`` says that it
    rests on a wording no sample confirms; ``sources`` name who says so, ``packets`` how many it concerns.
    """

    symptom: str
    saw: str
    why: str
    next: str
    lines: tuple[Line, ...] = ()
    verdict: Verdict | None = None
    soft: bool = False
    sources: tuple[str, ...] = ()
    packets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The verdict with its sentence, its certainty and its findings.

    ``missing`` is what would make it firmer; ``contradictions`` are sources that do not say the same.
    """

    verdict: Verdict
    sentence: str
    certainty: Certainty = Certainty.CERTAIN
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
