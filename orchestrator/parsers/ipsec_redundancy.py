"""``show ipsec redundancy interface|security-associations``, text or XML.

XML leaves: YANG 16.1 to 24.4R1. Text: documentation of ES PICs; the fields come one or two a line, also all on one
line, and the word ``Backup`` is followed by a blank before its colon. What the text says when nothing is redundant is
in no source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec_redundancy import PairKind, RedundantPair, Side
from orchestrator.model.place import Place
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import (
    Element,
    account,
    descendants,
    leaf,
    leaves,
    line_of,
    looks_like_xml,
    root_of,
)

KIND = "the state of redundant IPsec interfaces or tunnels"
_PIC, _TUNNEL = "ipsec-pic-redundancy", "ipsec-tunnel-redundancy"
_NOTHING = ("ipsec-redundancy-pic-no-information", "ipsec-redundancy-tunnel-no-information")
_FIELD = re.compile(
    r"\s*(?P<name>Security association|Failure counter|Local IP|(?:Primary|Backup) (?:interface|remote IP)) ?: "
    r"?(?P<value>[^\s,]{1,128})(?:, State: ?(?P<state>[A-Za-z]{1,32}))?,?",
    re.IGNORECASE,
)
_Fields = dict[str, tuple[str, str]]


def parse(source: Source) -> Reading[RedundantPair]:
    """Read the pairs in the order printed."""
    if looks_like_xml(source):
        return _from_element(root_of(source), source.name, read=True)
    tally = Tally()
    return Reading(KIND, source.name, tally, _from_text(source, tally))


def parse_element(element: Element, name: str = "reply") -> Reading[RedundantPair]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    return _from_element(element, name, read=False)


def parse_text(text: str, name: str = "reply") -> Reading[RedundantPair]:
    """Read what a command printed."""
    return parse(Source.of_text(text, name))


def _from_element(element: Element, name: str, *, read: bool) -> Reading[RedundantPair]:
    tally = Tally()

    def records() -> Iterator[RedundantPair]:
        for _ in descendants(element, f"{_PIC}-information", f"{_TUNNEL}-information"):
            tally.recognised += 1  # also an empty one: nothing is redundant
        for each in descendants(element, _PIC, _TUNNEL):
            tally.recognised += 1
            pair = _from_leaves(each, name if read else "")
            if pair is not None:
                yield pair
            elif not any(list(descendants(each, empty)) for empty in _NOTHING):
                tally.unknown(Line(name, line_of(each), "a pair without its two sides"))
        account(element, name, tally)

    return Reading(KIND, name, tally, records())


def _from_leaves(element: Element, name: str) -> RedundantPair | None:
    found = leaves(element)
    tunnel = bool(list(descendants(element, _TUNNEL)))
    what, ending = (_TUNNEL, "-remote-address") if tunnel else (_PIC, "-interface")
    primary, backup = (
        Side(found.get(f"{what}-{side}{ending}", ""), _state(found.get(f"ipsec-redundancy-{side}-state", "")))
        for side in ("primary", "backup")
    )
    if not primary.name or not backup.name:
        return None
    first = line_of(element)
    last = first + "".join(map(str, element.itertext())).count("\n")
    return RedundantPair(
        kind=PairKind.TUNNEL if tunnel else PairKind.INTERFACE,
        name=leaf(element, "sa-name") if tunnel else primary.name,
        counter=integer(found.get("ipsec-redundancy-counter")),
        primary=primary,
        backup=backup,
        local=found.get("ipsec-tunnel-redundancy-local-address", ""),
        place=Place.of_lines(name, first, last) if name else None,
    )


def _from_text(source: Source, tally: Tally) -> Iterator[RedundantPair]:
    fields: _Fields = {}
    begun: Line | None = None
    for line in source.lines():
        tally.lines += 1
        found = _fields(plain_line(line.text))
        if found is None:
            tally.unknown(line)
            continue
        tally.recognised += 1
        for name, value, state in found:
            if name in fields or begun is None or name == "security association":
                _cut(fields, begun, tally)
                fields, begun = {}, line
            fields[name] = value, state
            if name.startswith("backup "):
                pair = _pair(fields, Place.of_lines(begun.file, begun.number, line.number))
                if pair is not None:
                    yield pair
                    fields = {}
                _cut(fields, begun, tally)
                fields, begun = {}, None
    _cut(fields, begun, tally)


def _fields(text: str) -> list[tuple[str, str, str]] | None:
    """The fields of a line; ``None`` when anything in it is none."""
    found, end = [], 0
    while end < len(text):
        match = _FIELD.match(text, end)
        if match is None:
            return None
        found.append((match["name"].lower(), match["value"], _state(match["state"] or "")))
        end = match.end()
    return found


def _cut(fields: _Fields, begun: Line | None, tally: Tally) -> None:
    """Count a block that never came to its backup line."""
    if fields and begun is not None:
        tally.unknown(begun)


def _pair(fields: _Fields, place: Place) -> RedundantPair | None:
    tunnel = "backup remote ip" in fields
    ending = "remote ip" if tunnel else "interface"
    primary, backup = fields.get(f"primary {ending}"), fields.get(f"backup {ending}")
    if primary is None or backup is None:
        return None
    return RedundantPair(
        kind=PairKind.TUNNEL if tunnel else PairKind.INTERFACE,
        name=fields.get("security association", ("", ""))[0] if tunnel else primary[0],
        counter=integer(fields.get("failure counter", ("", ""))[0]),
        primary=Side(*primary),
        backup=Side(*backup),
        local=fields.get("local ip", ("", ""))[0],
        place=place,
    )


def _state(text: str) -> str:
    """A state as the text prints it; no source shows how the XML writes it."""
    return text.strip().capitalize()
