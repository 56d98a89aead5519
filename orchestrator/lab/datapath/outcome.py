"""What happened to one packet: the account from which trace, logs and drop records are written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from orchestrator.lab.datapath.nat import Translation
from orchestrator.lab.datapath.packet import Packet
from orchestrator.lab.datapath.policy import Verdict
from orchestrator.lab.datapath.records import Session
from orchestrator.lab.datapath.routing import Hop


class Stage(IntEnum):
    """Where on its way a packet can end, in the order of the first path."""

    SCREEN = 1
    ZONE = 2
    SYN_CHECK = 3
    ROUTE = 4
    SELF = 5
    EGRESS = 6
    POLICY = 7
    SOURCE_NAT = 8
    INSTALL = 9


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a packet was dropped: MODULE and DETAIL of its drop record, and its trace records.

    ``{policy}`` in the texts stands for the policy's name, ``{number}`` for its id.
    """

    stage: Stage
    module: str
    detail: str
    trace: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """One packet's way. What was not reached stays empty."""

    packet: Packet
    hash: int = 0
    thread: int = 1
    fpc_pic: tuple[int, int] = (0, 0)
    from_zone: str = ""
    to_zone: str = ""
    session: Session | None = None
    fast_path: bool = False
    destination: Translation | None = None
    hop: Hop | None = None
    verdict: Verdict | None = None
    source: Translation | None = None
    cause: Cause | None = None
    forwarded: Packet | None = None  # as it leaves: translated, ``interface`` is the egress
    delivered: bool = False  # to the device itself
    rejected: bool = False  # dropped, and the client was told

    @property
    def target(self) -> tuple[str, int]:
        """Destination address and port after destination NAT."""
        if self.destination is not None:
            return self.destination.address, self.destination.port
        return self.packet.destination, self.packet.destination_port


# Record texts confirmed in published listings; trace texts of the self drop in a published trace.
SELF_NOT_INTERESTED = Cause(
    Stage.SELF,
    "FLOW",
    "First path Self but not interested",
    (
        " packet dropped, packet dropped: for self but not interested. ",
        "flow_initiate_first_path: first pak no session",
    ),
)
