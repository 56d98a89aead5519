"""An application policy says no, once the application is known."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording
from orchestrator.model.verdict import Verdict

STOP = Stop(
    symptom="denied by an application policy",
    why="the application was recognised, and the policy or rule set for it does not permit it",
    next="show security policies{zones} detail, and show services application-identification application-system-cache",
    trace=wording(r"app(?:lication)?[ -]?(?:fw|firewall)|dynapp"),
    record=wording(r"dynapp|^APPFW:|application firewall"),  # live 24.4: "discarded by dynapp policy NAME"
    log=wording(r"application"),  # published logs: "application failure or action"
    verdict=Verdict.DENIED,
)
