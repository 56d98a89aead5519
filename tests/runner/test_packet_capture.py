"""Packet capture as a run: over SSH against the lab, killed, disturbed, refused, and read by another program."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import signal
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from place import Site

from orchestrator.cli.app import app
from orchestrator.model import tags
from orchestrator.parsers import pcap
from orchestrator.parsers.source import Source

StartSite = Callable[..., Site]
START = "request-packet-capture-start"
BOOK = """
name: capture
steps:
  - packet_capture: {source: 10.1.1.10, destination: "192.0.2.80:443", for: SECONDS, settle: 1s EXTRA}
"""


def _book(folder: Path, extra: str = "", seconds: str = "600ms") -> str:
    path = folder / "capture.yml"
    path.write_text(BOOK.replace("EXTRA", extra and f", {extra}").replace("SECONDS", seconds))
    return str(path)


def _wait_until_capturing(place: Site) -> None:
    deadline = time.monotonic() + 30
    while not place.device.inspect()["capture"]["packets"]:
        assert time.monotonic() < deadline, "nothing was captured"
        time.sleep(0.05)


def _here(*words: str) -> tuple[int, str]:
    """The program in this process: a tenth of the time of one of its own. Its state is this test's."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = app(list(words), standalone_mode=False)
    return code or 0, out.getvalue()


def _assert_clean(place: Site) -> None:
    place.assert_clean()
    capture = place.device.inspect()["capture"]
    assert not (capture["active"] and tags.read(capture["file"]))


def _finding(result: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in result["devices"][0]["findings"] if one["symptom"] == "packet-capture")


def _brought(place: Site) -> Path:
    (path,) = place.state.glob("runs/*/srx1/*-pcap")
    return path


@pytest.fixture
def fast(site: StartSite) -> Site:
    """A device whose clock runs five times as fast."""
    return site(clock_rate=5)


@pytest.fixture
def traced(fast: Site) -> tuple[Site, dict[str, Any]]:
    """The shipped playbook, run to its end."""
    code, result, err = fast.playbook("-v", "seconds=1s", name="packet-capture")
    assert code == 0, err
    return fast, result


def test_the_capture_beside_a_trace_says_that_packets_arrived_and_left(traced: tuple[Site, dict[str, Any]]) -> None:
    place, result = traced
    device = result["devices"][0]
    assert (device["verdict"], device["certainty"], device["contradictions"]) == ("permitted", "certain", [])
    told = _finding(result)
    assert told["sources"] == ["packet capture"]
    assert "arrived" in told["saw"]
    texts = [line["text"] for line in told["lines"]]
    assert any("arrived on ge-0/0/0.0 10.1.1.10/" in text for text in texts)
    assert any("left by ge-0/0/1.0 192.0.2.1/" in text for text in texts)  # under the address NAT gave it
    assert {"name": "packet capture", "state": "read"}.items() <= device["sources"][-1].items()
    artifact = next(one for one in device["artifacts"] if one["kind"] == "pcap")
    assert artifact["device_checksum"].endswith(artifact["sha256"])
    assert len(place.sent(START)) == len(place.sent("request-packet-capture-stop")) == 1
    _assert_clean(place)
    _explained(place)
    _shared(place)
    _same_in_tshark(_brought(place))


def _same_in_tshark(path: Path) -> None:
    """Wireshark's reader finds the same packets, and no fault in them."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed: apt-get install -y --no-install-recommends tshark")
    names = "ip.src tcp.srcport ip.dst tcp.dstport tcp.flags ip.id ip.ttl frame.len juniper.direction juniper.ext.unit"
    names += " ip.checksum.status tcp.checksum.status _ws.malformed"
    words = [word for name in names.split() for word in ("-e", name)]
    checks = [word for name in ("ip", "tcp") for word in ("-o", f"{name}.check_checksum:TRUE")]
    out = subprocess.run(
        ["tshark", "-r", path, "-T", "fields", "-E", "separator=;", *checks, *words],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    theirs = [line.split(";") for line in out.splitlines()]
    ours = list(pcap.parse(Source.of_path(path)))
    assert len(ours) > 20
    for packet, line in zip(ours, theirs, strict=True):
        key = packet.key
        assert key is not None
        assert line[:4] == [key.source, str(key.source_port), key.destination, str(key.destination_port)]
        assert (int(line[4], 16), int(line[5], 16), int(line[6])) == (packet.tcp_flags, packet.ip_id, packet.ttl)
        assert int(line[7]) == packet.length
        assert bool(int(line[8], 16) & 1) is (packet.direction == "in")
        assert line[9] == packet.interface.rpartition(".")[2]
        # The TCP checksum of a packet that is kept in part cannot be judged (3); 1 is good, 0 would be bad.
        assert (line[10], line[11] in {"1", "2", "3"}, line[12]) == ("1", True, "")


def _shared(place: Site) -> None:
    """A bundle for a vendor has what the headers say, without names, and not one byte of the packets."""
    bundle = place.state / "bundle.zip"
    assert _here("runs", "report", "last", "--share", str(bundle)) == (0, "")
    with zipfile.ZipFile(bundle) as archive:
        (name,) = (one for one in archive.namelist() if "pcap" in one)
        packets = [json.loads(line) for line in archive.read(name).decode().splitlines()]
        everything = b"".join(archive.read(one) for one in archive.namelist())
    assert len(packets) > 20
    assert all(one["key"]["destination_port"] == 443 or one["key"]["source_port"] == 443 for one in packets)
    assert (b"10.1.1.10" in everything, b"MGC" in everything, bytes([10, 1, 1, 10]) in everything) == (
        False, False, False,
    )  # fmt: skip


def _explained(place: Site) -> None:
    """The files of the run, read again without a device."""
    folder = _brought(place).parent
    files = [str(one) for one in folder.iterdir() if one.name.endswith(("-pcap", "-trace")) or "sessions" in one.name]
    ends = "-s", "10.1.1.10", "-d", "192.0.2.80:443"
    code, out = _here("explain", *sorted(files, reverse=True), *ends, "--format", "json")
    assert code == 0
    told = json.loads(out)
    assert [one["symptom"] for one in told["findings"]] == ["permitted", "packet-capture"]
    code, out = _here("explain", str(_brought(place)), *ends)
    assert (code, out.startswith("PERMITTED (likely)"), "captured leaving" in out) == (0, True, True)
    assert "packet capture (" in out


def test_a_denied_conversation_arrives_and_is_not_captured_leaving(fast: Site) -> None:
    code, result, err = fast.playbook("-v", "seconds=1s", "-v", "destination=192.0.2.25:25", name="packet-capture")
    assert (code, result["verdict"]) == (1, "denied"), err
    told = _finding(result)
    assert "none is known to have left" in told["saw"]
    assert result["devices"][0]["contradictions"] == []
    _assert_clean(fast)


def test_a_device_without_it_is_refused_before_anything_is_changed(site: StartSite, tmp_path: Path) -> None:
    place = site(persona="branch-17.3")
    code, result, err = place.playbook(name=_book(tmp_path))
    assert (code, result["status"]) == (2, "refused"), err
    assert "no on-box packet capture" in result["devices"][0]["error"]["message"]
    assert [place.sent(word) for word in (START, "capture-stop", "file-delete")] == [[], [], []]
    assert json.loads(_here("leases", "--format", "json")[1] or "[]") == []
    code, result, err = place.playbook(name=_book(tmp_path, "optional: true"))
    assert (code, result["status"]) == (0, "completed"), err
    assert "no on-box packet capture" in result["devices"][0]["steps"][0]["notes"][0]
    _assert_clean(place)


def test_a_colleagues_capture_is_shown_refused_and_not_touched(fast: Site, tmp_path: Path) -> None:
    fast.device.ask("capture", verb="start", name="hers")
    code, out = _here("show", "capture", "srx1", "-i", str(fast.inventory))
    assert (code, "running" in out, "/var/log/hers" in out) == (0, True, True)
    code, result, err = fast.playbook(name=_book(tmp_path))
    assert (code, result["status"]) == (2, "refused"), err
    assert "/var/log/hers" in result["devices"][0]["error"]["message"]
    assert "if_taken: wait" in result["devices"][0]["error"]["hint"]
    assert (fast.device.inspect()["capture"]["file"], fast.sent(START), fast.sent("capture-stop")) == ("hers", [], [])
    process = fast.begin(name=_book(tmp_path, "if_taken: wait, wait_for: 60s"))
    deadline = time.monotonic() + 30
    while len(fast.sent("capture-show")) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert fast.sent(START) == []
    fast.device.ask("capture", verb="stop")
    out, err = process.communicate(timeout=60)
    assert json.loads(out)["status"] == "completed", err
    assert "hers" in fast.device.inspect()["files"]
    _assert_clean(fast)


def test_a_capture_that_may_not_fit_is_refused(fast: Site, tmp_path: Path) -> None:
    code, result, err = fast.playbook(name=_book(tmp_path, "count: 1000000, snap: 1500"))
    assert (code, result["status"], fast.sent(START)) == (2, "refused", []), err
    assert "the capture may take" in result["devices"][0]["error"]["message"]


def test_a_device_that_has_its_packets_ends_the_capture_early_and_what_it_has_is_judged(
    fast: Site, tmp_path: Path
) -> None:
    began = time.monotonic()
    code, result, err = fast.playbook(name=_book(tmp_path, "count: 60", "60s"))
    assert (code, result["verdict"], result["devices"][0]["certainty"]) == (0, "permitted", "likely"), err
    assert "a flow trace" in result["devices"][0]["missing"][0]
    assert any("the device ended the capture" in text for text in result["devices"][0]["steps"][0]["notes"])
    assert len(list(pcap.parse(Source.of_path(_brought(fast))))) == 60
    assert "later ones are not in it" in result["devices"][0]["sources"][-1]["says"]
    assert time.monotonic() - began < 20
    _assert_clean(fast)


def test_a_killed_capture_is_owed_recovered_and_brought_home(fast: Site, tmp_path: Path) -> None:
    process = fast.begin(name=_book(tmp_path, seconds="60s"))
    _wait_until_capturing(fast)
    process.kill()
    process.communicate()
    assert fast.device.inspect()["capture"]["active"]
    code, out = _here("recover", "srx1", "-i", str(fast.inventory))
    assert (code, "packet_capture" in out) == (0, True)
    _assert_clean(fast)
    assert len(list(pcap.parse(Source.of_path(_brought(fast))))) > 0


def test_a_signal_ends_the_capture_with_its_teardown(fast: Site, tmp_path: Path) -> None:
    process = fast.begin(name=_book(tmp_path, seconds="60s"))
    _wait_until_capturing(fast)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    result = json.loads(out)
    assert (process.returncode, result["status"]) == (2, "interrupted"), err
    assert result["devices"][0]["steps"][0]["status"] == "undone"
    _assert_clean(fast)


def test_sweep_ends_a_capture_whose_ledger_is_lost(fast: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = fast.begin(name=_book(tmp_path, seconds="60s"))
    _wait_until_capturing(fast)
    process.kill()
    process.communicate()
    monkeypatch.setenv("ORCHESTRATOR_STATE", str(tmp_path / "another-laptop"))
    code, out = _here("sweep", "srx1", "-i", str(fast.inventory), "--yes")
    assert (code, "RUNNING" in out, "removed" in out) == (0, True, True)
    _assert_clean(fast)


def test_sweep_deletes_a_capture_file_after_the_device_has_written_the_last_of_it(
    fast: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = fast.begin(name=_book(tmp_path, seconds="60s"))
    _wait_until_capturing(fast)
    process.kill()
    process.communicate()
    (name,) = {one for one in fast.device.inspect()["files"] if tags.read(one)}

    def flush() -> None:
        while not fast.sent("request-packet-capture-stop"):
            time.sleep(0.02)
        time.sleep(0.5)
        fast.device.ask("write", path=f"/var/log/{name}", text="the rest")

    monkeypatch.setenv("ORCHESTRATOR_STATE", str(tmp_path / "another-laptop"))
    late = threading.Thread(target=flush)
    late.start()
    assert _here("sweep", "srx1", "-i", str(fast.inventory), "--yes")[0] == 0
    late.join()
    _assert_clean(fast)


def _quick(place: Site) -> None:
    hosts = json.loads((place.inventory / "hosts.yaml").read_text())
    hosts["srx1"]["connection_options"]["orchestrator"]["extras"]["reply_seconds"] = 1
    (place.inventory / "hosts.yaml").write_text(json.dumps(hosts))


def test_lost_replies_are_reconciled_and_nothing_is_sent_twice(fast: Site, tmp_path: Path) -> None:
    _quick(fast)
    words = [START, "request-packet-capture-stop"]
    for word in words:
        fast.device.ask("fault", fault={"kind": "lost-reply", "match": word})
    code, result, err = fast.playbook(name=_book(tmp_path))
    assert (code, result["devices"][0]["steps"][0]["status"]) == (0, "reconciled"), err
    assert [len(fast.sent(word)) for word in words] == [1, 1]
    _assert_clean(fast)


def test_a_start_that_never_happened_fails_and_is_not_sent_again(fast: Site, tmp_path: Path) -> None:
    _quick(fast)
    fast.device.ask("fault", fault={"kind": "lost", "match": START})
    code, result, err = fast.playbook(name=_book(tmp_path))
    assert (code, result["status"], len(fast.sent(START))) == (2, "failed", 1), err
    _assert_clean(fast)
