"""Reading XML as the device and terminals give it.

A reply arrives as one ``rpc-reply`` with or without prefix, as a bare inner element, as several siblings, as a raw
NETCONF dialogue, or as a saved terminal capture of ``| display xml``. All are read as the content of one element of
our own. Elements are matched by local name, leaves are stripped, entities are never expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from lxml import etree

from orchestrator.errors import ParseError
from orchestrator.model.flow_trace import Line
from orchestrator.parsers.paste import without_page_tags
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source, without_noise

Element = etree._Element  # noqa: SLF001 - the only name lxml has for it
Event = tuple[str, Element]

_CAPTURE = "capture"
# A capture may begin in the middle of a reply: each stray end tag then closes one of these and not the document.
_DEPTH = 24
_OPENING = (
    f'<{_CAPTURE} xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:junos="http://xml.juniper.net/junos/junos" '
    f'xmlns:xnm="http://xml.juniper.net/xnm/1.1/xnm">'
) + f"<{_CAPTURE}>" * _DEPTH
_NOT_MARKUP = re.compile(r"<(?![A-Za-z_/!?])|<(?=/?[A-Za-z_][^<>]{0,200}<)|&(?!#?\w{1,31};)")
_TYPE_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)")
_PROLOG = re.compile(r"<\?.*?\?>", re.DOTALL)
_FIRST_TAG = re.compile(r"<(?:[A-Za-z_][\w.:-]*[\s/>]|\?xml|!--|!DOCTYPE|/[A-Za-z])")
_ENVELOPE = {
    "rpc-reply", "multi-routing-engine-results", "multi-routing-engine-item", "re-name", "hello", "capabilities",
    "capability", "session-id", "ok", "cli", "banner", _CAPTURE,
}  # fmt: skip
_EPOCH = re.compile(r"\d{1,11}")
_FAULTS = {"rpc-error", "error"}
_MESSAGES = {"error-message", "message"}


def looks_like_xml(source: Source) -> bool:
    """Whether the first thing in the source, after prompts and blanks, is a tag."""
    for raw in without_noise(source.head()).split("\n"):
        text = without_page_tags(raw).strip()
        if text:
            return _FIRST_TAG.match(text) is not None
    return False


def local_name(element: Element) -> str:
    """Name without namespace or prefix; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def line_of(element: Element) -> int:
    """Number of the line an element begins on, 0 when it was not parsed from text."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def text_of(element: Element | None) -> str:
    """Text, stripped; empty where there is none."""
    return "" if element is None or element.text is None else element.text.strip()


def leaf(element: Element, name: str) -> str:
    """Text of the first child of that name."""
    return next((text_of(child) for child in element if local_name(child) == name), "")


def leaves(element: Element) -> dict[str, str]:
    """Text of all children that have no children, by local name; the first of each name counts."""
    found: dict[str, str] = {}
    for child in element:
        if not len(child):
            found.setdefault(local_name(child), text_of(child))
    found.pop("", None)
    return found


def children(element: Element, name: str) -> Iterator[Element]:
    """Direct children of that name."""
    return (child for child in element if local_name(child) == name)


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """The element itself or anything below it of these names, in document order."""
    return (each for each in element.iter() if local_name(each) in names)


def node_of(element: Element) -> str:
    """Name of the cluster node an element was printed by, from the item around it."""
    for above in element.iterancestors():
        if local_name(above) == "multi-routing-engine-item":
            return leaf(above, "re-name")
    return ""


def attribute(element: Element, name: str) -> str:
    """Value of an attribute by local name, stripped."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2].rpartition(":")[2] == name:
            return str(value).strip()
    return ""


def events_of(source: Source, names: Iterable[str]) -> Iterator[Event]:
    """Yield ``start`` and ``end`` of the named elements as they arrive, and of the outermost one (``capture``).

    Raises:
        ParseError: the input declares a document type, which no device does.
    """
    parser = _parser(names)
    parser.feed(_OPENING.encode())
    for text in _markup(source):
        parser.feed(text.encode())
        for event, element in parser.read_events():
            if isinstance(element, Element):
                yield str(event), element


def walk(element: Element, names: Iterable[str]) -> Iterator[Event]:
    """Yield the same events for an element that is already parsed."""
    wanted = set(names)
    for event, each in etree.iterwalk(element, events=("start", "end")):
        if isinstance(each, Element) and local_name(each) in wanted:
            yield str(event), each


def root_of(source: Source) -> Element:
    """Read a small reply whole; the element returned is the reply, or one that holds whatever the source held.

    A reply that is sound XML is taken as it is, so that no line of a file inside it is mistaken for a prompt.

    Raises:
        ParseError: the input declares a document type, which no device does.
    """
    data = b"".join(source.blocks())
    if _TYPE_DECLARATION.search(data.decode(errors="replace")):
        raise _declares_a_type(source)
    if b"---(more" not in data:
        try:
            return etree.fromstring(data, _whole_parser(recover=False))
        except etree.XMLSyntaxError:
            pass  # a capture, a dialogue, something cut: read what can be read
    text = _OPENING + "".join(_markup(Source.of_bytes(data, source.name))) + f"</{_CAPTURE}>" * (_DEPTH + 1)
    return etree.fromstring(text.encode(), _whole_parser(recover=True))


def unwrapped(source: Source, *holders: str) -> Source:
    """The text inside a reply (``<output>``, ``<file-content>``) as a source of its own; any other source as it is."""
    if not looks_like_xml(source):
        return source
    found = list(descendants(root_of(source), *holders))
    if not found:
        return source
    seconds = attribute(found[0], "seconds")
    modified = datetime.fromtimestamp(int(seconds), tz=UTC) if _EPOCH.fullmatch(seconds) else source.modified
    text = "\n".join("".join(str(each) for each in holder.itertext()) for holder in found)
    return Source.of_text(text, source.name, modified)


def account(root: Element, name: str, tally: Tally) -> None:
    """Note the device's errors under ``root``, and everything that is not of the kind when nothing else is."""
    for fault in descendants(root, *_FAULTS):
        message = next((text_of(each) for each in descendants(fault, *_MESSAGES)), "")
        tally.errors.append(message or local_name(fault))
    if tally.recognised:
        return
    for each in root.iter():
        inside = local_name(each)
        if inside and inside not in _ENVELOPE:
            tally.unknown(Line(name, line_of(each), f"<{inside}> {text_of(each)}"[:200]))
            return
        if (each.tail and each.tail.strip()) or (inside == _CAPTURE and text_of(each)):
            tally.unknown(Line(name, line_of(each), (each.tail or text_of(each)).strip()[:200]))
            return


def _whole_parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8", recover=recover, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _declares_a_type(source: Source) -> ParseError:
    return ParseError("a document type is declared", path=source.name, hint="no reply of a device has one")


def _parser(names: Iterable[str]) -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=("start", "end"), tag=(_CAPTURE, *(f"{{*}}{name}" for name in names)), encoding="utf-8", recover=True,
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _markup(source: Source) -> Iterator[str]:
    """Yield the text with everything out of the way that would stop an XML parser."""
    carry = ""
    for piece, _whole in source.texts():
        text = carry + piece
        cut = text.rfind(">") + 1 or len(text)  # a tag is never handed over in halves
        text, carry = text[:cut], text[cut:]
        if _TYPE_DECLARATION.search(text):
            raise _declares_a_type(source)
        yield _NOT_MARKUP.sub(_escaped, _PROLOG.sub("", without_noise(text)))
    yield _NOT_MARKUP.sub(_escaped, without_noise(carry))


def _escaped(found: re.Match[str]) -> str:
    return "&lt;" if found.group() == "<" else "&amp;"
