"""The encryption PICs of a scenario: redundant interfaces, security associations, certificates.

The defaults are a healthy router; every other switch is a way in which one may misbehave.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Unknown keys are mistakes; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Pics(Part):
    """The redundant interfaces. Both are Offline until ``online_after`` seconds after the boot."""

    primary: str = "es-1/3/0"
    backup: str = "es-1/1/0"
    online_after: float = Field(default=2.0, ge=0)
    backup_offline: bool = False


class Peers(Part):
    """The two remote gateways of a tunnel. Both are Standby until ``connected_after`` seconds after the boot."""

    local: str
    primary: str
    backup: str
    connected_after: float = Field(default=4.0, ge=0)


class Association(Part):
    """One security association. ``family`` is empty in transport mode; ``peers`` make it redundant."""

    name: str
    type: Literal["manual", "dynamic"] = "dynamic"
    mode: Literal["tunnel", "transport"] = "tunnel"
    protocol: Literal["AH", "ESP", "AH+ESP"] = "ESP"
    family: Literal["Up", "Down", "No reference", ""] = "Up"
    installed: bool = True
    replay_window: Literal[0, 32, 64] = 64
    peers: Peers | None = None
    misprinted_type: bool = False  # detail says dynamic of a manual one, as the manual's own sample does


class Certificate(Part):
    """One entry of the certificate database; times as the device prints them."""

    id: int
    serial: int
    subject: str
    issuer: str
    flags: str = "Trusted Non-root Crl-issuer"
    starts: str = "2026 Jan 1st, 00:00:00 GMT"
    ends: str = "2036 Jan 1st, 00:00:00 GMT"
    alternative: tuple[str, str] = ("IP address", "192.0.2.1")


_PEERS = Peers(local="192.0.2.1", primary="198.51.100.1", backup="203.0.113.1")
_ASSOCIATIONS = (
    Association(name="sa-dynamic", peers=_PEERS),
    Association(name="sa-manual", type="manual", protocol="AH", replay_window=0),
)
_ISSUER = "C=FI, O=Example, CN=Example class 2"
_CERTIFICATES = (
    Certificate(id=5, serial=22314868, subject="C=us, O=x", issuer=_ISSUER),
    Certificate(
        id=1, serial=1538512, subject=_ISSUER, issuer=_ISSUER, flags="Trusted Root Non-crl-issuer",
        alternative=("Email address", "certifier@example.net"),
    ),
)  # fmt: skip


class EsPic(Part):
    """Everything of the encryption PICs.

    ``counter`` is where the failure counters begin. ``switch_permission`` and ``clear_permission``: the documentation
    says view, what releases enforce is in no source. ``pics: null`` is a router without redundant interfaces.
    """

    pics: Pics | None = Pics()
    associations: tuple[Association, ...] = _ASSOCIATIONS
    certificates: tuple[Certificate, ...] = _CERTIFICATES
    counter: int = Field(default=0, ge=0)
    counter_moves: bool = True
    obeys_switch: bool = True  # else it says nothing and does nothing
    inherits: bool = True  # else an interface switch negotiates anew
    renews: bool = True  # else a tunnel switch keeps the old associations
    switch_permission: str = "view"
    clear_permission: str = "view"
