"""No session to be had."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="no session available",
    why="the session table, or the limit set for the source, destination or policy, is full",
    next="show security flow session summary: is active near maximum? then show security flow statistics",
    trace=wording(r"no session available|session (?:limit|table)|out of session"),
    record=wording(r"session limit|session table|no session available"),
)
