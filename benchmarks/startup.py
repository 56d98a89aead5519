"""What it costs to ask for help: the product against importing PyEZ."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

from lab_process import table

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "orchestrator --help": ("-m", "orchestrator", "--help"),
    "orchestrator run --help": ("-m", "orchestrator", "run", "--help"),
    "import jnpr.junos": ("-c", "import jnpr.junos"),
}


def measured(arguments: tuple[str, ...]) -> tuple[float, float]:
    """Wall and CPU seconds of one start."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for arguments in COMMANDS.values():
        measured(arguments)  # byte code and file cache
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            samples[name].append(measured(arguments))
    wall = {name: statistics.median(one for one, _ in taken) for name, taken in samples.items()}
    cpu = {name: statistics.median(one for _, one in taken) for name, taken in samples.items()}
    base = cpu["import jnpr.junos"]
    rows = [(name, f"{wall[name]:.3f}", f"{cpu[name]:.3f}", f"x{cpu[name] / base:.2f}") for name in COMMANDS]
    table(f"startup, medians of {ROUNDS}", ("", "wall s", "CPU s", "CPU / import jnpr.junos"), rows)


if __name__ == "__main__":
    main()
