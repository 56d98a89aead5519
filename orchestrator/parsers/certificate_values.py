"""Single values of certificates as the device prints them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from orchestrator.parsers.labels import Labels

_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_DATABASE = re.compile(
    r"(?P<year>\d{4}) (?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2})(?:st|nd|rd|th)?, (?P<time>\d\d:\d\d:\d\d)(?: GMT)?"
)
_PKI = re.compile(
    r"(?P<month>\d{1,2})- ?(?P<day>\d{1,2})-(?P<year>\d{4}) (?P<time>\d\d:\d\d(?::\d\d)?)(?: (?:UTC|GMT))?"
)
# Abbreviations of RFC 4514 for the leaves of a distinguished name.
_PARTS = {
    "country-name": "C", "state-or-province-name": "ST", "state-name": "ST", "locality-name": "L",
    "organization-name": "O", "organizational-unit-name": "OU", "organization-unit-name": "OU", "common-name": "CN",
    "email-address": "emailAddress", "domain-component": "DC", "dn-serial-number": "serialNumber",
}  # fmt: skip


def moment(text: str) -> datetime | None:
    """Read a time of validity as UTC: ``2003 Mar 1st, 01:20:42 GMT`` or ``04- 3-2017 09:13 UTC`` (month first)."""
    text = " ".join(text.split())
    found = _DATABASE.fullmatch(text) or _PKI.fullmatch(text)
    if found is None:
        return None
    month = _MONTHS.get(found["month"]) or int(found["month"] if found["month"].isdigit() else 0)
    hours, minutes, seconds = (int(part) for part in f"{found['time']}:00".split(":")[:3])
    try:
        return datetime(int(found["year"]), month, int(found["day"]), hours, minutes, seconds, tzinfo=UTC)
    except ValueError:
        return None


def moment_of(labels: Labels, *names: str) -> datetime | None:
    """Take a time from the values; one that cannot be read stays."""
    for name in names:
        text = labels.take(name)
        found = moment(text)
        if text and found is None:
            labels.add(name, text)
        if text:
            return found
    return None


def distinguished_name(parts: Iterable[tuple[str, str]]) -> str:
    """``C=us, O=x, CN=y`` from the leaves of a name, or from its words in text; empty when there is none."""
    return ", ".join(f"{_PARTS.get(_leaf(name), name)}={text}" for name, text in parts if text)


def _leaf(name: str) -> str:
    leaf = "-".join(name.lower().split())
    return leaf if leaf in _PARTS else f"{leaf}-name"
