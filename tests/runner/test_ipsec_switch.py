"""The failover drill against a router with two encryption PICs: as it should go, and every way in which it may not."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from place import Site

from orchestrator.cli.carry_out import Order, carry_out, load_playbook
from orchestrator.cli.console import Format
from orchestrator.cli.workshop import connect, devices, step_kinds
from orchestrator.driver.operations import ipsec_redundancy
from orchestrator.errors import PlaybookError
from orchestrator.model.ipsec_redundancy import PairKind
from orchestrator.reports import to_junit
from orchestrator.runner.plan import make_plan
from orchestrator.steps.step import Planned, permissions

StartSite = Callable[..., Site]
DRILL = "ipsec-failover-drill"
LINE = "request ipsec switch"
STEP = """
name: switch
steps:
  - ipsec_switch: {%s, settle: 1s}
"""


def router(site: StartSite, **es_pic: Any) -> Site:
    """A router with two encryption PICs, and a program that gives up on a reply after two seconds."""
    place = site(persona="es-pic", scenario="quiet", extra={"es_pic": es_pic})
    path = place.inventory / "hosts.yaml"
    hosts = json.loads(path.read_text())
    hosts["srx1"]["connection_options"]["orchestrator"]["extras"]["reply_seconds"] = 2
    path.write_text(json.dumps(hosts))
    return place


Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a playbook, or a switch without expectations of the playbook's own, in this process: with a runner of ours
    on the same ledger. What must be killed is a process.
    """

    def run(place: Site, playbook: str) -> tuple[int, dict[str, Any]]:
        if ":" in playbook:
            path = place.state / "switch.yml"
            path.write_text(STEP % playbook)
            playbook = str(path)
        capsys.readouterr()
        code = carry_out(
            lambda: load_playbook(playbook, None),
            Order(devices=["srx1"], inventory=place.inventory, format=Format.JSON),
        )
        return code, json.loads(capsys.readouterr().out)

    return run


def device(result: dict[str, Any]) -> dict[str, Any]:
    return result["devices"][0]


def checks(result: dict[str, Any]) -> dict[str, bool]:
    return {one["name"]: one["passed"] for one in device(result)["expectations"]}


def pairs(place: Site) -> dict[str, tuple[str, str, int]]:
    """States of primary and backup, and the counter, by name: asked of the device."""
    with contextlib.closing(connect(devices(place.inventory, ["srx1"])[0])) as driver:
        found = [one for kind in PairKind for one in ipsec_redundancy.pairs(driver, kind)]
    return {one.name: (one.primary.state, one.backup.state, one.counter) for one in found}


def until_sent(place: Site, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(place.sent(LINE)) < count:
        assert time.monotonic() < deadline, "the switch was never sent"
        time.sleep(0.05)


def test_the_drill_switches_proves_it_and_switches_back(site: StartSite, run: Run) -> None:
    place = router(site)
    code, result = run(place, DRILL)
    assert code == 0
    assert checks(result) == {
        "switched is True": True, "security associations is inherited": True, "switched back is True": True,
    }  # fmt: skip
    assert device(result)["verdict"] is None  # nobody asked for one
    step = next(one for one in device(result)["steps"] if one["kind"] == "ipsec_switch")
    assert (step["data"]["counter_before"], step["data"]["counter_after"], step["data"]["active"]) == (0, 1, "es-1/1/0")
    assert place.sent(LINE) == ['<command format="text">request ipsec switch interface es-1/3/0</command>'] * 2
    assert pairs(place)["es-1/3/0"] == ("Active", "Standby", 2)
    kept = {one["name"].rpartition("/")[2]: Path(one["path"]).read_text() for one in device(result)["artifacts"]}
    assert "Backup interface : es-1/1/0, State: Active" in kept["es-1_3_0-redundancy-after.txt"]
    assert "Backup interface : es-1/1/0, State: Standby" in kept["es-1_3_0-redundancy-before.txt"]
    assert kept["es-1_3_0-security-associations-before.txt"].count(", SPI: ") == 4
    junit = to_junit.render(result)
    suite = ET.fromstring(junit).find("testsuite")
    assert [one.get("name") for one in suite] != []
    assert len(suite.findall("testcase")) == 3
    assert suite.findall("testcase/failure") == suite.findall("testcase/error") == []


def test_a_backup_that_is_offline_refuses_the_drill_before_anything_is_changed(site: StartSite, run: Run) -> None:
    place = router(site, pics={"backup_offline": True})
    code, result = run(place, DRILL)
    assert (code, result["status"]) == (2, "refused")
    assert "es-1/1/0 is Offline, not Standby" in device(result)["error"]["message"]
    assert not any(checks(result).values())
    assert len(checks(result)) == 3
    assert place.sent(LINE) == []
    junit = to_junit.render(result)
    assert "Offline, not Standby" in junit
    assert "<error" in junit


def test_interfaces_that_only_just_booted_are_both_offline_and_refused(site: StartSite, run: Run) -> None:
    place = router(site, pics={"online_after": 1e9})
    code, result = run(place, DRILL)
    assert (code, result["status"]) == (2, "refused")
    assert "no side of it is active: es-1/3/0 Offline, es-1/1/0 Offline" in device(result)["error"]["message"]
    assert place.sent(LINE) == []


def test_peers_without_a_connection_are_refused(site: StartSite, run: Run) -> None:
    peers = {"local": "192.0.2.1", "primary": "198.51.100.1", "backup": "203.0.113.1", "connected_after": 1e9}
    place = router(site, associations=[{"name": "sa-dynamic", "peers": peers}])
    code, result = run(place, "security_association: sa-dynamic")
    assert (code, result["status"]) == (2, "refused")
    assert device(result)["error"]["hint"] == "both peers stand by until a connection exists"
    assert place.sent(LINE) == []


def test_a_counter_that_does_not_move_fails_the_switch_and_it_is_switched_back(site: StartSite, run: Run) -> None:
    place = router(site, counter_moves=False)
    code, result = run(place, "interface: es-1/3/0, restore: true")
    assert (code, result["status"]) == (1, "completed")
    assert checks(result) == {
        "switched is True": False, "security associations is inherited": True, "switched back is True": True,
    }  # fmt: skip
    assert "the failure counter moved by 0, not by 1" in device(result)["expectations"][0]["message"]
    assert pairs(place)["es-1/3/0"] == ("Active", "Standby", 0)


def test_a_device_that_says_nothing_and_does_nothing_fails_the_run(site: StartSite, run: Run) -> None:
    place = router(site, obeys_switch=False)
    code, result = run(place, "interface: es-1/3/0, restore: true")
    assert (code, result["status"]) == (2, "failed")
    assert "took the command and did not switch" in device(result)["error"]["message"]
    assert len(place.sent(LINE)) == 1  # the teardown looked first


def test_associations_that_were_not_inherited_fail_the_switch(site: StartSite, run: Run) -> None:
    place = router(site, inherits=False)
    code, result = run(place, "interface: es-1/3/0")
    assert code == 1
    assert checks(result) == {"switched is True": True, "security associations is inherited": False}
    found = next(one for one in device(result)["expectations"] if not one["passed"])
    assert found["message"] == "es-1/3/0: found mixed"  # the manual one cannot be negotiated anew


def test_a_tunnel_is_negotiated_anew_with_the_other_peer_and_stays_there(site: StartSite, run: Run) -> None:
    place = router(site)
    code, result = run(place, "security_association: sa-dynamic")
    assert code == 0
    assert checks(result) == {"switched is True": True, "security associations is new": True}
    assert any("no preemption" in note for note in device(result)["steps"][0]["notes"])
    assert pairs(place)["sa-dynamic"] == ("Standby", "Active", 1)


def test_a_tunnel_that_keeps_its_old_associations_fails_the_switch(site: StartSite, run: Run) -> None:
    place = router(site, renews=False)
    code, result = run(place, "security_association: sa-dynamic")
    assert (code, checks(result)["security associations is new"]) == (1, False)


def test_permission_denied_fails_the_run_and_owes_nothing(site: StartSite, run: Run) -> None:
    place = router(site, switch_permission="maintenance")
    place.device.ask("change", fault={"kind": "login-class", "user": "lab", "text": "operator"})
    code, result = run(place, DRILL)
    assert (code, result["status"]) == (2, "failed")
    assert device(result)["error"]["kind"] == "DeniedError"
    assert (device(result)["obligations_open"], len(place.sent(LINE))) == (0, 1)
    assert pairs(place)["es-1/3/0"] == ("Active", "Standby", 0)


def test_an_srx_refuses_the_drill_before_anything_is_changed(site: StartSite, run: Run) -> None:
    place = site(scenario="quiet")
    code, result = run(place, DRILL)
    assert (code, result["status"], device(result)["error"]["kind"]) == (2, "refused", "RefusedError")
    assert "does not know 'show ipsec redundancy'" in device(result)["error"]["message"]
    assert place.sent(LINE) == []


def test_a_pair_that_is_not_redundant_is_refused_and_the_redundant_ones_are_named(site: StartSite, run: Run) -> None:
    place = router(site)
    code, result = run(place, "interface: es-0/0/0")
    assert (code, result["status"]) == (2, "refused")
    assert "redundant are: es-1/3/0" in device(result)["error"]["hint"]
    assert place.sent(LINE) == []


@pytest.mark.parametrize("kind", ["lost-reply", "drop-after"])
def test_a_switch_whose_reply_is_lost_is_read_back_and_never_sent_again(site: StartSite, run: Run, kind: str) -> None:
    place = router(site)
    place.device.ask("fault", fault={"kind": kind, "match": LINE})
    code, result = run(place, "interface: es-1/3/0")
    assert code == 0
    assert device(result)["steps"][0]["status"] == "reconciled"
    assert len(place.sent(LINE)) == 1
    assert pairs(place)["es-1/3/0"] == ("Standby", "Active", 1)


@pytest.mark.parametrize("kind", ["lost", "drop-before"])
def test_a_switch_that_never_arrived_fails_and_is_not_sent_again(site: StartSite, run: Run, kind: str) -> None:
    place = router(site)
    place.device.ask("fault", fault={"kind": kind, "match": LINE})
    code, result = run(place, "interface: es-1/3/0, restore: true")
    assert (code, result["status"], device(result)["obligations_open"]) == (2, "failed", 0)
    assert len(place.sent(LINE)) == 1
    assert pairs(place)["es-1/3/0"] == ("Active", "Standby", 0)


def test_a_switch_that_arrives_after_its_reply_was_given_up_is_switched_back_too(site: StartSite, run: Run) -> None:
    place = router(site)
    place.device.ask("fault", fault={"kind": "delay", "seconds": 5.0, "match": LINE})
    code, result = run(place, "interface: es-1/3/0, restore: true")
    assert (code, result["status"]) == (2, "failed")
    assert len(place.sent(LINE)) == 2
    assert pairs(place)["es-1/3/0"] == ("Active", "Standby", 2)


def test_a_switch_back_that_is_late_is_not_sent_again_but_owed_until_it_shows(site: StartSite, run: Run) -> None:
    place = router(site)
    place.device.ask("fault", fault={"kind": "delay", "seconds": 6.0, "match": LINE, "skip": 1})
    code, result = run(place, "interface: es-1/3/0, restore: true")
    assert (code, result["status"]) == (3, "owed")
    assert len(place.sent(LINE)) == 2
    deadline = time.monotonic() + 15
    while pairs(place)["es-1/3/0"][2] < 2:
        assert time.monotonic() < deadline, "the late switch back never came"
        time.sleep(0.2)
    code, _, err = place.run("recover", "srx1", "-i", str(place.inventory))
    assert code == 0, err
    assert len(place.sent(LINE)) == 2
    assert pairs(place)["es-1/3/0"] == ("Active", "Standby", 2)


def killed_while_switched(place: Site) -> None:
    process = place.begin("-v", "hold=60s", name=DRILL)
    until_sent(place, 1)
    time.sleep(0.5)
    process.kill()
    process.communicate()


def test_a_signal_while_switched_ends_the_run_with_the_switch_back(site: StartSite) -> None:
    place = router(site)
    process = place.begin("-v", "hold=60s", name=DRILL)
    until_sent(place, 1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["status"]) == (2, "interrupted"), err
    assert pairs(place)["es-1/3/0"] == ("Active", "Standby", 2)


def test_a_run_killed_while_switched_is_recovered_by_one_switch_back(site: StartSite) -> None:
    place = router(site)
    killed_while_switched(place)
    assert pairs(place)["es-1/3/0"] == ("Standby", "Active", 1)
    code, out, err = place.run("recover", "srx1", "-i", str(place.inventory))
    assert (code, "ipsec_switch" in out) == (0, True), err
    assert pairs(place)["es-1/3/0"] == ("Active", "Standby", 2)
    assert place.run("recover", "srx1", "-i", str(place.inventory))[0] == 0
    assert len(place.sent(LINE)) == 2


def test_a_colleague_who_switches_while_the_drill_looks_is_neither_undone_then_nor_at_the_end(
    site: StartSite, run: Run
) -> None:
    place = router(site)
    look = "show ipsec security-associations detail"
    place.device.ask("fault", fault={"kind": "delay", "seconds": 1.0, "match": look})

    def colleague() -> None:
        while not place.sent(look):
            time.sleep(0.02)
        with contextlib.closing(connect(devices(place.inventory, ["srx1"])[0])) as driver:
            ipsec_redundancy.switch(driver, PairKind.INTERFACE, "es-1/3/0")

    other = threading.Thread(target=colleague)
    other.start()
    code, result = run(place, "interface: es-1/3/0, restore: true")
    other.join()
    assert (code, result["status"]) == (2, "refused")
    assert "has switched meanwhile" in device(result)["error"]["message"]
    assert len(place.sent(LINE)) == 1
    assert pairs(place)["es-1/3/0"] == ("Standby", "Active", 1)  # as the colleague left it


def test_recover_leaves_alone_what_somebody_else_switched_back(site: StartSite) -> None:
    place = router(site)
    killed_while_switched(place)
    place.device.ask("es-pic", verb="fail", interface="es-1/1/0")  # the device itself went back
    assert pairs(place)["es-1/3/0"] == ("Active", "Offline", 2)
    code, _, err = place.run("recover", "srx1", "-i", str(place.inventory))
    assert code == 0, err
    assert len(place.sent(LINE)) == 1


def test_a_switch_back_that_has_nowhere_to_go_stays_owed_until_it_has(site: StartSite) -> None:
    place = router(site)
    process = place.begin("-v", "hold=2s", name=DRILL)
    until_sent(place, 1)
    place.device.ask("es-pic", verb="fail", interface="es-1/3/0")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["status"]) == (3, "owed"), err
    assert len(place.sent(LINE)) == 1
    place.device.ask("es-pic", verb="repair", interface="es-1/3/0")
    assert pairs(place)["es-1/3/0"][:2] == ("Standby", "Active")  # no preemption
    code, _, err = place.run("recover", "srx1", "-i", str(place.inventory))
    assert code == 0, err
    assert pairs(place)["es-1/3/0"][:2] == ("Active", "Standby")


def planned(tmp_path: Path, playbook: str) -> list[Planned]:
    path = tmp_path / "switch.yml"
    path.write_text(STEP % playbook)
    return list(make_plan(load_playbook(str(path), None), [], step_kinds()).steps[0].commands)


def test_the_plan_says_what_is_undone_and_what_stays(tmp_path: Path) -> None:
    there = planned(tmp_path, "interface: es-1/3/0, restore: true")[-1]
    assert there.command == "request ipsec switch interface es-1/3/0"
    assert there.undo == f"{there.command} (an explicit switch back; there is no preemption)"
    assert permissions([there]) == {"view"}  # as documented; what a release asks for is found out when it refuses
    stays = planned(tmp_path, "security_association: sa-dynamic")[-1]
    assert stays.command == "request ipsec switch security-associations sa-dynamic"
    assert stays.undo.startswith("(stays switched")


@pytest.mark.parametrize(
    "words",
    ["interface: ge-0/0/0", "interface: es-1/3/0, security_association: a", "restore: true", "interface: es-1/3/0 x"],
)
def test_a_step_that_names_no_pair_is_refused_with_its_line(tmp_path: Path, words: str) -> None:
    with pytest.raises(PlaybookError) as error:
        planned(tmp_path, words)
    assert "switch.yml:4" in str(error.value)
