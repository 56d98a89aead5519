"""Sessions that a scenario only states: they stand in the table whatever the traffic does.

So the kinds of sessions that the lab's datapath cannot make are there to be listed, filtered and cleared: tunnels,
sessions of a gateway's resource manager, of intrusion prevention, multicast streams, and our own management session.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

Address = Annotated[str, BeforeValidator(lambda value: str(ipaddress.ip_address(value)))]
Port = Annotated[int, Field(ge=0, le=65535)]
SessionKind = Literal[
    "idp", "tunnel", "encrypted", "services-offload", "resource-manager", "ssl", "application-firewall",
    "application-traffic-control", "security-intelligence", "advanced-anti-malware", "anti-virus",
    "content-filtering", "web-filtering", "drop-flow",
]  # fmt: skip


class StandingSession(BaseModel, extra="forbid", frozen=True):
    """One session; a tunnel has no ``out``. ``kinds`` are the keywords of ``show security flow session`` it answers to.

    ``survives`` is a session that no clear ends (synthetic: so that reading back has something to find).
    """

    source: Address
    source_port: Port = 0
    destination: Address
    destination_port: Port = 0
    protocol: int = Field(default=6, ge=0, le=255)
    into: str = "ge-0/0/0.0"
    out: str = ""
    policy: str = "N/A"
    application: str = ""
    dynamic_application: str = ""
    kinds: tuple[SessionKind, ...] = ()
    timeout: int = Field(default=1800, ge=1)
    packets: int = Field(default=10, ge=0)
    survives: bool = False


class Leaf(BaseModel, extra="forbid", frozen=True):
    """A receiver's interface; its session times out as the application of its policy says, if that says anything."""

    interface: str
    policy: str
    application: str = ""


class MulticastStream(BaseModel, extra="forbid", frozen=True):
    """A UDP stream to a group: one template session and one leaf session a receiver.

    ``interval`` is seconds between two packets. Where it is longer than the template's timeout the sessions age out
    before the next packet, which makes new ones (documentation).
    """

    source: Address
    source_port: Port = 5000
    group: Address
    port: Port = 5000
    into: str = "ge-0/0/0.0"
    interval: float = Field(default=1.0, gt=0)
    leaves: tuple[Leaf, ...] = Field(min_length=1)


class Management(BaseModel, extra="forbid", frozen=True):
    """SSH connections come in by an interface of the forwarding plane, so that each has a session.

    Without it they come by the management port, which the forwarding plane does not see. ``seen_as`` is the client's
    address after a translation on the way.
    """

    into: str = "ge-0/0/0.0"
    seen_as: Address | None = None
