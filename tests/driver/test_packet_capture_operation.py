"""Packet capture over SSH against the lab, and what of it may leave."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

import pytest

from orchestrator.driver import guard
from orchestrator.driver.base import Rpc
from orchestrator.driver.guard import Effect
from orchestrator.driver.operations import packet_capture
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import CommandError, GuardError, UnsupportedError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.packet_capture import CaptureRequest

OURS = "orc-20260102T030405-a1b2c3-600s-pcap"
REQUEST = CaptureRequest(
    name=OURS, size_bytes=65536, count=100, snap=128, source_prefix=ipaddress.ip_network("10.1.1.10"),
    destination_prefix=ipaddress.ip_network("192.0.2.80"), destination_port=443, protocol=6,
)  # fmt: skip
WORDS = dict(packet_capture.words(REQUEST))
Lab = Callable[..., list[LabDevice]]
Drive = Callable[..., PyezDriver]


def _start(**changes: str | None) -> Rpc:
    words = {**WORDS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return Rpc("request-packet-capture-start", tuple(words.items()))


def test_what_we_start_is_what_the_device_shows(start_lab: Lab, driver: Drive) -> None:
    device = start_lab(scenario="default")[0]
    driven = driver(device)
    assert [one.is_running for one in packet_capture.status(driven)] == [False]
    packet_capture.start(driven, REQUEST)
    (state,) = packet_capture.status(driven)
    assert (state.is_running, state.file_name, state.count, state.size_bytes, state.snap, state.bidirectional) == (
        True, OURS, 100, 65536, 128, True,
    )  # fmt: skip
    (entry,) = state.filters
    assert (entry.source, entry.destination, entry.destination_ports) == ("10.1.1.10/32", "192.0.2.80/32", (443, 443))
    assert entry.protocol == "tcp"
    time.sleep(1.2)
    packet_capture.stop(driven)
    assert [one.is_running for one in packet_capture.status(driven)] == [False]
    assert [file.path for file in packet_capture.our_files(driven, OURS)] == [f"/var/log/{OURS}"]


def test_a_second_capture_is_refused_by_the_device(start_lab: Lab, driver: Drive) -> None:
    driven = driver(start_lab()[0])
    packet_capture.start(driven, REQUEST)
    with pytest.raises(CommandError, match="already running"):
        packet_capture.start(driven, REQUEST)


def test_the_device_stops_by_itself_when_it_has_its_packets(start_lab: Lab, driver: Drive) -> None:
    device = start_lab(scenario="default", clock_rate=5)[0]
    driven = driver(device)
    packet_capture.start(driven, CaptureRequest(name=OURS, size_bytes=65536, count=10, snap=128,
                                                source_prefix=ipaddress.ip_network("10.1.1.0/24")))  # fmt: skip
    time.sleep(1)
    assert (device.inspect()["capture"]["active"], device.inspect()["capture"]["packets"]) == (False, 10)
    (state,) = packet_capture.status(driven)
    assert (state.is_running, state.file_name) == (False, OURS)


def test_a_file_in_the_other_folder_is_found(start_lab: Lab, driver: Drive) -> None:
    device = start_lab(overrides={"packet_capture": {"folder": "/var/tmp"}})[0]
    driven = driver(device)
    packet_capture.start(driven, REQUEST)
    assert [file.path for file in packet_capture.our_files(driven, OURS)] == [f"/var/tmp/{OURS}"]


@pytest.mark.parametrize("persona", ["branch-17.3", "mx"])
def test_a_release_without_it_says_so(start_lab: Lab, driver: Drive, persona: str) -> None:
    with pytest.raises(UnsupportedError):
        packet_capture.status(driver(start_lab(persona=persona)[0]))


def test_start_and_stop_leave_as_changes_and_the_status_as_a_read() -> None:
    assert guard.admit_element(_start().element()) is Effect.CHANGE
    assert guard.admit_element(Rpc("request-packet-capture-stop").element()) is Effect.CHANGE
    assert guard.admit_element(Rpc("request-packet-capture-show").element()) is Effect.READ


@pytest.mark.parametrize(
    "changes",
    [
        {"capture_file": "hers"},
        {"capture_file": f"../{OURS}"},
        {"capture_file": "/etc/passwd"},
        {"size": "10m"},
        {"size": "1073741825"},
        {"count": "9"},
        {"count": "1000001"},
        {"maximum_capture_size": "65535"},
        {"source_prefix": "10.1.1.10; request system reboot"},
        {"source_port": "0"},
        {"interface": "ge-0/0/0 | save x"},
        {"protocol": "tcp udp"},
        {"node": "all"},
    ],
    ids=str,
)
def test_any_other_start_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(GuardError):
        guard.admit_element(_start(**changes).element())


@pytest.mark.parametrize("missing", ["capture-file", "size", "count", "maximum-capture-size"])
def test_a_start_without_a_bound_never_leaves(missing: str) -> None:
    words = tuple((name, value) for name, value in WORDS.items() if name != missing)
    with pytest.raises(GuardError):
        guard.admit_element(Rpc("request-packet-capture-start", words).element())
