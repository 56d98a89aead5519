"""``show services nat source port-block`` of an MX with a services card of the next generation.

Facts: RPC, words and arguments from the YANG of the NFX, 21.4R1 to 24.4R1. The tree of the reply is not published; it
is taken to be that of the SRX, whose command takes the same arguments.
"""

from __future__ import annotations

from orchestrator.lab.operations.operation import Operation
from orchestrator.lab.operations.port_block import ARGUMENTS, get

OPERATIONS = (
    Operation("get-serv-src-nat-port-block", "show services nat source port-block", get, "view", arguments=ARGUMENTS),
)
