"""What is made of the security associations before and after a switch."""

from __future__ import annotations

import pytest

from orchestrator.model.ipsec import Direction
from orchestrator.model.ipsec_redundancy import Associations
from orchestrator.steps.ipsec_switchover import Spis, compared


def spis(*numbers: int) -> Spis:
    return frozenset(("sa", Direction.INBOUND, one) for one in numbers)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (spis(1, 2), spis(1, 2), Associations.INHERITED),
        (spis(1, 2), spis(1, 2, 3), Associations.INHERITED),  # and one more, by a rekey
        (spis(1, 2), spis(3, 4), Associations.NEW),
        (spis(1, 2), spis(2, 3), Associations.MIXED),
        (spis(1, 2), spis(1), Associations.MIXED),
        (spis(1, 2), spis(), Associations.LOST),
        (spis(), spis(1), Associations.NONE),
        (None, spis(1), Associations.UNKNOWN),
        (spis(1), None, Associations.UNKNOWN),
    ],
)
def test_associations_are_told_by_their_spis(before: Spis | None, after: Spis | None, found: Associations) -> None:
    assert compared(before, after) is found
