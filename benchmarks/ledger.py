"""What the ledger costs: opening it, a durable step, against one durable write of a file on the same disk."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lab_process import table

from orchestrator.ledger.ledger import Ledger, Obligation

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 50


def milliseconds(action: Callable[[], object]) -> float:
    """Time of one call."""
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1000


def durable_write(path: Path) -> None:
    """The least a promise can cost: some bytes and an fsync."""
    with path.open("ab") as file:
        file.write(b"x" * 256)
        file.flush()
        os.fsync(file.fileno())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        ledger = Ledger(state)
        ledger.begin_run("run", "benchmark")
        names = ("fsync of 256 bytes", "open the ledger", "step with an obligation", "discharge")
        samples: dict[str, list[float]] = {name: [] for name in names}
        for number in range(ROUNDS):
            due = Obligation(run_id="run", device="a", kind="flow_trace", args={"file": "x"}, prior={}, reach={})
            samples["fsync of 256 bytes"].append(milliseconds(lambda: durable_write(state / "plain")))
            samples["open the ledger"].append(milliseconds(lambda: Ledger(state).close()))
            samples["step with an obligation"].append(
                milliseconds(lambda: ledger.begin_change("run", "a", number, "x", [due]))  # noqa: B023 - called here
            )
            samples["discharge"].append(milliseconds(lambda: ledger.discharge(due.id)))  # noqa: B023
        ledger.close()
    base = statistics.median(samples["fsync of 256 bytes"])
    rows = [(name, f"{(one := statistics.median(taken)):.2f}", f"x{one / base:.1f}") for name, taken in samples.items()]
    table(f"ledger, medians of {ROUNDS}", ("", "ms", "against one fsync"), rows)


if __name__ == "__main__":
    main()
