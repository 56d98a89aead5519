"""``file list``, brief or detailed, of a directory or of one file; XML or text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model.files import RemoteFile
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import (
    Element,
    account,
    attribute,
    children,
    descendants,
    leaf,
    looks_like_xml,
    node_of,
    root_of,
    text_of,
)  # fmt: skip

KIND = "a file list"
_LONG = re.compile(
    r"(?P<permissions>[-dlbcpsw][-rwxsStT]{9}[+@.]?)\s+\d+\s+(?P<owner>\S+)\s+(?P<group>\S+)\s+(?P<size>\d+)\s+"
    r"(?P<date>[A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d{1,2}:\d\d(?::\d\d)?|\d{4})(?:\s+\d{4})?)\s+(?P<name>\S.*)"
)
_DIRECTORY = re.compile(r"(?P<path>/[^:]*):")
_NODE = re.compile(r"(node\d+|[\w-]*-re\d+):")
_TOTAL = re.compile(r"total(?: files:| blocks:)? *(\d+)")
_NAME = re.compile(r"[\w.@+~,=:-]{1,255}[/*@=|]?")
_CUT = re.compile(r"[-dlbcps][-r][-wr][-rwxsStT]{0,7}")  # permissions, and the rest of the line is lost
_MISSING = re.compile(r"No such file or directory", re.IGNORECASE)
_TYPES = "/*@=|"


def parse(source: Source) -> Reading[RemoteFile]:
    """Read a listing; the detailed text form prints no year, so ``modified`` comes from XML only."""
    if looks_like_xml(source):
        return parse_element(root_of(source), source.name)
    tally = Tally()
    return Reading(KIND, source.name, tally, _from_text(source, tally))


def parse_element(element: Element, name: str = "reply") -> Reading[RemoteFile]:
    """Read a reply that is already parsed."""
    tally = Tally()

    def records() -> Iterator[RemoteFile]:
        for listing in descendants(element, "directory-list"):
            tally.recognised += 1
            for directory in children(listing, "directory"):
                tally.declare(integer(leaf(directory, "total-files")))
                for entry in children(directory, "file-information"):
                    yield _from_entry(entry, attribute(directory, "name") or leaf(directory, "directory-name"))
        for output in descendants(element, "output"):
            if _MISSING.search(text_of(output)):
                tally.recognised += 1  # nothing of that name: an empty list
        account(element, name, tally)

    return Reading(KIND, name, tally, records())


def _from_entry(entry: Element, directory: str) -> RemoteFile:
    permissions = next(children(entry, "file-permissions"), None)
    shown = attribute(permissions, "format") if permissions is not None else ""
    return RemoteFile(
        path=_join(directory, leaf(entry, "file-name")),
        size_bytes=integer(leaf(entry, "file-size")),
        modified=integer(leaf(entry, "file-date")),
        permissions=shown or text_of(permissions),
        owner=leaf(entry, "file-owner"),
        group=leaf(entry, "file-group"),
        is_directory=next(children(entry, "file-directory"), None) is not None or shown.startswith("d"),
        node=node_of(entry),
    )


def _join(directory: str, name: str) -> str:
    return name if name.startswith("/") or not directory else f"{directory.rstrip('/')}/{name}"


def _from_text(source: Source, tally: Tally) -> Iterator[RemoteFile]:
    node = directory = ""
    detailed = False  # a name alone is then no entry but what is left of one
    for line in source.lines():
        tally.lines += 1
        tally.recognised += 1
        text = line.text.strip()
        if found := _LONG.fullmatch(text):
            detailed = True
            yield _from_long(found, directory, node)
        elif heading := _NODE.fullmatch(text):
            node, directory = heading[1], ""
        elif heading := _DIRECTORY.fullmatch(text):
            directory, detailed = heading["path"], False
        elif _MISSING.search(text):
            continue
        elif total := _TOTAL.fullmatch(text):
            tally.declare(integer(total[1]) if "files" in text else None)
        elif (text.startswith("/") and " " not in text) or (directory and _is_name(text) and not detailed):
            yield _from_brief(text, directory, node)
        else:
            tally.recognised -= 1
            tally.unknown(line)


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and not _CUT.fullmatch(text)


def _from_long(found: re.Match[str], directory: str, node: str) -> RemoteFile:
    permissions = found["permissions"]
    name = found["name"].partition(" -> ")[0] if permissions.startswith("l") else found["name"]
    return RemoteFile(
        path=_join(directory, name.rstrip(_TYPES) or name),
        size_bytes=integer(found["size"]),
        permissions=permissions,
        owner=found["owner"],
        group=found["group"],
        is_directory=permissions.startswith("d"),
        node=node,
    )


def _from_brief(text: str, directory: str, node: str) -> RemoteFile:
    return RemoteFile(path=_join(directory, text.rstrip(_TYPES)), is_directory=text.endswith("/"), node=node)
