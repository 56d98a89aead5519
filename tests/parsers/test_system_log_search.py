"""One conversation in many logs: what is found is what parsing everything would find."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from log_maker import FIELDS, structured, text, values_of

from orchestrator.model.flow import Endpoint
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers import system_log
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log_search import find

HOSTS = ("10.0.0.1", "10.0.0.10", "10.0.0.100", "110.0.0.1", "10.0.0.2", "192.0.2.1", "192.0.2.10", "198.51.100.7")
HOSTS6 = ("2001:db8::1", "2001:db8::10", "2001:db8:0:0:0:0:0:1", "2001:db8:1::1", "2001:db8::1:0:0:1")
OTHERS = ("May  1 08:28:10 fw1 sshd[9]: Accepted password for x from 10.0.0.1", "words of 10.0.0.1", "")


def some_log(seed: int, count: int = 400) -> str:
    """Records of all releases between a few hosts, repetitions and lines of others between them."""
    dice = random.Random(seed)
    lines = []
    for _ in range(count):
        if dice.random() < 0.2:
            host = dice.choice(("fw1", "fw1", "fw2"))
            lines.append(
                dice.choice((*OTHERS, f"May  1 08:28:11 {host} last message repeated {dice.randint(1, 9)} times"))
            )
            continue
        kind, release = dice.choice(sorted(FIELDS))
        hosts = dice.choice((HOSTS, HOSTS, HOSTS6))
        ends = {name: dice.choice(hosts) for name in ("source_address", "destination_address", "nat_source_address")}
        ports = {name: str(dice.choice((443, 1024, 51000))) for name in ("source_port", "destination_port")}
        fields = values_of(
            kind, release, **ends, **ports, nat_destination_address=dice.choice(hosts),
            protocol_id=dice.choice(("1", "6", "6", "17", "58")),
        )  # fmt: skip
        lines.append(dice.choice((structured, text))(kind, fields))
    return "\n".join(lines) + "\n"


def ends_of(record: LogRecord, side: str) -> list[tuple[str, str]]:
    names = (side, f"nat-{side}")
    return [
        (record.fields[f"{n}-address"], record.fields[f"{n}-port"]) for n in names if f"{n}-address" in record.fields
    ]


def expected(data: str, one: str, other: str | None) -> list[tuple[int, int]]:
    """The same by brute force: every record parsed, each end compared."""

    def among(end: str, ends: list[tuple[str, str]], protocol: str) -> bool:
        wanted = Endpoint.parse(end)
        with_ports = protocol in {"6", "17"}
        return any(wanted.holds(address, int(port) if with_ports else None) for address, port in ends)

    found = []
    for record in system_log.parse(Source.of_text(data)):
        source, destination = ends_of(record, "source"), ends_of(record, "destination")
        protocol = record.fields.get("protocol-id", "")
        if other is None:
            hit = among(one, source + destination, protocol)
        else:
            hit = among(one, source, protocol) and among(other, destination, protocol)
            hit |= among(other, source, protocol) and among(one, destination, protocol)
        if hit:
            found.append((record.number, record.repeated))
    return found


def found(sources: list[Source], one: str, other: str | None) -> list[tuple[int, int]]:
    records = find(sources, Endpoint.parse(one), Endpoint.parse(other) if other else None)
    return [(record.number, record.repeated) for record in records]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10.0.0.1", None), ("10.0.0.10", None), ("10.0.0.1", "192.0.2.1"), ("192.0.2.1", "10.0.0.1"),
        ("10.0.0.1:443", None), ("10.0.0.0/28", "192.0.2.0/28"), ("10.0.0.0/8", None), ("0.0.0.0/0", None),
        ("0.0.0.0/0", "10.0.0.1"), ("10.0.0.1:51000", "192.0.2.1:443"), ("2001:db8::1", None), ("203.0.113.99", None),
        ("2001:db8::/32", "2001:db8:1::1"), ("2001:db8::/64", None), ("2001:db8:1::/48", None),
    ],
)  # fmt: skip
def test_the_search_finds_what_parsing_everything_finds(one, other, seed):
    data = some_log(seed)
    wanted = expected(data, one, other)
    assert found([Source.of_text(data)], one, other) == wanted
    assert wanted or one == "203.0.113.99" or other


def test_an_address_is_not_found_in_a_longer_one():
    near = [
        structured("CREATE", values_of("CREATE", "22.2", source_address=host)) for host in ("10.0.0.10", "110.0.0.1")
    ]
    exact = structured("CREATE", values_of("CREATE", "22.2", source_address="10.0.0.1"))
    data = "\n".join([*near, exact])
    assert found([Source.of_text(data)], "10.0.0.1", None) == [(3, 0)]


def test_the_identifier_of_a_ping_is_no_port():
    line = structured("CREATE", values_of("CREATE", "22.2", protocol_id="1", source_port="443"))
    assert found([Source.of_text(line)], "10.1.1.10", None) == [(1, 0)]
    assert found([Source.of_text(line)], "10.1.1.10:443", None) == []


def test_a_protocol_narrows_the_search():
    lines = [structured("CREATE", values_of("CREATE", "22.2", protocol_id=number)) for number in ("6", "17")]
    records = find([Source.of_text("\n".join(lines))], Endpoint.parse("10.1.1.10"), protocol=17)
    assert [record.number for record in records] == [2]


@pytest.mark.parametrize("packed", [False, True])
def test_files_larger_than_any_block_are_searched_with_right_lines(tmp_path: Path, packed):
    line = structured("CLOSE", values_of("CLOSE", "22.2"))
    wanted = structured("CLOSE", values_of("CLOSE", "22.2", source_address="198.51.100.9"))
    repeated = "May  1 08:28:11 fw1 last message repeated 4 times"
    lines, places = [], []
    for number in range(1, 3001):
        if number % 97 == 0:
            places.append((number, 0))
            lines.append(wanted)
        elif number % 97 == 1 and number > 1:
            places.append((number, 4))
            lines.append(repeated)
        else:
            lines.append(line)
    data = "\n".join(lines).encode()
    assert len(data) > 8 << 18
    path = tmp_path / "traffic.log"
    path.write_bytes(gzip.compress(data) if packed else data)
    records = list(find([Source.of_path(path)], Endpoint.parse("198.51.100.9"), Endpoint.parse("192.0.2.80")))
    assert [(record.number, record.repeated) for record in records] == places
    assert [record.raw for record in records] == [lines[number - 1] for number, _ in places]


def test_several_files_are_searched_in_the_order_given():
    line = structured("CREATE", values_of("CREATE", "12.1"))
    sources = [Source.of_text(line, name) for name in ("b.log", "a.log")]
    assert [record.file for record in find(sources, Endpoint.parse("10.1.1.10"))] == ["b.log", "a.log"]


def test_a_stream_of_counted_octets_without_line_ends_is_searched():
    lines = [structured("CLOSE", values_of("CLOSE", "22.2", session_id=str(number))) for number in range(3000)]
    lines[1500] = structured("CLOSE", values_of("CLOSE", "22.2", source_address="198.51.100.9"))
    stream = "".join(f"{len(line)} {line}" for line in lines)
    assert len(stream) > 1 << 21
    (record,) = find([Source.of_text(stream)], Endpoint.parse("198.51.100.9"))
    assert record.fields["source-address"] == "198.51.100.9"


def test_a_log_inside_a_reply_is_searched():
    line = text("DENY", values_of("DENY", "12.1"))
    reply = f"<rpc-reply><output>\n{line.replace('>', '&gt;')}\n</output></rpc-reply>"
    assert found([Source.of_text(reply)], "10.1.1.10", "192.0.2.80") == [(2, 0)]
