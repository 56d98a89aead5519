"""Chaos: twenty runs at a time from separate processes on five devices, while processes and devices misbehave.

::

    python tests/faults/chaos.py --seconds 60 --seed 7

At no time do two runs of ours have a monitor active on one device, and at the end nothing is owed and every device is
as it was.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench import Bench
from child import start

from orchestrator.ledger.ledger import Ledger
from orchestrator.model import tags

DEVICES = 5
AT_ONCE = 20
_FILE = re.compile(r"monitor security flow file (\S+)")


class Chaos:
    """The processes that run now, and the hand that disturbs them."""

    def __init__(self, bench: Bench, rng: random.Random) -> None:
        self.bench = bench
        self.rng = rng
        self.state = bench.folder / "state"
        self.state.mkdir()
        self.running: dict[int, float] = {}
        self.ended: Counter[str] = Counter()
        self._number = 0

    def keep_going(self) -> None:
        """Start what is missing, bury what has ended."""
        while len(self.running) < AT_ONCE:
            self._number += 1
            device = self.rng.choice(list(self.bench.controls))
            words = [*self.bench.words(device), "--if-busy", "wait", "--busy-for", "20s"]
            self.running[start(words, self.state, self.state / f"out-{self._number}", None)] = time.monotonic()
        self.bury()

    def bury(self) -> None:
        for pid in list(self.running):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self.running[pid]
                self.ended[str(os.waitstatus_to_exitcode(status))] += 1

    def disturb(self) -> None:
        """Something goes wrong with a process or a device."""
        pid = self.rng.choice(list(self.running))
        device = self.rng.choice(list(self.bench.controls))
        what = self.rng.choice(["kill", "kill", "term", "stop", "freeze", "reset", "drop", "lost-reply"])
        self.ended[f"({what})"] += 1
        if what in ("kill", "term"):
            os.kill(pid, signal.SIGKILL if what == "kill" else signal.SIGTERM)
        elif what == "stop":
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.3)
            os.kill(pid, signal.SIGCONT)
        elif what == "freeze":
            self.bench.ask("freeze", device=device, seconds=8.0)  # of lab time
        elif what in ("reset", "drop"):
            self.bench.ask("drop", device=device, reset=what == "reset")
        else:
            self.bench.ask("fault", device=device, fault={"kind": "lost-reply", "match": "monitor security flow"})

    def finish(self) -> None:
        """Let everything end, then discharge what the dead owe."""
        for device in self.bench.controls:
            self.bench.ask("clear-faults", device=device)
            self.bench.ask("thaw", device=device)
        deadline = time.monotonic() + 90
        while self.running and time.monotonic() < deadline:
            self.bury()
            time.sleep(0.05)
        code = self.bench.run(["recover", "--all", "-i", str(self.bench.folder)], self.state)
        self.ended[f"recover {code}"] += 1


def overlaps(bench: Bench, device: str) -> list[str]:
    """Starts while another run's capture was active, read from the device's own log."""
    found, file, active = [], "", ""
    for entry in bench.ask("inspect", device=device)["wire_log"]:
        text = entry["text"]
        if named := _FILE.search(text):
            if active:
                found.append(f"{device}: {named[1]} while {active} was active")
            file = named[1]
        elif "monitor security flow start" in text:
            active = file
        elif "monitor security flow stop" in text:
            active = ""
    return found


def wrong_at_the_end(bench: Bench, state: Path) -> list[str]:
    wrong = [text for device in bench.controls for text in overlaps(bench, device)]
    ledger = Ledger(state)
    wrong += [f"owed: {one.device} {one.kind}" for one in ledger.owed()]
    ledger.close()
    time.sleep(0.5)
    for device in bench.controls:
        seen = bench.ask("inspect", device=device)
        ours = [name for name in (*seen["monitor"]["filters"], *seen["files"]) if tags.read(name)]
        if ours or seen["monitor"]["active"] or seen["sessions_open"] or seen["config_operations"]:
            wrong.append(f"{device}: {ours}, {seen['monitor']}, {seen['sessions_open']} sessions")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        bench = Bench(Path(folder), DEVICES)
        try:
            chaos = Chaos(bench, random.Random(given.seed))
            until = time.monotonic() + given.seconds
            while time.monotonic() < until:
                chaos.keep_going()
                chaos.disturb()
                time.sleep(chaos.rng.uniform(0.1, 0.8))
            chaos.finish()
            wrong = wrong_at_the_end(bench, chaos.state)
        finally:
            bench.close()
    print("runs by exit code, and (disturbances): " + ", ".join(f"{k}: {v}" for k, v in sorted(chaos.ended.items())))
    for text in wrong:
        print(f"WRONG {text}")
    print(f"{sum(v for k, v in chaos.ended.items() if k.lstrip('-').isdigit())} runs, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
