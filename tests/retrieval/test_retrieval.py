"""Files come home whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.driver.operations import flow_monitor
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import GuardError, HostKeyError, RetrievalError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.flow_monitor import FlowFilter, TraceFile
from orchestrator.retrieval import retrieval
from orchestrator.retrieval.retrieval import Patience

NAME = "orc-20260102T030405-a1b2c3-600s-trace"
PATH = f"/var/log/{NAME}"
HASTY = Patience(settle=0.3, limit=10.0)
NO_CHECKSUMS = tuple(f"get-{kind}checksum-information" for kind in ("", "sha1-", "sha256-"))
UNREADABLE = {"scp": False, "absent": ["file-get", "get-log"]}


def write(device: LabDevice, path: str, text: str) -> None:
    device.ask("write", path=path, text=text)


def asked(device: LabDevice, text: str) -> int:
    return sum(text in entry["text"] for entry in device.inspect()["wire_log"])


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- the rotated set ------------------------------------------------------------------------------------------------


def test_a_rotated_set_is_listed_oldest_first_and_without_its_neighbours(lab: LabDevice, driver: Callable) -> None:
    for name in ("", ".0.gz", ".1.gz", ".10.gz", ".2", ".2.gz.bak", "-other", "2", ".gz"):
        write(lab, PATH + name, name or "newest")
    found = retrieval.rotated_set(driver(lab), PATH)
    assert [one.path for one in found] == [f"{PATH}{end}" for end in (".10.gz", ".2", ".1.gz", ".0.gz", "")]
    assert found[-1].size_bytes == len("newest")


def test_a_set_that_is_not_there_is_empty(lab: LabDevice, driver: Callable, tmp_path: Path) -> None:
    assert retrieval.rotated_set(driver(lab), PATH) == []
    assert retrieval.bring_set(driver(lab), PATH, tmp_path, kind="flow_trace", patience=HASTY) == []


def test_a_set_comes_home_once_it_has_stopped_growing(lab: LabDevice, driver: Callable, tmp_path: Path) -> None:
    write(lab, f"{PATH}.0.gz", "older")

    def grow() -> None:
        for number in range(6):
            write(lab, PATH, f"line {number}\n")
            time.sleep(0.15)

    writer = threading.Thread(target=grow)
    writer.start()
    artifacts = retrieval.bring_set(
        driver(lab), PATH, tmp_path, kind="flow_trace", patience=Patience(settle=0.6, limit=10)
    )
    writer.join()
    assert [one.path.name for one in artifacts] == [f"{NAME}.0.gz", NAME]
    assert artifacts[1].path.read_text() == "".join(f"line {number}\n" for number in range(6))
    assert asked(lab, "scp -f") == 2


def test_waiting_ends_at_the_limit_when_a_file_never_settles(lab: LabDevice, driver: Callable) -> None:
    stop = threading.Event()

    def grow() -> None:
        while not stop.wait(0.05):
            write(lab, PATH, "x")

    writer = threading.Thread(target=grow)
    writer.start()
    begun = time.monotonic()
    try:
        found = retrieval.settled_set(driver(lab), PATH, Patience(settle=5.0, limit=1.0))
    finally:
        stop.set()
        writer.join()
    assert 0.9 < time.monotonic() - begun < 3.0
    assert [one.path for one in found] == [PATH]


def test_a_set_that_changed_underneath_is_brought_again(lab: LabDevice, driver: Callable, tmp_path: Path) -> None:
    session = _Meddled(driver(lab), lambda: write(lab, PATH, "more\n"), times=1)
    write(lab, PATH, "first\n")
    [artifact] = retrieval.bring_set(session, PATH, tmp_path, kind="", patience=HASTY)
    assert artifact.path.read_text() == "first\nmore\n"
    assert artifact.size_bytes == len("first\nmore\n")


# -- one file -------------------------------------------------------------------------------------------------------


class _Meddled:
    """A driver during whose copies something happens on the device."""

    def __init__(self, driver: PyezDriver, meddle: Callable[[], None], *, times: int) -> None:
        self._driver = driver
        self._meddle = meddle
        self._times = times

    def __getattr__(self, name: str) -> object:
        return getattr(self._driver, name)

    def copy(self, remote: str, into: Path, *, timeout: float | None = None) -> None:
        self._driver.copy(remote, into, timeout=timeout)
        if self._times:
            self._times -= 1
            self._meddle()


def test_an_artifact_says_where_it_came_from_and_what_proves_it(
    lab: LabDevice, driver: Callable, tmp_path: Path
) -> None:
    text = "packet\n" * 100_000
    write(lab, PATH, text)
    artifact = retrieval.bring(driver(lab), PATH, tmp_path, kind="flow_trace")
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert artifact.path == tmp_path / NAME
    assert artifact.path.read_text() == text
    assert (artifact.origin, artifact.method, artifact.kind) == (f"{lab.name}:{PATH}", "scp", "flow_trace")
    assert (artifact.sha256, artifact.device_checksum) == (digest, f"sha256:{digest}")
    assert artifact.size_bytes == len(text)
    assert left_over(tmp_path) == [NAME]


def test_a_copy_that_does_not_agree_with_the_device_is_made_again(
    lab: LabDevice, driver: Callable, tmp_path: Path
) -> None:
    write(lab, PATH, "first\n")
    session = _Meddled(driver(lab), lambda: write(lab, PATH, "more\n"), times=2)
    artifact = retrieval.bring(session, PATH, tmp_path)
    assert artifact.path.read_text() == "first\nmore\nmore\n"
    assert asked(lab, "scp -f") == 3


def test_a_copy_that_never_agrees_is_given_up_and_leaves_nothing(
    lab: LabDevice, driver: Callable, tmp_path: Path
) -> None:
    write(lab, PATH, "first\n")
    session = _Meddled(driver(lab), lambda: write(lab, PATH, "more\n"), times=99)
    with pytest.raises(RetrievalError, match="checksum") as caught:
        retrieval.bring(session, PATH, tmp_path)
    assert caught.value.path == PATH
    assert "writing" in caught.value.hint
    assert asked(lab, "scp -f") == 3
    assert left_over(tmp_path) == []


def test_a_device_without_checksums_is_believed(start_lab: Callable, driver: Callable, tmp_path: Path) -> None:
    [device] = start_lab(overrides={"absent": NO_CHECKSUMS})
    write(device, PATH, "x")
    artifact = retrieval.bring(driver(device), PATH, tmp_path)
    assert artifact.device_checksum == ""
    assert artifact.sha256 == hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("overrides", "method"),
    [({"scp": False}, "file-get"), ({"scp": False, "absent": ["file-get"]}, "get-log")],
)
def test_what_scp_does_not_bring_comes_inside_a_reply(
    overrides: dict, method: str, start_lab: Callable, driver: Callable, tmp_path: Path
) -> None:
    [device] = start_lab(overrides=overrides)
    text = "  indented <&> é\nsecond\n"
    write(device, PATH, text)
    artifact = retrieval.bring(driver(device), PATH, tmp_path)
    assert artifact.method == method
    assert artifact.path.read_text().rstrip("\n") == text.rstrip("\n")
    if method == "file-get":
        assert artifact.path.read_bytes() == text.encode()
        assert artifact.device_checksum.endswith(artifact.sha256)


def test_bytes_that_xml_cannot_carry_survive_a_reply(start_lab: Callable, driver: Callable, tmp_path: Path) -> None:
    [device] = start_lab(overrides={"scp": False})
    text = "\x00\x01\x1b[0m\r\n\x7f"
    write(device, PATH, text)
    artifact = retrieval.bring(driver(device), PATH, tmp_path)
    assert artifact.method == "file-get"
    assert artifact.path.read_bytes() == text.encode()


def test_an_archive_is_not_fetched_as_log_text(start_lab: Callable, driver: Callable, tmp_path: Path) -> None:
    [device] = start_lab(overrides={"scp": False, "absent": ["file-get"]})
    write(device, f"{PATH}.0.gz", "x")
    with pytest.raises(RetrievalError, match="only plain files") as caught:
        retrieval.bring(driver(device), f"{PATH}.0.gz", tmp_path)
    for method in ("scp: ", "file-get: ", "get-log: "):
        assert method in caught.value.message
    assert left_over(tmp_path) == []


def test_real_archives_of_a_capture_unpack(start_lab: Callable, driver: Callable, tmp_path: Path) -> None:
    [device] = start_lab(scenario="default")
    session = driver(device)
    flow_monitor.set_file(session, TraceFile(name=NAME, size_bytes=10240, files=3))
    flow_monitor.set_filter(session, FlowFilter(name=NAME, protocol=6))
    flow_monitor.start(session)
    deadline = time.monotonic() + 6
    while len(retrieval.rotated_set(session, PATH)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    flow_monitor.stop(session)
    artifacts = retrieval.bring_set(session, PATH, tmp_path, kind="flow_trace", patience=Patience(settle=1.0))
    assert len(artifacts) >= 2
    assert b"CID" in gzip.decompress(artifacts[0].path.read_bytes())


# -- what goes wrong ------------------------------------------------------------------------------------------------


def test_a_file_nobody_lets_us_read_is_an_error_with_every_refusal(
    start_lab: Callable, driver: Callable, tmp_path: Path
) -> None:
    [device] = start_lab(overrides=UNREADABLE)
    write(device, PATH, "x")
    with pytest.raises(RetrievalError) as caught:
        retrieval.bring(driver(device), PATH, tmp_path)
    for method in ("scp: ", "file-get: ", "get-log: "):
        assert method in caught.value.message
    assert "world_readable" in caught.value.hint
    assert left_over(tmp_path) == []


def test_a_file_that_is_not_world_readable_comes_another_way(lab: LabDevice, driver: Callable, tmp_path: Path) -> None:
    write(lab, PATH, "x\n")
    artifact = retrieval.bring(driver(lab, user="auditor"), PATH, tmp_path)
    assert artifact.method == "file-get"
    assert artifact.path.read_text() == "x\n"


@pytest.mark.parametrize("kind", ["drop-before", "half-reply", "reset"])
def test_a_copy_that_broke_is_made_again_and_no_half_file_bears_the_name(
    kind: str, lab: LabDevice, driver: Callable, tmp_path: Path
) -> None:
    text = "packet\n" * 50_000
    write(lab, PATH, text)
    lab.ask("fault", fault={"kind": kind, "match": "scp -f"})
    seen: list[str] = []
    watching = threading.Event()

    def watch() -> None:
        while not watching.wait(0.001):
            target = tmp_path / NAME
            if target.exists() and target.stat().st_size != len(text):
                seen.append("half")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        artifact = retrieval.bring(driver(lab), PATH, tmp_path)
    finally:
        watching.set()
        watcher.join()
    assert artifact.path.read_text() == text
    assert artifact.method == "scp"
    assert seen == []
    assert left_over(tmp_path) == [NAME]


def test_a_connection_that_always_breaks_leaves_no_partial_file(
    lab: LabDevice, driver: Callable, tmp_path: Path
) -> None:
    write(lab, PATH, "packet\n" * 50_000)
    for match in ("scp -f", "file-get", "get-log"):
        lab.ask(
            "fault", fault={"kind": "half-reply" if match == "scp -f" else "drop-before", "match": match, "once": False}
        )
    with pytest.raises(RetrievalError):
        retrieval.bring(driver(lab), PATH, tmp_path)
    assert left_over(tmp_path) == []


def test_a_host_key_error_is_not_hidden_behind_another_way(
    lab: LabDevice, start_lab: Callable, as_device: Callable, driver: Callable, tmp_path: Path
) -> None:
    [stranger] = start_lab()
    device = as_device(lab, ssh_port=stranger.port)
    write(lab, PATH, "x")
    with pytest.raises(HostKeyError):
        retrieval.bring(driver(device), PATH, tmp_path)
    assert stranger.inspect()["wire_log"] == []


def test_files_elsewhere_are_never_fetched(lab: LabDevice, driver: Callable, tmp_path: Path) -> None:
    with pytest.raises(GuardError):
        retrieval.bring(driver(lab), "/etc/hosts.junos", tmp_path)
    assert lab.inspect()["wire_log"] == []
