"""Log files: the fast lane and the slow parser, counted octets, repetitions, damage."""

from __future__ import annotations

import gzip
import random
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_maker import FIELDS, STAMP, structured, text, values_of

from orchestrator.model.system_log import LogRecord
from orchestrator.parsers import system_log
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log import Log
from orchestrator.parsers.system_log_lane import Lane, is_clean

LINES = [form(kind, values_of(kind, release)) for kind, release in FIELDS for form in (structured, text)]
FAST = [line for line in LINES if line.startswith("<") and len(line) > 256]


def read(data: bytes, *, fast: bool) -> tuple[list[LogRecord], Tally]:
    tally = Tally()
    return list(Log(tally, fast=fast).records(Source.of_bytes(data))), tally


def places(records: list[LogRecord]) -> list[tuple[str, int, str]]:
    return [(record.file, record.number, record.raw) for record in records]


def assert_same(data: bytes) -> list[LogRecord]:
    """Both ways give the same records, from the same lines, with the same account."""
    (quick, account), (slow, slow_account) = read(data, fast=True), read(data, fast=False)
    assert quick == slow
    assert places(quick) == places(slow)
    assert account == slow_account
    return quick


# -- the fast lane --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", FAST)
def test_lines_as_the_device_writes_them_take_the_fast_lane(line):
    assert Lane().record(line, "f", 1) is not None
    assert_same(line.encode())


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line.replace('"443"', '"4\\"43"', 1),
        lambda line: line.replace('"443"', '"4"43"', 1),
        lambda line: line.replace("source-port", "source-address", 1),
        lambda line: line.replace(" ", "\t", 4),
        lambda line: line.replace(STAMP, "May  1 08:28:10"),
        lambda line: line.replace("fw1", "fw1:"),
        lambda line: line.removeprefix("<14>"),
        lambda line: f"852 {line}",
        lambda line: line[:-1],
        lambda line: line[:-40],
        lambda line: f"{line} {line}",
        lambda line: line.replace('"', ""),
        lambda line: f"Sep 06 16:54:22 10.9.9.9 {line}",
        lambda line: line.replace("]", " ]"),
    ],
)
def test_a_line_of_another_shape_is_left_to_the_slow_parser(damage):
    line = damage(FAST[3])
    assert not is_clean(line) or Lane().record(line, "f", 1) is None
    assert_same(line.encode())


def test_text_behind_the_bracket_does_not_leave_the_fast_lane():
    line = f"{FAST[0]} session closed TCP FIN: 10.1.1.10/1->192.0.2.80/2"
    record = Lane().record(line, "f", 1)
    assert record is not None
    assert record.message == "session closed TCP FIN: 10.1.1.10/1->192.0.2.80/2"
    assert_same(line.encode())


def test_layouts_are_bounded_and_those_beyond_the_bound_are_read_all_the_same():
    lane = Lane()
    lines = [FAST[1].replace("source-port=", f"extra-{number}=") for number in range(300)]
    read_fast = [lane.record(line, "f", 1) is not None for line in lines]
    assert read_fast == [True] * 256 + [False] * 44
    records = assert_same("\n".join(lines).encode())
    assert [f"extra-{number}" in record.fields for number, record in enumerate(records)] == [True] * 300


def test_line_numbers_and_raw_text_survive_any_mixture():
    lines = [
        "",
        FAST[0],
        "  ",
        "user@fw1> show log x",
        f"{FAST[1]}  ",
        "May  1 08:28:10 fw1 a: b",
        "\x1b[7mx: y\x1b[0m",
    ]
    records = assert_same("\r\n".join(lines).encode())
    assert [(each.number, each.raw) for each in records] == [
        (2, FAST[0]), (5, FAST[1]), (6, lines[5]), (7, "x: y"),
    ]  # fmt: skip


# -- streams --------------------------------------------------------------------------------------------------------


def test_a_stream_without_line_ends_is_read_record_by_record():
    dice = random.Random(7)
    messages = [dice.choice(LINES) for _ in range(3000)]
    messages = [line if line.startswith("<") else f"<14>{line}" for line in messages]
    stream = "".join(f"{len(line.encode())} {line}" for line in messages).encode()
    assert len(stream) > 1 << 20
    records = assert_same(stream)
    assert [record.fields for record in records] == [read(line.encode(), fast=False)[0][0].fields for line in messages]
    assert {record.number for record in records} == {1}


def test_a_gzip_file_cut_in_the_middle_gives_the_records_that_are_there():
    data = gzip.compress("\n".join(LINES * 200).encode())
    whole = assert_same("\n".join(LINES * 200).encode())
    part = assert_same(data[: len(data) // 2])
    assert 0 < len(part) < len(whole)
    assert part[:-1] == whole[: len(part) - 1]


def test_a_repetition_is_of_the_same_host_and_has_a_line_of_its_own():
    other = FAST[0].replace(" fw1 ", " fw2 ")
    lines = [
        FAST[1],
        other,
        "May  1 08:28:13 fw1 last message repeated 3 times",
        "May  1 08:28:13 fw9 last message repeated 2 times",
    ]
    first, second, repeated, unknown = assert_same("\n".join(lines).encode())
    assert repeated.fields == first.fields != second.fields
    assert (repeated.repeated, repeated.time, repeated.line.number) == (3, "May  1 08:28:13", 3)
    assert (unknown.repeated, unknown.fields, unknown.message) == (2, {}, "last message repeated 2 times")


# -- damage ---------------------------------------------------------------------------------------------------------

pieces = st.one_of(
    st.sampled_from(LINES),
    st.sampled_from(["<14>1 ", '"', '="', "]", "[", "\\", "last message repeated 3 times", "852 <14>1 ", "\n", " ", "“",
                     "\x00", "\r", "\t", "---(more)---", "RT_FLOW: ", "session closed ", "10.1.1.10/1->", STAMP]),
    st.text(max_size=20),
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = draw(st.lists(pieces, max_size=8).map("".join)).encode(errors="replace")
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=3)) + data[at + draw(st.integers(0, 9)) :]
    return data


@settings(max_examples=300)
@given(damaged())
def test_damage_is_survived_the_same_way_on_both_ways(data):
    assert_same(data)


@settings(max_examples=200)
@given(st.sampled_from(FAST), st.data())
def test_one_changed_character_never_makes_the_ways_differ(line, data):
    at = data.draw(st.integers(0, len(line) - 1))
    cut = data.draw(st.integers(0, 2))
    assert_same(
        (
            line[:at]
            + data.draw(st.sampled_from(["", '"', "\\", " ", "=", "]", "<", ">", "x", "“", "\n"]))
            + line[at + cut :]
        ).encode()
    )


HOSTILE = {
    "hexadecimal": "session denied " + "a" * 60_000,
    "hexadecimal tagged": "RT_FLOW: RT_FLOW_SESSION_DENY: session denied " + "1:" * 30_000,
    "quotes": FAST[0] + '"' * 60_000,
    "quotes and blanks": FAST[0][:300] + '" ' * 30_000,
    "open value": FAST[0].replace("]", "") + ' x="' + "y " * 30_000,
    "frames": "99 <14>1 " * 7000,
    "stamps": "May  1 08:28:10 " * 4000,
    "escapes": FAST[0][:300] + "\\" * 60_000,
    "characteristics": text("CLOSE", values_of("CLOSE", "22.2")).replace("File Transfer;", "a;" * 30_000),
    "blanks": "RT_FLOW -" + " " * 60_000 + "RT_FLOW_SESSION_DENY",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines_cost_no_more_than_a_moment(name):
    begun = time.process_time()
    assert_same(HOSTILE[name].encode())
    assert time.process_time() - begun < 2


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "big.log"
    path.write_text("\n".join(LINES * 400))  # 6 MB
    tracemalloc.start()
    try:
        assert sum(1 for _ in system_log.parse(Source.of_path(path))) == len(LINES) * 400
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
