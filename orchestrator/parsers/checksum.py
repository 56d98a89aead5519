"""``file checksum``: what the device computed for a file."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.errors import ParseError
from orchestrator.parsers.source import Source
from orchestrator.parsers.xml_input import Element, descendants, leaf, root_of


@dataclass(frozen=True, slots=True)
class Checksum:
    """One ``file-checksum``; ``checksum`` is lower-case hexadecimal, ``method`` as printed (``MD5``, ``SHA256``)."""

    method: str
    file: str
    checksum: str


def parse(reply: bytes | Element, name: str = "reply") -> list[Checksum]:
    """Read all checksums of a reply.

    Raises:
        ParseError: the reply holds none.
    """
    root = root_of(Source.of_bytes(reply, name)) if isinstance(reply, bytes) else reply
    found = [
        Checksum(leaf(each, "computation-method"), leaf(each, "input-file"), leaf(each, "checksum").lower())
        for each in descendants(root, "file-checksum")
    ]
    if not found:
        raise ParseError("nothing here is a checksum", path=name, hint="is the file there, and may we read it?")
    return found
