"""Beside a colleague's debug, and on a device that suffers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from place import Site

StartSite = Callable[..., Site]
BOOK = """
name: neighbour
steps:
  - flow_trace:
      conversation: {source: 10.1.1.10, destination: "192.0.2.80:443"}
      for: SECONDS
      EXTRA
"""


def _book(folder: Path, extra: str, seconds: str = "2s") -> str:
    path = folder / "neighbour.yml"
    path.write_text(BOOK.replace("EXTRA", extra).replace("SECONDS", seconds))
    return str(path)


def test_coexisting_adds_filters_and_touches_nothing_else(site: StartSite, tmp_path: Path) -> None:
    place = site(scenario="busy-colleague")
    before = place.device.inspect()["monitor"]
    _, result, err = place.playbook(name=_book(tmp_path, "if_taken: coexist", "4s"))
    assert result["status"] == "completed", err
    assert place.device.inspect()["monitor"] == before
    for word in ("flow start", "flow stop", "flow file", "file-delete"):
        assert place.sent(word) == [], word
    assert len(place.sent("monitor security flow filter orc-")) >= 2
    origin = next(one["origin"] for one in result["devices"][0]["artifacts"] if one["kind"] == "flow_trace")
    assert origin.endswith(before["file"])


def test_waiting_goes_on_once_the_colleague_is_gone(site: StartSite, tmp_path: Path) -> None:
    place = site(extra={"foreign": {"filters": [{"name": "hers", "criteria": {"protocol": "tcp"}}], "active": False}})
    threading.Timer(3, lambda: place.device.ask("reboot")).start()
    _, result, err = place.playbook(name=_book(tmp_path, "if_taken: wait\n      wait_for: 60s"))
    assert result["status"] in {"completed", "failed"}, err
    if result["status"] == "failed":  # the reboot met a request of ours: the next try finds the device free
        _, result, err = place.playbook(name=_book(tmp_path, ""))
        assert result["status"] == "completed", err
    place.assert_clean()


def test_a_trace_file_that_somebody_sets_meanwhile_is_never_written_to(site: StartSite) -> None:
    """Also a late command of our own: the start right after it would trace into a colleague's file."""
    place = site()
    place.device.ask("fault", fault={"match": "monitor security flow filter", "kind": "delay", "seconds": 1.0})
    process = place.begin()
    deadline = time.monotonic() + 30
    while not place.sent("monitor security flow filter"):
        assert time.monotonic() < deadline, "no filter was set"
        time.sleep(0.02)
    place.device.ask("file-setting", name="hers")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 2, err
    assert "the trace file is hers, it should be orc-" in json.loads(out)["devices"][0]["error"]["message"]
    assert place.sent("monitor security flow start") == []
    assert place.device.inspect()["monitor"]["file"] == "hers"
    place.assert_clean()


def test_waiting_ends_in_a_refusal_that_names_the_filters(site: StartSite, tmp_path: Path) -> None:
    place = site(scenario="busy-colleague")
    code, result, _ = place.playbook(name=_book(tmp_path, "if_taken: wait\n      wait_for: 1s"))
    assert (code, result["status"]) == (2, "refused")
    assert place.device.inspect()["monitor"]["filters"][0] in result["devices"][0]["error"]["message"]


def test_flow_traceoptions_is_refused(site: StartSite) -> None:
    place = site(extra={"traceoptions": True})
    code, result, _ = place.playbook()
    assert (code, result["status"]) == (2, "refused")
    assert "traceoptions" in result["devices"][0]["error"]["message"]
    place.assert_clean()


def test_a_busy_device_is_refused_before_anything_changes(site: StartSite) -> None:
    place = site()
    place.device.ask("change", fault={"kind": "cpu-high", "percent": 97})
    code, result, _ = place.playbook()
    assert (code, result["status"]) == (2, "refused")
    assert "97 %" in result["devices"][0]["error"]["message"]
    assert place.sent("monitor security flow file") == []
    place.assert_clean()


def test_a_capture_is_stopped_when_the_device_begins_to_suffer(site: StartSite, tmp_path: Path) -> None:
    place = site()
    process = place.begin(name=_book(tmp_path, "limits: {every: 1s}", "60s"))
    place.wait_until_armed()
    place.device.ask("change", fault={"kind": "cpu-high", "percent": 96})
    out, err = process.communicate(timeout=30)
    assert '"stopped_by": "guard"' in out, err
    assert "96 %" in out
    place.assert_clean()


@pytest.mark.parametrize("limits", ["{disk: 1m}", "{var_free: 100g}"])
def test_a_capture_that_does_not_fit_is_refused(site: StartSite, tmp_path: Path, limits: str) -> None:
    place = site()
    code, result, _ = place.playbook(name=_book(tmp_path, f"limits: {limits}"))
    assert (code, result["status"]) == (2, "refused")
    assert place.sent("monitor security flow file") == []


def test_a_commit_by_somebody_else_is_told_as_theirs(site: StartSite, tmp_path: Path) -> None:
    place = site()
    process = place.begin(name=_book(tmp_path, "", "4s"))
    place.wait_until_armed()
    place.device.ask("commit", user="colleague")
    out, _ = process.communicate(timeout=30)
    assert "colleague committed during this run" in out
