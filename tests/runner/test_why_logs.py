"""Where ``why`` finds RT_FLOW, and a session table that is full, each over SSH against the lab."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from place import Site

StartSite = Callable[..., Site]
BASE = """
name: logs
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
  ge-0/0/1.0: {addresses: [192.0.2.1/24], zone: untrust}
zones: {trust: {host_inbound: [ssh]}, untrust: {}}
policies:
  - {from: trust, to: untrust, name: no-mail, id: 4, match: {application: [junos-smtp]}, action: deny, log: [init]}
  - {from: trust, to: untrust, name: out, id: 5, action: permit, log: [init, close]}
traffic:
  - {name: mail, source: 10.1.1.11, destination: "192.0.2.25:25", source_ports: 64, every: 1}
"""


def why(place: Site, source: str, destination: str, *words: str) -> dict[str, Any]:
    _, out, err = place.run("why", place.device.name, source, destination, "--for", "4s", "--until", "first-drop",
                            "-i", str(place.inventory), "--format", "json", *words)  # fmt: skip
    assert out, err
    [device] = json.loads(out)["devices"]
    return dict(device)


def of_rt_flow(device: dict[str, Any]) -> tuple[str, str]:
    return next((one["state"], one["says"]) for one in device["sources"] if one["name"] == "RT_FLOW")


@pytest.mark.parametrize(
    ("log", "file"),
    [("log: {structured: true, messages: false}", "traffic-log"), ("log: {messages: true}", "messages")],
)
def test_the_configuration_says_which_file_holds_the_denials(
    site: StartSite, tmp_path: Path, log: str, file: str
) -> None:
    path = tmp_path / "scenario.yml"
    path.write_text(f"{BASE}{log}\n")
    device = why(site(scenario=str(path)), "10.1.1.11", "192.0.2.25:25")
    assert (device["verdict"], of_rt_flow(device)[0]) == ("denied", "read")
    assert "RT_FLOW" in device["findings"][0]["sources"]
    told = next(one for one in device["steps"] if one["kind"] == "system_log")
    assert told["data"]["file"] == file


def test_a_log_that_only_a_collector_gets_is_not_enabled_here_and_says_where_it_is(
    site: StartSite, tmp_path: Path
) -> None:
    path = tmp_path / "scenario.yml"
    path.write_text(f"{BASE}log: {{collector: 198.51.100.5}}\n")
    place = site(scenario=str(path))
    device = why(place, "10.1.1.11", "192.0.2.25:25")
    assert of_rt_flow(device) == (
        "not enabled", "RT_FLOW goes to 198.51.100.5 only: no file of the device holds it"
    )  # fmt: skip
    assert device["verdict"] == "denied"
    assert json.loads(place.run("runs", "report", "last", "--format", "json")[1])["devices"] == [device]
    assert not [one for one in place.sent("scp -f") if "messages" in one]


def test_a_full_table_turns_a_new_client_away_and_the_verdict_says_so(site: StartSite) -> None:
    place = site(scenario="session-table-full")
    device = why(place, "10.1.1.30", "192.0.2.80:443")
    assert device["verdict"] == "dropped"
    main = device["findings"][0]
    assert main["symptom"] == "no session available"
    assert set(main["sources"]) >= {"flow trace", "packet-drop records"}
    assert any("no session available" in line["text"] for line in main["lines"])
    device = why(place, "10.1.1.10", "192.0.2.80:443")
    assert device["verdict"] == "permitted"
    code, out, _ = place.run("show", "session-health", place.device.name, "-i", str(place.inventory))
    assert code == 0
    assert "1. session table full" in out
    place.assert_clean()
