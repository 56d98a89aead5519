"""What reading a session table costs: the product against lxml.iterparse that reads the same fields.

::

    python benchmarks/parsers_session_table.py --sessions 20000 --rounds 5 --memory 1000000
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lab_process import table as printed
from lxml import etree
from session_maker import table

from orchestrator.parsers import session_table
from orchestrator.parsers.source import Source

MEGABYTE = 1024 * 1024


def product(data: bytes) -> int:
    return sum(1 for _ in session_table.parse(Source.of_bytes(data)))


def product_slowly(data: bytes) -> int:
    return sum(1 for _ in session_table.parse_slowly(Source.of_bytes(data)))


def iterparse(data: bytes) -> int:
    """The usual way: one pass, a tag filter, everything freed; texts of all fields, as dictionaries."""
    count = 0
    events = etree.iterparse(io.BytesIO(data), tag="{*}flow-session", huge_tree=True, resolve_entities=False)
    for _, element in events:
        found: dict[str, object] = {}
        wings = []
        for child in element:
            name = child.tag.rpartition("}")[2]
            if name == "flow-information":
                wings.append({leaf.tag.rpartition("}")[2]: (leaf.text or "").strip() for leaf in child})
            else:
                found[name] = (child.text or "").strip()
        found["wings"] = wings
        count += 1
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
    return count


WAYS: dict[str, Callable[[bytes], int]] = {
    "lxml.iterparse": iterparse,
    "product": product,
    "product, XML parser alone": product_slowly,
}


def speed(sessions: int, rounds: int, seed: int) -> None:
    """CPU seconds of the ways, interleaved; the ratio is that of each round."""
    data = "".join(table(sessions, seed)).encode()
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, read in WAYS.items():
            begun = time.process_time()
            assert read(data) == sessions
            seconds[way].append(time.process_time() - begun)
    rows = []
    for way, samples in seconds.items():
        ratios = [mine / theirs for mine, theirs in zip(samples, seconds["lxml.iterparse"], strict=True)]
        best = min(samples)
        rows.append((
            way, f"{sessions / best:,.0f}", f"{len(data) / MEGABYTE / best:.0f}", f"{best / sessions * 1e6:.1f}",
            f"x{statistics.median(ratios):.2f}", f"x{best / min(seconds['lxml.iterparse']):.2f}",
        ))  # fmt: skip
    title = f"{sessions:,} sessions, {len(data) / MEGABYTE:.0f} MiB, {rounds} rounds"
    columns = ("", "sessions per CPU-s", "MiB per CPU-s", "best us each", "CPU ratio, median", "CPU ratio, best")
    printed(title, columns, rows)


def memory(sessions: int, seed: int) -> None:
    """Peak memory of a fresh process that reads a file of that many sessions."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.xml"
        with path.open("w", encoding="ascii") as file:
            file.writelines(table(sessions, seed))
        done = subprocess.run(
            [sys.executable, __file__, "--read", str(path)], capture_output=True, text=True, check=True
        )
        count, seconds, peak = done.stdout.split()
        assert int(count) == sessions
        size = path.stat().st_size / MEGABYTE
    printed(
        "memory of a fresh process",
        ("sessions", "file MiB", "CPU s", "peak RSS MiB"),
        [(f"{sessions:,}", f"{size:.0f}", seconds, peak)],
    )


def read(path: Path) -> None:
    """What the fresh process does."""
    begun = time.process_time()
    count = sum(1 for _ in session_table.parse(Source.of_path(path)))
    # Not ru_maxrss: that is never less than what the parent had when it started this process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(count, f"{time.process_time() - begun:.1f}", f"{peak:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What reading a session table costs.")
    parser.add_argument("--sessions", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=int, default=1_000_000, help="sessions in the memory part, 0 to leave it out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        read(given.read)
        return
    speed(given.sessions, given.rounds, given.seed)
    if given.memory:
        memory(given.memory, given.seed)


if __name__ == "__main__":
    main()
