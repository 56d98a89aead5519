"""The wordings by which a forwarding engine says that it fails or blocks traffic, and what is advised then.

The table beside this file holds the wordings of published detection rules (MX 15.1X24, 16.1 and later); the chips are
those of the SRX5000 cards too. Which of them an SRX prints is confirmed for host loopback only.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources

from orchestrator.model.chassis import Permanence

ADVICE = {
    "none": "nothing to do",
    "support": "open a case with Juniper support",
    "support-now": "open a case with Juniper support at once",
    "restart-support": "restart the card and open a case with Juniper support",
    "restart-watch": "restart the card and watch whether it comes back",
    "restart-now": "restart the card at once; if it comes back, replace the card",
    "restart-window": "restart the card in a maintenance window; if it comes back, replace the card",
    "continuous-restart": "without end: restart the card at once; once: in a maintenance window; if it comes back, "
    "replace the card",
    "many-restart": "more than 100 of them: restart the card and watch whether it comes back",
    "same-place-restart": "several at one place of memory: restart the card, and replace it if they come back; at "
    "different places: nothing to do",
    "wedge-restart": "restart the card only if traffic is blocked",
    "few-none-many-restart": "a single one: nothing to do; many: restart the card and watch",
    "few-none-many-support": "a few: nothing to do; again and again: open a case with Juniper support",
    "few-none-many-replace": "a single one: nothing to do; several at one place: replace the card",
    "few-none-many-off": "a single one: nothing to do; without end: take the card out of service",
    "clear-one-restart-many": "a single one: clear the error (clear chassis fpc errors fpc-slot SLOT); several: "
    "restart the card and watch",
    "clear-few-support": "a few: clear the error; many: open a case with Juniper support",
    "replace": "take the card out of service and replace it",
    "replace-or-restart": "on the fabric side replace the card; on the WAN side, at a low rate, restart it and watch",
    "isolate-support": "take the forwarding engine out of service and open a case with Juniper support",
    "fabric-hardening": "another card caused it; the fabric repairs itself: open a case to learn why",
    "fabric-planes": "restart the fabric planes one by one; then look for the card that sends the bad packets",
    "stream-origin": "find the card that sends the bad packets and restart that one",
    "origin-card": "look at the card that the packets come from",
    "link-check": "with CRC errors on the link restart the card; without, look for errors of the lookup chip",
    "other-logs": "read what else this card logged",
    "ask-colleague": "ask who took the card out of service",
    "temperature": "find out why the card is hot",
    "look": "find out why",
}
_COLUMNS = 7


@dataclass(frozen=True, slots=True)
class Signature:
    """One wording. ``recurs_at`` is how many lines in three days are too many."""

    name: str
    driver: str
    area: str
    permanence: Permanence
    advice: str
    recurs_at: int | None
    wording: re.Pattern[str]


@functools.cache
def signatures() -> tuple[Signature, ...]:
    """All wordings in the order of asking, wedges first."""
    text = (resources.files("orchestrator.parsers") / "wedge_signatures.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        Signature(
            row[0], row[1], row[2], Permanence(row[3]), ADVICE[row[4]], int(row[5]) if row[5] else None,
            re.compile(row[6], re.IGNORECASE if row[2] == "wedge" else 0),
        )
        for row in rows[1:]
        if len(row) == _COLUMNS
    )  # fmt: skip
