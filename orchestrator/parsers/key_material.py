"""Key material in replies: found by the names of YANG 24.4R1 and by the labels of text, and taken out.

``sa-authentication-key`` and ``sa-encryption-key`` are in the reply models of ``show ipsec security-associations`` and
``show security ipsec security-associations``. No source shows their labels in text, so they are matched loosely.
"""

from __future__ import annotations

import functools
import re

from orchestrator.parsers.xml_input import Element, local_name

REMOVED = "(removed)"
_NAME = re.compile(
    r"(?:[a-z0-9]+-){0,4}(?:authentication|encryption|auth|encr|pre-shared|private|shared|session|secret)-key"
    r"(?:-(?:hex|hexadecimal|ascii|ascii-text|text|value))?"
    r"|ascii-text|hexadecimal|shared-secret|secret"
)
_LABELLED = re.compile(
    r"(?P<label>\b(?:(?:(?:in|out)bound|ESP|AH|SA) )?"
    r"(?:authentication|encryption|auth|encr|pre-?shared|private|shared|session|secret)"
    r"[ -]key(?: \([\w ,-]{1,30}\)| in hexadecimal(?: format)?| hexadecimal| ascii-text)?\s*[:=]\s*)(?P<key>[^\s,;<]+)",
    re.IGNORECASE,
)
_TAGGED = re.compile(
    rf"(?P<open><(?:[\w-]{{1,20}}:)?(?P<name>{_NAME.pattern})(?:\s[^<>]*)?>)(?P<key>[^<]*\S[^<]*)(?=</)"
)


def may_stand_in_reply_to(rpc: str) -> bool:
    """Whether the reply to an RPC has leaves for keys (facts: YANG 24.4R1)."""
    return rpc.endswith("security-associations-information")


@functools.lru_cache(maxsize=4096)
def is_key(name: str) -> bool:
    """Whether the text of an element of that local name is a key."""
    return _NAME.fullmatch(name) is not None


def is_key_label(label: str) -> bool:
    """Whether what stands behind that label of text is a key."""
    return is_key(label) or _LABELLED.fullmatch(f"{label}: x") is not None


def redact_element(root: Element) -> int:
    """Replace the keys in a reply, in place; returns how many there were."""
    found, keys = 0, []
    for each in root.iter():
        name = local_name(each)
        if name and is_key(name):
            keys.append(each)
        elif name and each.text and "key" in each.text.lower():
            text = redact_text(each.text)
            found += text != each.text
            each.text = text
    return found + sum(map(_emptied, keys))


def _emptied(element: Element) -> int:
    if not "".join(str(part) for part in element.itertext()).strip():
        return 0
    for child in list(element):
        element.remove(child)
    element.text = REMOVED
    return 1


def redact_text(text: str) -> str:
    """The same for text, markup in it included."""
    text = _TAGGED.sub(lambda found: f"{found['open']}{REMOVED}", text)
    return _LABELLED.sub(lambda found: f"{found['label']}{REMOVED}", text)
