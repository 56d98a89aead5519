"""Certificates and revocation lists of the IPsec database and of the PKI."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.model.flow_trace import Line

Others = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDatabase:
    """Counters of ``show ipsec certificates``: ``total`` includes deleted and untrusted entries, ``active`` not the
    deleted ones, ``locked`` those that cannot expire (facts: documentation).
    """

    total: int | None = None
    active: int | None = None
    locked: int | None = None
    node: str = ""
    line: Line | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate. A yes-or-no is ``None`` when the device did not print it; times are UTC.

    ``id`` is the number of the database entry, ``identifier`` the name the PKI gives it.
    """

    serial: str = ""
    subject: str = ""
    issuer: str = ""
    id: int | None = None
    identifier: str = ""
    references: int | None = None
    trusted: bool | None = None
    root: bool | None = None
    crl_issuer: bool | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    alternative_names: tuple[tuple[str, str], ...] = ()
    node: str = ""
    others: Others = ()
    line: Line | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        """How to speak of it."""
        return self.identifier or " ".join(part for part in (self.subject, f"(serial {self.serial})") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """One revoked certificate."""

    serial: str
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """One certificate revocation list. ``id`` and ``references`` are of the IPsec database; the PKI prints the CA
    ``profile`` it belongs to, and from when it holds and when the next one is due (UTC).
    """

    issuer: str = ""
    id: int | None = None
    references: int | None = None
    profile: str = ""
    effective: datetime | None = None
    next_update: datetime | None = None
    revoked: tuple[Revoked, ...] = ()
    node: str = ""
    others: Others = ()
    line: Line | None = field(default=None, compare=False, repr=False)
