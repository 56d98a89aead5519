"""What counts as a switch, and what does not."""

from __future__ import annotations

from orchestrator.model.ipsec_redundancy import PairKind, RedundantPair, Side, Switch


def pair(primary: str, backup: str, counter: int | None = 0) -> RedundantPair:
    return RedundantPair(
        kind=PairKind.INTERFACE, name="es-1/3/0", counter=counter, primary=Side("es-1/3/0", primary),
        backup=Side("es-1/1/0", backup),
    )  # fmt: skip


BEFORE = pair("Active", "Standby", 4)


def test_the_side_that_would_take_over_is_the_one_that_is_not_active() -> None:
    assert BEFORE.other == BEFORE.backup
    assert pair("Standby", "Active").other.name == "es-1/3/0"


def test_nobody_or_both_active_has_no_active_side() -> None:
    for one in (pair("Offline", "Offline"), pair("Active", "Active"), pair("Standby", "Standby")):
        assert (one.active, one.other) == (None, None)


def test_a_clean_switch_swaps_the_states_and_counts_one() -> None:
    done = Switch(before=BEFORE, after=pair("Standby", "Active", 5))
    assert (done.swapped, done.counted, done.faults()) == (True, 1, [])


def test_every_other_outcome_is_told() -> None:
    def faults(after: RedundantPair) -> list[str]:
        return [text.split(":")[0] for text in Switch(before=BEFORE, after=after).faults()]

    states, count = "the states did not swap", "the failure counter moved by {}, not by 1"
    assert faults(pair("Active", "Standby", 4)) == [states, count.format(0)]
    assert faults(pair("Standby", "Active", 4)) == [count.format(0)]
    assert faults(pair("Active", "Standby", 6)) == [states, count.format(2)]  # there, and back again
    assert faults(pair("Offline", "Active", 5)) == [states]  # the old one did not come back into standby
    assert faults(pair("Standby", "Active", None)) == ["the failure counter is not shown"]
    assert faults(pair("Standby", "Active", 0)) == [count.format(-4)]  # the software was started again


def test_an_association_is_meant_by_its_name_and_interfaces_by_either() -> None:
    tunnel = RedundantPair(
        kind=PairKind.TUNNEL, name="sa", counter=0, primary=Side("192.0.2.1", "Active"),
        backup=Side("192.0.2.2", "Standby"),
    )  # fmt: skip
    assert (tunnel.holds("sa"), tunnel.holds("192.0.2.1")) == (True, False)
    assert BEFORE.holds("es-1/3/0")
    assert BEFORE.holds("es-1/1/0")
    assert not BEFORE.holds("es-1/1/1")
