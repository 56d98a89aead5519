"""The structured form (RFC 5424) as devices, documents and editors leave it: slow and forgiving.

Forgiven are quotes inside a value, curly quotes in the place of straight ones on either side (documentation prints a
value with one of each), a missing SD-ID and a line that was cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.parsers.system_log_head import Head

_HEADER = re.compile(
    r"(?:(?P<process>[\w./-]{1,48})\s+(?P<pid>-|\d{1,10})\s+)?(?P<tag>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\s+(?:-\s+)?"
    r"\[(?:[\w-]+@[\d.]+(?=[\s\]]|$)|(?=[\w.-]+=[\"“”]))"
)
# A quote that neither a name nor the end follows belongs to the value.
_INNER = r"[\"“”](?!\s*(?:[\w.-]+=[\"“”]|\])|\s*$)"
_VALUE = re.compile(
    rf"\s*(?P<name>[\w.-]+)=[\"“”](?P<value>(?:[^\"“”\\]|\\.|{_INNER})*)[\"“”]",
    re.DOTALL,
)
_ESCAPED = re.compile(r'\\(["\\\]])')


@dataclass(frozen=True, slots=True)
class Structured:
    """One structured message; ``message`` is the text behind the closing bracket."""

    process: str
    tag: str
    fields: dict[str, str]
    message: str


def structured(head: Head) -> Structured | None:
    """Read what follows the host; ``None`` when it is no structured message. Of two equal names the first counts."""
    found = _HEADER.match(head.rest)
    if not found:
        return None
    fields: dict[str, str] = {}
    at = found.end()
    while value := _VALUE.match(head.rest, at):
        text = value["value"]
        fields.setdefault(value["name"], _ESCAPED.sub(r"\1", text) if "\\" in text else text)
        at = value.end()
    message = head.rest[at:].lstrip().removeprefix("]").strip()
    return Structured(found["process"] or "", found["tag"], fields, message)
