"""Find and remove what carries our tag, from the device alone: for the laptop that was lost with its ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import files, flow_monitor, packet_capture
from orchestrator.errors import CommandError, ParseError
from orchestrator.model import tags
from orchestrator.model.device import Device
from orchestrator.retrieval import retrieval
from orchestrator.retrieval.retrieval import Patience

FOLDERS = ("/var/log", "/var/tmp")  # noqa: S108 - paths on the device


@dataclass(slots=True)
class Remains:
    """What one run left on a device: filters, files by node, and whether its capture still runs."""

    run_id: str
    started: datetime
    expires: datetime
    active: bool = False
    filters: list[str] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)

    def describe(self, now: datetime) -> str:
        """One line for a person."""
        age = int((now - self.started).total_seconds())
        count = sum(len(paths) for paths in self.files.values())
        return (
            f"run {self.run_id}, {age} s old: {len(self.filters)} filters, {count} files"
            f"{', its capture is RUNNING' if self.active else ''}"
        )


def find(driver: Driver, connect: Callable[[Device], Driver]) -> list[Remains]:
    """Look at filters, the monitor and the files of every node; oldest run first."""
    found: dict[str, Remains] = {}
    for state in flow_monitor.status(driver):
        for one in state.filters:
            if (remains := _of(found, one.name)) is not None:
                remains.filters.append(one.name)
        if state.active and (remains := _of(found, state.file_name)) is not None:
            remains.active = True
    if (name := _capturing(driver)) and (remains := _of(found, name)) is not None:
        remains.active = True
    for path in _our_files(driver):
        _add_file(found, driver.device.name, path)
    for device in driver.device.other_nodes():
        with closing(connect(device)) as node:
            for path in _our_files(node):
                _add_file(found, device.name, path)
    return sorted(found.values(), key=lambda one: one.started)


def _capturing(driver: Driver) -> str:
    """The file of the packet capture that runs; empty where none does or the device has no such facility."""
    try:
        states = packet_capture.status(driver)
    except (CommandError, ParseError):
        return ""
    return next((state.file_name for state in states if state.is_running), "")


def _of(found: dict[str, Remains], name: str) -> Remains | None:
    """What a name of ours belongs to; ``None`` for a name that is not ours."""
    tag = tags.read(name)
    return None if tag is None else found.setdefault(tag.run_id, Remains(tag.run_id, tag.started, tag.expires))


def _add_file(found: dict[str, Remains], node: str, path: str) -> None:
    if (remains := _of(found, path.rpartition("/")[2])) is not None:
        remains.files.setdefault(node, []).append(path)


def _our_files(driver: Driver) -> list[str]:
    return [
        f"{folder}/{file.name}"
        for folder in FOLDERS
        for file in files.listing(driver, f"{folder}/{tags.PREFIX}*")
        if tags.read(file.name) is not None
    ]


def remove(driver: Driver, connect: Callable[[Device], Driver], remains: Remains) -> None:
    """Stop the run's capture when it is the one that runs, then remove its filters and files.

    A capture that ran still writes for a while after ``stop``: its file is deleted once it has settled.
    """
    states = flow_monitor.status(driver)
    running = [state.file for state in states if state.active and _is_of(state.file, remains.run_id)]
    if running:
        flow_monitor.stop(driver)
    if _is_of(capture := _capturing(driver), remains.run_id):
        packet_capture.stop(driver)
        running += [f"{folder}/{capture}" for folder in FOLDERS]
    present = {one.name for state in states for one in state.filters}
    for name in remains.filters:
        if name in present:
            flow_monitor.clear_filter(driver, name)
    _delete(driver, remains.run_id, running)
    for device in driver.device.other_nodes():
        with closing(connect(device)) as node:
            _delete(node, remains.run_id, running)


def _is_of(path: str, run_id: str) -> bool:
    tag = tags.read(path.rpartition("/")[2])
    return tag is not None and tag.run_id == run_id


def _delete(driver: Driver, run_id: str, running: list[str]) -> None:
    for path in running:
        retrieval.settled_set(driver, path, Patience())
    for path in _our_files(driver):
        if _is_of(path, run_id):
            files.delete(driver, path)
