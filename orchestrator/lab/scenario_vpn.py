"""The tunnels and certificates of a scenario. The defaults are one healthy tunnel; each switch is one way to be ill."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Unknown keys are mistakes; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tunnel(Part):
    """One VPN. ``on_traffic``: after a clear it waits for traffic, so nothing comes back.

    ``flags`` are those of the IKE negotiation as a services card prints them. ``keys``: the reply carries the keys, as
    the YANG of 24.4R1 allows.
    """

    name: str = "branch-1"
    gateway: str = "gw-branch-1"
    index: int = Field(default=131073, ge=1)
    local: str = "203.0.113.1"
    remote: str = "198.51.100.7"
    interface: str = "st0.0"
    type: Literal["manual", "dynamic"] = "dynamic"
    up: bool = True
    installed: bool = True
    on_traffic: bool = False
    flags: str = "IKE SA created"
    replay_window: int = Field(default=64, ge=0)
    monitoring: Literal["-", "UP", "DOWN"] = "-"
    service_set: str = "ss-vpn"
    keys: bool = False


class PkiCertificate(Part):
    """One certificate of the PKI; times as the device prints them, month first."""

    identifier: str = "vpn-local"
    serial: str = "00000d5f"
    common_name: str = "srx.example.net"
    issuer: str = "Example CA"
    starts: str = "01- 1-2026 00:00 UTC"
    ends: str = "01- 1-2036 00:00 UTC"
    authority: bool = False


class Vpn(Part):
    """Everything of IKE and IPsec. ``obeys_clear: false`` is a device that says nothing and does nothing."""

    tunnels: tuple[Tunnel, ...] = (Tunnel(),)
    certificates: tuple[PkiCertificate, ...] = (PkiCertificate(),)
    obeys_clear: bool = True
