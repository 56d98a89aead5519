"""``show security nat source port-block``: who holds an address and port now (facts: YANG 21.4R1 to 24.4R1)."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.driver.base import Driver, Reply, Rpc
from orchestrator.driver.forms import first_known
from orchestrator.model.port_block import LiveBlock
from orchestrator.parsers import port_block_table

# The second is that of a services card of the next generation (facts: YANG of the NFX, 21.4R1 to 24.4R1).
FORMS = ("get-src-nat-port-block", "get-serv-src-nat-port-block")


def held_now(driver: Driver, external: str = "", port: int | None = None, subscriber: str = "") -> list[LiveBlock]:
    """Blocks that are given out now, of an external address and port or of a subscriber.

    Raises:
        UnsupportedError: the device knows neither form of the command.
    """
    args: list[tuple[str, str | None]] = []
    if external:
        args.append(("xlated-ip", external))
        args += [("xlated-port", str(port))] if port is not None else []
    elif subscriber:
        args.append(("host-ip", subscriber))
    forms: dict[str, Callable[[], Reply]] = {
        name: lambda name=name: driver.rpc(Rpc(name, tuple(args)))  # type: ignore[misc]
        for name in FORMS
    }
    reply = first_known(driver, "port-blocks", forms)
    found = port_block_table.parse_element(reply.root, f"{driver.device.name} port blocks")
    return [one for one in found if port is None or one.low <= port <= one.high]
