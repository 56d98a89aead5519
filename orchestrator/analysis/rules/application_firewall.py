"""An application policy says no, once the application is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

from orchestrator.analysis.case import Case
from orchestrator.analysis.rules.rule import Stop, wording
from orchestrator.model.session_log import SessionEvent, SessionLog
from orchestrator.model.verdict import Verdict

_UNKNOWN = {"", "UNKNOWN", "N/A"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationStop(Stop):
    """A denial that RT_FLOW words like any other: older releases print no reason, newer ones ``Denied by policy``."""

    def concerns(self, case: Case, log: SessionLog) -> bool:
        """A denial by a policy that asks for the application, or of a session whose application was known by then."""
        if log.kind is not SessionEvent.DENY:
            return False
        known = case.evidence.policies
        policy = known.named(log.policy, log.from_zone, log.to_zone) if known else None
        if policy is not None:
            return policy.asks_for_application
        return bool(log.session_id) and log.application not in _UNKNOWN


STOP = ApplicationStop(
    symptom="denied by an application policy",
    why="the application was recognised, and the policy or rule set for it does not permit it",
    next="show security policies{zones} detail, and show services application-identification application-system-cache",
    trace=wording(r"discarded by dynapp policy"),
    record=wording(r"dynapp|^APPFW:|application firewall"),  # live 24.4: "discarded by dynapp policy NAME"
    log=wording(r"application"),  # published logs: "application failure or action"
    verdict=Verdict.DENIED,
    confirmed=True,
)
# Other wordings of the trace: no sample shows them.
OTHERWISE = replace(
    STOP, trace=wording(r"app(?:lication)?[ -]?(?:fw|firewall)|dynapp"), record=None, log=None, confirmed=False
)
