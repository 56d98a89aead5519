"""The address that a session was translated to is another one now."""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.model.verdict import Finding


def look(case: Case) -> Finding | None:
    """Find a conversation that had another translated source before."""
    before = {wing.key: one for one in case.before if (wing := one.wing("In")) is not None}
    for now in case.after:
        wing = now.wing("In")
        then = before.get(wing.key) if wing else None
        if then is None or then.source_nat is None or now.source_nat is None or then.source_nat[0] == now.source_nat[0]:
            continue
        old, new = (f"{address}/{port}" for address, port in (then.source_nat, now.source_nat))
        return Finding(
            symptom="the translated address changed",
            saw=f"the source was {old} before and is {new} now",
            why="interface NAT refreshes its sessions when the interface's address changes; the peer sees a stranger",
            next="show interfaces {egress} terse: a new lease or a failover? a pool keeps the address".format(
                **case.words
            ),
            lines=(case.quoted(then), case.quoted(now)),
        )
    return None
