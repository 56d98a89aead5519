"""Key material in replies: found by the names of YANG 24.4R1 and by the labels of text, and taken out.

``sa-authentication-key`` and ``sa-encryption-key`` are in the reply models of ``show ipsec security-associations`` and
``show security ipsec security-associations``. No source shows their labels in text, so they are matched loosely.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from orchestrator.parsers.xml_input import Element, local_name

REMOVED = "(removed)"
_NAME = re.compile(
    r"(?:[a-z0-9]+-){0,4}(?:authentication|encryption|auth|encr|pre-shared|private|shared|session|secret)-key"
    r"(?:-(?:hex|hexadecimal|ascii|ascii-text|text|value))?"
    r"|ascii-text|hexadecimal|shared-secret|secret",
    re.IGNORECASE,
)
_FORM = r"(?:hexadecimal|hex|ascii-text|ascii)\b"
_GROUPS = r"(?:[ \t]+(?:0x)?[0-9a-f]{2,}\b(?![:.-]))"  # the rest of a key that is printed in groups
_LABELLED = re.compile(
    r"(?P<label>(?<![a-z0-9])(?:(?:(?:in|out)bound|ESP|AH|SA)[ _-])?"
    r"(?:authentication|encryption|auth|encr|pre[-_ ]?shared|private|shared|session|secret)[ _-]?(?:key|secret)"
    r"(?: \([\w ,-]{1,30}\)| in hexadecimal(?: format)?)?"
    # a colon; or the form of the key, as in a statement; or nothing at all before what can be nothing else
    rf"(?:\"?\s*[:=]\s*(?:{_FORM}[ \t:]+)?|[ \t-]+{_FORM}\s*[:=]?\s*|[ \t]+(?=(?:0x)?[0-9a-f]{{16}}|\")))"
    # in quotes, or up to a blank; then groups of digits, and lines that hold nothing else: it was wrapped
    rf"(?P<key>(?:\"[^\"\n]*\"?|[^\s,;<]+(?:[,;][^\s,;<]+)*){_GROUPS}*(?:\s*\n{_GROUPS}+(?=[ \t]*(?:\r?\n|\Z)))*)",
    re.IGNORECASE,
)
# Up to the end of the text where the end of the element is missing: a reply may be cut.
_TAGGED = re.compile(
    rf"(?P<open><(?:[\w-]{{1,20}}:)?(?:{_NAME.pattern})(?:\s[^<>]*)?>)(?P<key>\s*(?:[^<\s]|<!)(?:[^<]|<!)*)",
    re.IGNORECASE,
)
# How Junos prints a secret: reversible ($9$) or hashed ($1$, $5$, $6$), and what it marks itself.
_SECRET = re.compile(r'"?\$(?:1|5|6|8|9)\$[^\s";<]+"?')
_MARKED = re.compile(r"^(?P<name>[ \t]*+[\w-]*+)(?P<rest>[^\n]*)##[ \t]*SECRET-DATA[^\n]*$", re.MULTILINE)
_HINTS = ("key", "secret", "$")  # one of them stands in every text that is changed, in whatever case


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
        elif name and each.text and (text := redact_text(each.text)) != each.text:
            each.text, found = text, found + 1
        if each.tail and (text := redact_text(each.tail)) != each.tail:
            each.tail, found = text, found + 1
    return found + sum(map(_emptied, keys))


def _emptied(element: Element) -> int:
    if not "".join(str(part) for part in element.itertext()).strip():
        return 0
    for child in list(element):
        element.remove(child)
    element.text = REMOVED
    return 1


def redact_text(text: str) -> str:
    """The same for text, markup and statements of a configuration in it included."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    return replace_keys(_SECRET.sub(REMOVED, _MARKED.sub(_of_statement, text)), lambda _key: REMOVED)


def replace_keys(text: str, instead: Callable[[str], str]) -> str:
    """Put something else in the place of each key that has a label or an element."""
    text = _TAGGED.sub(lambda found: found["open"] + instead(found["key"]), text)
    return _LABELLED.sub(lambda found: found["label"] + instead(found["key"]), text)


def _of_statement(found: re.Match[str]) -> str:
    return f"{found['name']} {REMOVED}{';' if found['rest'].rstrip().endswith(';') else ''}"
