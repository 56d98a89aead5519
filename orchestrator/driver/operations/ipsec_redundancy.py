"""``show ipsec redundancy`` and ``request ipsec switch``: two encryption PICs, or two peers of a tunnel.

No release publishes an RPC for the switch, so it goes as a command line (facts: YANG 16.1 to 24.4R1). The line is the
same in both directions: sent twice it is undone. So it is sent once, and whoever lost its reply looks.
"""

from __future__ import annotations

from functools import partial

from orchestrator.driver.base import Driver, Line, Reply, Rpc
from orchestrator.driver.forms import first_known
from orchestrator.driver.translate import command_error
from orchestrator.model.ipsec_redundancy import PairKind, RedundantPair
from orchestrator.parsers import ipsec_redundancy

# The RPC of each and its one argument (facts: YANG 16.1 to 24.4R1).
_SHOWN_BY = {
    PairKind.INTERFACE: ("get-ipsec-pic-redundancy-information", "interface-name"),
    PairKind.TUNNEL: ("get-ipsec-tunnel-redundancy-information", "security-association-name"),
}


def pairs(driver: Driver, kind: PairKind, name: str = "") -> list[RedundantPair]:
    """The redundant interfaces or tunnels, one by name or all; empty when nothing is redundant.

    Raises:
        UnsupportedError: the device has no such command: an SRX, for one.
    """
    element, argument = _SHOWN_BY[kind]
    reply = first_known(
        driver,
        f"ipsec-redundancy-{kind}",
        {
            "rpc": partial(driver.rpc, Rpc(element, ((argument, name),) if name else ())),
            "command": partial(driver.command, _line("show ipsec redundancy", kind, name)),
        },
    )
    return _read(driver, reply)


def switch_line(kind: PairKind, name: str) -> Line:
    """The line that switches to the other side, and the same line back."""
    return _line("request ipsec switch", kind, name)


def switch(driver: Driver, kind: PairKind, name: str) -> str:
    """Switch to the other side; return what the device said, which is in no source and may be nothing.

    Raises:
        CommandError: the device refused.
        ReplyTimeoutError, SessionLostError: whether it switched is unknown. It must not be sent again: look first.
    """
    line = switch_line(kind, name)
    said = driver.command(line).text.strip()
    if said.lower().startswith(("error", "syntax error", "unknown command", "invalid")):
        raise command_error(said, device=driver.device.name, command=str(line))
    return said


def _read(driver: Driver, reply: Reply) -> list[RedundantPair]:
    """A text reply is read as text: it stands in one ``output``."""
    name = f"{driver.device.name} ipsec redundancy"
    if any(child.tag == "output" for child in reply.root):
        return list(ipsec_redundancy.parse_text(reply.text, name))
    return list(ipsec_redundancy.parse_element(reply.root, name))


def _line(verb: str, kind: PairKind, name: str) -> Line:
    return Line.of(" ".join([*verb.split(), str(kind), *([name] if name else [])]))
