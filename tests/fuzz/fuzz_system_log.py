"""Damaged logs for a while: no crash, no hang, and the fast lane, the slow parser and the search agree.

    python tests/fuzz/fuzz_system_log.py --seconds 60 --seed 1

Prints what was read; at the first difference, or a line that takes longer than a second, it prints the input and stops
with status 1.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "parsers"))

from log_maker import FIELDS, STAMP, structured, text, values_of

from orchestrator.model.flow import Endpoint
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log import Log
from orchestrator.parsers.system_log_search import find
from orchestrator.parsers.system_log_session import session_log

SLOWEST_SECONDS = 1.0
LONGEST_LINE = 1 << 16
HOSTS = ("10.0.0.1", "10.0.0.10", "192.0.2.80", "2001:db8::1", "2001:db8:0:0:0:0:0:1")
SCRAPS = (
    '"', '="', '\\"', "\\", "]", "[", "<14>", "<14>1 ", "852 ", "852 <14>1 ", " ", "\t", "\r", "\n", "\x00", "\x1b[7m",
    "“", "”", "é", "\ufeff", "&lt;14&gt;", "last message repeated 3 times", "session denied ", "->", "-->", "0x", "N/A",
    "RT_FLOW: ", "RT_FLOW - ", STAMP, "May  1 08:28:10 ", "---(more 4%)---", "user@fw1> ", "{primary:node0}", "/", ":",
    "junos@2636.1.1.1.2.34 ", "source-address=", "(", ")", "10.0.0.1", "a" * 300, " " * 300,
)  # fmt: skip


def some_line(dice: random.Random) -> str:
    kind, release = dice.choice(ALL)
    names = ("source_address", "destination_address", "nat_source_address", "nat_destination_address")
    changed = {name: dice.choice(HOSTS) for name in names}
    fields = values_of(kind, release, **changed, protocol_id=dice.choice(("1", "6", "17", "58", "47")))
    if dice.random() < 0.1:
        fields[dice.choice(list(fields))] = dice.choice(SCRAPS)
    line = dice.choice((structured, structured, text))(kind, fields)
    if dice.random() < 0.2:
        line = dice.choice(("Sep 06 16:54:22 10.9.9.9 ", f"{len(line)} ", "fw9 ", "<14>", f"{STAMP} fw9 ")) + line
    return line


ALL = sorted(FIELDS)


def some_input(dice: random.Random) -> bytes:
    """A few lines, some of them damaged; now and then binary rubbish, a stream without line ends, or gzip."""
    glue = dice.choice(("\n", "\n", "\n", "\r\n", "", " "))
    lines = [some_line(dice) for _ in range(dice.randint(1, 12))]
    for _ in range(dice.randint(0, 6)):
        at = dice.randrange(len(lines))
        line, where = lines[at], dice.randint(0, len(lines[at]))
        lines[at] = line[:where] + dice.choice(SCRAPS) * dice.choice((1, 1, 2, 50)) + line[where + dice.randint(0, 9) :]
    data = glue.join(lines).encode(errors="replace")
    if dice.random() < 0.3:
        at = dice.randint(0, len(data))
        data = data[:at] + dice.randbytes(dice.randint(1, 40)) + data[at + dice.randint(0, 40) :]
    if dice.random() < 0.02:
        data = data * dice.randint(50, 400)
    if dice.random() < 0.05:
        data = gzip.compress(data)
        data = data[: dice.randint(0, len(data))] if dice.random() < 0.5 else data
    return data


def read(data: bytes, *, fast: bool) -> tuple[list[LogRecord], Tally]:
    tally = Tally()
    return list(Log(tally, fast=fast).records(Source.of_bytes(data))), tally


def difference(data: bytes) -> str:
    """What is wrong with the reading of an input; empty when nothing is."""
    begun = time.process_time()
    (quick, account), (slow, slow_account) = read(data, fast=True), read(data, fast=False)
    if quick != slow or [each.line for each in quick] != [each.line for each in slow]:
        return "the fast lane and the slow parser differ"
    if account != slow_account:
        return f"the accounts differ: {account} {slow_account}"
    for record in quick:
        session_log(record)
    if wrong := missed(data, quick):
        return wrong
    spent = time.process_time() - begun
    return f"took {spent:.1f} s" if spent > SLOWEST_SECONDS * max(1, len(data) / 1e6) * 4 else ""


def missed(data: bytes, records: list[LogRecord]) -> str:
    """Whether the search finds something else than a look at every record.

    Repetitions are left out: the search looks for them close behind a hit only. So are lines beyond all measure, which
    either way cuts somewhere.
    """
    if max(map(len, b"".join(Source.of_bytes(data).blocks()).split(b"\n"))) > LONGEST_LINE:
        return ""
    wanted = Endpoint.parse("10.0.0.1")
    names = ("source", "destination", "nat-source", "nat-destination")
    every = [
        record.fields
        for record in records
        if not record.repeated and "source-address" in record.fields
        and any(wanted.holds(record.fields.get(f"{name}-address", ""), None) for name in names)
    ]  # fmt: skip
    found = [record.fields for record in find([Source.of_bytes(data)], wanted) if not record.repeated]
    return "" if found == every else f"the search found {len(found)} of {len(every)}"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    dice = random.Random(given.seed)
    deadline = time.monotonic() + given.seconds
    inputs = size = 0
    while time.monotonic() < deadline:
        data = some_input(dice)
        inputs, size = inputs + 1, size + len(data)
        if wrong := difference(data):
            Path("fuzz_system_log.bin").write_bytes(data)
            print(f"seed {given.seed}, input {inputs}: {wrong}; written to fuzz_system_log.bin")
            return 1
    print(f"seed {given.seed}: {inputs} inputs, {size / 1e6:.1f} MB, no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
