"""A translation was due and could not be made."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording
from orchestrator.model.close_reasons import CloseReason

STOP = Stop(
    symptom="translation failed",
    why="a NAT rule takes the packet, but no address or port was to be had",
    next="show security nat source pool all, and show security nat resource-usage source-pool all: is it used up?",
    trace=wording(r"\bdip\b|\bnat\b.*(?:fail|alloc)|(?:fail|alloc).*\bnat\b"),
    record=wording(r"^NAT:|NAT .*fail"),
    log=wording(r"NAT allocation"),
    closed=frozenset({CloseReason.SOURCE_NAT_ALLOCATION_FAILURE}),
)
