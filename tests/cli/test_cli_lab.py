"""Verbs against a device: a lab in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from processes import PROGRAM, environment, lab_process

from orchestrator.lab import control

Orchestrator = Callable[..., "subprocess.CompletedProcess[str]"]
Running = dict[str, Any]
RUN_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")
TRACE = """\
name: trace
steps:
  - flow_trace:
      conversation: {source: 10.1.1.10, destination: "192.0.2.80:443"}
      for: 10m
"""
CONTRACT = {"run_id", "status", "verdict", "devices"}
PER_DEVICE = {
    "device", "status", "verdict", "artifacts", "commit_id_before", "commit_id_after", "obligations_open", "error",
}  # fmt: skip


def reach(running: Running) -> list[str]:
    return ["-i", running["inventory"]]


def inspect(running: Running) -> dict[str, Any]:
    """What the device says of itself, by its back door."""
    return control.ask(running["control"], {"do": "inspect"})


def is_clean(seen: dict[str, Any]) -> bool:
    """Nothing of ours, and no commit."""
    names = [*seen["monitor"]["filters"], *seen["files"]]
    return not seen["monitor"]["active"] and not any("orc-" in name for name in names) and seen["commits"] == 0


def wait_for(what: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.1)
    return what()


# -- the lab -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_lab_prints_how_to_reach_it_and_leaves_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with lab_process(tmp_path / "state", "--scenario", "quiet") as (process, device):
        assert {"name", "host", "port", "user", "password", "host_key", "control"} <= set(device)
        assert device["host"] == "127.0.0.1"
        assert Path(device["control"]).is_socket()
        process.send_signal(number)
        said, complaints = process.communicate(timeout=20)
        assert (process.returncode, said, complaints) == (0, "", "")
        assert not Path(device["control"]).parent.exists()


def test_a_lab_of_several_devices_in_words(state: Path) -> None:
    words = ("lab", "up", "--count", "2", "--scenario", "quiet", "--format", "text")
    process = subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, text=True, env=environment(state))
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(6)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert [line.split(":")[0] for line in (lines[0], lines[3])] == ["srx1", "srx2"]
    assert "ssh -p" in lines[0]


def test_a_lab_inventory_is_complete_and_its_key_is_private(running: Running, orchestrator: Orchestrator) -> None:
    (one,) = json.loads(orchestrator("inventory", "list", *reach(running), "--format", "json").stdout)
    assert (one["name"], one["port"], one["host_keys"]) == ("fw", running["port"], [running["host_key"]])
    assert (Path(running["inventory"]) / "lab_key").stat().st_mode & 0o077 == 0
    assert running["password"] not in json.dumps(one)


def test_the_state_of_a_device_is_printed(running: Running, orchestrator: Orchestrator) -> None:
    seen = json.loads(orchestrator("lab", "inspect", running["control"]).stdout)
    assert (seen["name"], seen["commits"]) == ("fw", 0)


def test_a_fault_is_injected_and_taken_away(running: Running, orchestrator: Orchestrator) -> None:
    show = ("show", "storage", "fw", *reach(running))
    done = orchestrator("lab", "fault", running["control"], "error", "--match", "storage", "--text", "no disk today")
    assert done.returncode == 0
    failed = orchestrator(*show)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "no disk today" in failed.stderr
    assert orchestrator("lab", "fault", running["control"], "clear").returncode == 0
    assert orchestrator(*show).returncode == 0


# -- looking -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["sessions", "fw"], "POLICY"),
        (["sessions", "fw", "-s", "10.1.1.10", "-p", "tcp"], "10.1.1.10/"),
        (["sessions", "fw", "--summary"], "IN USE"),
        (["monitor", "fw"], "inactive, file"),
        (["drops", "fw"], "Dropped by POLICY"),
        (["system", "fw"], "24.4R1.9"),
        (["storage", "fw"], "/var"),
        (["files", "fw", "/var/log/"], "messages"),
        (["log", "fw", "messages", "-n", "2"], "RT_FLOW"),
    ],
)
def test_a_device_is_looked_at_and_left_as_it_was(
    running: Running, orchestrator: Orchestrator, words: list[str], shown: str
) -> None:
    done = orchestrator("show", *words, *reach(running), env={"NO_COLOR": "1"})
    assert (done.returncode, done.stderr) in ((0, ""), (0, "no filter is set\n"))
    assert shown in done.stdout
    assert "\x1b" not in done.stdout
    assert is_clean(inspect(running))


def test_every_answer_is_data_when_asked(running: Running, orchestrator: Orchestrator) -> None:
    for verb, key in (
        ("sessions", "session_id"),
        ("monitor", "active"),
        ("drops", "module"),
        ("storage", "mounted_on"),
    ):
        done = orchestrator("show", verb, "fw", *reach(running), "--format", "jsonl")
        assert all(key in json.loads(line) for line in done.stdout.splitlines())
        assert done.stdout


def test_a_filter_is_the_devices_own(running: Running, orchestrator: Orchestrator) -> None:
    done = orchestrator("show", "sessions", "fw", *reach(running), "-s", "10.1.1.10", "-p", "udp", "--format", "jsonl")
    wings = [json.loads(line)["wings"][0] for line in done.stdout.splitlines()]
    assert wings
    assert {(one["source"], one["protocol"]) for one in wings} == {("10.1.1.10", 17)}
    sent = json.dumps(inspect(running)["wire_log"])
    assert "source-prefix" in sent


def test_an_unknown_device_names_the_known_ones(running: Running, orchestrator: Orchestrator) -> None:
    done = orchestrator("show", "system", "fw9", *reach(running))
    assert (done.returncode, done.stdout) == (2, "")
    assert "devices: fw" in done.stderr


def test_a_reader_that_goes_away_is_no_error(running: Running, state: Path) -> None:
    shell = f"{sys.executable} -m orchestrator show log fw messages -n 1000 -i {running['inventory']} | head -1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, env=environment(state), check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_a_file_comes_home_checked(running: Running, orchestrator: Orchestrator, tmp_path: Path) -> None:
    done = orchestrator("fetch", "fw", "messages", "--into", "got", *reach(running), "--format", "json")
    (artifact,) = json.loads(done.stdout)
    file = tmp_path / artifact["path"]
    assert file == tmp_path / "got" / "messages"
    assert file.stat().st_size == artifact["size_bytes"]
    assert artifact["device_checksum"]
    missing = orchestrator("fetch", "fw", "nosuch.log", *reach(running))
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "show files fw" in missing.stderr


# -- clearing ----------------------------------------------------------------------------------------------------------


def test_sessions_are_cleared_only_when_named_and_confirmed(running: Running, orchestrator: Orchestrator) -> None:
    clear = ("clear", "sessions", "fw", *reach(running))

    def cleared() -> bool:
        return "clear-flow-session" in json.dumps(inspect(running)["wire_log"])

    for words, answer in ((clear, ""), ((*clear, "-s", "10.1.1.10"), "n\n"), ((*clear, "-s", "10.1.1.10"), "")):
        done = orchestrator(*words, stdin=answer)
        assert (done.returncode, done.stdout) == (2, "")
        assert "mistake in this program" not in done.stderr
    assert not cleared()
    done = orchestrator(*clear, "-s", "10.1.1.10", "--yes")
    assert done.returncode == 0
    assert re.fullmatch(
        r"[1-9]\d* sessions ended, none of those that matched is left(; \d+ new ones match)?\n", done.stdout
    )
    assert cleared()


# -- running -----------------------------------------------------------------------------------------------------------


def test_a_result_keeps_its_contract(running: Running, orchestrator: Orchestrator, state: Path) -> None:
    words = ("-d", "fw", *reach(running), "-v", "seconds=3s")
    done = orchestrator("run", "flow-capture", *words, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert set(result) >= CONTRACT
    assert RUN_ID.fullmatch(result["run_id"])
    assert (result["status"], result["verdict"]) == ("completed", "permitted")
    (device,) = result["devices"]
    assert set(device) >= PER_DEVICE
    assert (device["device"], device["status"], device["error"]) == ("fw", "completed", None)
    assert device["obligations_open"] == 0
    assert device["commit_id_before"] == device["commit_id_after"]
    kinds = {one["kind"] for one in device["artifacts"]}
    assert kinds == {"flow_trace", "session_table", "packet_drop", "system_log", "policy_configuration"}
    for one in device["artifacts"]:
        content = Path(one["path"]).read_bytes()
        assert one["origin"].startswith("fw:")
        assert one["size"] == len(content)
        assert len(one["sha256"]) == 64
    folder = state / "runs" / result["run_id"]
    assert json.loads((folder / "result.json").read_text()) == result
    assert (folder / "playbook.yml").read_text().startswith("name: flow-capture")
    assert is_clean(inspect(running))
    again = orchestrator("runs", "show", "last")
    assert again.stdout.startswith("fw: PERMITTED\n")
    (listed,) = [json.loads(line) for line in orchestrator("runs", "list", "--format", "jsonl").stdout.splitlines()]
    assert (listed["run"], listed["status"], listed["devices"]) == (result["run_id"], "completed", "fw")
    attached = orchestrator("runs", "attach")
    assert attached.stdout == again.stdout
    assert "armed: 2 filters" in attached.stderr


def test_an_expectation_decides_the_exit_code(running: Running, orchestrator: Orchestrator, tmp_path: Path) -> None:
    denied = TRACE.replace("192.0.2.80:443", "192.0.2.25:25").replace("for: 10m", "for: 20s\n      until: first-drop")
    (tmp_path / "a.yml").write_text(denied)
    done = orchestrator("run", "a.yml", "-d", "fw", *reach(running))
    assert done.returncode == 1
    assert done.stdout.startswith("fw: DENIED")
    (tmp_path / "b.yml").write_text(denied + "expect: [{verdict: denied}]\n")
    assert orchestrator("run", "b.yml", "-d", "fw", *reach(running)).returncode == 0


def test_a_device_that_does_not_answer_ends_with_2(
    running: Running, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    hosts = (Path(running["inventory"]) / "hosts.yaml").read_text()
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "hosts.yaml").write_text(re.sub(r"port: \d+", "port: 1", hosts).replace("- lab\n", "\n"))
    hosts = (tmp_path / "gone" / "hosts.yaml").read_text().replace("  groups:\n", "")
    (tmp_path / "gone" / "hosts.yaml").write_text(hosts)
    done = orchestrator("run", "session-snapshot", "-d", "fw", "-i", "gone", "--format", "json")
    assert done.returncode == 2
    (device,) = json.loads(done.stdout)["devices"]
    assert (device["status"], device["error"]["kind"]) == ("failed", "ConnectError")
    assert device["error"]["hint"]


def test_a_run_in_the_background_is_watched_and_stopped(
    running: Running, orchestrator: Orchestrator, tmp_path: Path, state: Path
) -> None:
    (tmp_path / "trace.yml").write_text(TRACE)
    started = orchestrator("run", "trace.yml", "-d", "fw", *reach(running), "--detach")
    assert started.returncode == 0
    run_id = started.stdout.strip()
    assert RUN_ID.fullmatch(run_id)
    assert f"runs attach {run_id}" in started.stderr
    assert wait_for(lambda: inspect(running)["monitor"]["active"])
    assert run_id in orchestrator("leases").stdout
    (listed,) = json.loads(orchestrator("runs", "list", "--format", "json").stdout)
    assert (listed["run"], listed["status"]) == (run_id, "running")
    assert "is still running" in orchestrator("runs", "show", run_id).stderr
    refused = orchestrator("run", "session-snapshot", "-d", "fw", *reach(running))
    assert refused.returncode == 2
    assert f"run {run_id} of ours is working on it" in refused.stdout
    watcher = subprocess.Popen(
        [*PROGRAM, "runs", "attach", run_id], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(state),
    )  # fmt: skip
    stopped = orchestrator("runs", "stop", run_id)
    assert json.loads(stopped.stdout) == {"run_id": run_id, "status": "interrupted"}
    said, events = watcher.communicate(timeout=20)
    assert said.splitlines()[-1].startswith(f"run {run_id}: interrupted")
    assert "armed: 2 filters" in events
    assert is_clean(inspect(running))
    assert orchestrator("runs", "stop", run_id).returncode == 2
    assert orchestrator("leases").stderr == "no device is held\n"


def test_a_run_that_is_interrupted_returns_the_device(
    running: Running, orchestrator: Orchestrator, tmp_path: Path, state: Path
) -> None:
    (tmp_path / "trace.yml").write_text(TRACE)
    process = subprocess.Popen(
        [*PROGRAM, "run", "trace.yml", "-d", "fw", *reach(running), "--format", "json"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(state),
    )  # fmt: skip
    assert wait_for(lambda: inspect(running)["monitor"]["active"])
    process.send_signal(signal.SIGINT)
    said, complaints = process.communicate(timeout=30)
    assert process.returncode == 2
    assert json.loads(said)["status"] == "interrupted"
    assert "being returned to what it was" in complaints
    assert is_clean(inspect(running))


def kill_a_run(running: Running, orchestrator: Orchestrator, tmp_path: Path, state: Path) -> None:
    """Leave the device armed, as a crash would."""
    (tmp_path / "trace.yml").write_text(TRACE)
    run_id = orchestrator("run", "trace.yml", "-d", "fw", *reach(running), "--detach").stdout.strip()
    assert wait_for(lambda: inspect(running)["monitor"]["active"])
    os.kill(int((state / "runs" / run_id / "owner").read_text()), signal.SIGKILL)
    assert wait_for(lambda: "died" in orchestrator("runs", "list").stdout, 5)
    assert not is_clean(inspect(running))


def test_a_killed_run_is_owed_until_it_is_recovered(
    running: Running, orchestrator: Orchestrator, tmp_path: Path, state: Path
) -> None:
    kill_a_run(running, orchestrator, tmp_path, state)
    recovered = orchestrator("recover", "--all")
    assert recovered.returncode == 0
    assert recovered.stdout.startswith("fw: undone: flow_trace\n")
    assert is_clean(inspect(running))
    assert orchestrator("recover", "fw").stderr == "nothing is owed\n"


def test_the_next_run_first_undoes_what_a_killed_one_left(
    running: Running, orchestrator: Orchestrator, tmp_path: Path, state: Path
) -> None:
    kill_a_run(running, orchestrator, tmp_path, state)
    done = orchestrator("run", "session-snapshot", "-d", "fw", *reach(running), "-v", "pause=0s")
    assert done.returncode == 0
    assert "a dead run still owed flow_trace; undone" in done.stderr
    assert is_clean(inspect(running))


def test_a_bad_playbook_sends_nothing_to_the_device(
    running: Running, orchestrator: Orchestrator, tmp_path: Path, state: Path
) -> None:
    before = inspect(running)
    (tmp_path / "bad.yml").write_text('name: x\nsteps:\n  - command: {run: "show version | save x"}\n')
    done = orchestrator("run", "bad.yml", "-d", "fw", *reach(running))
    assert (done.returncode, done.stdout) == (2, "")
    assert not (state / "runs").exists()
    assert inspect(running)["wire_log"] == before["wire_log"]


def test_a_plan_sends_nothing_when_offline_and_else_only_reads(running: Running, orchestrator: Orchestrator) -> None:
    before = inspect(running)["wire_log"]
    words = ("plan", "flow-capture", "-d", "fw", *reach(running))
    assert orchestrator(*words, "--offline").stdout.startswith("flow-capture on fw")
    assert inspect(running)["wire_log"] == before
    assert orchestrator(*words).returncode == 0
    sent = json.dumps(inspect(running)["wire_log"][len(before) :])
    assert sent != "[]"
    assert not re.search(
        r"monitor security flow (file|filter|start|stop)|monitor-security-flow-(?!all)|clear|delete", sent
    )
    assert is_clean(inspect(running))
