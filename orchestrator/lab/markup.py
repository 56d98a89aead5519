"""Elements of a reply, in the namespace of the daemon that answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no other name for its element type
NETCONF = "urn:ietf:params:xml:ns:netconf:base:1.0"
NOTHING: Mapping[str, str] = {}
KEEP_ALIVE_EVERY = 100  # children between two keep-alive comments of a long reply

# Parsed, not built: the default namespace and the prefix are the same one, and their order is the device's.
XNM_ERROR = (
    b'<xnm:error xmlns="http://xml.juniper.net/xnm/1.1/xnm" xmlns:xnm="http://xml.juniper.net/xnm/1.1/xnm">'
    b"<parse/><source-daemon/><message/></xnm:error>"
)


def junos_namespace(version: str) -> str:
    """The namespace of ``junos:`` attributes."""
    return f"http://xml.juniper.net/junos/{version}/junos"


def new_element(tag: str, attributes: Mapping[str, str], nsmap: Mapping[str | None, str]) -> Element:
    """An element that declares namespaces; the key ``None`` is the default one."""
    return etree.Element(tag, dict(attributes), nsmap=dict(nsmap))  # type: ignore[arg-type]  # the stubs forget None


class Markup:
    """Builds elements of one daemon: ``junos-flow`` of ``24.4R0`` has a namespace of its own.

    ``version`` names the namespace of attributes written ``junos:NAME``. Without a daemon, elements have none.
    """

    def __init__(self, version: str, release: str = "", daemon: str = "") -> None:
        self._junos = junos_namespace(version)
        self._prefix = f"{{http://xml.juniper.net/junos/{release}/{daemon}}}" if daemon else ""
        self._nsmap: dict[str | None, str] = {"junos": self._junos}
        if daemon:
            self._nsmap[None] = self._prefix[1:-1]

    def branch(self, tag: str, children: Iterable[Element] = (), attributes: Mapping[str, str] = NOTHING) -> Element:
        """An element with children."""
        element = new_element(self._prefix + tag, self._named(attributes), self._nsmap)
        element.extend(list(children))
        return element

    def leaf(self, tag: str, text: object = "", attributes: Mapping[str, str] = NOTHING) -> Element:
        """An element with text; empty text gives an empty element."""
        element = new_element(self._prefix + tag, self._named(attributes), self._nsmap)
        element.text = str(text) or None
        return element

    def leaves(self, values: Mapping[str, object]) -> list[Element]:
        """One leaf for each value; those that are ``None`` are left out."""
        return [self.leaf(tag, value) for tag, value in values.items() if value is not None]

    def grow(
        self, parent: Element, tag: str, values: Mapping[str, object], attributes: Mapping[str, str] = NOTHING
    ) -> Element:
        """Add a branch with leaves to an element: four times as fast as building it apart, for tables."""
        prefix = self._prefix
        branch = etree.SubElement(parent, prefix + tag, self._named(attributes))
        for name, value in values.items():
            if value is not None:
                etree.SubElement(branch, prefix + name).text = str(value) or None
        return branch

    def _named(self, attributes: Mapping[str, str]) -> dict[str, str]:
        return {name.replace("junos:", f"{{{self._junos}}}"): value for name, value in attributes.items()}


def xnm_error(daemon: str, message: str) -> Element:
    """An error as daemons write it that know nothing of NETCONF (facts: live 24.4R1.9 and 12.3X48)."""
    element = etree.fromstring(XNM_ERROR)
    element[1].text, element[2].text = daemon, message
    return element


def lay_out(element: Element, *, padded: bool) -> None:
    """Put every tag on its line; ``padded`` also puts the text of leaves on lines of its own (facts: live 24.4R1.9).

    A leaf whose text starts with a line feed is left as it is. Long containers get keep-alive comments.
    """
    for container in [one for one in element.iter() if len(one) > KEEP_ALIVE_EVERY]:
        for position in range(len(container) - len(container) % KEEP_ALIVE_EVERY, 0, -KEEP_ALIVE_EVERY):
            comment = etree.Comment(" keep alive ")
            comment.tail = "\n"
            container.insert(position, comment)
    for one in element.iter(etree.Element):
        one.tail = "\n"
        if len(one):
            one.text = "\n"
        elif padded and one.text and not one.text.startswith("\n"):
            one.text = f"\n{one.text}\n"


def local_name(element: Element) -> str:
    """The tag without its namespace; empty for comments."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
