"""What certificates say about a negotiation that fails: validity, trust, and counters that contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from orchestrator.model.certificate import Certificate, CertificateDatabase
from orchestrator.model.verdict import Finding, lines_of

SOON = timedelta(days=30)


def certificate_findings(
    found: Iterable[Certificate | CertificateDatabase], now: datetime, *, soon: timedelta = SOON
) -> list[Finding]:
    """What is wrong at a moment (UTC, better the device's clock than ours)."""
    everything = list(found)
    certificates = [one for one in everything if isinstance(one, Certificate)]
    findings = [finding for one in certificates for finding in _one(one, now, soon)]
    for database in everything:
        if isinstance(database, CertificateDatabase):
            findings += _database(database)
    return findings


def _one(one: Certificate, now: datetime, soon: timedelta) -> Iterator[Finding]:
    who, lines = f"certificate {one.label}", lines_of(one.line)
    if one.not_after is not None and one.not_after <= now:
        yield Finding(
            symptom=f"{who}: expired",
            saw=f"valid until {one.not_after:%Y-%m-%d %H:%M:%S} UTC, now {now:%Y-%m-%d %H:%M:%S}",
            why="a peer that checks it refuses the negotiation",
            next="enrol a new one; compare the device's clock with a good one first",
            lines=lines,
        )
    elif one.not_after is not None and one.not_after - now <= soon:
        yield Finding(
            symptom=f"{who}: expires in {(one.not_after - now).days} days",
            saw=f"valid until {one.not_after:%Y-%m-%d %H:%M:%S} UTC",
            why="negotiations fail from that moment on, the next rekey at the latest",
            next="enrol a new one before",
            lines=lines,
        )
    if one.not_before is not None and one.not_before > now:
        yield Finding(
            symptom=f"{who}: not valid yet",
            saw=f"valid from {one.not_before:%Y-%m-%d %H:%M:%S} UTC, now {now:%Y-%m-%d %H:%M:%S}",
            why="a peer that checks it refuses the negotiation",
            next="compare the device's clock with a good one",
            lines=lines,
        )
    if one.trusted is False:
        yield Finding(
            symptom=f"{who}: not trusted",
            saw="flag: Not trusted",
            why="it failed the validity checks of the device",
            next="see whether its issuer is in the database and trusted, and whether it is on a revocation list",
            lines=lines,
        )


def _database(one: CertificateDatabase) -> Iterator[Finding]:
    """Total includes what active leaves out, and locked entries are entries."""
    lines = lines_of(one.line)
    for name, part in (("active", one.active), ("locked", one.locked)):
        if one.total is not None and part is not None and part > one.total:
            yield Finding(
                symptom=f"certificate database: more {name} entries than entries",
                saw=f"total {one.total}, {name} {part}",
                why=f"total counts every entry, {name} only some of them (the documentation's own sample does this)",
                next="count the entries that are listed, and trust that number",
                lines=lines,
            )
