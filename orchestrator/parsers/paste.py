r"""Text that came through a web page or a ticket: ``&lt;``, ``\\<``, ``**``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.parsers.source import Source

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&"))
_ESCAPED = re.compile(r"\\([-\\`*_{}\[\]()<>#+.!|~&/:;,=])")
_PAGE_TAG = re.compile(  # of a page that was saved as it is; no reply of a device has an element of these names
    r"</?(?:html|body|pre|code|div|span|p|br|b|strong|em|table|tbody|tr|td|ul|ol|li|blockquote|h[1-6])(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"(?:>\s?)+")
_MARKED = re.compile(r"\s<{2,}[^>]*$")  # what somebody pointed at a line with: <<<< here
_ESCAPED_TAG = re.compile(r"(?:&lt;|\\<)/?(?:[\w-]{1,20}:)?[a-z][a-z0-9-]{1,60}(?=[\s/>\\]|&gt;|:)")


def plain(text: str) -> str:
    """One line without what a page added to it."""
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    return text


def without_page_tags(text: str) -> str:
    """A line of a page without its tags."""
    return _PAGE_TAG.sub("", text) if "<" in text else text


def plain_line(text: str) -> str:
    """The same for text that is no markup: emphasis, quotes and hard spaces are not of the device either."""
    text = without_page_tags(text)
    if "&" in text or "\\" in text:
        text = plain(text)
    if "**" in text or "`" in text or "\xa0" in text:
        text = text.replace("**", "").replace("`", "").replace("\xa0", " ")
    if "<<" in text:
        text = _MARKED.sub("", text)
    if text.startswith(">"):
        text = _QUOTED.sub("", text, count=1)
    return text.strip()


def is_pasted_markup(head: str) -> bool:
    """Whether the first tag of a text is an escaped one."""
    found = _ESCAPED_TAG.search(head)
    return found is not None and not re.search(r"<[a-z][\w.:-]*[\s/>]", head[: found.start()])


@dataclass(slots=True)
class Pasted(Source):
    """A source as it was before it was escaped; lines keep their numbers, bytes do not keep their places."""

    whole: Source = field(kw_only=True)

    def blocks(self) -> Iterator[bytes]:
        """Yield it unescaped."""
        for text, _whole in self.whole.texts():
            yield plain(text).encode()
