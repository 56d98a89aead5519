"""What the documentation warns of before anybody acts on a card."""

from __future__ import annotations

from orchestrator.analysis.chassis.applicability import SPC2, card_in, is_large
from orchestrator.model.chassis_health import ChassisSnapshot

SPC2_CAUTION = "taking an SPC2 offline or resetting it makes chassisd reboot every card: the whole chassis is away"
SWITCHOVER = "in a cluster the first alarm of a major or fatal error moves redundancy group 1 to the other node"
_DANGEROUS = ("restart", "replace", "out of service", "reset", "offline")


def before_acting(snapshot: ChassisSnapshot, node: str, slot: int | None, advice: str) -> str:
    """The advice with its caution, when it is about a card that may be an SPC2."""
    if not any(word in advice for word in _DANGEROUS) or not is_large(snapshot):
        return advice
    kind = card_in(snapshot, node, slot)
    if kind == SPC2:
        return f"{advice}. Caution: {SPC2_CAUTION}"
    return advice if kind else f"{advice}. Caution, it is not known whether this is an SPC2: {SPC2_CAUTION}"


def switchover(snapshot: ChassisSnapshot, *, severe: bool) -> str:
    """The note about redundancy group 1, as the end of a sentence; empty where it means nothing."""
    return f"; {SWITCHOVER}: look which node is primary now" if severe and snapshot.nodes else ""
