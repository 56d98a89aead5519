"""A run against the lab, as a user starts it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from place import Site

StartSite = Callable[..., Site]


def test_a_permitted_conversation_ends_in_a_verdict_and_a_clean_device(site: StartSite) -> None:
    place = site()
    code, result, err = place.playbook("-v", "seconds=4s")
    assert code == 0, err
    device = result["devices"][0]
    assert (result["status"], result["verdict"], device["certainty"]) == ("completed", "permitted", "certain")
    assert "trust-to-untrust" in device["sentence"]
    assert "source becomes 192.0.2.1" in device["sentence"]
    assert device["commit_id_before"] == device["commit_id_after"] != ""
    assert device["obligations_open"] == 0
    assert device["error"] is None
    place.assert_clean()


def test_both_directions_are_seen_although_nat_changes_the_addresses(site: StartSite) -> None:
    _, result, _ = site().playbook("-v", "seconds=3s")
    sentence = result["devices"][0]["sentence"]
    there, back = sentence.split("; ")[1].split(" packets there, ")
    assert int(there) > 0
    assert int(back.split(" ")[0]) > 0
    step = next(one for one in result["devices"][0]["steps"] if one["kind"] == "flow_trace")
    reverse = [one for one in step["data"]["filters"] if one.get("source_prefix") == "192.0.2.80/32"]
    assert "192.0.2.1/32" in {one["destination_prefix"] for one in reverse}


def test_a_denied_conversation_names_the_policy_and_shows_the_line(site: StartSite) -> None:
    place = site()
    code, result, _ = place.playbook("-v", "seconds=3s", "-v", "destination=192.0.2.25:25")
    device = result["devices"][0]
    assert (code, result["verdict"]) == (1, "denied")
    assert "deny-smtp" in device["sentence"]
    assert any("deny" in line["text"] for line in device["findings"][0]["lines"])
    place.assert_clean()


def test_traffic_that_never_comes_is_not_seen(site: StartSite) -> None:
    place = site()
    code, result, _ = place.playbook("-v", "seconds=1s", "-v", "source=10.9.9.9", "-v", "destination=203.0.113.9:443")
    assert (code, result["verdict"]) == (1, "not-seen")
    place.assert_clean()


def test_artifacts_are_whole_and_described(site: StartSite) -> None:
    place = site()
    _, result, _ = place.playbook("-v", "seconds=2s")
    traces = [one for one in result["devices"][0]["artifacts"] if one["kind"] == "flow_trace"]
    assert traces
    for one in result["devices"][0]["artifacts"]:
        data = Path(one["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (one["size"], one["sha256"])
    assert traces[0]["device_checksum"] == f"sha256:{traces[0]['sha256']}"
    directory = Path(result["directory"])
    manifest = json.loads((directory / "manifest.json").read_text())
    sealed = {one["name"] for one in manifest["files"]}
    assert sealed >= {one["name"] for one in result["devices"][0]["artifacts"]}
    assert sealed >= {"result.json", "report.html", "junit.xml", "playbook.yml", "events.jsonl"}
    assert json.loads((directory / "result.json").read_text()) == result


def test_rotated_files_all_come_home_and_all_go(site: StartSite, tmp_path: Path) -> None:
    place = site()
    book = tmp_path / "busy.yml"
    book.write_text(
        "name: busy\nsteps:\n  - flow_trace:\n      filters: [{source: 10.1.1.0/24}]\n"
        "      file: {size: 10240, files: 20}\n      for: 3s\n"
    )
    _, result, err = place.playbook(name=str(book))
    traces = [one for one in result["devices"][0]["artifacts"] if one["kind"] == "flow_trace"]
    assert len(traces) > 3, err
    assert all(one["device_checksum"] for one in traces)
    place.assert_clean()


@pytest.mark.parametrize("name", ["session-snapshot", "drop-watch"])
def test_shipped_playbooks_without_a_trace_ask_for_no_verdict(site: StartSite, name: str) -> None:
    place = site()
    code, result, err = place.playbook(name=name)
    assert (code, result["status"], result["verdict"]) == (0, "completed", None), err
    assert place.sent("monitor-security-flow-start") == []
    place.assert_clean()


def test_intermittent_stops_at_the_first_drop(site: StartSite) -> None:
    place = site()
    code, result, _ = place.playbook(name="intermittent")
    device = result["devices"][0]
    assert (code, result["verdict"], device["stopped_by"]) == (1, "denied", "condition")
    assert next(one["seconds"] for one in device["steps"] if one["kind"] == "flow_trace") < 20
    place.assert_clean()


@pytest.mark.parametrize("persona", ["branch-17.3", "cluster-24.4"])
def test_other_releases_are_traced_too(site: StartSite, persona: str) -> None:
    place = site(persona=persona)
    code, result, err = place.playbook("-v", "seconds=3s")
    assert (code, result["verdict"]) == (0, "permitted"), err
    place.assert_clean()


def test_every_node_of_a_cluster_gives_its_trace(site: StartSite) -> None:
    place = site(persona="cluster-24.4")
    _, result, err = place.playbook("-v", "seconds=4s")
    traces = [one for one in result["devices"][0]["artifacts"] if one["kind"] == "flow_trace"]
    assert {one["origin"].partition(":")[0] for one in traces} == {"srx1", "srx1-node1"}, err
    assert all(one["size"] for one in traces)
    place.assert_clean()


def test_a_colleagues_monitor_is_named_and_left_alone(site: StartSite) -> None:
    place = site(scenario="busy-colleague")
    before = place.device.inspect()["monitor"]
    code, result, _ = place.playbook()
    assert (code, result["status"]) == (2, "refused")
    assert before["filters"][0] in result["devices"][0]["error"]["message"]
    assert place.device.inspect()["monitor"] == before
    changes = ("monitor-security-flow-", "monitor security flow", "clear")
    sent = [text for word in changes for text in place.sent(word) if "show" not in text and "get-" not in text]
    assert sent == []


def test_a_filter_added_meanwhile_survives(site: StartSite) -> None:
    place = site()
    process = place.begin("-v", "seconds=4s")
    place.wait_until_armed()
    place.device.ask("foreign", filter="hers", criteria={"source-prefix": "10.0.0.0/8"})
    process.communicate(timeout=60)
    state = place.device.inspect()["monitor"]
    assert state["filters"] == ["hers"]


def test_a_previous_file_setting_is_restored(site: StartSite) -> None:
    place = site(extra={"foreign": {"file": {"name": "colleague.log"}, "filters": [], "active": False}})
    _, result, err = place.playbook("-v", "seconds=1s")
    assert place.device.inspect()["monitor"]["file"] == "colleague.log", err
    assert result["status"] == "completed"
    assert any("colleague.log" in text for text in result["devices"][0]["residue"])


def test_a_class_without_the_permission_is_refused_before_anything_changes(site: StartSite) -> None:
    place = site()
    place.device.ask("change", fault={"kind": "login-class", "user": place.device.user, "text": "read-only"})
    code, result, _ = place.playbook()
    assert (code, result["status"]) == (2, "refused")
    assert "trace" in result["devices"][0]["error"]["message"]
    assert place.sent("<monitor-security-flow-") == []
    place.assert_clean()
