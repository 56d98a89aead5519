"""Signals, kills and lost replies: the device is returned to what it was, and the result tells the truth."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from place import ENDING, Site

StartSite = Callable[..., Site]
STARTED = "monitor security flow start"


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_the_run_with_its_teardown(site: StartSite, number: signal.Signals) -> None:
    place = site()
    process = place.begin("-v", "seconds=60s")
    place.wait_until_armed()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    result = json.loads(out)
    assert process.returncode == 2, err
    assert (result["status"], result["devices"][0]["stopped_by"]) == ("interrupted", "user")
    assert next(one["status"] for one in result["devices"][0]["steps"] if one["kind"] == "flow_trace") == "undone"
    place.assert_clean()


def test_a_signal_that_the_parent_ignores_is_taken_all_the_same(site: StartSite) -> None:
    place = site()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited, as by a job started with & in a script
    try:
        process = place.begin("-v", "seconds=60s")
    finally:
        signal.signal(signal.SIGINT, before)
    place.wait_until_armed()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 2
    place.assert_clean()


def test_a_killed_run_is_owed_and_recovered(site: StartSite) -> None:
    place = site()
    process = place.begin("-v", "seconds=60s")
    place.wait_until_armed()
    process.kill()
    process.communicate()
    assert place.device.inspect()["monitor"]["active"]

    place.device.ask("freeze")
    code, _, err = place.playbook("-v", "seconds=1s")
    assert code == 3
    assert "orchestrator recover srx1" in err
    assert "undone" not in err

    place.device.ask("thaw")
    code, out, err = place.run("recover", "srx1", "-i", str(place.inventory))
    assert (code, "flow_trace" in out) == (0, True), err
    place.assert_clean()


def test_a_new_run_first_undoes_what_a_killed_one_left(site: StartSite) -> None:
    place = site()
    process = place.begin("-v", "seconds=60s")
    place.wait_until_armed()
    process.kill()
    process.communicate()
    code, _, err = place.playbook("-v", "seconds=4s")
    assert code == 0, err
    assert "a dead run still owed flow_trace; undone" in err
    place.assert_clean()


def test_an_obligation_is_given_up_only_with_a_reason(site: StartSite) -> None:
    place = site()
    process = place.begin("-v", "seconds=60s")
    place.wait_until_armed()
    process.kill()
    process.communicate()
    code, _, err = place.run("recover", "--abandon", "nonsense", "--reason", "x")
    assert code == 2
    identifier = re.search(r"([0-9a-f]{12}) \(srx1\)", err)[1]
    code, _, err = place.run("recover", "--abandon", identifier)
    assert (code, "needs a reason" in err) == (2, True)
    code, out, _ = place.run("recover", "--abandon", identifier, "--reason", "the device was scrapped")
    assert (code, "abandoned" in out) == (0, True)
    code, _, err = place.run("recover", "--all", "-i", str(place.inventory))
    assert (code, "nothing is owed" in err) == (0, True)


def test_sweep_finds_what_is_ours_without_the_ledger(site: StartSite, tmp_path: Path) -> None:
    place = site()
    process = place.begin("-v", "seconds=60s")
    place.wait_until_armed()
    place.device.ask("foreign", filter="hers", criteria={"source-prefix": "10.0.0.0/8"})
    process.kill()
    process.communicate()
    place.state = tmp_path / "another-laptop"
    place.state.mkdir()
    inventory = str(place.inventory)
    code, out, _ = place.run("sweep", "srx1", "-i", inventory, "--older-than", "1h")
    assert (code, out) == (0, "")
    code, out, err = place.run("sweep", "srx1", "-i", inventory)
    assert (code, "it may still be alive" in out, "left alone" in err) == (0, True, True)
    assert place.device.inspect()["monitor"]["active"]
    code, out, err = place.run("sweep", "srx1", "-i", inventory, "--yes")
    assert (code, "removed" in out) == (0, True), err
    assert place.device.inspect()["monitor"]["filters"] == ["hers"]
    place.assert_clean()


def test_the_timer_units_are_printed(site: StartSite) -> None:
    code, out, _ = site().run("recover", "--install-timer", "--print")
    assert (code, "OnBootSec" in out, "recover --all" in out) == (0, True, True)


def test_recover_works_without_the_inventory(site: StartSite, tmp_path: Path) -> None:
    place = site()
    process = place.begin("-v", "seconds=60s")
    place.wait_until_armed()
    process.kill()
    process.communicate()
    code, _, err = place.run("recover", "--all", "-i", str(tmp_path / "nowhere"))
    assert code == 0, err
    place.assert_clean()


def test_a_stopped_process_still_owns_its_device(site: StartSite) -> None:
    place = site()
    process = place.begin("-v", "seconds=60s")
    place.wait_until_armed()
    process.send_signal(signal.SIGSTOP)
    try:
        code, out, _ = place.run("recover", "--all", "-i", str(place.inventory))
        assert (code, out) == (0, "")
        assert place.device.inspect()["monitor"]["active"]
        code, result, _ = place.playbook("-v", "seconds=1s")
        assert (code, result["status"]) == (2, "refused")
    finally:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    place.assert_clean()


def test_a_second_signal_leaves_at_once_and_says_what_is_owed(site: StartSite) -> None:
    place = site()
    process = place.begin("-v", "seconds=60s")
    place.wait_until_armed()
    place.device.ask("freeze")
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    place.device.ask("thaw")
    assert process.returncode == 3
    assert "orchestrator recover srx1" in err
    code, _, err = place.run("recover", "srx1", "-i", str(place.inventory))
    assert code == 0, err
    place.assert_clean()


@pytest.mark.parametrize("kind", ["lost-reply", "drop-after"])
def test_a_start_that_was_carried_out_without_an_answer_is_reconciled(site: StartSite, kind: str) -> None:
    place = site()
    _quick(place)
    place.device.ask("fault", fault={"kind": kind, "match": STARTED})
    code, result, err = place.playbook("-v", "seconds=4s")
    assert (code, result["status"], result["verdict"]) == (0, "completed", "permitted"), err
    assert next(one["status"] for one in result["devices"][0]["steps"] if one["kind"] == "flow_trace") == "reconciled"
    assert len(place.sent(STARTED)) == 1
    place.assert_clean()


@pytest.mark.parametrize("kind", ["lost", "drop-before"])
def test_a_start_that_never_happened_fails_and_is_not_sent_again(site: StartSite, kind: str) -> None:
    place = site()
    _quick(place)
    place.device.ask("fault", fault={"kind": kind, "match": STARTED})
    code, result, err = place.playbook("-v", "seconds=2s")
    assert (code, result["status"]) == (2, "failed"), err
    assert len(place.sent(STARTED)) == 1
    place.assert_clean()


def test_a_stop_whose_reply_is_lost_is_reconciled(site: StartSite) -> None:
    place = site()
    _quick(place)
    place.device.ask("fault", fault={"kind": "lost-reply", "match": "monitor security flow stop"})
    code, result, err = place.playbook("-v", "seconds=4s")
    assert (code, result["status"]) == (0, "completed"), err
    assert len(place.sent("monitor security flow stop")) == 1
    place.assert_clean()


def test_a_device_that_reboots_in_the_middle_owes_nothing_afterwards(site: StartSite) -> None:
    place = site()
    _quick(place)
    process = place.begin("-v", "seconds=3s")
    place.wait_until_armed()
    place.device.ask("reboot")
    process.communicate(timeout=80)
    place.run("recover", "--all", "-i", str(place.inventory))
    place.assert_clean()


def test_runs_can_be_detached_watched_and_stopped(site: StartSite) -> None:
    place = site()
    inventory = str(place.inventory)
    code, out, err = place.run("run", "flow-capture", "-i", inventory, "-d", "srx1", "-v", "seconds=60s", "--detach")
    assert code == 0, err
    run_id = out.strip()
    place.wait_until_armed()
    code, out, _ = place.run("runs", "list", "--format", "json")
    assert [(one["run"], one["status"]) for one in json.loads(out)] == [(run_id, "running")]
    code, out, err = place.run("leases", "--format", "json")
    assert json.loads(out)[0]["run_id"] == run_id
    code, out, err = place.run("runs", "stop", run_id)
    assert (code, json.loads(out)["status"]) == (0, "interrupted"), err
    code, _, err = place.run("runs", "attach", run_id)
    assert (code, "armed" in err) == (0, True)
    place.assert_clean()


def test_a_ledger_that_cannot_be_written_stops_the_run_before_a_byte_leaves(site: StartSite) -> None:
    if os.getuid() == 0:
        (site_ := site()).state.joinpath("ledger.sqlite").mkdir()  # root writes anywhere: make it no file at all
    else:
        (site_ := site()).state.chmod(0o500)
    code, _, err = site_.playbook("-v", "seconds=1s")
    assert code == 2
    assert "ledger" in err
    assert site_.device.inspect()["wire_log"] == []


def _quick(place: Site) -> None:
    """Let the program give up on a reply after two seconds."""
    path = place.inventory / "hosts.yaml"
    hosts = json.loads(path.read_text())
    hosts["srx1"]["connection_options"]["orchestrator"]["extras"]["reply_seconds"] = 2
    path.write_text(json.dumps(hosts))
