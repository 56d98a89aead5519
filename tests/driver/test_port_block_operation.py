"""Port blocks that a device has given out now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.driver.operations import port_block
from orchestrator.errors import UnsupportedError

SCENARIO = """
name: blocks
port_blocks:
  - {pool: p1, internal: 10.1.1.9, reflexive: 203.0.113.5, low: 1024, high: 1151, used: 3, left: 240}
  - {pool: p1, internal: 10.1.1.9, reflexive: 203.0.113.5, low: 1152, high: 1279}
  - {pool: p2, internal: 10.1.1.8, reflexive: 203.0.113.6, low: 1024, high: 1151}
"""


def test_who_holds_a_port_now(start_lab: Callable, driver: Callable, tmp_path: Path):
    path = tmp_path / "blocks.yml"
    path.write_text(SCENARIO)
    connected = driver(start_lab(scenario=str(path))[0])
    found = port_block.held_now(connected, "203.0.113.5", 1030)
    assert [(one.subscriber, one.low, one.high, one.pool, one.ports_used, one.left) for one in found] == [
        ("10.1.1.9", 1024, 1151, "p1", 3, 240)
    ]
    assert [one.low for one in port_block.held_now(connected, subscriber="10.1.1.9")] == [1024, 1152]
    assert len(port_block.held_now(connected)) == 3
    assert port_block.held_now(connected, "203.0.113.9", 1030) == []


def test_a_services_card_is_asked_in_its_own_words(start_lab: Callable, driver: Callable, tmp_path: Path):
    path = tmp_path / "blocks.yml"
    path.write_text(SCENARIO)
    connected = driver(start_lab(persona="mx", scenario=str(path))[0])
    found = port_block.held_now(connected, "203.0.113.6", 1151)
    assert [(one.subscriber, one.low, one.high, one.pool) for one in found] == [("10.1.1.8", 1024, 1151, "p2")]
    assert port_block.held_now(connected, "203.0.113.6", 1152) == []


def test_a_device_without_the_command_says_so(start_lab: Callable, driver: Callable):
    connected = driver(start_lab(persona="branch-17.3")[0])
    with pytest.raises(UnsupportedError):
        port_block.held_now(connected, "203.0.113.5", 1030)
