"""What a scenario may say of a services card's stateful firewall and of an SRX's ALGs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Translation(BaseModel, extra="forbid", frozen=True):
    """One NAT line of a flow; ends are ``ADDRESS:PORT``."""

    type: Literal["source", "dest"]
    original: str
    translated: str


class Flow(BaseModel, extra="forbid", frozen=True):
    """One flow; ends are ``ADDRESS:PORT``. ``frames_per_read`` is what it grows by between two readings."""

    protocol: str = "TCP"
    source: str
    destination: str
    state: str = "Watch"
    direction: Literal["I", "O"] = "I"
    frames: int = Field(default=0, ge=0)
    frames_per_read: int = Field(default=0, ge=0)
    nat: list[Translation] = []


class AlgConversation(BaseModel, extra="forbid", frozen=True):
    """A conversation; the numbers of its heading are counted when they are not given."""

    alg: str
    initiators: int | None = None
    responders: int | None = None
    flows: list[Flow] = []


class Logging(BaseModel, extra="forbid", frozen=True):
    """Where log lines of the card are enabled: a log file of the system, the service set, the rule's term."""

    system: bool = True
    service_set: bool = True
    rule: bool = True


class StatefulFirewall(BaseModel, extra="forbid", frozen=True):
    """The stateful firewall of one service set.

    ``counters`` set counters of ``statistics`` by their YANG names, ``counters_per_read`` let them grow with each
    reading. ``alg_disabled`` are ALGs that an SRX has switched off. ``rule`` is the one that the service set applies.
    """

    interface: str = "ms-1/3/0"
    service_set: str = "ss-alg"
    rule: str = "allow-alg"
    logging: Logging = Logging()
    conversations: list[AlgConversation] = []
    counters: dict[str, int] = {}
    counters_per_read: dict[str, int] = {}
    alg_disabled: list[str] = []
