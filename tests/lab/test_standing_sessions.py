"""Sessions that a scenario states, multicast streams, and how the initial timeout begins anew."""

from __future__ import annotations

import pytest
from datapath_bench import T0, Bench, answer, tcp

from orchestrator.lab.datapath.packet import ACK, SYN
from orchestrator.lab.scenario import Scenario
from orchestrator.lab.standing_sessions import StandingSessions

SCENARIO = {
    "name": "stated",
    "interfaces": {"ge-0/0/0.0": {"zone": "trust"}, "ge-0/0/1.0": {"zone": "untrust"}},
    "zones": {"trust": {}, "untrust": {}},
    "applications": [{"name": "video", "protocol": "udp", "port": 5000, "inactivity_timeout": 500}],
    "policies": [{"from": "trust", "to": "untrust", "name": "out", "id": 4, "action": "permit"}],
    "sessions": [
        {"source": "10.1.1.10", "destination": "192.0.2.80", "out": "ge-0/0/1.0", "policy": "out"},
        {"source": "10.1.1.11", "destination": "192.0.2.80", "out": "ge-0/0/1.0", "survives": True},
    ],
    "multicast": [
        {"source": "10.1.1.20", "group": "239.1.1.1", "interval": 90,
         "leaves": [{"interface": "ge-0/0/1.0", "policy": "out"}]},
        {"source": "10.1.1.21", "group": "239.1.1.2", "interval": 90,
         "leaves": [{"interface": "ge-0/0/1.0", "policy": "out", "application": "video"}]},
    ],
}  # fmt: skip


@pytest.fixture
def standing() -> StandingSessions:
    return StandingSessions(Scenario.model_validate(SCENARIO), T0, {})


def groups(standing: StandingSessions, now: float) -> list[tuple[str, str, int]]:
    return [(one.incoming.destination, one.multicast, one.session_id) for one in standing.living(now) if one.multicast]


def test_a_cleared_session_is_gone_and_one_that_survives_is_not(standing: StandingSessions) -> None:
    assert [one.policy for one in standing.living(T0) if not one.multicast] == ["out/4", "N/A"]
    assert standing.clear(lambda one: not one.multicast, T0) == (1, set())
    assert [one.incoming.source for one in standing.living(T0) if not one.multicast] == ["10.1.1.11"]


def test_a_slow_stream_lives_a_minute_after_each_packet_and_comes_back_under_other_numbers(
    standing: StandingSessions,
) -> None:
    slow = [one for one in groups(standing, T0 + 59) if one[0] == "239.1.1.1"]
    assert [kind for _, kind, _ in slow] == ["template", "leaf"]
    assert {one[0] for one in groups(standing, T0 + 61)} == {"239.1.1.2"}
    again = [one for one in groups(standing, T0 + 91) if one[0] == "239.1.1.1"]
    assert not {number for *_, number in slow} & {number for *_, number in again}


def test_a_longer_leaf_timeout_keeps_the_stream_and_its_numbers(standing: StandingSessions) -> None:
    begun, later = ([one for one in groups(standing, T0 + at) if one[0] == "239.1.1.2"] for at in (1, 261))
    assert begun == later


def test_each_packet_of_the_handshake_begins_the_initial_timeout_anew() -> None:
    bench = Bench()
    opened = bench.send(tcp("10.1.1.10:51000", "192.0.2.80:443", SYN, T0))
    bench.send(answer(opened, SYN | ACK, T0 + 15))
    bench.datapath.age(T0 + 30)
    assert bench.datapath.sessions  # 20 s after the SYN it would be gone
    bench.datapath.age(T0 + 36)
    assert not bench.datapath.sessions
