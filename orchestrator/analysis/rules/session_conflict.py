"""A session could not be put into the table."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording
from orchestrator.model.close_reasons import CloseReason

STOP = Stop(
    symptom="session could not be installed",
    why="the table holds another session with the same reverse direction, or the direction could not be resolved",
    next="show security flow session for the translated addresses: which session holds them? is a static port reused?",
    trace=wording(r"nsp2? install|install failed"),
    closed=frozenset({CloseReason.UNSET, CloseReason.CP_NACK}),  # the central point has no place for it
    record=wording(r"install failed"),  # published listings: "First path nsp2 install failed"
)
