"""What a scenario file may say: the lab's network, its policies and translations, its traffic, and what goes wrong."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from orchestrator.lab.scenario_chassis import Chassis
from orchestrator.lab.scenario_es_pic import EsPic
from orchestrator.lab.scenario_flow import FlowStatements
from orchestrator.lab.scenario_port_block import PortBlock
from orchestrator.lab.scenario_references import ROOT
from orchestrator.lab.scenario_sessions import Management, MulticastStream, StandingSession
from orchestrator.lab.scenario_stateful_firewall import StatefulFirewall
from orchestrator.lab.scenario_vpn import Vpn

Protocol = Literal["tcp", "udp", "icmp"]
PROTOCOL_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17}
Port = Annotated[int, Field(ge=0, le=65535)]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port; port 0 where the protocol has none."""

    address: str
    port: int = 0


def _endpoint(value: object) -> object:
    if not isinstance(value, str):
        return value
    address, port = value, "0"
    if value.startswith("["):
        address, _, port = value[1:].partition("]")
        port = port.removeprefix(":") or "0"
    elif value.count(":") == 1:
        address, _, port = value.partition(":")
    if not port.isdigit() or int(port) > 65535:
        raise ValueError(f"not a port: {port}")
    return Endpoint(str(ipaddress.ip_address(address)), int(port))


def _address(value: object) -> object:
    return str(ipaddress.ip_address(value)) if isinstance(value, str) else value


def _prefix(value: object) -> object:
    return str(ipaddress.ip_network(value, strict=False)) if isinstance(value, str) else value


def _interface_address(value: object) -> object:
    return str(ipaddress.ip_interface(value)) if isinstance(value, str) else value


Address = Annotated[str, BeforeValidator(_address)]
Prefix = Annotated[str, BeforeValidator(_prefix)]
InterfaceAddress = Annotated[str, BeforeValidator(_interface_address)]
AnEndpoint = Annotated[Endpoint, BeforeValidator(_endpoint)]


class Model(BaseModel):
    """Unknown keys are mistakes; a scenario is never changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Interface(Model):
    """A logical interface, keyed by its name with unit (``ge-0/0/0.0``); ``mtu`` is that of its protocol family."""

    addresses: list[InterfaceAddress] = []
    mtu: int = Field(default=1500, ge=256, le=9192)
    zone: str | None = None
    logical_system: str = ROOT


ScreenName = Literal["land", "ip-spoofing", "tcp-no-flag", "syn-fin", "fin-no-ack"]


class Zone(Model):
    """A security zone; ``host_inbound`` are the system services it lets in, ``all`` for every one.

    ``session_limit`` is the screen that limits the sessions of one source address.
    """

    host_inbound: list[str] = []
    tcp_rst: bool = False
    screens: list[ScreenName] = []
    session_limit: int | None = Field(default=None, ge=1)


class Route(Model):
    """A static route; connected ones follow from the interfaces."""

    prefix: Prefix
    next_hop: Address | None = None
    interface: str | None = None
    reject: bool = False


class Application(Model):
    """A custom application; the predefined ``junos-*`` ones exist anyway. ``inactivity_timeout`` is seconds."""

    name: str
    protocol: Protocol
    port: Port = 0
    inactivity_timeout: int | None = Field(default=None, ge=4, le=86400)


class Match(Model):
    """Empty lists mean ``any``. Whether a dynamic application (``HTTP``) matches is known only from the payload."""

    source: list[Prefix] = []
    destination: list[Prefix] = []
    application: list[str] = []
    dynamic_application: list[str] = []


class Policy(Model):
    """A security policy, evaluated in the order written among those of its zone pair."""

    from_zone: str = Field(alias="from")
    to_zone: str = Field(alias="to")
    name: str
    id: int = Field(ge=4)
    match: Match = Match()
    action: Literal["permit", "deny", "reject"]
    log: list[Literal["init", "close"]] = []


class Pool(Model):
    """A source NAT pool: addresses and the ports each may lend."""

    addresses: Prefix
    ports: tuple[Port, Port] = (1024, 63487)


class SourceRule(Model):
    """Source NAT to the egress interface's address, or to a pool when one is named."""

    name: str
    from_zone: str = Field(alias="from")
    to_zone: str = Field(alias="to")
    source: Prefix | None = None
    destination: Prefix | None = None
    pool: str | None = None


class DestinationRule(Model):
    """Destination NAT; ``match`` without a port takes every port and keeps it."""

    name: str
    from_zone: str = Field(alias="from")
    match: AnEndpoint
    to: AnEndpoint


class StaticRule(Model):
    """Static NAT of one address, both directions."""

    name: str
    from_zone: str = Field(alias="from")
    public: Address
    private: Address


class Nat(Model):
    """All translations."""

    static: list[StaticRule] = []
    source: list[SourceRule] = []
    destination: list[DestinationRule] = []
    pools: dict[str, Pool] = {}


class Flow(FlowStatements):
    """Flow options that the datapath obeys.

    Timeouts are seconds: TCP 1800 and 20, UDP 60 are Juniper's defaults, ICMP's is synthetic.
    ``idle_reason`` is how RT_FLOW calls the end of a session that nobody spoke in: published logs have both words,
    and the documentation does not tell them apart.
    """

    tcp_syn_check: bool = True
    tcp_sequence_check: bool = True
    tcp_initial_timeout: int = Field(default=20, ge=4, le=300)
    tcp_timeout: int = Field(default=1800, ge=4)
    udp_timeout: int = Field(default=60, ge=1)
    icmp_timeout: int = Field(default=60, ge=1)
    max_sessions: int = Field(default=524288, ge=1)
    idle_reason: Literal["aged out", "idle Timeout"] = "aged out"


class Log(Model):
    """Where RT_FLOW goes: unstructured to ``messages``, structured to ``traffic-log``, past both to a ``collector``."""

    messages: bool = True
    structured: bool = False
    collector: Address | None = None

    @property
    def is_local(self) -> bool:
        """Whether files of the device hold it."""
        return self.collector is None


class Conversation(Model):
    """One pair of hosts that talk. Times are seconds of lab time; ``every`` repeats it for ever.

    ``source_port`` (for ICMP the identifier) grows by one a repetition, over ``source_ports`` values. ``reply: false``
    is a server that is silent, ``listening: false`` one that answers SYN with RST, ``syn: false`` a client that starts
    in the middle of a connection. ``reply_interface`` is where the server's packets come in when they take another way
    than the client's. ``unseen_bytes`` the client sent past the device before its last exchange, so that segment lies
    beyond what the server acknowledged. ``payload`` is what application identification makes of the answers.
    """

    name: str
    source: Address
    destination: AnEndpoint
    protocol: Protocol = "tcp"
    source_port: Port = 50000
    source_ports: int = Field(default=1, ge=1, le=65536)
    interface: str | None = None  # where the client's packets come in, when the route to it is not the answer
    starts_at: float = Field(default=0.0, ge=0)
    every: float | None = Field(default=None, gt=0)
    exchanges: int = Field(default=1, ge=0)
    pause: float = Field(default=0.02, ge=0)
    reply: bool = True
    listening: bool = True
    syn: bool = True
    close: Literal["fin", "client-rst", "server-rst", "none"] = "fin"
    length: int = Field(default=120, ge=40, le=9000)
    ttl: int = Field(default=64, ge=1, le=255)  # as the client's packets arrive
    dont_fragment: bool = False
    reply_interface: str | None = None
    unseen_bytes: int = Field(default=0, ge=0, le=2**30)
    payload: str = ""


class AddressChange(Model):
    """An interface gets another address, as from a new lease."""

    interface: str
    address: InterfaceAddress


class PolicyChange(Model):
    """A colleague commits: a policy is deleted, or is back."""

    name: str
    deleted: bool = True


class SessionClose(Model):
    """Sessions of a source are closed: by an operator's clear command, or by a service of the device."""

    source: Prefix
    reason: Literal["CLI", "IDP"] = "CLI"


class Change(Model):
    """Something that happens to the device besides traffic; ``at`` and ``every`` as in a conversation.

    A route moves as a routing protocol moves it: it is in no configuration.
    """

    at: float = Field(ge=0)
    every: float | None = Field(default=None, gt=0)
    route: Route | None = None
    address: AddressChange | None = None
    policy: PolicyChange | None = None
    close: SessionClose | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if sum(one is not None for one in (self.route, self.address, self.policy, self.close)) != 1:
            raise ValueError("a change is one of route, address, policy and close")
        return self


class ForeignFilter(Model):
    """A colleague's filter; ``criteria`` are CLI keywords and values."""

    name: str
    criteria: dict[str, str] = {}


class ForeignFile(Model):
    """A colleague's ``monitor security flow file`` setting."""

    name: str
    size: int = 131072
    files: int = 3
    match: str | None = None
    world_readable: bool = False


class Foreign(Model):
    """Monitor state that was there before us."""

    file: ForeignFile | None = None
    filters: list[ForeignFilter] = []
    active: bool = False


class ExtraFile(Model):
    """A file that lies on the device from the start. ``mode`` is octal digits."""

    path: str = Field(pattern=r"^/var/(log|tmp)/[^/]+$")
    content: str = ""
    owner: str = "root"
    mode: str = Field(default="640", pattern=r"^[0-7]{3}$")


class Scenario(Model):
    """Everything the lab's device is set up for."""

    name: str
    about: str = ""
    interfaces: dict[str, Interface] = {}
    zones: dict[str, Zone] = {}
    routes: list[Route] = []
    applications: list[Application] = []
    policies: list[Policy] = []
    default_policy: Literal["permit", "deny"] = "deny"
    nat: Nat = Nat()
    flow: Flow = Flow()
    log: Log = Log()
    logical_systems: list[str] = []
    traffic: list[Conversation] = []
    sessions: list[StandingSession] = []
    multicast: list[MulticastStream] = []
    management: Management | None = None
    changes: list[Change] = []
    foreign: Foreign = Foreign()
    files: list[ExtraFile] = []
    faults: list[dict[str, Any]] = []
    traceoptions: bool = False
    es_pic: EsPic = EsPic()
    vpn: Vpn = Vpn()
    stateful_firewall: StatefulFirewall = StatefulFirewall()
    port_blocks: list[PortBlock] = []
    chassis: Chassis = Chassis()
    configuration: str = ""  # statements shown by the configuration besides those that follow from the above
