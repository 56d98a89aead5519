"""``show session-health`` against a lab whose table is nearly full."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from processes import PROGRAM, environment, lab_process

from orchestrator.cli import session_health
from orchestrator.lab import control

SCENARIO = """
name: crowded
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
  ge-0/0/1.0: {addresses: [192.0.2.1/24], zone: untrust}
zones: {trust: {}, untrust: {}}
applications:
  - {name: slow-db, protocol: tcp, port: 5432, inactivity_timeout: 7200}
policies:
  - {from: trust, to: untrust, name: out, id: 4, action: permit}
flow:
  max_sessions: 20
  tcp_sequence_check: false
  aging: {early_ageout: 30, high_watermark: 90, low_watermark: 50}
traffic:
  - {name: silent, source: 10.1.1.11, destination: "192.0.2.81:443", reply: false}
  - {name: db, source: 10.1.1.10, destination: "192.0.2.50:5432", source_ports: 64, every: 0.1, close: none}
"""
Orchestrator = Callable[..., "subprocess.CompletedProcess[str]"]
Running = dict[str, Any]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A device whose table is full, in a process of its own, and its inventory."""
    folder = tmp_path_factory.mktemp("crowded")
    scenario = folder / "crowded.yml"
    scenario.write_text(SCENARIO)
    with lab_process(folder / "state", "--name", "fw", "--scenario", str(scenario)) as (_, device):
        subprocess.run(
            [*PROGRAM, "lab", "inventory", device["control"], "--into", folder / "inventory"], check=True,
            capture_output=True, env=environment(folder / "state"),
        )  # fmt: skip
        time.sleep(4)  # until the table is full and the handshake is late
        yield device | {"inventory": str(folder / "inventory")}


def test_a_full_table_is_told_first_and_in_words(crowded: Running, orchestrator: Orchestrator) -> None:
    done = orchestrator("show", "session-health", "fw", "-i", crowded["inventory"])
    assert (done.returncode, done.stderr) == (0, "")
    first, blank, look, *_ = done.stdout.splitlines()
    assert first == "fw: 6 things to look at"
    assert (blank, look) == ("", "1. session table full")
    for shown in (
        "saw:  device: 20 of 20 sessions in use (100.0 %)",
        "aggressive ageing is active",
        "failed sessions",
        "TCP sessions stuck in the initial timeout",
        "of them to 192.0.2.81/443",
        "sequence check is off",
        "slow-db tcp 7200 s (19 sessions, configured)",
        "most sessions from: 10.1.1.10 (19), 10.1.1.11 (1)",
        "ageing: early-ageout 30 s, high-watermark 90 %, low-watermark 50 %",
    ):
        assert shown in done.stdout
    assert "not checked" not in done.stdout


def test_the_same_is_data_when_asked(crowded: Running, orchestrator: Orchestrator) -> None:
    done = orchestrator("show", "session-health", "fw", "-i", crowded["inventory"], "--format", "json")
    [found] = json.loads(done.stdout)
    assert found["tables"][0]["active"] == 20
    assert found["configuration"]["aging"] == {"early_ageout": 30, "high_watermark": 90, "low_watermark": 50}
    assert [one["symptom"] for one in found["findings"]][:2] == ["session table full", "aggressive ageing is active"]
    assert found["not_checked"] == []


def test_looking_changes_nothing(crowded: Running, orchestrator: Orchestrator) -> None:
    orchestrator("show", "session-health", "fw", "-i", crowded["inventory"])
    seen = control.ask(crowded["control"], {"do": "inspect"})
    assert (seen["commits"], seen["config_operations"], seen["monitor"]["active"]) == (0, 0, False)


def test_what_the_device_refuses_is_not_checked_and_the_rest_is(crowded: Running, orchestrator: Orchestrator) -> None:
    show = ("show", "session-health", "fw", "-i", crowded["inventory"])
    fault = ("lab", "fault", crowded["control"], "error", "--match", "get-configuration", "--text", "permission denied")
    assert orchestrator(*fault).returncode == 0
    try:
        done = orchestrator(*show)
    finally:
        orchestrator("lab", "fault", crowded["control"], "clear")
    assert done.returncode == 0
    assert "session table full, ageing not checked" in done.stdout
    assert "ageing: not checked" in done.stdout
    assert "the flow configuration was not read" in done.stdout
    assert "sequence check is off" not in done.stdout


def test_a_class_that_may_nothing_is_told_what_was_refused(start_lab: Callable, driver: Callable) -> None:
    nothing = {"login_classes": {"none": []}, "accounts": [{"name": "bob", "login_class": "none"}]}
    found = session_health.gather(driver(start_lab(overrides=nothing)[0]))
    text = "\n".join(session_health.lines("fw", found))
    assert text.startswith("fw: nothing found to look at, ")
    assert "nothing to look at" not in text
    for what in ("session summary: ", "session list: ", "the device gave no summary", "did not list its sessions"):
        assert what in text


def test_a_node_of_a_cluster_each_has_its_table(start_lab: Callable, driver: Callable) -> None:
    found = session_health.gather(driver(start_lab(persona="cluster-24.4")[0]))
    assert [table.where for table in found.tables] == ["node0", "node1"]
    assert not [each for each in found.not_checked if "node" in each]
