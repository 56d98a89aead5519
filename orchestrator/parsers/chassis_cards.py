"""``show chassis hardware`` as XML: which cards and routing engines the chassis holds, top level only."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.errors import ParseError
from orchestrator.model.chassis import Card
from orchestrator.parsers.xml_input import Element, children, descendants, leaf, node_of


def cards(element: Element, name: str = "reply") -> tuple[Card, ...]:
    """The parts of every node's chassis, in the order listed.

    Raises:
        ParseError: the reply is no inventory.
    """
    found = list(descendants(element, "chassis-inventory"))
    if not found:
        raise ParseError("nothing here is an inventory of the chassis", path=name)
    return tuple(card for each in found for card in _of(each))


def _of(inventory: Element) -> Iterator[Card]:
    for chassis in children(inventory, "chassis"):
        for module in children(chassis, "chassis-module"):
            yield Card(
                name=leaf(module, "name"),
                description=leaf(module, "description"),
                model=leaf(module, "model-number"),
                node=node_of(module),
            )
