"""A screen took the packet for an attack."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="dropped by a screen",
    why="the packet fits a screen option of the zone it came in by",
    next="show security screen statistics interface {ingress}, and show security screen ids-option of its zone",
    trace=wording(
        r"spoof|land attack|no flag|fin bits|fin no ack|flood|sweep|port scan|screen|tear.?drop|winnuke|ping of death"
        r"|source.?route|limit.?session|(?:src|source|dst|destination)(?: ip)? session limit"
    ),
    record=wording(r"^(?:IDS|SCREEN):"),  # published listings: "IDS:IP spoofing"
)
