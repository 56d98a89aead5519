"""``show chassis fpc errors [detail]``, ``show chassis errors active [detail]`` and their ``show system errors`` twins.

The reply of the first is published (facts: YANG 24.4R1), with leaves misspelt ``-level-occured`` beside the correct
``-level-occurred`` of the form by scope and category. The reply of ``show chassis errors active`` is not: the nearest
published structure is that of ``show system errors active [detail]``, which is read here; what else a release prints is
counted as unread. The text of active errors is read by its field names, in ``chassis_errors_text``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from orchestrator.model.chassis import ActiveError, ErrorType, FpcErrors, LevelCounters, Severity, UnitErrors
from orchestrator.model.flow_trace import Line
from orchestrator.model.place import Place
from orchestrator.parsers import chassis_errors_text
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import (
    Element,
    account,
    children,
    descendants,
    leaf,
    leaves,
    line_of,
    local_name,
    looks_like_xml,
    node_of,
    root_of,
    text_of,
)

KIND = "chassis errors"
Record: TypeAlias = FpcErrors | ErrorType | ActiveError | UnitErrors
_LEVEL_LEAF = re.compile(r"(?:minor|major|fatal)-level-(?:occurr?ed|cleared|threshold|action-taken|action)")
_KNOWN = {"slot", "fpc-pfe-state", "slc-fpc-pfe-state", "fpc-slc-error-slot", "scope", "category", "pfe-id"}
_HOLDERS = ("fpc-error-information", "active-error-detail-information", "active-error-information", "output")


def parse(source: Source) -> Reading[Record]:
    """Read the records in the order printed."""
    tally = Tally()
    if looks_like_xml(source):
        return Reading(KIND, source.name, tally, _from_element(root_of(source), source.name, tally))
    return Reading(KIND, source.name, tally, chassis_errors_text.records(source, tally, ""))


def parse_element(element: Element, name: str = "reply") -> Reading[Record]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    tally = Tally()
    return Reading(KIND, name, tally, _from_element(element, name, tally))


def _from_element(element: Element, name: str, tally: Tally) -> Iterator[Record]:
    for holder in descendants(element, *_HOLDERS):
        if local_name(holder) == "output":
            text = Source.of_text("".join(map(str, holder.itertext())), name)
            yield from chassis_errors_text.records(text, tally, node_of(holder))
            continue
        tally.recognised += 1
        for fpc in children(holder, "fpc"):
            slot = integer(leaf(fpc, "slot"))
            if slot is None:
                tally.unknown(Line(name, line_of(fpc), "a card without a slot"))
            else:
                yield from _card(fpc, slot, name)
        for unit in children(holder, "fru"):
            yield from _unit(unit, name)
    account(element, name, tally)


def _card(fpc: Element, slot: int, name: str) -> Iterator[Record]:
    said = leaves(fpc)
    node = node_of(fpc)
    has_levels = any(_LEVEL_LEAF.fullmatch(key) for key in said)
    parts = [*children(fpc, "scope-level"), *children(fpc, "fpc-slc-error-information")]
    if has_levels or said.get("fpc-pfe-state") or not parts:
        yield FpcErrors(
            slot=slot, node=node, levels=_levels(said), pfe_state=said.get("fpc-pfe-state", ""),
            others=_others(said) | _engines(fpc), place=_place(fpc, name),
        )  # fmt: skip
    yield from _scopes(fpc, slot, node, name)
    for slc in children(fpc, "fpc-slc-error-information"):
        held = leaves(slc)
        number = integer(held.get("fpc-slc-error-slot"))
        if state := held.get("slc-fpc-pfe-state"):
            yield FpcErrors(slot=slot, node=node, slc=number, pfe_state=state, place=_place(slc, name))
        yield from _scopes(slc, slot, node, name, number)
    for errors in children(fpc, "fpc-error"):
        yield from _types(errors, slot, node, name)


def _others(said: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in said.items() if key not in _KNOWN and not _LEVEL_LEAF.fullmatch(key)}


def _engines(fpc: Element) -> dict[str, str]:
    """States of the card's forwarding engines, by instance."""
    found: dict[str, str] = {}
    for engine in children(fpc, "pfeid-info-values"):
        said = leaves(engine)
        instance = said.pop("pfe-instance", "")
        found |= {f"pfe {instance} {key}": value for key, value in said.items()}
    return found


def _scopes(holder: Element, slot: int, node: str, name: str, slc: int | None = None) -> Iterator[FpcErrors]:
    for scope in children(holder, "scope-level"):
        for category in children(scope, "category-level"):
            said = leaves(category)
            yield FpcErrors(
                slot=slot, node=node, slc=slc, scope=leaf(scope, "scope"), category=said.get("category", ""),
                levels=_levels(said), others=_others(said), place=_place(category, name),
            )  # fmt: skip


def _levels(said: Mapping[str, str]) -> tuple[LevelCounters, ...]:
    return tuple(
        LevelCounters(
            severity=severity,
            occurred=integer(said.get(f"{severity}-level-occured") or said.get(f"{severity}-level-occurred")),
            cleared=integer(said.get(f"{severity}-level-cleared")),
            threshold=integer(said.get(f"{severity}-level-threshold")),
            action_taken=integer(said.get(f"{severity}-level-action-taken")),
            actions=chassis_errors_text.actions(said.get(f"{severity}-level-action", "")),
        )
        for severity in (Severity.MINOR, Severity.MAJOR, Severity.FATAL)
        if any(key.startswith(f"{severity}-level-") for key in said)
    )


def _types(errors: Element, slot: int, node: str, name: str) -> Iterator[ErrorType]:
    """Each kind of error once: the detail adds a description to the group of the same id."""
    pfe = leaf(errors, "pfe-id")
    described = {
        (one.get("fpc-error-group-name", ""), one.get("fpc-error-group-error-id", "")): one
        for one in map(leaves, children(errors, "fpc-error-group-detail"))
    }
    for group in children(errors, "fpc-error-group"):
        said = leaves(group)
        key = said.get("fpc-error-group-name", ""), said.get("fpc-error-group-error-id", "")
        yield _type(described.pop(key, {}) | said, slot, node, pfe, _place(group, name))
    for said in described.values():
        yield _type(said, slot, node, pfe, _place(errors, name))


def _type(said: Mapping[str, str], slot: int, node: str, pfe: str, place: Place) -> ErrorType:
    return ErrorType(
        slot=slot,
        node=node,
        pfe=pfe,
        name=said.get("fpc-error-group-name", ""),
        error_id=said.get("fpc-error-group-error-id", ""),
        description=said.get("fpc-error-group-description", ""),
        occurred=integer(said.get("fpc-error-group-occurred")),
        cleared=integer(said.get("fpc-error-group-cleared")),
        threshold=integer(said.get("fpc-error-group-threshold")),
        actions=chassis_errors_text.actions(said.get("fpc-error-group-action", "")),
        place=place,
    )


def _unit(unit: Element, name: str) -> Iterator[ActiveError | UnitErrors]:
    called, node = leaf(unit, "name"), node_of(unit)
    for counts in children(unit, "error-information"):
        said = leaves(counts)
        yield UnitErrors(
            unit=called,
            node=node,
            minor=integer(said.get("minor-occur-count")),
            major=integer(said.get("major-occur-count")),
            fatal=integer(said.get("fatal-occur-count")),
            place=_place(counts, name),
        )
    for detail in children(unit, "error-detail-information"):
        scopes = " ".join(text_of(each) for each in children(detail, "scope-type"))
        yield chassis_errors_text.active(leaves(detail) | {"scope-type": scopes}, called, node, _place(detail, name))


def _place(element: Element, name: str) -> Place:
    first = line_of(element)
    return Place.of_lines(name, first, first + "".join(map(str, element.itertext())).count("\n"))
