"""Flow options read from devices, held against what these devices were set up for and do."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.driver.operations import flow_session
from orchestrator.driver.operations.flow_configuration import flow_configuration
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import ScenarioError
from orchestrator.lab.scenario_file import load
from orchestrator.model.flow_configuration import (
    Aging,
    ApplicationTimeout,
    FlowConfiguration,
    TcpMss,
    TcpSession,
    TimeWait,
)
from orchestrator.model.flow_session import FlowSession

SCENARIO = """
name: flow
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
  ge-0/0/1.0: {addresses: [192.0.2.1/24], zone: untrust}
zones: {trust: {}, untrust: {}}
applications:
  - {name: slow-db, protocol: tcp, port: 5432, inactivity_timeout: 7200}
  - {name: web, protocol: tcp, port: 8080}
policies:
  - {from: trust, to: untrust, name: out, id: 4, action: permit}
flow:
  tcp_syn_check: false
  tcp_initial_timeout: 9
  allow_dns_reply: true
  route_change_timeout: 30
  syn_flood_protection_mode: syn-proxy
  aging: {early_ageout: 25, high_watermark: 95, low_watermark: 80}
  tcp_mss: {ipsec_vpn: 1350}
  tcp_session: {rst_invalidate_session: true, time_wait_state: {session_timeout: 5}}
traffic:
  - {name: db, source: 10.1.1.10, destination: "192.0.2.50:5432", close: none}
  - {name: midway, source: 10.1.1.11, destination: "192.0.2.51:8080", syn: false, close: none}
  - {name: silent, source: 10.1.1.12, destination: "192.0.2.52:8080", reply: false}
"""
EXPECTED = FlowConfiguration(
    allow_dns_reply=True,
    route_change_timeout=30,
    syn_flood_protection_mode="syn-proxy",
    tcp_mss=TcpMss(ipsec_vpn=1350),
    tcp_session=TcpSession(
        no_syn_check=True,
        rst_invalidate_session=True,
        tcp_initial_timeout=9,
        time_wait_state=TimeWait(session_timeout=5),
    ),
    aging=Aging(early_ageout=25, high_watermark=95, low_watermark=80),
    application_timeouts=(ApplicationTimeout(application="slow-db", seconds=7200),),
)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "flow.yml"
    path.write_text(SCENARIO)
    return path


def test_the_flow_options_of_a_device_are_read_as_its_scenario_has_them(
    start_lab: Callable, driver: Callable, scenario: Path, clean: Callable
) -> None:
    device = start_lab(scenario=scenario)[0]
    session = driver(device)
    assert flow_configuration(session) == EXPECTED
    asked = [entry["text"] for entry in device.inspect()["wire_log"] if "<get-configuration" in entry["text"]]
    assert len(asked) == 2
    assert all('database="committed"' in text and 'inherit="inherit"' in text for text in asked)
    session.close()
    clean(device)


def test_the_device_does_what_its_configuration_says(start_lab: Callable, driver: Callable, scenario: Path) -> None:
    table = _sessions(driver(start_lab(scenario=scenario)[0]), 3)
    assert table["10.1.1.10"].configured_timeout == 7200
    assert table["10.1.1.11"].configured_timeout == 1800  # no SYN, and a session all the same
    left = table["10.1.1.12"].timeout
    assert left is not None
    assert left <= 9


def _sessions(session: PyezDriver, wanted: int) -> dict[str, FlowSession]:
    """The sessions by source, once there are so many."""
    deadline = time.monotonic() + 8
    found: dict[str, FlowSession] = {}
    while len(found) < wanted and time.monotonic() < deadline:
        time.sleep(0.1)
        sessions = [one for one in flow_session.sessions(session) if isinstance(one, FlowSession)]
        found = {one.wings[0].source: one for one in sessions}
    return found


def test_silence_is_silence_only_for_a_class_that_would_see_more(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab()
    assert flow_configuration(driver(device)) == FlowConfiguration(application_timeouts=())
    assert flow_configuration(driver(device, user="auditor")) is None


@pytest.mark.parametrize("permission", ["security", "view-configuration"])
def test_either_permission_makes_silence_an_answer(start_lab: Callable, driver: Callable, permission: str) -> None:
    classes = {"login_classes": {"some": ["view", permission]}, "accounts": [{"name": "bob", "login_class": "some"}]}
    [device] = start_lab(overrides=classes)
    assert flow_configuration(driver(device)) == FlowConfiguration(application_timeouts=())


def test_what_is_shown_is_taken_and_what_is_left_out_is_not_silence(
    start_lab: Callable, driver: Callable, tmp_path: Path
) -> None:
    path = tmp_path / "one.yml"
    path.write_text("name: one\nflow: {allow_dns_reply: true}\n")
    found = flow_configuration(driver(start_lab(scenario=path)[0], user="auditor"))
    assert found == FlowConfiguration(allow_dns_reply=True, application_timeouts=None)


def test_a_class_that_may_nothing_gets_nothing(start_lab: Callable, driver: Callable, scenario: Path) -> None:
    nothing = {"login_classes": {"none": []}, "accounts": [{"name": "bob", "login_class": "none"}]}
    [device] = start_lab(scenario=scenario, overrides=nothing)
    assert flow_configuration(driver(device)) is None


@pytest.mark.parametrize(
    "flow",
    [
        "aging: {high_watermark: 101}",
        "aging: {early_ageout: 0}",
        "tcp_initial_timeout: 3",
        "tcp_mss: {all_tcp: 63}",
        "tcp_session: {no_such_check: true}",
        "route_change_timeout: 5",
        "syn_flood_protection_mode: none",
        "agein: {}",
    ],
)
def test_a_flow_section_that_no_device_would_take_is_refused(tmp_path: Path, flow: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(f"name: bad\nflow:\n  {flow}\n")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert caught.value.line == 3
