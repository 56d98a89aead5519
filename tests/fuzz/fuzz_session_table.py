"""Mutations of session tables: the fast reader and the XML parser give the same, and nothing crashes, hangs or grows.

::

    python tests/fuzz/fuzz_session_table.py --seconds 60 --seed 1
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from lxml import etree
from session_maker import table

from orchestrator.errors import ParseError
from orchestrator.parsers import session_table, session_table_blocks
from orchestrator.parsers import source as sources
from orchestrator.parsers.source import Source

DATA = Path(__file__).parents[1] / "data" / "session_table"
SLOWEST_SECONDS = 5.0
GROWTH_BYTES = 100 * 1024 * 1024
PIECES = [
    b"<", b">", b"&", b"&amp;", b"&lt;x&gt;", b"&#65;", b"&bad;", b"<!--", b"-->", b"<!-- keep alive -->", b"<![CDATA[",
    b"]]>", b"]]>]]>\n",
    b"<?x", b"?>", b"<?xml version='1.0'?>", b'"', b"'", b"\r\n", b"\r", b"\n", b" ", b"\t", b"\x00",
    b"\x1b[0m", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf", b"---(more 45%)---", b"---(more", b")---", b"{primary:node0}",
    b"{primary", b"}", b"user@fw> ", b"user@fw> show security flow session ", b"@", b"-" * 20, b"<flow-session>",
    b"</flow-session>", b'<flow-session run="x"/>', b"<flow-session ", b'<flow-session junos:style="brief">',
    b"<flow-information>", b"</flow-information>", b'<flow-information junos:style="brief">', b"<a:b>", b"</a:b>",
    b"<policy/>", b"<policy>a b/7</policy>", b"<policy>&amp;/7</policy>", b"<re-name>node1</re-name>", b"<x>y</x>",
    b"<x><y>z</y></x>", b"</flow-session-information>", b"<flow-session-information>", b"<multi-routing-engine-item>",
    b"</multi-routing-engine-item>", b"<flow-fpc-pic-id> on FPC0 PIC1:</flow-fpc-pic-id>", b"</rpc-reply>", b"<output>",
    b"</output>", b"<error><message>no</message></error>", b' a="b>c"', b'<a b="c', b"<a b='c'>", b"N/A", b"-1",
    b"9" * 25, b"\xd9\xa3", b"\xc2\xa0", b"<session-identifier>7</session-identifier>", b"<a " + b"b" * 250,
    b"<flow-session-summary-information><active-sessions>4</active-sessions></flow-session-summary-information>",
]  # fmt: skip


def seeds(chance: random.Random) -> list[bytes]:
    """Our own cases, and made tables with several line endings."""
    made = [
        "".join(table(chance.randrange(1, 6), seed, ending)).encode() for seed, ending in enumerate(("\n", "", "\n  "))
    ]
    return made + [path.read_bytes() for path in sorted(DATA.glob("*/input.xml"))]


def mutated(chance: random.Random, data: bytes) -> bytes:
    """A few changes, at random places or at the edges of tags."""
    for _ in range(chance.choice((0, 1, 1, 2, 3, 6))):
        at = chance.randrange(len(data) + 1)
        if chance.random() < 0.5:
            at = max(data.find(chance.choice((b"<", b">", b"<flow-session", b"</flow-session>")), at), 0)
        end = min(at + chance.choice((0, 0, 1, 3, 30, 900)), len(data))
        kind = chance.random()
        if kind < 0.6:
            data = data[:at] + chance.choice(PIECES) + data[end:]
        elif kind < 0.75:
            data = data[:at] + data[end:]
        elif kind < 0.85:
            data = data[:end] + data[at:end] + data[end:]
        elif kind < 0.93:
            data = data[:at]
        else:
            data = data[at:]
    return data


def is_sound(data: bytes) -> bool:
    """Whether it is XML."""
    try:
        etree.fromstring(data)
    except etree.XMLSyntaxError:
        return False
    return True


def outcome(parse: object, data: bytes) -> tuple[object, ...]:
    """Records, account and error of one reading."""
    reading = parse(Source.of_bytes(data))  # type: ignore[operator]
    records, error = [], ""
    try:
        for record in reading:
            records.append(record)
    except ParseError as found:
        error = found.message
    tally = reading.tally
    samples = [(line.number, line.text) for line in tally.samples]
    return records, error, tally.recognised, tally.unrecognised, tally.declared, tally.errors, samples


def differs(data: bytes) -> str:
    """What is wrong with the two readings of an input, empty when nothing is."""
    began = time.monotonic()
    fast = outcome(session_table.parse, data)
    source = Source.of_bytes(data)
    if not session_table.looks_like_xml(source) or session_table.is_pasted_markup(source.head()):
        return ""  # there is but one reader for that
    slow = outcome(session_table.parse_slowly, data)
    if time.monotonic() - began > SLOWEST_SECONDS:
        return f"took {time.monotonic() - began:.1f} s"
    if fast != slow:
        names = ("records", "error", "recognised", "unrecognised", "declared", "errors", "samples")
        return "; ".join(
            f"{name}: {a!r:.300} / {b!r:.300}" for name, a, b in zip(names, fast, slow, strict=True) if a != b
        )
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    stop = time.monotonic() + given.seconds
    count = found = cut = 0
    begun = 0
    while time.monotonic() < stop and found < 5:
        data = mutated(chance, chance.choice(seeds(chance)))
        # Small chunks bring their edges to every place. Prompts and broken tags are told by what is around them, which
        # an edge may cut in two.
        large = chance.random() < 0.5 or not is_sound(data) or any(sign in data for sign in (b"@", b"{", b"---", b"<?"))
        session_table_blocks._CHUNK_BYTES = 1 << 17 if large else chance.choice((700, 97))
        sources._BLOCK_BYTES = 1 << 18 if session_table_blocks._CHUNK_BYTES > 1000 else 61
        wrong = differs(data)
        count += 1
        cut += any(
            getattr(each, "place", None) and each.place.line is None for each in outcome(session_table.parse, data)[0]
        )
        if wrong:
            found += 1
            path = Path(f"/tmp/fuzz-session-table-{given.seed}-{found}.xml")
            path.write_bytes(data)
            print(f"{path} chunk {session_table_blocks._CHUNK_BYTES}: {wrong}", flush=True)
        if count == 300:
            begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - begun if begun else 0
    print(
        f"{count} inputs, {cut} of them with blocks cut out, {found} differ, {grown / 1e6:.0f} MB more than after 300"
    )
    return 1 if found or grown > GROWTH_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
