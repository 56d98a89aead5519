"""The plan is the run; and two runs of ours never meet on a device."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from place import Site

StartSite = Callable[..., Site]
VARIABLES = ("-v", "source=10.1.1.10", "-v", "destination=192.0.2.25:25", "-v", "seconds=4s")


def _plan(place: Site, *words: str) -> dict:
    code, out, err = place.run(
        "plan", "flow-capture", "-i", str(place.inventory), "-d", "srx1", *words, "--format", "json"
    )
    assert code == 0, err
    return json.loads(out)


def _changes(place: Site) -> list[str]:
    """Changing commands that the device received, run ids replaced as a plan writes them."""
    sent = [entry["text"] for entry in place.device.inspect()["wire_log"]]
    lines = [found[1] for text in sent if (found := re.search(r">((?:monitor|clear monitor) security[^<]*)<", text))]
    cleared = re.compile(r"<clear-monitor-security-flow-filter><filter-name>([^<]*)<")
    lines += [f"clear monitor security flow filter {found[1]}" for text in sent if (found := cleared.search(text))]
    return [re.sub(r"orc-\d{8}T\d{6}-[0-9a-f]{6}-\d+s-", "orc-RUNID-TTL-", line) for line in lines]


def test_what_was_planned_is_what_is_sent(site: StartSite) -> None:
    place = site()
    planned = _plan(place, *VARIABLES)
    code, result, err = place.playbook(*VARIABLES, "--plan", planned["digest"])
    assert (code, result["verdict"]) == (1, "denied"), err
    commands = [one for step in planned["steps"] if step["kind"] == "flow_trace" for one in step["commands"]]
    expected = {one["command"] for one in commands} | {one["undo"] for one in commands if "file" not in one["undo"]}
    assert set(_changes(place)) == expected


def test_a_plan_reads_and_changes_nothing(site: StartSite) -> None:
    place = site()
    seen = _plan(place)["seen"]["srx1"]
    assert any("every permission" in line for line in seen)
    assert any("monitor inactive" in line for line in seen)
    assert _changes(place) == []


def test_a_plan_offline_sends_nothing(site: StartSite) -> None:
    place = site()
    assert _plan(place, "--offline")["seen"] == {}
    assert place.device.inspect()["wire_log"] == []


def test_another_plan_is_refused_before_a_byte_leaves(site: StartSite) -> None:
    place = site()
    digest = _plan(place, "--offline", *VARIABLES)["digest"]
    code, _, err = place.playbook("-v", "seconds=3s", "--plan", digest)
    assert (code, "not the plan" in err) == (2, True)
    assert place.device.inspect()["wire_log"] == []


def test_a_second_run_is_refused_or_waits(site: StartSite) -> None:
    place = site()
    first = place.begin("-v", "seconds=8s")
    place.wait_until_armed()
    code, result, _ = place.playbook("-v", "seconds=1s")
    assert (code, result["status"]) == (2, "refused")
    assert "of ours is working on it" in result["devices"][0]["error"]["message"]
    code, result, err = place.playbook("-v", "seconds=1s", "--if-busy", "wait")
    assert (code, result["status"]) in {(0, "completed"), (1, "completed")}, err
    first.communicate(timeout=30)
    assert first.returncode == 0
    assert len(place.sent("monitor security flow start")) == 2
    place.assert_clean()
