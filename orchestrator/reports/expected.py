"""What a run came to beside its verdict: whether it is as the playbook expects, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def in_words(devices: Iterable[Mapping[str, Any]]) -> str:
    """``as expected``, ``not as expected``, or empty where nothing was expected."""
    checks = [one for device in devices for one in device.get("expectations") or ()]
    if not checks:
        return ""
    return "as expected" if all(one["passed"] for one in checks) else "not as expected"


def sentence(device: Mapping[str, Any]) -> str:
    """What matters most of a device that has no verdict; empty when there is nothing to tell."""
    unmet = [one for one in device.get("expectations") or () if not one["passed"]]
    if unmet:
        return f"not as expected: {unmet[0]['message']}{_more(len(unmet), 'expectation')}"
    found = device.get("findings") or ()
    return f"found: {found[0]['symptom']}{_more(len(found), 'finding')}" if found else ""


def _more(count: int, noun: str) -> str:
    return "" if count == 1 else f", and {count - 1} more {noun}{'s' * (count > 2)}"
