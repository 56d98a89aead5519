"""Make hourly archives of port-block logs as an MX writes them, with losses, and the truth they came from.

    python benchmarks/make_port_block_logs.py DIR --lines 1000000 --seed 7 [--gzip] [--loss 0.002] [--alloc-loss 0.02]

The envelope is the one with a local header and a UTC payload (facts: published test logs), the messages are those of
the MS-MPC (``JSERVICES_``). Volumes, durations and losses are synthetic. ``truth.tsv`` has one lease a line: external
address, first port, last port, subscriber, creation, release (empty when the lease outlived the day), lines written.
"""

from __future__ import annotations

import argparse
import gzip
import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import IO

START = datetime(2026, 3, 10, tzinfo=UTC)
LOCAL = timezone(timedelta(hours=2))
BLOCK = 128
FIRST_PORT, LAST_PORT = 1024, 65535
INTERVAL = 1800
LINES_PER_LEASE = 6.3  # as it comes out; only sets the rate of arrivals


@dataclass(slots=True)
class Lease:
    """What really was."""

    external: str
    low: int
    subscriber: str
    created: int
    released: int | None
    silent: bool
    written: int = 0

    def row(self) -> str:
        """One line of the truth."""
        end = "" if self.released is None else self.released
        high = self.low + BLOCK - 1
        return f"{self.external}\t{self.low}\t{high}\t{self.subscriber}\t{self.created}\t{end}\t{self.written}\n"


@dataclass(slots=True)
class Plan:
    """What to make. Losses are shares of lines; ``hours`` is how long the archive lasts."""

    lines: int
    seed: int
    hours: int = 24
    loss: float = 0.002
    alloc_loss: float = 0.02
    host: str = "cgn1"
    leases: list[Lease] = field(default_factory=list)


def events(plan: Plan) -> Iterator[tuple[int, str, Lease]]:
    """Every event in the order of time, also those whose line is lost: moment, ``ALLOC|ACTIVE|RELEASE``, lease."""
    draw = random.Random(plan.seed)
    begin = int(START.timestamp())
    end = begin + plan.hours * 3600
    rate = plan.lines / LINES_PER_LEASE / (plan.hours * 3600)
    mean_life = 5.0 * INTERVAL
    addresses = max(4, int(rate * mean_life * 2 / 500) + 1)
    free = [
        (f"198.18.{n // 256}.{n % 256}", low) for n in range(addresses) for low in range(FIRST_PORT, LAST_PORT, BLOCK)
    ]
    draw.shuffle(free)
    blocks = deque(free)
    subscribers = max(50, int(rate * mean_life))
    number = 0
    queue: list[tuple[int, int, str, Lease]] = []
    arrival = float(begin)
    while True:
        arrival += draw.expovariate(rate)
        while queue and queue[0][0] <= arrival:
            moment, _, kind, lease = heapq.heappop(queue)
            if moment >= end:
                return
            yield moment, kind, lease
            if kind == "RELEASE":
                lease.released = moment
                blocks.append((lease.external, lease.low))
        if arrival >= end:
            return
        if not blocks:
            continue
        external, low = blocks.popleft()
        created = int(arrival)
        who = draw.randrange(subscribers)
        lease = Lease(
            external, low, f"2001:db8:{who >> 16:x}:{who & 0xFFFF:x}:0:0:0:1", created, None, draw.random() < 0.08
        )
        plan.leases.append(lease)
        yield created, "ALLOC", lease
        last = created + max(20, int(draw.expovariate(1 / mean_life)))
        moment = created + INTERVAL + draw.randrange(60)
        while moment < last and not lease.silent:
            number += 1
            heapq.heappush(queue, (moment, number, "ACTIVE", lease))
            moment += INTERVAL + draw.randrange(60)
        number += 1
        heapq.heappush(queue, (last, number, "RELEASE", lease))


class Writer:
    """Writes lines in hourly files; the header is local, the payload UTC."""

    def __init__(self, folder: Path, plan: Plan, *, packed: bool) -> None:
        self._folder, self._plan, self._packed = folder, plan, packed
        self._draw = random.Random(plan.seed + 1)
        self._hour = -1
        self._second = -1
        self._stamps = ""
        self._file: IO[str] | None = None
        self.lines = self.octets = 0

    def write(self, moment: int, kind: str, lease: Lease) -> None:
        """Write one line, or lose it."""
        lost = self._plan.loss + (self._plan.alloc_loss if kind == "ALLOC" else 0.0)
        if self._draw.random() < lost:
            return
        # The log reads the clock a little later than the application that notes the creation.
        at = moment + (self._draw.choice((1, 2)) if kind == "ALLOC" and self._draw.random() < 0.05 else 0)
        if kind == "ALLOC":
            words, hexadecimal = "[FWNAT]:JSERVICES_NAT_PORT_BLOCK_ALLOC", ""
        else:
            words, hexadecimal = f"{{nat64}}[FWNAT]:JSERVICES_NAT_PORT_BLOCK_{kind}", f" 0x{lease.created:x}"
        line = (
            f"{self._stamp(at)} {words}: {lease.subscriber} -> {lease.external}:{lease.low}-{lease.low + BLOCK - 1}"
            f"{hexadecimal}\n"
        )
        self._out(moment).write(line)
        lease.written += 1
        self.lines += 1
        self.octets += len(line)

    def close(self) -> None:
        """Finish the last file."""
        if self._file:
            self._file.close()

    def _stamp(self, at: int) -> str:
        if at != self._second:
            self._second = at
            local = datetime.fromtimestamp(at, LOCAL)
            payload = datetime.fromtimestamp(at, UTC)
            header = f"{local:%b} {local.day:>2} {local:%H:%M:%S}"
            self._stamps = f"{header}  {self._plan.host} (FPC Slot 2, PIC Slot 0) {payload:%Y-%m-%d %H:%M:%S}"
        return self._stamps

    def _out(self, moment: int) -> IO[str]:
        hour = moment // 3600
        if hour != self._hour or self._file is None:
            self.close()
            self._hour = hour
            name = f"{self._plan.host}-{datetime.fromtimestamp(moment, UTC):%Y%m%dT%H}.log"
            if self._packed:
                self._file = gzip.open(self._folder / f"{name}.gz", "wt", compresslevel=6)  # noqa: SIM115 - open for an hour of log
            else:
                self._file = (self._folder / name).open("w", buffering=1 << 20)
        return self._file


def make(folder: Path, plan: Plan, *, packed: bool = False) -> Writer:
    """Write the archives and ``truth.tsv``; the answer has the sums."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(folder, plan, packed=packed)
    for moment, kind, lease in events(plan):
        writer.write(moment, kind, lease)
    writer.close()
    with (folder / "truth.tsv").open("w") as truth:
        truth.writelines(lease.row() for lease in plan.leases)
    return writer


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("folder", type=Path)
    options.add_argument("--lines", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--hours", type=int, default=24)
    options.add_argument("--loss", type=float, default=0.002)
    options.add_argument("--alloc-loss", type=float, default=0.02)
    options.add_argument("--gzip", action="store_true")
    given = options.parse_args()
    plan = Plan(given.lines, given.seed, given.hours, given.loss, given.alloc_loss)
    done = make(given.folder, plan, packed=given.gzip)
    print(f"{done.lines} lines, {done.octets} bytes, {len(plan.leases)} leases in {given.folder}")


if __name__ == "__main__":
    main()
