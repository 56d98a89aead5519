"""Undo of a packet capture, with the device in each state it can be in: it looks first, and is harmless twice."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.driver.operations import packet_capture as operation
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import UnsupportedError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.packet_capture import CaptureRequest
from orchestrator.model.tags import Tag
from orchestrator.parsers import pcap
from orchestrator.parsers.source import Source
from orchestrator.steps import packet_capture
from orchestrator.steps.packet_capture.arm import arm
from orchestrator.steps.step import Undo

RUN = "20261123T161800-abc123"
FILE = str(Tag(RUN, timedelta(seconds=600), "pcap"))
REQUEST = CaptureRequest(
    name=FILE, size_bytes=1 << 20, count=1000, snap=128, source_prefix=ipaddress.ip_network("10.1.1.10")
)
Bench = tuple[LabDevice, PyezDriver]


def _due(folder: Path | None = None, *, keep: bool = False) -> Undo:
    return Undo(run_id=RUN, args={"file": FILE}, prior={}, folder=folder, keep_unfetched=keep, connect=PyezDriver)


def _nothing(_: PyezDriver) -> None:
    """Killed after the promise, before the first byte."""


def _running(driver: PyezDriver) -> None:
    operation.start(driver, REQUEST)
    time.sleep(0.6)


def _done(driver: PyezDriver) -> None:
    """Stopped by somebody, or by its count: the file is left."""
    _running(driver)
    operation.stop(driver)


def _undone(driver: PyezDriver) -> None:
    _running(driver)
    packet_capture.undo(driver, _due())


@pytest.fixture
def bench(start_lab: Callable[..., list[LabDevice]], driver: Callable[..., PyezDriver]) -> Bench:
    """A device with traffic, and a driver for it."""
    device = start_lab(scenario="default", clock_rate=5)[0]
    return device, driver(device)


def _ours(device: LabDevice) -> list[str]:
    return [name for name in device.inspect()["files"] if name.startswith("orc-")]


@pytest.mark.parametrize("state", [_nothing, _running, _done, _undone], ids=lambda one: one.__name__.strip("_"))
def test_undo_returns_the_device_from_any_state_and_is_harmless_twice(
    bench: Bench, state: Callable[[PyezDriver], None]
) -> None:
    device, driver = bench
    state(driver)
    for _ in range(2):
        packet_capture.undo(driver, _due())
        seen = device.inspect()
        assert (seen["capture"]["active"], _ours(device)) == (False, [])
        assert (seen["commits"], seen["config_operations"]) == (0, 0)


def test_undo_of_what_never_began_changes_nothing(bench: Bench) -> None:
    device, driver = bench
    packet_capture.undo(driver, _due())
    sent = " ".join(entry["text"] for entry in device.inspect()["wire_log"])
    assert ("capture-stop" in sent, "file-delete" in sent) == (False, False)


def test_undo_after_a_reboot_removes_the_file_that_is_left(bench: Bench) -> None:
    device, driver = bench
    _running(driver)
    device.ask("reboot")
    time.sleep(0.8)  # two seconds of lab time to boot
    packet_capture.undo(driver, _due())
    assert _ours(device) == []
    assert "capture-stop" not in " ".join(entry["text"] for entry in device.inspect()["wire_log"])


def test_undo_leaves_a_colleague_who_took_over_alone(bench: Bench) -> None:
    device, driver = bench
    _running(driver)
    device.ask("capture", verb="stop")
    device.ask("capture", verb="start", name="hers")
    undone = packet_capture.undo(driver, _due())
    seen = device.inspect()
    assert (seen["capture"]["active"], seen["capture"]["file"], "hers" in seen["files"]) == (True, "hers", True)
    assert _ours(device) == []
    assert any("hers" in text for text in undone.residue)


def test_undo_deletes_only_what_carries_our_tag(bench: Bench) -> None:
    device, driver = bench
    other = FILE.replace("abc123", "fff000")
    for name in (other, f"{FILE}.ge-0.0.1", "capture.pcap"):
        device.ask("write", path=f"/var/log/{name}", text="x")
    _running(driver)
    undone = packet_capture.undo(driver, _due())
    assert sorted(_ours(device)) == sorted([other, f"{FILE}.ge-0.0.1"])
    assert any("ge-0.0.1 stays" in text for text in undone.residue)
    assert "capture.pcap" in device.inspect()["files"]


def test_undo_brings_home_what_was_not_fetched(bench: Bench, tmp_path: Path) -> None:
    device, driver = bench
    _running(driver)
    undone = packet_capture.undo(driver, _due(tmp_path, keep=True))
    (artifact,) = undone.artifacts
    assert (artifact.path.name, artifact.kind, bool(artifact.device_checksum)) == (FILE, "pcap", True)
    assert len(list(pcap.parse(Source.of_path(tmp_path / FILE)))) > 5
    assert _ours(device) == []


def test_where_the_device_names_no_capture_ours_ends_at_once_and_no_other_is_stopped(
    start_lab: Callable[..., list[LabDevice]], driver: Callable[..., PyezDriver]
) -> None:
    device = start_lab(scenario="default", clock_rate=5, overrides={"packet_capture": {"shows": "words"}})[0]
    driven = driver(device)
    with pytest.raises(UnsupportedError, match="whose packet capture"):
        arm(driven, REQUEST)
    assert (device.inspect()["capture"]["active"], _ours(device)) == (False, [FILE])
    device.ask("capture", verb="start", name="hers")
    undone = packet_capture.undo(driven, _due())
    assert (device.inspect()["capture"]["active"], _ours(device)) == (True, [])
    assert any("nothing was stopped" in text for text in undone.residue)


def test_a_file_that_cannot_be_brought_home_stays_during_the_run(bench: Bench) -> None:
    device, driver = bench
    _done(driver)
    undone = packet_capture.undo(driver, _due(None, keep=True))
    assert _ours(device) == [FILE]
    assert any("did not come home" in text for text in undone.residue)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"source": "0.0.0.0/0"}, "allow_any"),
        ({}, "allow_any"),
        ({"source": "10.1.1.1", "destination": "2001:db8::1"}, "address families"),
        ({"source": "10.1.1.1", "count": 9}, "greater than or equal to 10"),
        ({"source": "10.1.1.1", "snap": 9000}, "less than or equal to 1500"),
    ],
)
def test_a_capture_that_is_too_wide_or_cannot_be_is_a_mistake_of_the_playbook(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        packet_capture.Args(**given)


def test_the_plan_names_the_start_its_bounds_and_what_ends_it() -> None:
    args = packet_capture.Args(source="10.1.1.10", destination="192.0.2.80:443")
    (planned,) = packet_capture.plan(args, lambda label: f"orc-{label}")
    assert planned.command.startswith("request packet-capture start capture-file orc-pcap size 10485760")
    assert "count 1000 bidirectional source-prefix 10.1.1.10/32" in planned.command
    assert planned.undo.startswith("request packet-capture stop")
