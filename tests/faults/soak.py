"""Soak: capture after capture in one process; memory, file descriptors, threads and lab sessions stay flat.

::

    python tests/faults/soak.py --cycles 500
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from bench import Bench

from orchestrator.cli.workshop import connect, devices, step_kinds
from orchestrator.ledger.ledger import Ledger
from orchestrator.playbook.load import load
from orchestrator.runner.run import Runner
from orchestrator.store.runs import runs_directory

WARM_UP = 20  # by then modules, caches of compiled patterns and the allocator's arenas have their size
GROWTH_BYTES = 10 * 1024 * 1024  # noise of the allocator; 50 cycles show a leak of 350 KB each, 500 one of 21 KB
PATIENCE_SECONDS = 5.0


def figures(bench: Bench) -> tuple[int, int, int, int]:
    """Resident memory, open descriptors, threads, and sessions that the device sees.

    What the allocator keeps of freed memory is given back first: each session has a thread, and glibc an arena for it,
    so that resident memory otherwise says how lucky the allocator was.
    """
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    process = psutil.Process()
    until = time.monotonic() + PATIENCE_SECONDS
    while (
        bench.ask("inspect")["sessions_open"] and time.monotonic() < until
    ):  # the device notices a hang-up in its own time
        time.sleep(0.05)
    return process.memory_info().rss, process.num_fds(), threading.active_count(), bench.ask("inspect")["sessions_open"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=50)
    cycles = parser.parse_args().cycles
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        os.environ["ORCHESTRATOR_STATE"] = str(Path(folder) / "state")
        bench = Bench(Path(folder))
        kinds = step_kinds()
        book = load(Path(folder) / "cell.yml", given={}, kinds={name: kind.Args for name, kind in kinds.items()})
        targets = devices(Path(folder), [bench.name])
        ledger = Ledger(Path(folder) / "state")
        runner = Runner(kinds=kinds, ledger=ledger, runs=runs_directory(), connect=connect, say=lambda *_: None)
        failed, warm = 0, (0, 0, 0, 0)
        for cycle in range(1, cycles + 1):
            failed += runner.run(book, targets).status.value != "completed"
            if cycle in (WARM_UP, cycles) or cycle % 50 == 0:
                now = figures(bench)
                warm = warm if warm[0] else now
                words = f"{now[0] / 1e6:.1f} MB, {now[1]} descriptors, {now[2]} threads, {now[3]} sessions"
                print(f"cycle {cycle}: {words}", flush=True)
        ledger.close()
        bench.close()
    grown = now[0] - warm[0] > GROWTH_BYTES or now[1] > warm[1] or now[2] > warm[2] or now[3] > 0
    print(f"{failed} of {cycles} failed; {'GROWN' if grown else 'flat'} since cycle {WARM_UP}")
    return 1 if failed or grown else 0


if __name__ == "__main__":
    sys.exit(main())
