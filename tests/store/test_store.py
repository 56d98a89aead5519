"""Run directories, names from outside, files written whole, and what is remembered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import InputError
from orchestrator.store.memory import Memory
from orchestrator.store.paths import safe_name, state_directory, write_whole
from orchestrator.store.runs import RunDirectory, all_runs, find_run, runs_directory, sha256

FIRST, SECOND, THIRD = "20261123T161800-1a2b3c", "20261123T161900-aaaaaa", "20261124T000000-bbbbbb"
HOLDER = """
import sys, time
from pathlib import Path
from orchestrator.store.runs import RunDirectory
run = RunDirectory.create(Path(sys.argv[1]), sys.argv[2])
run.record("started")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return runs_directory(tmp_path / "runs")


def hold(runs: Path, run_id: str) -> subprocess.Popen[str]:
    """Another process that owns a run."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(runs), run_id], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"), ("/etc/passwd", "_etc_passwd"), (".ssh", "ssh"), ("..", "_"), ("", "_"),
        ("a\0b", "a_b"), ("a\nb", "a_b"), ("C:\\x", "C__x"), ("caf\u00e9", "caf_"), ("\u202egpj.exe", "_gpj.exe"),
        ("edge-fw1.example.net", "edge-fw1.example.net"), ("-rf", "-rf"), ("x" * 300, "x" * 200),
    ],
)  # fmt: skip
def test_a_name_from_outside_stays_in_its_folder(name: str, kept: str) -> None:
    assert safe_name(name) == kept


@given(st.text(max_size=300))
def test_every_name_becomes_one_plain_file_name(name: str) -> None:
    made = safe_name(name)
    assert 1 <= len(made.encode()) <= 200
    assert made not in (".", "..")
    assert not made.startswith(".")
    assert not set(made) & set("/\\\0\n ")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path, sizes = tmp_path / "f", (10, 1_000_000)
    write_whole(path, "x" * sizes[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for size in sizes:
                write_whole(path, "x" * size)

    writer = threading.Thread(target=write)
    writer.start()
    seen = {len(path.read_text()) for _ in range(200)}
    stop.set()
    writer.join()
    assert seen <= set(sizes)


def test_the_state_directory_is_for_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_STATE", str(tmp_path / "a" / "b"))
    assert state_directory() == tmp_path / "a" / "b"
    assert state_directory().stat().st_mode & 0o777 == 0o700
    monkeypatch.delenv("ORCHESTRATOR_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_directory() == tmp_path / "xdg" / "orchestrator"


def test_a_run_directory_tells_who_owns_it_until_it_is_closed(runs: Path) -> None:
    run = RunDirectory.create(runs, FIRST)
    assert run.run_id == FIRST
    assert run.path.stat().st_mode & 0o777 == 0o700
    assert RunDirectory(run.path).owner_pid() == os.getpid()
    run.close()
    assert RunDirectory(run.path).owner_pid() is None


def test_a_stopped_owner_is_alive_and_a_killed_one_is_not(runs: Path) -> None:
    holder = hold(runs, FIRST)
    seen = RunDirectory(runs / FIRST)
    assert seen.owner_pid() == holder.pid
    holder.send_signal(signal.SIGSTOP)
    assert seen.owner_pid() == holder.pid
    holder.kill()
    holder.wait()
    assert seen.owner_pid() is None


def test_two_runs_never_share_a_directory(runs: Path) -> None:
    RunDirectory.create(runs, FIRST)
    with pytest.raises(FileExistsError):
        RunDirectory.create(runs, FIRST)


def test_a_story_is_followed_to_its_end_while_it_is_written(runs: Path) -> None:
    run = RunDirectory.create(runs, FIRST)
    run.record("started", n=1)
    heard: list[str] = []
    watcher = threading.Thread(target=lambda: heard.extend(one["event"] for one in RunDirectory(run.path).follow()))
    watcher.start()
    deadline = time.monotonic() + 10
    while heard != ["started"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert heard == ["started"]
    run.record("progress")
    run.record("ended")
    run.close()
    watcher.join(10)
    assert heard == ["started", "progress", "ended"]


def test_a_watcher_leaves_when_the_owner_is_killed(runs: Path) -> None:
    holder = hold(runs, FIRST)
    heard: list[str] = []
    watcher = threading.Thread(target=lambda: heard.extend(one["event"] for one in RunDirectory(runs / FIRST).follow()))
    watcher.start()
    time.sleep(0.3)
    assert watcher.is_alive()
    holder.kill()
    holder.wait()
    watcher.join(10)
    assert heard == ["started"]


def test_a_damaged_line_of_the_story_is_passed_over(runs: Path) -> None:
    run = RunDirectory.create(runs, FIRST)
    run.record("started")
    with (run.path / "events.jsonl").open("a") as file:
        file.write('{"time": "2026-11\n')
    run.record("ended")
    run.close()
    assert [one["event"] for one in run.follow()] == ["started", "ended"]


def test_a_story_that_cannot_be_written_does_not_stop_a_run(runs: Path) -> None:
    run = RunDirectory.create(runs, FIRST)
    (run.path / "events.jsonl").mkdir()
    run.record("started")


def test_a_result_that_is_damaged_is_no_result(runs: Path) -> None:
    run = RunDirectory.create(runs, FIRST)
    assert run.result() is None
    run.write("result.json", {"status": "completed"})
    assert run.result() == {"status": "completed"}
    for damaged in ("{", "[]", ""):
        (run.path / "result.json").write_text(damaged)
        assert run.result() is None


def test_runs_are_listed_oldest_first_and_nothing_else_is(runs: Path) -> None:
    for run_id in (THIRD, FIRST, SECOND):
        RunDirectory.create(runs, run_id).close()
    (runs / f"{FIRST}.log").touch()
    (runs / "notes").mkdir()
    assert [run.run_id for run in all_runs(runs)] == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    ("name", "found"), [("last", THIRD), (FIRST, FIRST), ("1a2b3c", FIRST), ("20261124", THIRD), ("aaaaaa", SECOND)]
)
def test_a_run_is_found_by_a_part_of_its_id(runs: Path, name: str, found: str) -> None:
    for run_id in (FIRST, SECOND, THIRD):
        RunDirectory.create(runs, run_id).close()
    assert find_run(runs, name).run_id == found


@pytest.mark.parametrize(("name", "problem"), [("20261123", "2 runs match"), ("ffffff", "there is no run")])
def test_a_run_that_is_not_one_is_refused(runs: Path, name: str, problem: str) -> None:
    for run_id in (FIRST, SECOND):
        RunDirectory.create(runs, run_id).close()
    with pytest.raises(InputError, match=problem) as caught:
        find_run(runs, name)
    assert "runs list" in caught.value.hint


def test_last_of_nothing_is_refused(runs: Path) -> None:
    with pytest.raises(InputError, match="there is no run"):
        find_run(runs, "last")


@pytest.mark.parametrize("name", ["owner", "result.json", "playbook.yml", "events.jsonl", "manifest.json"])
def test_a_device_called_like_a_file_of_the_run_has_its_own_folder(runs: Path, name: str) -> None:
    run = RunDirectory.create(runs, FIRST)
    assert run.device(name).is_dir()
    assert run.device(name) != run.path / name


def test_a_checksum_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_what_is_remembered_is_there_in_the_next_process(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.json")
    memory["a"] = "1"
    memory["b"] = "2"
    del memory["b"]
    assert dict(Memory(tmp_path / "memory.json")) == {"a": "1"}


def test_two_processes_do_not_forget_each_others_facts(tmp_path: Path) -> None:
    one, other = Memory(tmp_path / "memory.json"), Memory(tmp_path / "memory.json")
    one["a"] = "1"
    other["b"] = "2"
    assert dict(Memory(tmp_path / "memory.json")) == {"a": "1", "b": "2"}


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff\xfe", b'"text"', b"null"])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "memory.json").write_bytes(damage)
    memory = Memory(tmp_path / "memory.json")
    assert dict(memory) == {}
    memory["a"] = "1"
    assert json.loads((tmp_path / "memory.json").read_text()) == {"a": "1"}


def test_a_memory_that_cannot_be_written_still_serves_this_run(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "gone" / "memory.json")
    memory["a"] = "1"
    assert memory["a"] == "1"
    assert not (tmp_path / "gone").exists()
