"""Security policies read from devices, held against what these devices log."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.driver.operations import files, policy
from orchestrator.driver.pyez import PyezDriver
from orchestrator.model.policy import Policies, Policy, PolicyAction
from orchestrator.model.session_log import SessionEvent
from orchestrator.parsers import system_log
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log_session import session_log

SCENARIO = """
name: logging
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
  ge-0/0/1.0: {addresses: [192.0.2.1/24], zone: untrust}
zones: {trust: {}, untrust: {}}
policies:
  - {from: any, to: any, name: rest, id: 4, action: permit, log: [close]}
  - from: trust
    to: untrust
    name: both
    id: 5
    match: {destination: [192.0.2.81/32]}
    action: permit
    log: [init, close]
  - {from: trust, to: untrust, name: opens, id: 6, match: {destination: [192.0.2.82/32]}, action: permit, log: [init]}
  - {from: trust, to: untrust, name: mute, id: 7, match: {destination: [192.0.2.83/32]}, action: permit}
  - {from: trust, to: untrust, name: refuse, id: 8, match: {destination: [192.0.2.84/32]}, action: reject, log: [init]}
  - {from: trust, to: untrust, name: swallow, id: 9, match: {destination: [192.0.2.85/32]}, action: deny}
default_policy: permit
traffic:
"""
TALK = """
  - name: t{0}
    source: 10.1.1.10
    destination: "192.0.2.8{0}:443"
    source_port: 5000{0}
    source_ports: 9
    every: 0.5
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "logging.yml"
    path.write_text(SCENARIO + "".join(TALK.format(number) for number in range(1, 7)))
    return path


def test_the_policies_of_a_device_are_read_as_its_scenario_has_them(start_lab: Callable, driver: Callable) -> None:
    device = start_lab(scenario="default")[0]
    found = policy.policies(driver(device))
    assert found is not None
    assert found.default_action is PolicyAction.DENY
    assert [(each.name, each.action, each.log_init, each.log_close) for each in found.policies] == [
        ("deny-smtp", PolicyAction.DENY, True, False),
        ("trust-to-untrust", PolicyAction.PERMIT, True, True),
        ("trust-to-dmz", PolicyAction.PERMIT, False, True),
        ("web-server", PolicyAction.PERMIT, True, True),
    ]
    request = next(entry["text"] for entry in device.inspect()["wire_log"] if "get-configuration" in entry["text"])
    assert 'inherit="inherit"' in request
    assert 'database="committed"' in request


def test_a_device_logs_what_its_configuration_says_and_nothing_else(
    start_lab: Callable, driver: Callable, scenario: Path
) -> None:
    session = driver(start_lab(scenario=scenario)[0])
    found = policy.policies(session)
    assert found is not None
    assert found.named("rest", "trust", "untrust") == Policy(
        name="rest", from_zones=("any",), to_zones=("any",), action=PolicyAction.PERMIT, log_close=True, is_global=True,
        applications=("any",),
    )  # fmt: skip
    assert _logged(session, _promised(found)) == _promised(found)


def _promised(policies: Policies) -> set[tuple[str, SessionEvent]]:
    """What the policies would log of sessions that open and close."""
    events = set()
    for each in policies.policies:
        if each.action is not PolicyAction.PERMIT:
            events |= {(each.name, SessionEvent.DENY)} if each.logs else set()
            continue
        events |= {(each.name, SessionEvent.CREATE)} if each.log_init else set()
        events |= {(each.name, SessionEvent.CLOSE)} if each.log_close else set()
    return events


def _logged(session: PyezDriver, wanted: set[tuple[str, SessionEvent]]) -> set[tuple[str, SessionEvent]]:
    """What came within some seconds; a second more when all that is wanted has come, for what is not."""
    deadline = time.monotonic() + 8
    seen: set[tuple[str, SessionEvent]] = set()
    while time.monotonic() < deadline:
        if wanted <= seen:
            deadline = min(deadline, time.monotonic() + 1)
        time.sleep(0.2)
        records = system_log.parse(Source.of_bytes(files.get(session, "/var/log/messages")))
        seen = {(log.policy, log.kind) for log in map(session_log, records) if log is not None}
    return seen
