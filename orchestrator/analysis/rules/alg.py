"""An application layer gateway takes part in the conversation."""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.model.verdict import Finding

# Applications of Junos's defaults whose sessions an ALG reads (documentation: ALG overview).
_GATEWAYS = frozenset(
    "ftp ftp-data tftp sip h323 mgcp-ua mgcp-ca sccp rtsp pptp rsh sql-net talk ntalk sun-rpc ms-rpc dns".split()
)


def look(case: Case) -> Finding | None:
    """Find a gateway's application on a conversation that did not go well: what it reads it may also change."""
    if not (case.is_one_sided or case.dropped):
        return None
    named = {one.application: case.quoted(one) for one in case.after + case.before if one.application}
    named |= {one.service: one.line for one in case.logs if one.service}
    found = next(((name, line) for name, line in named.items() if name.removeprefix("junos-") in _GATEWAYS), None)
    if found is None:
        return None
    name, line = found
    return Finding(
        symptom="an ALG takes part",
        saw=f"the session's application is {name}",
        why="the gateway of that application reads the payload, opens sessions of its own and rewrites addresses",
        next="show security alg status; if the payload is encrypted or unusual, try without the gateway",
        lines=(line,),
        soft=True,
    )
