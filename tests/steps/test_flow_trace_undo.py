"""Undo of a flow trace, with the device in each state it can be in: it looks first, and is harmless twice."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.driver.operations import flow_monitor
from orchestrator.driver.pyez import PyezDriver
from orchestrator.lab.launch import LabDevice
from orchestrator.model.flow_monitor import FlowFilter, TraceFile
from orchestrator.model.tags import Tag
from orchestrator.steps import flow_trace
from orchestrator.steps.step import Undo

RUN = "20261123T161800-abc123"
CLIENT = ipaddress.ip_network("10.1.1.10")


def _tag(label: str) -> str:
    return str(Tag(RUN, timedelta(seconds=600), label))


def _due(folder: Path | None = None, prior: str = "", *, keep: bool = False) -> Undo:
    return Undo(run_id=RUN, args={"file": _tag("trace")}, prior={"file": prior}, folder=folder, keep_unfetched=keep,
                connect=PyezDriver)  # fmt: skip


def _nothing(_: PyezDriver) -> None:
    """Killed after the promise, before the first byte."""


def _half(driver: PyezDriver) -> None:
    flow_monitor.set_file(driver, TraceFile(name=_tag("trace")))
    flow_monitor.set_filter(driver, FlowFilter(name=_tag("fwd"), source_prefix=CLIENT))


def _armed(driver: PyezDriver) -> None:
    _half(driver)
    flow_monitor.start(driver)
    time.sleep(1.5)


def _stopped(driver: PyezDriver) -> None:
    _armed(driver)
    flow_monitor.stop(driver)


STATES = [_nothing, _half, _armed, _stopped]
Start = Callable[..., list[LabDevice]]
Open = Callable[[LabDevice], PyezDriver]


@pytest.fixture
def bench(start_lab: Start, driver: Callable[..., PyezDriver], as_device: Callable) -> tuple[LabDevice, PyezDriver]:
    """A device with traffic, and a driver for it."""
    device = start_lab(scenario="default")[0]
    return device, driver(as_device(device))


@pytest.mark.parametrize("state", STATES, ids=lambda one: one.__name__.strip("_"))
def test_undo_returns_the_device_from_any_state_and_is_harmless_twice(
    bench: tuple[LabDevice, PyezDriver], state: Callable[[PyezDriver], None]
) -> None:
    device, driver = bench
    state(driver)
    for _ in range(2):
        flow_trace.undo(driver, _due())
        seen = device.inspect()
        assert (seen["monitor"]["active"], seen["monitor"]["filters"]) == (False, [])
        assert [name for name in seen["files"] if name.startswith("orc-")] == []
        assert (seen["commits"], seen["config_operations"]) == (0, 0)


def test_undo_of_what_never_began_changes_nothing(bench: tuple[LabDevice, PyezDriver]) -> None:
    device, driver = bench
    flow_trace.undo(driver, _due())
    sent = " ".join(entry["text"] for entry in device.inspect()["wire_log"])
    assert "flow stop" not in sent
    assert "flow file" not in sent
    assert "clear" not in sent
    assert "file-delete" not in sent


def test_undo_after_a_reboot_removes_the_file_that_is_left(bench: tuple[LabDevice, PyezDriver]) -> None:
    device, driver = bench
    _armed(driver)
    device.ask("reboot")
    time.sleep(2.5)
    flow_trace.undo(driver, _due())
    assert [name for name in device.inspect()["files"] if name.startswith("orc-")] == []


def test_undo_leaves_a_colleague_who_took_over_alone(bench: tuple[LabDevice, PyezDriver]) -> None:
    device, driver = bench
    _armed(driver)
    device.ask("file-setting", name="hers")
    device.ask("foreign", filter="hers", criteria={"source-prefix": "10.0.0.0/8"})
    undone = flow_trace.undo(driver, _due())
    monitor = device.inspect()["monitor"]
    assert (monitor["active"], monitor["file"], monitor["filters"]) == (True, "hers", ["hers"])
    assert any("hers" in text for text in undone.residue)


def test_undo_puts_the_earlier_file_back(bench: tuple[LabDevice, PyezDriver]) -> None:
    device, driver = bench
    _armed(driver)
    flow_trace.undo(driver, _due(prior="hers"))
    assert device.inspect()["monitor"]["file"] == "hers"


def test_undo_is_not_over_before_its_late_command_is(
    start_lab: Start, driver: Callable[..., PyezDriver], as_device: Callable
) -> None:
    """One that arrived after the next capture has begun would send its trace into the colleague's file."""
    device = start_lab(scenario="default")[0]
    patient = driver(as_device(device, reply_seconds=1.0))
    _armed(patient)
    device.ask("fault", fault={"match": "flow file hers", "kind": "delay", "seconds": 1.6})
    flow_trace.undo(patient, _due(prior="hers"))
    seen = device.inspect()
    assert (seen["monitor"]["file"], seen["requests_at_work"]) == ("hers", 0)
    assert len([entry for entry in seen["wire_log"] if "flow file hers" in entry["text"]]) == 1


def test_undo_brings_home_what_was_not_fetched(bench: tuple[LabDevice, PyezDriver], tmp_path: Path) -> None:
    device, driver = bench
    _armed(driver)
    undone = flow_trace.undo(driver, _due(tmp_path, keep=True))
    assert [one.path.name for one in undone.artifacts] == [_tag("trace")]
    assert (tmp_path / _tag("trace")).stat().st_size > 0
    assert [name for name in device.inspect()["files"] if name.startswith("orc-")] == []
