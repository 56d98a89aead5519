"""The playbook ``health-snapshot``: before and after a debug, against chassis in trouble and devices that refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LARGE = {"model": "srx5800", "version": "20.4R3"}


def _steps(result: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    before, _, after = result["devices"][0]["steps"]
    return before, after


def _notes(result: dict[str, Any]) -> list[str]:
    return [text for step in result["devices"][0]["steps"] for text in step["notes"]]


def test_what_changed_is_told_the_kept_files_are_judged_again_and_the_verbs_show_tables(site):
    place = site(scenario="chassis-errors", overrides=LARGE)
    code, result, err = place.playbook("-v", "pause=4s", name="health-snapshot")
    assert code == 0, err
    _, after = _steps(result)
    told = {one["what"]: one for one in after["data"]["changes"]}
    assert told["alarm Major: FPC 0 Major Errors"]["movement"] == "new"
    moved = told["FPC 1 minor errors occurred"]
    assert moved["movement"] == "moved"
    assert int(moved["after"]) > int(moved["before"]) >= 4
    assert any(text.startswith("after: new: alarm Major: FPC 0") for text in _notes(result))
    names = {Path(one["path"]).name for one in result["devices"][0]["artifacts"]}
    assert {"chassis-before.json", "chassis-after.json", "chassis-after-alarms.xml"} <= names
    found = [one["symptom"] for one in result["devices"][0]["findings"]]
    assert {"major alarm: FPC 1 Major Errors", "wedge told by fpc0 (host-loopback)"} <= set(found)
    assert any(text.startswith("chassis detectors not checked: ") for text in result["devices"][0]["notes"])
    seen = place.device.inspect()
    assert (seen["commits"], seen["config_operations"]) == (0, 0)
    kept = {Path(one["path"]).name: one["path"] for one in result["devices"][0]["artifacts"]}
    code, out, _ = place.run("show", "health", "--saved", kept["chassis-after.json"],
                             "--before", kept["chassis-before.json"])  # fmt: skip
    assert code == 0
    for shown in (
        "major alarm: FPC 1 Major Errors",
        "traffic was blocked on FPC 0 PFE 0 (host-loopback)",
        "wedge told by fpc0 (host-loopback)",
        "makes chassisd reboot every card",
        "threshold by severity 1: reached",
        "threshold by type 3: not reached",
        "changed since the earlier snapshot:",
        "wedge of the host loopback: found something",
        "wedge of the XM driver: not checked (an alarm is active that does not say its cause",
    ):
        assert shown in out, shown
    words = (place.device.name, "-i", str(place.inventory))
    code, out, err = place.run("show", "chassis-errors", *words, "--slot", "1")
    assert code == 0, err
    rows = [line.split() for line in out.splitlines()]
    assert ["1", "major", "1", "0", "1", "1", "alarm,", "get-state"] in rows
    assert [row for row in rows if "XMCHIP(0)" in row and "458" in row]
    assert not [row for row in rows if row[:1] == ["0"]]
    _, text, _ = place.run("show", "alarms", *words, "--format", "json")
    assert [(one["declared"], len(one["alarms"])) for one in json.loads(text)] == [(3, 3)]


def test_a_step_asks_a_card_only_for_listed_shows_and_compares_only_with_what_there_is(site, tmp_path):
    place = site()
    book = tmp_path / "odd.yml"
    book.write_text("name: odd\nabout: x\nsteps:\n  - chassis_health: {pfe: ['clear cmerror all']}\n")
    code, _, err = place.run("run", str(book), "-i", str(place.inventory), "-d", place.device.name)
    assert code == 2
    assert "a card is asked only for these" in err
    book.write_text("name: odd\nabout: x\nsteps:\n  - chassis_health: {pfe: [], compare: earlier}\n")
    code, out, _ = place.run("run", str(book), "-i", str(place.inventory), "-d", place.device.name,
                             "--format", "json")  # fmt: skip
    assert code == 0
    assert "chassis: nothing to compare with: no step of this run kept 'earlier'" in _notes(json.loads(out))
    assert not [one for one in place.device.inspect()["wire_log"] if "request-pfe-execute" in one["text"]]
