"""A whole look at a chassis, also where the device refuses, and how it is judged."""

from __future__ import annotations

import json

import pytest

from orchestrator.analysis.chassis.health import judge
from orchestrator.cli.chassis_health import lines
from orchestrator.driver.operations import chassis_snapshot
from orchestrator.driver.operations.chassis_snapshot import Look
from orchestrator.errors import ParseError
from orchestrator.model.chassis_health import DetectorState
from orchestrator.parsers.as_json import as_json
from orchestrator.parsers.chassis_snapshot import of_files

LARGE = {"model": "srx5800", "version": "20.4R3"}


def test_a_class_that_may_not_ask_cards_still_gets_alarms_and_is_told_what_is_missing(start_lab, driver):
    one = driver(start_lab(scenario="chassis-errors", overrides=LARGE)[0], user="auditor")
    snapshot = chassis_snapshot.take(one)
    assert [alarm.fpc for alarm in snapshot.alarms[0].alarms] == [1]
    assert snapshot.pfe is None
    [refused] = [each for each in snapshot.refused if "commands on a card" in each]
    assert "permission denied" in refused
    found = {each.detector: each for each in judge(snapshot).detectors}
    assert found["wedge of the TOE driver"].state is DetectorState.QUIET  # alarms and log were read, and suffice


def test_a_card_that_does_not_know_a_command_is_asked_the_others_and_so_are_its_neighbours(start_lab, driver):
    one = driver(start_lab(scenario="chassis-errors", overrides=LARGE)[0])
    snapshot = chassis_snapshot.take(one, Look(pfe=("show lkup-asic wedge-client", "show cmerror module brief")))
    assert [row.target for row in snapshot.pfe] == ["fpc0", "fpc0", "fpc1", "fpc1"]
    assert [each.partition(":")[0] for each in snapshot.refused] == [
        "fpc0 show lkup-asic wedge-client", "fpc1 show lkup-asic wedge-client",
    ]  # fmt: skip


def test_a_class_without_view_is_told_so_for_everything_and_nothing_is_called_healthy(start_lab, driver):
    snapshot = chassis_snapshot.take(driver(start_lab(persona="mx")[0], user="blind"))
    assert (snapshot.alarms, snapshot.system_alarms, snapshot.fpc_errors, snapshot.active) == (None, None, None, None)
    found = judge(snapshot)
    assert {each.state for each in found.detectors} == {DetectorState.NOT_CHECKED}
    assert "chassis alarms: permission denied" in found.not_checked


def test_a_release_without_the_commands_and_a_chassis_of_another_kind_read_not_checked(start_lab, driver):
    found = judge(chassis_snapshot.take(driver(start_lab(persona="branch-17.3")[0])))
    text = "\n".join(lines(found))
    assert "nothing found to look at" in text.splitlines()[0]
    assert "active errors: the device takes no form of this command" in text
    assert "documented for SRX5400, SRX5600 and SRX5800 only" in text
    assert "nothing seen" not in text


def test_a_device_without_any_of_it_refuses_each_and_nothing_fails(start_lab, driver):
    snapshot = chassis_snapshot.take(driver(start_lab(persona="es-pic")[0]))
    for what in ("chassis alarms", "system alarms", "error counters", "active errors", "commands on a card"):
        assert [each for each in snapshot.refused if each.startswith(what)], what


def test_of_a_cluster_the_node_with_the_alarm_is_named_and_the_other_is_not_called_checked(start_lab, driver):
    bad = {"alarms": [{"node": 1, "description": "FPC 0 Hard errors"}], "cards": [{"node": 0}, {"node": 1}]}
    snapshot = chassis_snapshot.take(driver(start_lab(persona="cluster-24.4", extra={"chassis": bad})[0]))
    assert snapshot.nodes == ("node0", "node1")
    text = "\n".join(lines(judge(snapshot)))
    assert "1. major alarm on node1: FPC 0 Hard errors" in text
    assert "moves redundancy group 1 to the other node" in text
    assert "active errors of the other node" in text


def test_the_replies_are_kept_and_a_kept_snapshot_is_read_back_as_it_was(start_lab, driver, tmp_path):
    one = driver(start_lab(scenario="chassis-errors", overrides=LARGE)[0])
    snapshot = chassis_snapshot.take(one, Look(folder=tmp_path, stem="x"))
    kept = tmp_path / "x.json"
    kept.write_text(json.dumps(as_json(snapshot)))
    assert of_files([kept]) == snapshot
    again = of_files([tmp_path / name for name in ("x-alarms.xml", "x-fpc-errors.xml", "x-active-errors.xml")])
    assert (again.alarms, again.fpc_errors, again.error_types, again.active) == (
        snapshot.alarms, snapshot.fpc_errors, snapshot.error_types, snapshot.active,
    )  # fmt: skip
    assert again.events is None, "no log was given"


def test_a_saved_log_is_judged_and_files_that_tell_nothing_of_a_chassis_are_refused(tmp_path):
    log = tmp_path / "messages"
    log.write_text("Jan  1 00:00:00 srx fpc0 HOST LOOPBACK WEDGE DETECTED IN PFE 0\n")
    [found] = judge(of_files([log])).findings
    assert found.symptom == "a wedge: traffic was blocked on FPC 0 PFE 0 (host-loopback)"
    other = tmp_path / "sessions.txt"
    for text, said in (("Session ID: 1\n", "nothing of a chassis"), ('{"device": 3}', "no snapshot of a chassis")):
        other.write_text(text)
        with pytest.raises(ParseError, match=said):
            of_files([other])


def test_what_it_sends_only_reads(start_lab, driver):
    lab = start_lab(scenario="chassis-errors")[0]
    chassis_snapshot.take(driver(lab))
    seen = lab.inspect()
    assert (seen["commits"], seen["config_operations"]) == (0, 0)
    names = {entry["text"].strip("<>/").split(">")[0].split("/")[0] for entry in seen["wire_log"]}
    assert all(name.startswith(("get-", "request-pfe-execute", "close-session")) for name in names), names
