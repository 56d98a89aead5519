"""Archives of port-block logs: what an index costs, what a lookup takes, and zgrep over the same archives.

    python benchmarks/port_block_logs.py --lines 1000000 10000000 --folder /var/tmp/pba

Archives, and their gzip copies, are made once in the folder and used again. CPU is user and system time of a process of
its own from start to end, the import of the engine included; MB are plain text. ``read`` is the least the engine can
do: cut the text into lines and look at each. A lookup opens the index, asks, and is checked against the truth.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from lab_process import table
from make_port_block_logs import Plan, make

from orchestrator.logs import ask
from orchestrator.model.port_block import as_printed

QUESTIONS = 200
SEED = 7
BUILD = (
    "import sys; from pathlib import Path; from orchestrator.logs.index import build; "
    "build([Path(sys.argv[1])], Path(sys.argv[2]))"
)
READ = (  # every line in the hands of the engine, and nothing made of it
    "import sys, duckdb; duckdb.connect(config={'threads': 1}).execute(\"SELECT max(strlen(l)) FROM read_csv("
    "$1, delim='\\x1f', quote='', escape='', header=false, columns={'l': 'VARCHAR'}, auto_detect=false, "
    "new_line='\\\\n', compression='none')\", [sys.argv[1] + '/*.log']).fetchall()"
)


def archives(folder: Path, lines: int) -> tuple[Path, Path, Path]:
    """Plain archives, packed ones, and the truth."""
    place = folder / str(lines)
    plain, packed, truth = place / "plain", place / "packed", place / "truth.tsv"
    if not truth.is_file():
        shutil.rmtree(place, ignore_errors=True)
        make(plain, Plan(lines, SEED))
        packed.mkdir()
        for one in sorted(plain.glob("*.log")):
            with (packed / f"{one.name}.gz").open("wb") as out:
                subprocess.run(["gzip", "-c", one], stdout=out, check=True)
        (plain / "truth.tsv").rename(truth)
    return plain, packed, truth


def spent(words: Sequence[str | Path]) -> tuple[float, float]:
    """CPU and wall seconds of a process and its children."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def questions(truth: Path) -> list[tuple[str, int, int, str]]:
    """Address, port, second, and who had it: moments between creation and release."""
    rows = [line.rstrip("\n").split("\t") for line in truth.open()]
    draw = random.Random(SEED)
    asked = []
    for external, low, high, subscriber, created, released, _ in draw.sample(
        [row for row in rows if row[5]], QUESTIONS
    ):
        moment = draw.randint(int(created), max(int(created), int(released) - 1))
        asked.append((external, draw.randint(int(low), int(high)), moment, subscriber))
    return asked


def lookups(index: Path, truth: Path) -> tuple[list[float], int, int]:
    """Milliseconds of each lookup, how many had an answer, and how many answers were wrong."""
    taken, answered, wrong = [], 0, 0
    for external, port, moment, subscriber in questions(truth):
        begun = time.perf_counter()
        with ask.opened(index) as opened:
            found = ask.who_had(opened, external, port, datetime.fromtimestamp(moment, UTC))
        taken.append((time.perf_counter() - begun) * 1000)
        answered += bool(found.subscriber)
        wrong += bool(found.subscriber) and as_printed(found.subscriber) != subscriber
    return taken, answered, wrong


def measure(folder: Path, lines: int) -> list[tuple[str, str]]:
    """One column of the table: name and value of each row."""
    plain, packed, truth = archives(folder, lines)
    raw = sum(one.stat().st_size for one in plain.iterdir()) / 1e6
    index = folder / str(lines) / "index"
    gunzip, _ = spent(["sh", "-c", f"gzip -dc {packed}/*.gz"])
    floor, _ = spent([sys.executable, "-c", READ, plain])
    built = []
    for source in (plain, packed):
        shutil.rmtree(index, ignore_errors=True)
        built.append(spent([sys.executable, "-c", BUILD, source, index]))
    size = sum(one.stat().st_size for one in index.glob("*.parquet")) / 1e6
    taken, answered, wrong = lookups(index, truth)
    external, port, moment, _ = questions(truth)[0]
    at = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"
    verb: list[str | Path] = ["logs", "who-had", f"{external}:{port}", "--at", at, "--index", index]
    _, whole = spent([sys.executable, "-m", "orchestrator", *verb])
    grep_cpu, grep = spent(["sh", "-c", f"zgrep -hF ' {external}:' {packed}/*.gz"])
    middle = statistics.median(taken)
    return [
        ("plain text, MB", f"{raw:.0f}"),
        ("ingest of plain archives, MB per CPU second", f"{raw / built[0][0]:.1f}"),
        ("ingest of gzip archives, MB per CPU second", f"{raw / built[1][0]:.1f}"),
        ("ingest of plain archives, wall s", f"{built[0][1]:.1f}"),
        ("ingest against read alone, CPU", f"x{built[0][0] / floor:.1f}"),
        ("read alone, MB per CPU second", f"{raw / floor:.0f}"),
        ("gzip -dc alone, MB per CPU second", f"{raw / gunzip:.0f}"),
        ("index, share of plain text", f"{100 * size / raw:.2f} %"),
        ("lookup with opening, p50 ms", f"{middle:.1f}"),
        ("lookup with opening, p95 ms", f"{sorted(taken)[int(0.95 * len(taken))]:.1f}"),
        ("lookups answered / wrong", f"{answered} / {wrong} of {len(taken)}"),
        ("the verb as a process, s", f"{whole:.2f}"),
        ("zgrep over the gzip archives, wall s", f"{grep:.1f}"),
        ("zgrep against a lookup", f"x{grep * 1000 / middle:.0f}"),
        ("zgrep against the verb as a process", f"x{grep / whole:.0f}"),
        ("ingest of gzip archives pays after, zgreps", f"{built[1][0] / grep_cpu:.1f}"),
    ]


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--lines", type=int, nargs="+", default=[1_000_000, 10_000_000])
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "port-block-logs")
    given = options.parse_args()
    columns = [measure(given.folder, lines) for lines in given.lines]
    rows = [(column[0], *(one[n][1] for one in columns)) for n, column in enumerate(columns[0])]
    table("port-block logs", ("", *(f"{lines / 1e6:g} M lines" for lines in given.lines)), rows)


if __name__ == "__main__":
    main()
