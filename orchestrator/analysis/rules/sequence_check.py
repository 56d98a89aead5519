"""A TCP packet outside of the window."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="TCP sequence check failed",
    why="the packet's sequence number lies outside of the window that the device keeps for the session",
    next="is there a second path, or a device that rewrites sequence numbers? show security flow statistics",
    trace=wording(r"\bseq(?:uence)?\b|out of window"),
    record=wording(r"\bseq(?:uence)?\b|out of window"),
)
