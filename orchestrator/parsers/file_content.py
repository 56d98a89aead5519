"""``file show``, ``show log`` and ``file-get``: the content of a file inside a reply."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from orchestrator.errors import ParseError
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import Element, attribute, descendants, leaf, node_of, root_of

_CONTAINERS = ("file-content", "file-get-results")


@dataclass(frozen=True, slots=True)
class FileContent:
    """Content of one file. ``size_bytes`` is what the device says the file has, ``None`` when it does not say."""

    file: str
    data: bytes
    size_bytes: int | None = None
    node: str = ""


def parse(reply: bytes | Element, name: str = "reply") -> list[FileContent]:
    """Read all files of a reply; text loses the line ends that the device puts around it.

    Raises:
        ParseError: the reply holds none, or one that calls itself base64 and is not.
    """
    root = root_of(Source.of_bytes(reply, name)) if isinstance(reply, bytes) else reply
    found = [_content(each, name) for each in descendants(root, *_CONTAINERS)]
    if not found:
        raise ParseError("nothing here is the content of a file", path=name, hint="is the file there?")
    return found


def _content(element: Element, name: str) -> FileContent:
    inner = next(descendants(element, "file-contents"), element)
    text = "".join(str(each) for each in inner.itertext())
    encoding = attribute(element, "encoding") or leaf(element, "encoding")
    file = attribute(element, "filename") or leaf(element, "filename")
    return FileContent(
        file=file,
        data=_base64(text, name, file) if encoding == "base64" else _text(text),
        size_bytes=integer(attribute(element, "filesize")),
        node=node_of(element),
    )


def _text(text: str) -> bytes:
    return text.removeprefix("\n").encode()


def _base64(text: str, name: str, file: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ParseError(f"the content of {file} is not base64: {error}", path=name) from error
