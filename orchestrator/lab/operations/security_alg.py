"""``show security alg status`` of an SRX (facts: live 24.4R1; leaf names from YANG 24.4R1)."""

from __future__ import annotations

from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Call, Operation

# Which ones are on from the start differs by release and platform: synthetic, and a scenario may switch off any.
ALGS = (
    "DNS", "FTP", "H323", "MGCP", "MSRPC", "PPTP", "RSH", "RTSP", "SCCP", "SIP", "SQL", "SUNRPC", "TALK", "TFTP",
    "IKE-ESP", "TWAMP",
)  # fmt: skip
OFF = {"ike-esp-nat", "twamp"}


def status(call: Call) -> Answer:
    """Every ALG, and whether it is on."""
    markup = call.markup("junos-alg")
    off = OFF | set(call.box.scenario.stateful_firewall.alg_disabled)
    leaves, lines = {}, ["ALG Status :"]
    for word in ALGS:
        name = "ike-esp-nat" if word == "IKE-ESP" else word.lower()
        leaves[f"alg-{name}-status"] = said = "Disabled" if name in off else "Enabled"
        lines.append(f"  {word:<8} : {said}")
    element = markup.branch("alg-status", markup.leaves(leaves))
    return Answer("\n".join(lines) + "\n", [element], padded=call.box.persona.padded)


OPERATIONS = (Operation("get-alg-status", "show security alg status", status, "view", per_node=True),)
