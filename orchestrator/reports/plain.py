"""Text from a device made safe for a terminal, a page and XML."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1, but for tabs and line ends
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of a line
    "\u2028\u2029\ufeff\U000e0000-\U000e007f"  # hidden line ends, marks and tags
    "\ud800-\udfff\ufffe\uffff"  # halves of a pair and no characters: neither UTF-8 nor XML can hold them
    "]"
)


def plain(text: str) -> str:
    """Replace what could move a cursor, change a title or reverse a line; line ends and tabs stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
