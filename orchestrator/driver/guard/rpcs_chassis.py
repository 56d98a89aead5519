"""RPCs of alarms, errors and the forwarding plane: what may leave, and with which arguments.

``request-pfe-execute`` runs a command on a card. It is not published, and the card's own shell knows commands that
write: only whole show commands of the list below pass, word for word but for their numbers.
"""

from __future__ import annotations

import re

from orchestrator.driver.guard import slots
from orchestrator.driver.guard.rule import RpcRule, read
from orchestrator.driver.guard.slots import Slot

_NUMBER = r"[0-9]{1,3}"
# What a forwarding engine may be asked (facts: tables of PyEZ, published rules); N stands for a number.
PFE_SHOWS = (
    "show cmerror module brief",
    "show cmerror module N error N",
    "show host_loopback status-summary",
    "show lkup-asic wedge-client",
    "show luchip N",
    "show pci errors N",
    "show threads",
    "show toe pfe N xm N toe-inst N packet-stats",
    "show toe pfe N xm N toe-inst N wedge-stats stream N",
    "show xmchip N drd error-stats",
    "show xmchip N fi error-stats",
    "show xmchip N li interrupt-stats",
)
_PFE_SHOW = re.compile("|".join(re.sub(r"\bN\b", _NUMBER, one) for one in PFE_SHOWS), re.ASCII)


def _pfe_show(value: str) -> bool:
    return _PFE_SHOW.fullmatch(value) is not None


PFE_COMMAND: Slot = _pfe_show
PFE_TARGET = slots.one_of(*(f"fpc{slot}" for slot in range(24)))
SLOT = slots.one_of(*map(str, range(24)))

RPCS: dict[str, RpcRule] = {
    "get-alarm-information": read(),
    "get-system-alarm-information": read(),
    "get-chassis-inventory": read(),
    "get-fpc-error-information": read(
        "detail",
        fpc_slot=SLOT,
        scope=slots.one_of("board", "pfe"),
        category=slots.one_of("functional", "memory", "io", "storage", "switch", "processing"),
    ),
    "get-chassis-active-errors": read(fpc_slot=SLOT),
    "get-active-error-information-detail": read(fpc_slot=SLOT),
    "get-active-error-information": read(),
    "get-active-error-detail-information": read(),
    "request-pfe-execute": read(required="target command", target=PFE_TARGET, command=PFE_COMMAND),
}
