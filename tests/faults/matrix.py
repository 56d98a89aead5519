"""The fault matrix: every boundary of a run meets every fault, and the device is as it was before.

::

    python tests/faults/matrix.py                     # the full matrix
    python tests/faults/matrix.py --sample 150 --kills 30 --seed 7
    python tests/faults/matrix.py --playbook capture  # the packet capture in place of the flow trace

Each cell is a real process against a lab device of its own worker, really killed or really left without an answer.
Afterwards, with at most one ``recover``: monitor inactive, filters as before, the earlier file setting back (unless the
device rebooted, which forgets it), no file of ours, a colleague's file untouched, nothing owed, no second start, no
commit, no session open, and a result that says what happened.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from bench import CELL_SECONDS, PLAYBOOKS, Bench
from child import Boundaries

from orchestrator.model import tags

CLUSTER = "cluster-24.4"
PROCESS_FAULTS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "exception")
WIRE_FAULTS = (
    "delay",
    "lost-reply",
    "lost",
    "half-reply",
    "drop-before",
    "drop-after",
    "reset",
    "freeze",
    "reboot",
    "error",
)
CLUSTER_FAULTS = ("failover",)  # played on a device that is a cluster
LEDGER_FAULTS = ("ledger-full", "ledger-locked")


@dataclass(frozen=True)
class Cell:
    """One fault at one boundary: ``number`` counts boundaries of the process, or requests on the wire."""

    fault: str
    number: int

    def __str__(self) -> str:
        return f"{self.fault}@{self.number}"


def play(bench: Bench, cell: Cell) -> list[str]:
    """Play one cell; what is wrong afterwards."""
    state = Path(tempfile.mkdtemp(dir=bench.folder, prefix="cell-"))
    began = len(bench.ask("inspect")["wire_log"])
    try:
        code = _misfortune(bench, cell, state)
        bench.ask("clear-faults")
        bench.ask("thaw")
        _wait_for_boot(bench)
        _wait_for_late_ones(bench)
        wrong = _told_the_truth(state, code, cell)
        if _owed(state) or _dirty(bench):
            recovered = bench.run(["recover", "--all", "-i", str(bench.folder), "--quiet"], state)
            if recovered != 0:
                wrong.append(f"recover ended with {recovered}: {(state / 'out.err').read_text()[-200:]}")
        return wrong + _wrong(bench, cell, state, began)
    finally:
        _restore(bench)
        shutil.rmtree(state, ignore_errors=True)


def _misfortune(bench: Bench, cell: Cell, state: Path) -> int:
    if cell.fault in PROCESS_FAULTS:
        return bench.run(bench.words(), state, Boundaries(cell.number, cell.fault, state / "boundaries"))
    if cell.fault in WIRE_FAULTS + CLUSTER_FAULTS:
        given: dict[str, Any] = {"kind": cell.fault, "skip": cell.number - 1}
        if cell.fault in ("delay", "freeze"):
            given["seconds"] = 25.0  # of lab time: two and a half, past the time-out
        bench.ask("fault", fault=given)
        return bench.run(bench.words(), state)
    return bench.run(bench.words(), state, meanwhile=_ledger_fault(cell, state))


def _ledger_fault(cell: Cell, state: Path) -> Any:
    """Lock the ledger for good once it was written so often, or make its file unwritable by a size limit."""
    held: list[sqlite3.Connection] = []

    def act(pid: int) -> None:
        if held or not (state / "ledger.sqlite-wal").exists():
            return
        if cell.fault == "ledger-full":
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096 * cell.number, 4096 * cell.number))
            held.append(None)  # type: ignore[arg-type]
            return
        rows = 0
        try:
            with sqlite3.connect(f"file:{state / 'ledger.sqlite'}?mode=ro", uri=True) as view:
                rows = view.execute("select count(*) from step").fetchone()[0]
        except sqlite3.Error:
            return
        if rows >= cell.number:
            lock = sqlite3.connect(state / "ledger.sqlite", isolation_level=None)
            lock.execute("begin immediate")
            held.append(lock)

    return act


def _owed(state: Path) -> int:
    path = state / "ledger.sqlite"
    if not path.exists():
        return 0
    with sqlite3.connect(path) as view:
        try:
            return int(view.execute("select count(*) from obligation where status='owed'").fetchone()[0])
        except sqlite3.Error:
            return 0


def _dirty(bench: Bench) -> bool:
    state = bench.ask("inspect")
    ours = [name for name in (*state["monitor"]["filters"], *state["files"]) if tags.read(name)]
    return bool(ours or state["monitor"]["active"] or state["capture"]["active"])


def _told_the_truth(state: Path, code: int, cell: Cell) -> list[str]:
    wrong = []
    if code == -999:
        wrong.append("the program hung")
    results = list(state.glob("runs/*/result.json"))
    if code >= 0 and code not in (0, 1, 2, 3):
        wrong.append(f"exit code {code}: {(state / 'out.err').read_text()[-300:]}")
    for path in results:
        result = json.loads(path.read_text())
        device = result["devices"][0]
        # Killed after its result was durable: the run had ended, and the device tells below whether the result is true.
        if result["exit_code"] != code and code != -signal.SIGKILL:
            wrong.append(f"the result says exit code {result['exit_code']}, it was {code}")
        if device["status"] == "completed" and any(
            step["status"] not in ("done", "reconciled") for step in device["steps"]
        ):
            wrong.append("completed, with a step that was not done")
        if device["status"] != "owed" and device["obligations_open"]:
            wrong.append("something is open, and the status does not say owed")
    if "Traceback" in (state / "out.json").read_text():
        wrong.append("a traceback on stdout")
    return wrong


def _wrong(bench: Bench, cell: Cell, state: Path, began: int) -> list[str]:
    wrong = []
    deadline = time.monotonic() + 5
    while (seen := bench.ask("inspect"))["sessions_open"] and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.15)  # a late flush of the trace would bring a file back
    seen = bench.ask("inspect")
    monitor = seen["monitor"]
    if seen["sessions_open"]:
        wrong.append(f"{seen['sessions_open']} sessions open")
    if monitor["active"] or monitor["filters"] or seen["capture"]["active"]:
        wrong.append(f"monitor {monitor}, capture {seen['capture']}")
    if ours := [name for files in (seen["files"], *seen["peer_files"]) for name in files if tags.read(name)]:
        wrong.append(f"files {ours}")
    if (size := seen["files"].get("colleague.log")) != len("hers\n"):
        wrong.append(f"the colleague's file was touched: {size} bytes")
    # A reboot forgets the setting: then there is nothing to restore, and ours cannot be unset. So does a failover here.
    forgotten = cell.fault in ("reboot", "failover") and (monitor["file"] is None or tags.read(monitor["file"]))
    if monitor["file"] != "colleague.log" and not forgotten:
        wrong.append(f"trace file setting is {monitor['file']}")
    if seen["commits"] or seen["config_operations"]:
        wrong.append("a configuration operation")
    if _owed(state):
        wrong.append("still owed")
    sent = [entry["text"] for entry in seen["wire_log"][began:]]
    starts = sum("monitor security flow start" in text or "request-packet-capture-start" in text for text in sent)
    if starts > 1:
        wrong.append(f"started {starts} times")
    return wrong


def _wait_for_boot(bench: Bench) -> None:
    time.sleep(0.25)  # two seconds of lab time to boot


def _wait_for_late_ones(bench: Bench) -> None:
    """A delayed command arrives although nobody waits for it any more: in its own cell, or it would harm the next."""
    deadline = time.monotonic() + CELL_SECONDS
    while bench.ask("inspect")["requests_at_work"] and time.monotonic() < deadline:
        time.sleep(0.05)


def _restore(bench: Bench) -> None:
    """The next cell begins with the colleague's setting, also after a reboot took it."""
    bench.ask("clear-faults")
    bench.ask("thaw")
    bench.ask("file-setting", name="colleague.log")


def count_boundaries(bench: Bench) -> tuple[int, int]:
    """Boundaries of the process and requests on the wire in a run where nothing goes wrong."""
    state = Path(tempfile.mkdtemp(dir=bench.folder, prefix="dry-"))
    began = len(bench.ask("inspect")["wire_log"])
    code = bench.run(bench.words(), state, Boundaries(0, "", state / "boundaries"))
    assert code in (0, 1), (code, (state / "out.err").read_text())
    requests = len(bench.ask("inspect")["wire_log"]) - began
    _restore(bench)
    return len((state / "boundaries").read_text().splitlines()), requests


def all_cells(boundaries: int, requests: int, of_cluster: int) -> list[Cell]:
    """Every fault at every place it can happen."""
    return [
        *(Cell(fault, number) for fault in PROCESS_FAULTS for number in range(1, boundaries + 1)),
        *(Cell(fault, number) for fault in WIRE_FAULTS for number in range(1, requests + 1)),
        *(Cell(fault, number) for fault in CLUSTER_FAULTS for number in range(1, of_cluster + 1)),
        *(Cell("ledger-locked", number) for number in (1, 2)),
        *(Cell("ledger-full", number) for number in (1, 8, 16)),
    ]


def kill_at_random(bench: Bench, rng: random.Random) -> list[str]:
    """Kill at an instant, not at a boundary."""
    state = Path(tempfile.mkdtemp(dir=bench.folder, prefix="kill-"))
    began = len(bench.ask("inspect")["wire_log"])
    instant = time.monotonic() + rng.uniform(0.05, 2.5)

    def act(pid: int) -> None:
        if time.monotonic() >= instant:
            os.kill(pid, signal.SIGKILL)

    try:
        bench.run(bench.words(), state, meanwhile=act)
        wrong = []
        if _owed(state):
            recovered = bench.run(["recover", "--all", "-i", str(bench.folder), "--quiet"], state)
            wrong = [] if recovered == 0 else [f"recover ended with {recovered}"]
        return wrong + _wrong(bench, Cell("kill", 0), state, began)
    finally:
        _restore(bench)
        shutil.rmtree(state, ignore_errors=True)


def _worker(jobs: list[Any], seed: int, out: Any, playbook: str) -> None:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        bench = Bench(Path(folder), playbook=playbook)
        (Path(folder) / "cluster").mkdir()
        cluster = Bench(Path(folder) / "cluster", persona=CLUSTER, playbook=playbook)
        rng = random.Random(seed)
        try:
            for job in jobs:
                try:
                    if job == "kill":
                        wrong = kill_at_random(bench, rng)
                    else:
                        wrong = play(cluster if job.fault in CLUSTER_FAULTS else bench, job)
                except Exception as error:  # noqa: BLE001 - told as the cell's result
                    wrong = [f"the harness: {type(error).__name__}: {error}"]
                out.put((str(job), job if job == "kill" else job.fault, wrong))
        finally:
            bench.close()
            cluster.close()
            out.put(None)


def run(
    sample: int | None, kills: int, seed: int, workers: int, only: str = "", playbook: str = "cell"
) -> tuple[Counter[str], dict[str, list[str]], int]:
    """Play the cells; how many of each fault, what went wrong, and of how many."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        bench = Bench(Path(folder), playbook=playbook)
        boundaries, requests = count_boundaries(bench)
        bench.close()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        bench = Bench(Path(folder), persona=CLUSTER, playbook=playbook)
        _, of_cluster = count_boundaries(bench)
        bench.close()
    cells = all_cells(boundaries, requests, of_cluster)
    total = len(cells)
    if only:
        cells = [cell for cell in cells if cell.fault == only]
    rng = random.Random(seed)
    if sample is not None:
        # Each fault at as many different places as the sample allows: no fault and no stretch of the run is left out.
        by_fault: dict[str, list[Cell]] = {}
        for cell in cells:
            by_fault.setdefault(cell.fault, []).append(cell)
        share = max(1, sample // len(by_fault) + 1)
        cells = [cell for many in by_fault.values() for cell in rng.sample(many, min(share, len(many)))]
    jobs: list[Any] = [*cells, *["kill"] * kills]
    rng.shuffle(jobs)
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    processes = [
        context.Process(target=_worker, args=(jobs[number::workers], seed + number, out, playbook))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    played: Counter[str] = Counter()
    failed: dict[str, list[str]] = {}
    ended = 0
    while ended < workers:
        item = out.get()
        if item is None:
            ended += 1
            continue
        name, fault, wrong = item
        played[fault] += 1
        if wrong:
            failed.setdefault(f"{name}", []).extend(wrong)
            print(f"  {name}: {'; '.join(wrong)}", flush=True)
    for process in processes:
        process.join()
    return played, failed, total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, help="about so many cells; all when left out")
    parser.add_argument("--kills", type=int, default=200, help="kills at random instants")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fault", default="", help="only cells of this fault")
    parser.add_argument("--playbook", default="cell", choices=sorted(PLAYBOOKS), help="what the runs do")
    given = parser.parse_args()
    began = time.monotonic()
    print(f"seed {given.seed}, {datetime.now(UTC):%Y-%m-%d}", flush=True)
    played, failed, total = run(given.sample, given.kills, given.seed, given.workers, given.fault, given.playbook)
    broken = Counter(name.partition("@")[0] for name in failed)
    print(f"\n{'fault':<16}{'cells':>7}{'failed':>8}")
    for fault, count in sorted(played.items()):
        print(f"{fault:<16}{count:>7}{broken[fault]:>8}")
    took = time.monotonic() - began
    print(f"\n{sum(played.values())} played of {total} cells and {given.kills} kills in {took:.0f} s")
    print(f"{len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
