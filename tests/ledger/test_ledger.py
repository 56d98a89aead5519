"""What is owed survives everything: full disks, kills, stopped processes, races."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.errors import LedgerError
from orchestrator.ledger.ledger import SCHEMA_VERSION, Ledger, Obligation

OWNER = """
import json, sys
from pathlib import Path
from orchestrator.ledger.ledger import Ledger, Obligation
ledger = Ledger(Path(sys.argv[1]))
ledger.begin_run("run-1", "book")
ledger.lease("fw", "run-1", 60)
ledger.begin_change("run-1", "fw", 1, "flow_trace", [Obligation(run_id="run-1", device="fw", kind="flow_trace",
                                                               args={"file": "x"}, prior={"file": ""})])
print(ledger.me, flush=True)
sys.stdin.readline()
"""
# Every file this process writes may be no longer than it is now: what a full disk does to a commit.
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from orchestrator.errors import LedgerError
from orchestrator.ledger.ledger import Ledger, Obligation
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
ledger = Ledger(folder)
ledger.begin_run("run-1", "book")
wal = folder / "ledger.sqlite-wal"
resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size, resource.RLIM_INFINITY))
due = Obligation(run_id="run-1", device="fw", kind="flow_trace", args={"a": "x" * 9000}, prior={})
sent = []
for _ in range(2):
    try:
        ledger.begin_change("run-1", "fw", 1, "flow_trace", [due])
        sent.append("a byte")
    except LedgerError as error:
        print("LedgerError", error.hint, error.message)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("sent", len(sent), "owed", len(ledger.owed()))
ledger.begin_change("run-1", "fw", 1, "flow_trace", [due])
print("then owed", len(ledger.owed()))
"""
CLAIMER = """
import sys
from pathlib import Path
from orchestrator.ledger.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
due = ledger.orphaned()
print("ready", len(due), flush=True)
sys.stdin.readline()
print(sum(ledger.claim(one) for one in due), flush=True)
sys.stdin.readline()
"""
Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    made = Ledger(folder)
    yield made
    made.close()


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts Python programs that are given the ledger's folder."""
    started: list[subprocess.Popen[str]] = []

    def do(program: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield do
    for process in started:
        process.kill()
        process.communicate()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def due(device: str = "fw", run_id: str = "run-1", **args: object) -> Obligation:
    return Obligation(run_id=run_id, device=device, kind="flow_trace", args=args, prior={"file": "old"}, reach={"h": 1})


def test_an_obligation_is_durable_before_the_call_returns(ledger: Ledger, folder: Path) -> None:
    ledger.begin_run("run-1", "book")
    one = due(file="x")
    ledger.begin_change("run-1", "fw", 1, "flow_trace", [one])
    other = sqlite3.connect(folder / "ledger.sqlite")
    assert other.execute("select status, args from obligation").fetchall() == [("owed", '{"file": "x"}')]
    assert other.execute("select number, status from step").fetchall() == [(1, "begun")]
    other.close()


def test_an_obligation_comes_back_as_it_was_given(ledger: Ledger) -> None:
    one = due(file="x", numbers=[1, None, "\u2028"])
    ledger.begin_change("run-1", "fw", 1, "flow_trace", [one])
    (found,) = ledger.owed()
    assert (found.id, found.args, found.prior, found.reach) == (one.id, one.args, one.prior, one.reach)
    assert found.owner == ledger.me


def test_a_step_and_what_it_owes_are_written_together_or_not_at_all(ledger: Ledger, folder: Path) -> None:
    one = due()
    with pytest.raises(LedgerError, match="cannot be written"):
        ledger.begin_change("run-1", "fw", 1, "flow_trace", [one, one])  # the same id twice
    assert ledger.owed() == []
    other = sqlite3.connect(folder / "ledger.sqlite")
    assert other.execute("select count(*) from step").fetchone() == (0,)
    other.close()
    ledger.begin_change("run-1", "fw", 1, "flow_trace", [one])
    assert len(ledger.owed()) == 1


def test_the_newest_is_undone_first_and_devices_are_told_apart(ledger: Ledger) -> None:
    for number, device in enumerate(("fw", "other", "fw", "fw"), 1):
        ledger.begin_change("run-1", device, number, "flow_trace", [due(device, n=number)])
    ledger.begin_change("run-2", "fw", 1, "flow_trace", [due(run_id="run-2", n=9)])
    assert [one.args["n"] for one in ledger.owed("fw", "run-1")] == [4, 3, 1]
    assert [one.args["n"] for one in ledger.owed("fw")] == [9, 4, 3, 1]
    assert [one.args["n"] for one in ledger.owed(run_id="run-2")] == [9]
    assert len(ledger.owed()) == 5


def test_a_failed_undo_stays_owed_and_a_discharged_one_does_not(ledger: Ledger) -> None:
    one = due()
    ledger.begin_change("run-1", "fw", 1, "flow_trace", [one])
    ledger.failed(one.id, "no answer")
    ledger.failed(one.id, "still none")
    (found,) = ledger.owed()
    assert (found.attempts, found.last_error) == (2, "still none")
    ledger.discharge(one.id)
    assert ledger.owed() == []


def test_a_full_disk_means_no_and_leaves_nothing_behind(start: Start) -> None:
    process = start(FULL_DISK)
    said, _ = process.communicate(timeout=30)
    lines = said.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["LedgerError", "LedgerError"]
    assert "nothing was sent" in lines[0]
    assert "rollback" not in lines[0]  # the cause, not what came of it
    assert lines[2:] == ["sent 0 owed 0", "then owed 1"]


def test_a_place_that_cannot_be_written_is_a_ledger_error(tmp_path: Path) -> None:
    for folder in (Path("/proc/orchestrator"), tmp_path / "file" / "x"):
        (tmp_path / "file").touch()
        with pytest.raises(LedgerError, match="cannot be opened") as caught:
            Ledger(folder)
        assert "ORCHESTRATOR_STATE" in caught.value.hint


def test_an_owner_whose_file_cannot_be_made_is_no_owner(ledger: Ledger, folder: Path) -> None:
    (folder / "owners").rmdir()
    with pytest.raises(LedgerError):
        ledger.begin_change("run-1", "fw", 1, "flow_trace", [due()])
    assert ledger.me == ""
    assert ledger.owed() == []
    (folder / "owners").mkdir()
    ledger.begin_change("run-1", "fw", 1, "flow_trace", [due()])
    assert (folder / "owners" / ledger.me).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_a_ledger_error(folder: Path) -> None:
    folder.mkdir(mode=0o500)
    with pytest.raises(LedgerError):
        Ledger(folder)


def test_a_file_that_is_no_ledger_is_refused_and_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "ledger.sqlite").write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger(folder)
    assert (folder / "ledger.sqlite").read_bytes().startswith(b"not a database")


def test_a_ledger_that_breaks_while_open_is_a_ledger_error(ledger: Ledger, folder: Path) -> None:
    other = sqlite3.connect(folder / "ledger.sqlite")
    other.execute("drop table obligation")
    other.execute("drop table lease")
    other.close()
    for read in (ledger.owed, ledger.orphaned, ledger.leases):
        with pytest.raises(LedgerError, match="cannot be read"):
            read()


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(folder: Path) -> None:
    Ledger(folder).close()
    newer = sqlite3.connect(folder / "ledger.sqlite")
    newer.execute(f"pragma user_version={SCHEMA_VERSION + 1}")
    newer.close()
    with pytest.raises(LedgerError, match="newer version") as caught:
        Ledger(folder)
    assert "upgrade" in caught.value.hint


def test_many_may_open_a_new_ledger_at_once(folder: Path) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            Ledger(folder).close()
        except LedgerError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_two_processes_see_one_ledger(ledger: Ledger, start: Start) -> None:
    owner = start(OWNER)
    name = heard(owner)
    (found,) = ledger.owed("fw")
    assert (found.owner, found.args) == (name, {"file": "x"})
    assert ledger.orphaned() == []
    ledger.discharge(found.id)
    assert ledger.owed() == []


def test_a_stopped_owner_is_alive_and_a_killed_one_is_not(ledger: Ledger, start: Start) -> None:
    owner = start(OWNER)
    name = heard(owner)
    owner.send_signal(signal.SIGSTOP)
    assert ledger.is_alive(name)
    assert ledger.orphaned() == []
    held = ledger.lease("fw", "run-2", 60)
    assert held is not None
    assert (held.owner, held.run_id) == (name, "run-1")
    owner.kill()
    owner.wait()
    assert not ledger.is_alive(name)
    assert [one.kind for one in ledger.orphaned("fw")] == ["flow_trace"]
    assert ledger.leases() == []
    assert ledger.lease("fw", "run-2", 60) is None


def test_a_process_that_got_the_pid_of_a_dead_one_is_not_taken_for_it(ledger: Ledger, folder: Path) -> None:
    name = f"{os.uname().nodename}-{os.getpid()}-00000000"  # our own pid, and we are alive
    (folder / "owners" / name).touch()
    assert not ledger.is_alive(name)


def test_an_owner_without_a_file_or_a_name_is_dead(ledger: Ledger) -> None:
    assert not ledger.is_alive("nobody-1-abcdef00")
    assert not ledger.is_alive("")


def test_an_owner_that_leaves_in_order_is_gone(folder: Path, ledger: Ledger) -> None:
    other = Ledger(folder)
    name = other.enlist()
    assert ledger.is_alive(name)
    other.close()
    assert not ledger.is_alive(name)
    assert list((folder / "owners").iterdir()) == []


def test_only_one_of_two_processes_claims_an_orphan(ledger: Ledger, start: Start) -> None:
    owner = start(OWNER)
    heard(owner)
    owner.kill()
    owner.wait()
    claimers = [start(CLAIMER), start(CLAIMER)]
    assert [heard(one) for one in claimers] == ["ready 1", "ready 1"]
    for one in claimers:
        tell(one)
    assert sorted(heard(one) for one in claimers) == ["0", "1"]
    assert ledger.orphaned() == []
    assert len(ledger.owed()) == 1


def test_what_is_not_owed_any_more_cannot_be_claimed(ledger: Ledger, start: Start) -> None:
    owner = start(OWNER)
    heard(owner)
    owner.kill()
    owner.wait()
    (found,) = ledger.orphaned()
    ledger.discharge(found.id)
    assert not ledger.claim(found)


def test_a_lease_keeps_a_second_run_off_until_it_is_given_back(ledger: Ledger) -> None:
    assert ledger.lease("fw", "run-1", 60) is None
    held = ledger.lease("fw", "run-2", 60)
    assert held is not None
    assert held.run_id == "run-1"
    assert held.until - held.taken == pytest.approx(60)
    assert ledger.lease("other", "run-2", 60) is None
    assert ledger.lease("fw", "run-1", 60) is None  # the same run again
    assert [(one.device, one.run_id) for one in ledger.leases()] == [("fw", "run-1"), ("other", "run-2")]
    ledger.release("fw", "run-2")  # not its own
    assert ledger.lease("fw", "run-2", 60) is not None
    ledger.release("fw", "run-1")
    assert ledger.lease("fw", "run-2", 60) is None


def test_a_second_view_is_the_same_owner_and_does_not_end_it(ledger: Ledger) -> None:
    view = Ledger.beside(ledger)
    assert view.me == ledger.me
    view.begin_change("run-1", "fw", 1, "flow_trace", [due()])
    view.close()
    assert ledger.is_alive(ledger.me)
    assert len(ledger.owed()) == 1
    assert Ledger(ledger.path.parent).is_alive(ledger.me)


def test_views_of_many_threads_lose_nothing(ledger: Ledger) -> None:
    ledger.enlist()

    def work(number: int) -> None:
        view = Ledger.beside(ledger)
        for step in range(5):
            view.begin_change("run-1", f"fw{number}", step, "flow_trace", [due(f"fw{number}")])
        view.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.owed()) == 20


def test_runs_and_steps_are_recorded_with_how_they_ended(ledger: Ledger, folder: Path) -> None:
    ledger.begin_run("run-1", "book")
    ledger.begin_step("run-1", "fw", 1, "wait")
    ledger.end_step("run-1", "fw", 1, "done")
    ledger.end_run("run-1", "completed")
    other = sqlite3.connect(folder / "ledger.sqlite")
    assert other.execute("select playbook, owner, status from run").fetchall() == [("book", ledger.me, "completed")]
    assert other.execute("select name, status from step").fetchall() == [("wait", "done")]
    other.close()
