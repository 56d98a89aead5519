"""``show security nat source port-block`` (facts: YANG 24.4R1; element names from published replies).

The blocks are those of the scenario; without any the table is empty. The text is synthetic.
"""

from __future__ import annotations

from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.scenario_port_block import PortBlock


def get(call: Call) -> Answer:
    """Blocks by pool, filtered as asked."""
    markup = call.markup("junos-nat")
    wanted = [one for one in call.box.scenario.port_blocks if call.node == 0 and _asked(call, one)]
    pools, lines = [], []
    for name in dict.fromkeys(one.pool for one in wanted):
        held = [one for one in wanted if one.pool == name]
        size = held[0].high - held[0].low + 1
        head = markup.leaves({"pba-pool-name": name, "pba-size": size, "pba-blk-used": len(held)})
        entries = [markup.branch("pba-blk-table-entry", markup.leaves({
            "blk-internal-ip": one.internal, "blk-reflexive-ip": one.reflexive, "blk-low-port": one.low,
            "blk-high-port": one.high, "blk-ports-used": one.used, "blk-ports-total": one.high - one.low + 1,
            "blk-ports-ol": 1, "blk-status": "Query", "blk-left-time": one.left,
        })) for one in held]  # fmt: skip
        pools.append(markup.branch("pba-pool-info-entry", [*head, *entries]))
        lines += [f"{one.internal}  {one.reflexive}  {one.low}-{one.high}" for one in held]
    element = markup.branch("pba-blk-table", pools)
    return Answer("".join(f"{line}\n" for line in lines), [element], padded=call.box.persona.padded)


def _asked(call: Call, one: PortBlock) -> bool:
    port = call.get("xlated-port")
    return (
        call.get("pool") in ("", one.pool) and call.get("host-ip") in ("", one.internal)
        and call.get("xlated-ip") in ("", one.reflexive) and (not port or one.low <= int(port) <= one.high)
    )  # fmt: skip


ARGUMENTS = (
    Argument("pool"), Argument("host-ip"), Argument("xlated-ip"), Argument("xlated-port", low=0, high=65535),
)  # fmt: skip
OPERATIONS = (
    Operation(
        "get-src-nat-port-block", "show security nat source port-block", get, "view", per_node=True, arguments=ARGUMENTS
    ),
)
