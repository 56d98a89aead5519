"""Archives as they should not be: empty, binary, cut, endless lines, impossible times, and clocks at new year."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestrator.errors import InputError, ParseError
from orchestrator.logs import ask, block_events, partition
from orchestrator.logs.index import Built, Order, build
from orchestrator.logs.leases import Row
from orchestrator.model.port_block import Rung
from orchestrator.parsers.port_block_log import Clock

DAY = datetime(2026, 3, 10, tzinfo=UTC)
HEAD = "2026-03-10 01:00:00 [FWNAT]:JSERVICES_NAT_PORT_BLOCK_"
ALLOC = f"{HEAD}ALLOC: 10.0.0.1 -> 192.0.2.1:1024-1151"
ACTIVE = f"{HEAD}ACTIVE: 10.0.0.1 -> 192.0.2.1:1024-1151 0x69af6d10"
TEXT = (
    "{stamp} fw2 RT_NAT: RT_SRC_NAT_PBA_ALLOC: Subscriber 10.0.0.1 used/maximum [1/8] blocks, allocates port block "
    "[1024-1151] from 192.0.2.1 in source pool P lsys_id: 0{epoch}\n"
)


def indexed(tmp_path: Path, content: bytes, order: Order | None = None, name: str = "a.log") -> tuple[Built, list[Row]]:
    (tmp_path / name).write_bytes(content)
    done = build([tmp_path / name], tmp_path / "index", order)
    with ask.opened(tmp_path / "index") as opened:
        return done, list(opened.rows("true", []))


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"")], ids=["nothing", "blank", "gzip"])
def test_an_empty_archive_is_in_the_index_and_holds_nothing(tmp_path: Path, content: bytes):
    done, rows = indexed(tmp_path, content)
    assert (done.records, rows, len(done.indexed)) == (0, [], 1)
    with ask.opened(tmp_path / "index") as opened:
        assert ask.who_had(opened, "192.0.2.1", 1024, DAY).rung is Rung.GAP
        assert ask.of_subscriber(opened, "10.0.0.1", DAY, DAY + timedelta(days=1)) == []


def test_a_binary_archive_gives_nothing_and_does_not_hide_the_next(tmp_path: Path):
    (tmp_path / "b.log").write_text(f"{ALLOC}\n")
    (tmp_path / "a.bin").write_bytes(os.urandom(200_000) + b"[FWNAT]" + bytes(range(256)) * 40)
    done = build([tmp_path / "a.bin", tmp_path / "b.log"], tmp_path / "index")
    assert (done.records, len(done.indexed)) == (1, 2)


def test_a_line_of_a_megabyte_takes_no_other_line_with_it(tmp_path: Path):
    endless = "x" * 1_000_000
    done, rows = indexed(tmp_path, f"{ALLOC}\n{endless}\n{endless} {ACTIVE}\n{ACTIVE}\n".encode())
    assert done.records >= 2
    assert [(row.low, row.exact, row.lines[-1].number) for row in rows] == [(1024, True, 4)]


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.99])
def test_a_second_gzip_member_that_is_cut_leaves_the_first_whole(tmp_path: Path, keep: float):
    first, second = gzip.compress(f"{ALLOC}\n".encode()), gzip.compress(os.urandom(3000) + f"\n{ACTIVE}\n".encode())
    said: list[str] = []
    (tmp_path / "a.gz").write_bytes(first + second[: int(len(second) * keep)])
    done = build([tmp_path / "a.gz"], tmp_path / "index", say=said.append)
    assert done.records == 1
    assert done.indexed[0].damage
    assert "a.gz" in said[0]


@pytest.mark.parametrize(
    "line",
    [
        ACTIVE.replace("0x69af6d10", "0x69af_6d10"),
        ACTIVE.replace("0x69af6d10", "0x"),
        ACTIVE.replace("0x69af6d10", "0xffffffffff"),
        ACTIVE.replace("01:00:00", "01:00:0x"),
        ACTIVE.replace("01:00:00", "24:00:00"),
        ACTIVE.replace("2026-03-10", "0001-01-01"),
        ACTIVE.replace("2026-03-10", "2026-13-10"),
        ACTIVE.replace("1024-1151", "1024-65536"),
        ACTIVE.replace("1024-1151", "1151-1024"),
        ACTIVE.replace("10.0.0.1", "10.0.0.256"),
    ],
)
def test_a_line_that_was_damaged_is_counted_and_its_neighbours_are_read(tmp_path: Path, line: str):
    done, rows = indexed(tmp_path, f"{ALLOC}\n{line}\n{ALLOC.replace('1024-1151', '2048-2175')}\n".encode())
    assert (done.records, done.indexed[0].unread) == (2, 1)
    assert sorted((row.low, row.exact) for row in rows) == [(1024, False), (2048, False)]


@pytest.mark.parametrize(
    "odd",
    ["{a}", "<14>Mar 10 01:00:00 10.9.9.9 ", "Mar 10 02:00:00 cgn1 mspmand[12]: ", "x " * 30],
)
def test_a_head_of_another_collector_reads_the_same_by_both_lanes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str
):
    content = "".join(f"{line}\n" for line in (f"{odd}{ALLOC}", f"{odd}{ACTIVE}", ALLOC)).encode()
    fast = indexed(tmp_path, content)
    (tmp_path / "again").mkdir()
    monkeypatch.setattr(block_events, "_CARDS", b"nothing has this")
    exact = indexed(tmp_path / "again", content)
    tell = [
        (done.records, sorted((row.device, row.scope, row.low, row.created, row.exact, row.first_log) for row in rows))
        for done, rows in (fast, exact)
    ]
    assert tell[0] == tell[1]


def test_a_stamp_without_a_year_takes_that_of_the_creation_also_at_new_year(tmp_path: Path):
    midnight = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    lines = [
        TEXT.format(stamp="Jan  1 00:00:01", epoch=f" epoch 0x{midnight - 2:x}"),
        TEXT.format(stamp="Dec 31 23:59:59", epoch=f" epoch 0x{midnight - 3700:x}").replace("1024-1151", "2048-2175"),
    ]
    _, rows = indexed(tmp_path, "".join(lines).encode(), Order(clock=Clock(header=UTC)))
    assert sorted((row.low, row.first_log - midnight) for row in rows) == [(1024, 1), (2048, -1)]


def test_a_stamp_without_a_year_and_without_a_creation_wants_the_year_said(tmp_path: Path):
    content = TEXT.format(stamp="Jan  1 00:00:01", epoch="").encode()
    with pytest.raises(ParseError, match="has no year") as caught:
        indexed(tmp_path, content, Order(clock=Clock(header=UTC)))
    assert "--year" in caught.value.hint
    _, rows = indexed(tmp_path, content, Order(clock=Clock(header=ZoneInfo("Asia/Karachi"), year=2027)))
    assert [row.first_log for row in rows] == [int(datetime(2026, 12, 31, 19, 0, 1, tzinfo=UTC).timestamp())]


def test_an_hour_that_a_zone_has_twice_is_decided_by_the_creation(tmp_path: Path):
    """At the end of summer time Paris has 02:30 twice: the creation says which one a header means."""
    created = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the second 02:30
    content = TEXT.format(stamp="Oct 25 02:30:01", epoch=f" epoch 0x{int(created.timestamp()):x}").encode()
    _, rows = indexed(tmp_path, content, Order(clock=Clock(header=ZoneInfo("Europe/Paris"))))
    assert [(row.created, row.exact) for row in rows] == [(int(created.timestamp()), True)]


def test_an_index_of_another_version_is_refused_and_left_alone(tmp_path: Path):
    indexed(tmp_path, f"{ALLOC}\n".encode())
    path = tmp_path / "index" / partition.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
    before = sorted((one.name, one.stat().st_size) for one in (tmp_path / "index").iterdir())
    (tmp_path / "b.log").write_text(f"{ACTIVE}\n")
    with pytest.raises(InputError, match="not of version"):
        build([tmp_path / "b.log"], tmp_path / "index")
    with pytest.raises(InputError, match="not of version"), ask.opened(tmp_path / "index"):
        pass
    assert sorted((one.name, one.stat().st_size) for one in (tmp_path / "index").iterdir()) == before


def test_a_table_that_is_no_table_is_our_error(tmp_path: Path):
    indexed(tmp_path, f"{ALLOC}\n".encode())
    for table in (tmp_path / "index").glob("leases-*"):
        table.write_bytes(b"PAR1 but cut")
    with pytest.raises(InputError, match="damaged"), ask.opened(tmp_path / "index") as opened:
        ask.who_had(opened, "192.0.2.1", 1024, DAY)


def test_more_archives_than_one_batch_takes_keep_their_lines(tmp_path: Path):
    (tmp_path / "raw").mkdir()
    for number in range(130):
        block = f"{2048 + number * 128}-{2175 + number * 128}"
        (tmp_path / "raw" / f"{number:03}.log").write_text("\n" * number + ALLOC.replace("1024-1151", block) + "\n")
    done = build([tmp_path / "raw"], tmp_path / "index")
    with ask.opened(tmp_path / "index") as opened:
        lines = {row.low: row.lines[0] for row in opened.rows("true", [])}
    assert done.records == 130
    assert all(lines[2048 + n * 128].number == n + 1 for n in range(130))
    assert all(lines[2048 + n * 128].file.endswith(f"/{n:03}.log") for n in range(130))
