"""What a driver is: the six ways to meet a device, and what goes in and out of them."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from lxml import etree

from orchestrator.errors import GuardError
from orchestrator.model.device import Device

Style = Literal["text", "xml"]


@dataclass(frozen=True, slots=True)
class Rpc:
    """An operational RPC: element name, then arguments in order.

    A value of ``None`` is an empty element (``<summary/>``). ``subtree`` is the path of a ``get-configuration`` filter.
    """

    name: str
    args: tuple[tuple[str, str | None], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    subtree: tuple[str, ...] = ()

    def element(self) -> etree._Element:
        """The element as it goes on the wire.

        Raises:
            GuardError: a name or a value cannot be written as XML.
        """
        try:
            return self._element()
        except ValueError as error:
            raise GuardError(f"this cannot be written as XML: {error}", request=repr(self.name)) from error

    def _element(self) -> etree._Element:
        root = etree.Element(self.name, dict(self.attributes))
        for name, value in self.args:
            etree.SubElement(root, name).text = value
        place = root
        for name in self.subtree:
            place = etree.SubElement(place, name)
        return root

    def __str__(self) -> str:
        return etree.tostring(self.element(), encoding="unicode")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the operational CLI, word by word."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Line:
        """Split a line at its spaces."""
        return cls(tuple(text.split(" ")))

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole ``rpc-reply`` without namespaces, all its children included.

    ``notes`` are warnings, and errors that came beside data (a dead cluster peer): worth telling, not worth failing.
    """

    root: etree._Element
    notes: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        """All text of the reply: what ``<output>`` holds when a command was answered in text."""
        return "".join(str(part) for part in self.root.itertext())

    @property
    def is_empty(self) -> bool:
        """Whether the device said nothing, which for a change means success."""
        return not self.text.strip() and not any(child.tag != "ok" for child in self.root)

    def kept(self, path: Path | None) -> Reply:
        """The same reply, left at a path when one is named."""
        if path is not None:
            path.write_bytes(etree.tostring(self.root))
        return self


@dataclass(frozen=True, slots=True)
class TcpEnds:
    """A TCP connection to the device as this machine sees it: what translates in between is not known here."""

    address: str
    port: int
    device_address: str
    device_port: int


class Driver(Protocol):
    """One device. One thread at a time; every call may raise the ``DeviceError`` branch of the tree.

    ``memory`` remembers across runs what a device taught us (which form of a verb it takes). ``until`` is the time
    (``time.monotonic``) after which nothing is sent or waited for any more: every call then ends in ``DeadlineError``.
    ``on_send`` hears every request, as the device gets it, before it leaves.
    """

    device: Device
    until: float
    on_send: Callable[[str], None]
    memory: MutableMapping[str, str]

    def rpc(self, request: Rpc, *, timeout: float | None = None) -> Reply:
        """Send an RPC over NETCONF. ``timeout`` in seconds."""
        ...

    def spool(self, request: Rpc, into: BinaryIO, *, timeout: float | None = None) -> None:
        """Send an RPC and write the reply to a file as it comes, in constant memory."""
        ...

    def command(self, line: Line, *, style: Style = "text", timeout: float | None = None) -> Reply:
        """Send a CLI line as ``<command>`` over NETCONF; the reply holds text or XML."""
        ...

    def cli(self, line: Line, *, timeout: float | None = None) -> str:
        """Run a CLI line over SSH and return what it prints."""
        ...

    def copy(self, remote: str, into: Path, *, timeout: float | None = None) -> None:
        """Bring one file home by SCP."""
        ...

    def ends(self) -> tuple[TcpEnds, ...]:
        """Both ends of each TCP connection that is open; none of one through a proxy command."""
        ...

    def close(self) -> None:
        """End all sessions. It cannot hang and cannot fail."""
        ...
