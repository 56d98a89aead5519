"""No way to the destination."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="no route",
    why="the route lookup for the packet's destination found none, or one that rejects",
    next="show route {destination}: is there a route in the packet's routing instance?",
    trace=wording(r"ROUTE_REJECT|no way|no route|route-lookup failed"),
    record=wording(r"no route|route reject"),
)
