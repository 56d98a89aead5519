"""Multicast streams of a device: template and leaves, their timeout, and streams that age out too soon."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.cli.multicast_sessions import Asked, gather, lines
from orchestrator.driver.operations import flow_session
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.driver.pyez import PyezDriver
from orchestrator.model.flow import Endpoint
from orchestrator.model.multicast_session import MulticastTable

SCENARIO = """
name: multicast
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
  ge-0/0/1.0: {addresses: [10.5.5.1/24], zone: receivers}
  ge-0/0/2.0: {addresses: [10.6.6.1/24], zone: receivers}
zones: {trust: {}, receivers: {}}
applications:
  - {name: slow-video, protocol: udp, port: 5000, inactivity_timeout: 500}
  - {name: quick-video, protocol: udp, port: 5000, inactivity_timeout: 30}
policies:
  - {from: trust, to: receivers, name: video, id: 4, match: {application: [slow-video]}, action: permit}
  - {from: trust, to: receivers, name: quick, id: 5, match: {application: [quick-video]}, action: permit}
  - {from: trust, to: receivers, name: rest, id: 6, action: permit}
multicast:
  - source: 10.1.1.21
    group: 239.1.1.1
    interval: 90
    leaves:
      - {interface: ge-0/0/1.0, policy: video, application: slow-video}
      - {interface: ge-0/0/2.0, policy: quick, application: quick-video}
  - source: 10.1.1.22
    group: 239.1.1.2
    interval: 90
    leaves: [{interface: ge-0/0/1.0, policy: rest}]
  - {source: 10.1.1.23, group: 239.1.1.3, interval: 2, leaves: [{interface: ge-0/0/1.0, policy: quick}]}
"""


@pytest.fixture
def session(start_lab: Callable, driver: Callable, tmp_path: Path) -> PyezDriver:
    """A device with three streams, whose clock runs sixty times as fast."""
    path = tmp_path / "multicast.yml"
    path.write_text(SCENARIO)
    found: PyezDriver = driver(start_lab(scenario=path, clock_rate=60)[0])
    return found


def seen(session: PyezDriver, interval: str = "", again: str = "") -> MulticastTable:
    return gather(session, Asked.of(SessionFilter(destination=Endpoint.parse("239.0.0.0/8")), interval, again))


def test_template_and_leaves_are_linked_and_share_the_highest_timeout(session: PyezDriver) -> None:
    [slow] = [one for one in seen(session).streams if one.key.destination == "239.1.1.1"]
    assert slow.template is not None
    assert (slow.template.configured_timeout, slow.expected_seconds, slow.timeout_seconds) == (500, 500, 500)
    assert [(one.timeout, one.policy) for one in slow.leaves] == [(-1, "video"), (-1, "quick")]
    assert [one.session_id - slow.template.session_id for one in slow.leaves] == [1, 2]
    assert {wing.interface for one in slow.leaves if (wing := one.wing("Out"))} == {"ge-0/0/1.0", "ge-0/0/2.0"}
    assert 410 <= (slow.template.timeout or 0) <= 500  # ticking down from the configured one
    counted = flow_session.summary(session)[0].counters
    assert (counted["active-multicast-sessions"] >= 5, counted["active-unicast-sessions"]) == (True, 0)


def test_a_leaf_below_the_protocols_timeout_leaves_the_protocols(session: PyezDriver) -> None:
    [quick] = [one for one in seen(session).streams if one.key.destination == "239.1.1.3"]
    assert (quick.expected_seconds, quick.timeout_seconds) == (60, 60)
    assert quick.template is not None
    deadline = time.monotonic() + 5
    while quick.interval_seconds is None and time.monotonic() < deadline:
        [quick] = [one for one in seen(session).streams if one.key.destination == "239.1.1.3"]
    assert quick.interval_seconds == pytest.approx(2, abs=1.2)


def test_streams_slower_than_a_minute_age_out_and_the_cure_is_a_longer_leaf_timeout(session: PyezDriver) -> None:
    found = [one for one in seen(session, interval="90s").findings if "239.1.1.2" in one.saw]
    if found:  # between two packets of the slow stream there is nothing to see
        assert found[0].symptom == "multicast sessions age out before the next packet"
        assert "a packet every 90 s, and a session timeout of 60 s" in found[0].saw
        assert "inactivity-timeout 180" in found[0].next
        assert "the policy rest" in found[0].next
    symptoms: list[str] = []
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline and not any("239.1.1.2" in one for one in symptoms):
        twice = seen(session, again="2s")  # two minutes of the device's time
        symptoms = [f"{one.symptom}: {one.saw}" for one in twice.findings]
    assert any("239.1.1.2" in one and ("anew" in one or "gone" in one) for one in symptoms), symptoms
    assert not any("239.1.1.1" in one for one in symptoms)  # the leaf's 500 s are the cure
    text = "\n".join(lines("fw", seen(session)))
    assert "template" in text
    assert "ages out with its template" in text
