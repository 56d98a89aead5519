"""A policy says no."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording
from orchestrator.model.verdict import Verdict

STOP = Stop(
    symptom="denied by policy",
    why="the policy search of the packet's zones ended in a policy that does not permit it",
    next="show security policies{zones} detail: is a permit missing, or too low in the list?",
    trace=wording(r"polic(?:y|ies)"),  # general knowledge: no sample shows the trace of a denial
    record=wording(r"^POLICY:"),  # published listings: "POLICY:Denied by Policy  NAME"
    log=wording(r"^(?!.*application).*$"),  # RT_FLOW_SESSION_DENY: "policy deny", later "Denied by policy", or none
    verdict=Verdict.DENIED,
)
