"""No packet came as far as the flow module: the only symptom of a conversation that was not seen."""

from __future__ import annotations

from orchestrator.model.verdict import Finding

FINDING = Finding(
    symptom="never reached flow",
    saw="no packet matched the filters while the trace ran",
    why="a packet that reaches the flow module and matches leaves a bracket in the trace",
    next="is traffic being sent? are the addresses those before NAT? does a stateless filter or L2 stop it?",
)
