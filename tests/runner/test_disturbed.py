"""Somebody, or the device itself, disturbs a run: the result must not claim what did not happen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from place import Site

StartSite = Callable[..., Site]
NOBODY = ("-v", "source=10.9.9.9", "-v", "destination=203.0.113.9:443")


def _disturb(place: Site, act: Callable[[], Any]) -> dict[str, Any]:
    """Run a trace of a conversation that never happens, and do something while it is armed."""
    process = place.begin(*NOBODY, "-v", "seconds=4s")
    place.wait_until_armed()
    act()
    out, err = process.communicate(timeout=60)
    assert out, err
    return json.loads(out)


@pytest.mark.parametrize(
    ("deed", "word"),
    [
        ({"do": "colleague", "verb": "stop"}, "stopped by somebody"),
        ({"do": "colleague", "verb": "clear"}, "filters were removed"),
        ({"do": "file-setting", "name": "alice.log"}, "changed the trace file"),
        ({"do": "change", "fault": {"kind": "disk-full"}}, "/var of the device is full"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_silence_of_a_disturbed_trace_proves_nothing(site: StartSite, deed: dict[str, Any], word: str) -> None:
    place = site()
    result = _disturb(place, lambda: place.device.ask(**deed))
    device = result["devices"][0]
    assert device["verdict"] == "inconclusive"
    assert any(word in text for text in device["missing"])


def test_silence_under_a_line_pattern_proves_nothing(site: StartSite, tmp_path: Path) -> None:
    book = tmp_path / "book.yml"
    book.write_text(
        "name: book\nsteps:\n  - flow_trace:\n      conversation: {source: 10.1.1.10, destination: '192.0.2.80:443'}\n"
        "      file: {match: zzz}\n      for: 2s\n"
    )
    _, result, _ = site().playbook(name=str(book))
    assert result["verdict"] == "inconclusive"


def test_a_colleague_who_begins_between_our_look_and_our_arming_is_not_robbed(site: StartSite) -> None:
    place = site()
    place.device.ask("fault", fault={"kind": "delay", "match": "get-route-engine-information", "seconds": 3})
    process = place.begin("-v", "seconds=2s")
    deadline = time.monotonic() + 20
    while not place.sent("get-route-engine-information") and time.monotonic() < deadline:
        time.sleep(0.05)
    place.device.ask("file-setting", name="alice.log")
    place.device.ask("foreign", filter="alice-in", criteria={"source-prefix": "10.1.1.20/32"})
    place.device.ask("colleague", verb="start")
    out, err = process.communicate(timeout=60)
    result = json.loads(out)
    assert result["status"] == "refused", err
    assert "alice-in" in result["devices"][0]["error"]["message"]
    monitor = place.device.inspect()["monitor"]
    assert (monitor["active"], monitor["file"], monitor["filters"]) == (True, "alice.log", ["alice-in"])
    assert place.sent("monitor security flow file") == []


def test_a_takeover_is_left_alone_and_told(site: StartSite) -> None:
    place = site()
    result = _disturb(place, lambda: place.device.ask("file-setting", name="alice.log"))
    monitor = place.device.inspect()["monitor"]
    assert (monitor["active"], monitor["file"]) == (True, "alice.log")
    assert any("alice.log" in text for text in result["devices"][0]["residue"])


def test_a_file_that_could_not_be_deleted_is_owed_until_it_is(site: StartSite) -> None:
    place = site()
    place.device.ask("fault", fault={"kind": "error", "match": "file-delete", "once": False})
    code, result, err = place.playbook("-v", "seconds=1s")
    assert (code, result["status"], result["devices"][0]["obligations_open"]) == (3, "owed", 1), err
    place.device.ask("clear-faults")
    code, _, err = place.run("recover", "--all", "-i", str(place.inventory))
    assert code == 0, err
    place.assert_clean()


def test_coexisting_judges_only_what_its_own_filters_took(site: StartSite, tmp_path: Path) -> None:
    """The colleague's file is full of a permitted conversation; ours saw nothing of the one we ask for."""
    place = site(scenario="busy-colleague")
    book = tmp_path / "book.yml"
    book.write_text(
        "name: book\nsteps:\n  - flow_trace:\n      conversation: {source: 10.9.9.9, destination: '203.0.113.9:443'}\n"
        "      if_taken: coexist\n      for: 2s\n"
    )
    _, result, err = place.playbook(name=str(book))
    assert result["verdict"] == "not-seen", err


def test_a_lost_file_transfer_ends_in_time_and_in_the_teardown(site: StartSite) -> None:
    place = site()
    path = place.inventory / "hosts.yaml"
    hosts = json.loads(path.read_text())
    hosts["srx1"]["connection_options"]["orchestrator"]["extras"]["reply_seconds"] = 2
    path.write_text(json.dumps(hosts))
    place.device.ask("fault", fault={"kind": "lost", "match": "^scp"})
    _, result, err = place.playbook("-v", "seconds=1s")
    assert result["status"] == "completed", err
    place.assert_clean()


def test_a_failover_in_the_middle_of_a_trace_is_told_and_nothing_is_left(site: StartSite) -> None:
    place = site(persona="cluster-24.4", overrides={"session_limit": 8})
    device = _disturb(place, lambda: place.device.ask("failover"))["devices"][0]
    assert device["verdict"] in (None, "inconclusive")
    assert any("failed over" in text for text in device["notes"])
    place.assert_clean()


def test_a_cluster_without_a_primary_is_left_alone(site: StartSite) -> None:
    place = site(persona="cluster-24.4", overrides={"session_limit": 8})
    place.device.ask("roles", roles=["hold", "secondary"])
    code, result, _ = place.playbook()
    assert (code, result["status"]) == (2, "refused")
    assert "node0 hold" in result["devices"][0]["error"]["message"]
    assert not place.sent("monitor security flow f")
