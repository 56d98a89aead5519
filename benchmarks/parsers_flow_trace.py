"""What surveying a big flow trace costs, against a line-by-line loop of regular expressions over the same file."""

from __future__ import annotations

import gzip
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from trace_generator import write

from orchestrator.parsers.source import Source
from orchestrator.parsers.trace_survey import survey

PEAK = "--peak"
PEAK_OF = sys.argv[2] if sys.argv[1:2] == [PEAK] else ""  # in the process whose memory is measured
MEGABYTES = int(sys.argv[1]) if len(sys.argv) > 1 and not PEAK_OF else 64
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 and not PEAK_OF else 5

_HEADER = re.compile(r"^\w{3} +\d+ \S+ (\d\d:\d\d:\d\d\.\d{6}):((?:[A-Z_]+-\w+:)+)RT:\s*(.*)")
_END = re.compile(r"----- flow_process_pkt rc 0x([0-9a-f]+)")
_WORDINGS = {
    "key": re.compile(r"<(\S+?)/(\d+)->(\S+?)/(\d+);(\d+)> matched filter (\S+):"),
    "ends": re.compile(r"(\S+):([\d.]+)(?:/(\d+))?->([\d.]+)(?:/(\d+))?, (\w+)(?:, flag (\S+))?"),
    "lookup": re.compile(r"find flow: .* sa (\S+), da (\S+), sp (\d+), dp (\d+), proto (\d+)"),
    "session": re.compile(r"(?:Found:|flow) session id (?:0x([0-9a-f]+)|(\d+))"),
    "destination nat": re.compile(r"flow_first_rule_dst_xlate: DST xlate: (\S+)\((\d+)\) to (\S+)\((\d+)\)"),
    "route": re.compile(r"routed \(x_dst_ip \S+\) from (\S+) \(.*\) to (\S+), Next-hop: (\S+)"),
    "zones": re.compile(r"flow_first_policy_search: policy search from zone (\S+?) ?-> zone (\S+)"),
    "policy": re.compile(r"(permitted|denied) by policy (\S+?)\((\d+)\)"),
    "source nat": re.compile(r"dip id = \S+, (\S+)/(\d+)->(\S+)/(\d+)"),
    "reason": re.compile(r"packet dropped, (.*)"),
}


def naive(path: Path) -> dict[tuple[object, ...], Counter[str]]:
    """The same by flow, as one would write it in an afternoon: every line against the expressions in turn."""
    flows: dict[tuple[object, ...], Counter[str]] = {}
    open_packets: dict[str, dict[str, tuple[str | None, ...]]] = {}
    with path.open(encoding="ascii") as file:
        for line in file:
            header = _HEADER.match(line)
            if not header:
                continue
            packet = open_packets.setdefault(header[2], {})
            for name, wording in _WORDINGS.items():
                if found := wording.match(header[3]):
                    packet.setdefault(name, found.groups())
                    break
            else:
                if found := _END.match(header[3]):
                    key = packet.get("key") or packet.get("lookup", ())
                    flows.setdefault(key[:5], Counter())[found[1]] += 1
                    packet.clear()
    return flows


def surveyed(path: Path, processes: int = 1) -> int:
    """Packets that have their end."""
    stats = survey([Source.of_path(path)], processes=processes).stats
    return stats.packets - stats.truncated


def seconds(action: Callable[[], object]) -> tuple[float, float]:
    """CPU time, of children too, and wall time."""

    def cpu() -> float:
        return sum(
            used.ru_utime + used.ru_stime
            for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
        )

    begun, began = cpu(), time.perf_counter()
    action()
    return cpu() - begun, time.perf_counter() - began


def peak_megabytes(path: Path) -> float:
    """Most memory that a fresh process holds."""
    done = subprocess.run([sys.executable, __file__, PEAK, str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024


def print_peak(path: Path) -> None:
    """In a fresh process; the kernel's count for the process itself would include its parent's."""
    surveyed(path)
    print(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))[0])


def main() -> None:
    if PEAK_OF:
        print_peak(Path(PEAK_OF))
        return
    from lab_process import table  # noqa: PLC0415 - the second process imports this file too, and needs no lab

    with tempfile.TemporaryDirectory() as folder:
        plain, packed = Path(folder) / "trace", Path(folder) / "trace.0.gz"
        write(plain, MEGABYTES << 20)
        with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target)
        assert sum(ends.total() for ends in naive(plain).values()) == surveyed(plain)
        ways: dict[str, Callable[[], object]] = {
            "naive loop": lambda: naive(plain), "survey": lambda: surveyed(plain),
            "survey, gzip": lambda: surveyed(packed), "survey, 2 processes": lambda: surveyed(plain, 2),
        }  # fmt: skip
        taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, action in ways.items():  # interleaved: a busy machine slows all of them
                taken[way].append(seconds(action))
        peak = peak_megabytes(plain)
        size = plain.stat().st_size / 1e6
    rows = []
    for way, samples in taken.items():
        ratios = [base[0] / sample[0] for base, sample in zip(taken["naive loop"], samples, strict=True)]
        cpu, wall = (statistics.median(column) for column in zip(*samples, strict=True))
        rows.append((way, f"{size / cpu:.0f}", f"{size / wall:.0f}", f"x{statistics.median(ratios):.1f}"))
    columns = ("", "MB per CPU second", "MB per second", "against naive, CPU")
    table(f"flow trace of {size:.0f} MB, medians of {ROUNDS}; peak {peak:.0f} MB of memory", columns, rows)


if __name__ == "__main__":
    main()
