"""A translation was due and could not be made."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="translation failed",
    why="a NAT rule takes the packet, but no address or port was to be had",
    next="show security nat source pool all, and show security nat resource-usage source-pool all: is it used up?",
    trace=wording(r"\bdip\b|\ballocat|\bnat\b.*fail|fail.*\bnat\b"),
    record=wording(r"^NAT:|NAT .*fail"),
    log=wording(r"NAT allocation"),
)
