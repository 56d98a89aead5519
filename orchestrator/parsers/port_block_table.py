"""``show security nat source port-block`` as XML: one row a block (facts: YANG 24.4R1, published replies)."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.port_block import LiveBlock, canonical
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import Element, account, descendants, leaf, leaves, node_of

KIND = "a table of port blocks"


def parse_element(element: Element, name: str = "reply") -> Reading[LiveBlock]:
    """Read a reply; ``element`` is the ``rpc-reply``."""
    tally = Tally()

    def records() -> Iterator[LiveBlock]:
        for _ in descendants(element, "pba-blk-table"):
            tally.recognised += 1
        for pool in descendants(element, "pba-pool-info-entry"):
            tally.recognised += 1
            for entry in descendants(pool, "pba-blk-table-entry"):
                tally.recognised += 1
                yield _block(leaf(pool, "pba-pool-name"), leaves(entry), node_of(entry))
        account(element, name, tally)

    return Reading(KIND, name, tally, records())


def _block(pool: str, found: dict[str, str], node: str) -> LiveBlock:
    return LiveBlock(
        pool=pool, subscriber=_address(found.get("blk-internal-ip", "")),
        external=_address(found.get("blk-reflexive-ip", "")), low=integer(found.get("blk-low-port")) or 0,
        high=integer(found.get("blk-high-port")) or 0, ports_used=integer(found.get("blk-ports-used")),
        ports_total=integer(found.get("blk-ports-total")), status=found.get("blk-status", ""),
        left=integer(found.get("blk-left-time")), node=node,
    )  # fmt: skip


def _address(text: str) -> str:
    try:
        return canonical(text)
    except ValueError:
        return text
