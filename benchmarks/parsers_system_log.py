"""RT_FLOW logs: the parser against a naive loop of regular expressions, the search against grep -F.

Both columns of a ratio are CPU seconds, rounds interleaved; grep's are those of the child process, which writes to a
pipe (into /dev/null it would stop at the first hit).
"""

from __future__ import annotations

import gzip
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lab_process import table

from orchestrator.model.flow import Endpoint
from orchestrator.parsers import system_log
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log_search import find

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 else 64
SEED = 20240501
CLIENT, SERVER = "10.9.77.12", "192.0.2.80"
CLIENT6, SERVER6 = "2001:db8:1::12", "2001:db8:2::80"
LINES_OF_A_TALKER = 50

HEAD = "source-address source-port destination-address destination-port"
NAT = "nat-source-address nat-source-port nat-destination-address nat-destination-port"
RULES_12 = "src-nat-rule-name dst-nat-rule-name"
RULES = "src-nat-rule-type src-nat-rule-name dst-nat-rule-type dst-nat-rule-name"
WHERE = "protocol-id policy-name source-zone-name destination-zone-name"
COUNTERS = "packets-from-client bytes-from-client packets-from-server bytes-from-server elapsed-time"
USER = "username roles packet-incoming-interface"
CATEGORY = "application-category application-sub-category application-risk application-characteristics"
TAIL = "src-vrf-grp dst-vrf-grp tunnel-inspection tunnel-inspection-policy-set"
LAYOUTS = [
    ("CREATE", f"{HEAD} service-name {NAT} {RULES_12} {WHERE} session-id-32".split()),
    ("CLOSE", f"reason {HEAD} service-name {NAT} {RULES_12} {WHERE} session-id-32 {COUNTERS} application "
              f"nested-application {USER} encrypted".split()),
    ("CLOSE", f"reason {HEAD} connection-tag service-name {NAT} nat-connection-tag {RULES} {WHERE} session-id-32 "
              f"{COUNTERS} application nested-application {USER} encrypted {CATEGORY}".split()),
    ("CREATE", f"{HEAD} connection-tag service-name {NAT} nat-connection-tag {RULES} {WHERE} session-id {USER} "
               f"application nested-application encrypted {CATEGORY} {TAIL}".split()),
]  # fmt: skip
FIXED = {
    "service-name": "junos-https", "protocol-id": "6", "policy-name": "trust-to-untrust", "source-zone-name": "trust",
    "destination-zone-name": "untrust", "packet-incoming-interface": "ge-0/0/0.0", "encrypted": "UNKNOWN",
    "application": "UNKNOWN", "nested-application": "UNKNOWN", "reason": "TCP FIN", "src-nat-rule-type": "source rule",
    "src-nat-rule-name": "trust-out", "connection-tag": "0", "nat-connection-tag": "0", "application-risk": "-1",
    "tunnel-inspection": "Off", "tunnel-inspection-policy-set": "root",
}  # fmt: skip


def lines(megabytes: int) -> Iterator[str]:
    """Structured records of four releases; the talkers whose conversation is looked for come now and then."""
    dice = random.Random(SEED)
    written = count = 0
    wanted = (megabytes << 20) // 900 // LINES_OF_A_TALKER
    while written < megabytes << 20:
        count += 1
        kind, names = dice.choice(LAYOUTS)
        source = f"10.{dice.randint(0, 3)}.{dice.randint(0, 255)}.{dice.randint(1, 254)}"
        server = f"198.51.100.{dice.randint(1, 254)}"
        if count % wanted == 0:
            source, server = (CLIENT, SERVER) if count // wanted % 2 else (CLIENT6, SERVER6)
        values = FIXED | {
            "source-address": source, "destination-address": server, "nat-source-address": "203.0.113.5",
            "nat-destination-address": server, "source-port": str(dice.randint(1024, 65535)),
            "destination-port": "443", "nat-source-port": str(dice.randint(1024, 65535)), "nat-destination-port": "443",
            "session-id-32": str(count), "session-id": str(count),
        }  # fmt: skip
        for name in COUNTERS.split():
            values[name] = str(dice.randint(0, 99999))
        data = " ".join(f'{name}="{values.get(name, "N/A")}"' for name in names)
        stamp = f"2024-05-01T{count // 3600 % 24:02}:{count // 60 % 60:02}:{count % 60:02}.{dice.randint(0, 999):03}Z"
        line = f"<14>1 {stamp} fw01 RT_FLOW - RT_FLOW_SESSION_{kind} [junos@2636.1.1.1.2.129 {data}]\n"
        written += len(line)
        yield line


EVERY = sorted({name for _, names in LAYOUTS for name in names})
SEARCHES = [(name, re.compile(rf' {name}="([^"]*)"')) for name in EVERY]
PAIRS = re.compile(r'([\w-]+)="([^"]*)"')
FRONT = re.compile(r"<\d+>1 (\S+) (\S+) (\S+) - (\S+) ")


def naive_searches(path: Path) -> int:
    """One search for each field there is."""
    count = 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            front = FRONT.match(line)
            fields = {name: found[1] for name, pattern in SEARCHES if (found := pattern.search(line))}
            count += bool(front and fields)
    return count


def naive_pairs(path: Path) -> int:
    """Every pair of the line at once."""
    count = 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            front, fields = FRONT.match(line), dict(PAIRS.findall(line))
            count += bool(front and fields)
    return count


def parse(path: Path) -> int:
    return sum(bool(record.fields) for record in system_log.parse(Source.of_path(path)))


def search(path: Path, one: str, other: str) -> int:
    return sum(1 for _ in find([Source.of_path(path)], Endpoint.parse(one), Endpoint.parse(other)))


def grep(path: Path, word: str) -> int:
    done = subprocess.run(["grep", "-F", word, path], capture_output=True, check=False)
    return done.stdout.count(b"\n")


def zgrep(path: Path, word: str) -> int:
    """``zcat | grep -F``: what zgrep does, without its shell script."""
    with subprocess.Popen(["gzip", "-dc", path], stdout=subprocess.PIPE) as unpacked:
        done = subprocess.run(["grep", "-F", word], stdin=unpacked.stdout, capture_output=True, check=False)
    return done.stdout.count(b"\n")


def measured(way: Callable[[], int]) -> tuple[float, int]:
    """CPU seconds of this process and its children, and the result."""
    begun, children = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    result = way()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    return time.process_time() - begun + child, result


def compare(title: str, size: float, ways: dict[str, Callable[[], int]]) -> None:
    """Print CPU seconds, speed, and how many times the first way's speed; all ways must find the same number."""
    samples: dict[str, list[float]] = {name: [] for name in ways}
    results = {name: measured(way)[1] for name, way in ways.items()}
    assert len(set(results.values())) == 1, results
    for _ in range(ROUNDS):
        for name, way in ways.items():
            samples[name].append(measured(way)[0])
    medians = {name: statistics.median(taken) for name, taken in samples.items()}
    base = next(iter(medians.values()))
    rows = [
        (name, f"{cpu:.3f}", f"{size / cpu:.0f}", f"x{base / cpu:.2f}", str(results[name]))
        for name, cpu in medians.items()
    ]
    table(f"{title}, medians of {ROUNDS}", ("", "CPU s", "MB / CPU s", "speed / first", "records"), rows)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traffic.log"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(lines(MEGABYTES))
        packed = path.with_suffix(".gz")
        with packed.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as file_gz:
            file_gz.write(path.read_bytes())
        parses = {
            "re, one search per field": lambda: naive_searches(path),
            "re, findall of pairs": lambda: naive_pairs(path),
            "product": lambda: parse(path),
        }
        compare(f"structured RT_FLOW, {MEGABYTES} MB, all fields", MEGABYTES, parses)
        plain = {"grep -F": lambda: grep(path, CLIENT), "product, IPv4": lambda: search(path, CLIENT, SERVER)}
        compare(f"one conversation in {MEGABYTES} MB", MEGABYTES, plain)
        six = {"grep -F": lambda: grep(path, CLIENT6), "product, IPv6": lambda: search(path, CLIENT6, SERVER6)}
        compare(f"one conversation in {MEGABYTES} MB", MEGABYTES, six)
        zipped = {
            "gzip -dc | grep -F": lambda: zgrep(packed, CLIENT),
            "product": lambda: search(packed, CLIENT, SERVER),
        }
        compare(f"one conversation in {MEGABYTES} MB, gzip", MEGABYTES, zipped)


if __name__ == "__main__":
    main()
