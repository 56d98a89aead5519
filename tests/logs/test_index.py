"""The index itself: growing, dying, being shared, and refusing what it cannot read."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from maker import archives

from orchestrator.errors import InputError, OrchestratorError, ParseError
from orchestrator.logs import ask, partition
from orchestrator.logs.index import Order, build
from orchestrator.model.port_block import Rung
from orchestrator.parsers.port_block_log import Clock

DAY = datetime(2026, 3, 10, tzinfo=UTC)
LINE = "2026-03-10 01:00:00 [FWNAT]:JSERVICES_NAT_PORT_BLOCK_ALLOC: 10.0.0.1 -> 192.0.2.1:1024-1151\n"
LATER = "2026-03-10 02:00:00 [FWNAT]:JSERVICES_NAT_PORT_BLOCK_RELEASE: 10.0.0.1 -> 192.0.2.1:1024-1151 0x69af6d10\n"
BUILD = """
import sys
from pathlib import Path
from orchestrator.logs.index import build

build([Path(sys.argv[1])], Path(sys.argv[2]))
"""


def rows(folder: Path) -> list[str]:
    with ask.opened(folder) as opened:
        return sorted(
            repr((one.external, one.low, one.subscriber, one.created, one.released, one.hours, one.last_log))
            for one in opened.rows("true", [])
        )


def test_a_build_in_parts_gives_the_table_of_one_build(tmp_path: Path):
    archives(tmp_path / "raw", lines=2500)
    files = sorted((tmp_path / "raw").iterdir())
    build(files, tmp_path / "whole")
    for path in reversed(files):
        build([path], tmp_path / "parts")
    assert rows(tmp_path / "whole") == rows(tmp_path / "parts")
    again = build(files, tmp_path / "parts")
    assert (again.indexed, len(again.skipped), again.generation) == ([], len(files), len(files))
    assert len(list((tmp_path / "parts").glob("*.parquet"))) == 2


def test_a_file_that_grew_is_read_again_and_counts_once(tmp_path: Path):
    path = tmp_path / "a.log"
    path.write_text(LINE)
    build([path], tmp_path / "index")
    path.write_text(LINE + LATER)
    build([path], tmp_path / "index")
    assert len(rows(tmp_path / "index")) == 1
    assert [one.lines for one in partition.read(tmp_path / "index").files] == [2]


def test_a_line_that_is_still_being_written_is_not_taken(tmp_path: Path):
    path = tmp_path / "a.log"
    path.write_text(LINE + LATER.replace("1151 0x69af6d10\n", "11"))
    build([path], tmp_path / "index")
    with ask.opened(tmp_path / "index") as opened:
        assert [(one.low, one.high, one.released) for one in opened.rows("true", [])] == [(1024, 1151, None)]


def test_foreign_bytes_and_carriage_returns_lose_no_line(tmp_path: Path):
    (tmp_path / "a.log").write_bytes(b"caf\xe9 first\n" + LINE.encode())
    (tmp_path / "b.log").write_bytes(LATER.replace("\n", "\r\n").encode())
    done = build([tmp_path / "a.log", tmp_path / "b.log"], tmp_path / "index")
    assert done.records == 2
    with ask.opened(tmp_path / "index") as opened:
        found = ask.who_had(opened, "192.0.2.1", 1025, DAY + timedelta(hours=1, minutes=1))
    assert (found.rung, [line.number for line in found.leases[0].lines]) == (Rung.CERTAIN, [2, 1])


def test_lines_that_cannot_be_read_are_counted(tmp_path: Path):
    wrong = (LINE.replace("10.0.0.1", "10.0.0.999"), LINE.replace("1024-1151", "1151-1024"),
             LINE.replace("2026-03-10", "2026-02-30"), LINE.replace("1151", "99999"))  # fmt: skip
    (tmp_path / "a.log").write_text(LINE + "".join(wrong))
    done = build([tmp_path / "a.log"], tmp_path / "index")
    assert (done.records, [one.unread for one in done.indexed]) == (1, [4])


def test_a_cut_gzip_is_read_as_far_as_it_goes_and_says_so(tmp_path: Path):
    archives(tmp_path / "raw", lines=2000, packed=True)
    path = max((tmp_path / "raw").iterdir(), key=lambda one: one.stat().st_size)
    path.write_bytes(path.read_bytes()[:-200])
    said: list[str] = []
    done = build([path], tmp_path / "index", say=said.append)
    assert done.records > 10
    assert "cut" in said[0]


def test_a_stamp_without_a_zone_is_refused_with_its_place(tmp_path: Path):
    text = (
        "Mar 10 03:00:00 fw2 RT_NAT: RT_SRC_NAT_PBA_ALLOC: Subscriber 10.0.0.1 used/maximum [1/8] blocks, "
        "allocates port block [1024-1151] from 192.0.2.1 in source pool P lsys_id: 0 epoch 0x69af6d10\n"
    )
    (tmp_path / "a.log").write_text(f"\n{text}")
    with pytest.raises(ParseError, match=r"a\.log:2: the stamp .* has no time zone"):
        build([tmp_path / "a.log"], tmp_path / "index")
    assert not (tmp_path / "index" / partition.MANIFEST).exists()
    build([tmp_path / "a.log"], tmp_path / "index", Order(clock=Clock(header=ZoneInfo("Europe/Paris"))))
    with ask.opened(tmp_path / "index") as opened:
        assert [one.first_log for one in opened.rows("true", [])] == [int((DAY + timedelta(hours=2)).timestamp())]


def test_a_payload_in_another_zone_is_brought_to_utc(tmp_path: Path):
    (tmp_path / "a.log").write_text(LINE)
    build([tmp_path / "a.log"], tmp_path / "index", Order(clock=Clock(payload=ZoneInfo("Asia/Karachi"))))
    with ask.opened(tmp_path / "index") as opened:
        assert [one.created for one in opened.rows("true", [])] == [int((DAY - timedelta(hours=4)).timestamp())]


def test_a_second_writer_is_refused_and_the_first_is_not_disturbed(tmp_path: Path):
    (tmp_path / "a.log").write_text(LINE)
    with partition.writing(tmp_path / "index"), pytest.raises(OrchestratorError, match="another process is indexing"):
        build([tmp_path / "a.log"], tmp_path / "index")
    build([tmp_path / "a.log"], tmp_path / "index")
    assert len(rows(tmp_path / "index")) == 1


def test_a_build_that_is_killed_leaves_the_index_as_it_was(tmp_path: Path):
    (tmp_path / "a.log").write_text(LINE)
    into = tmp_path / "index"
    build([tmp_path / "a.log"], into)
    before = rows(into)
    archives(tmp_path / "raw", lines=30000)
    child = subprocess.Popen([sys.executable, "-c", BUILD, tmp_path / "raw", into])
    deadline = time.monotonic() + 20
    while not list(into.glob(".work-*")) and time.monotonic() < deadline:
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert list(into.glob(".work-*"))
    assert rows(into) == before
    (into / "leases-000009.parquet.new").write_bytes(b"half")
    build([tmp_path / "raw"], into)
    assert not list(into.glob(".work-*"))
    assert not list(into.glob("*.new"))
    assert len(rows(into)) > len(before)


def test_death_between_the_tables_and_the_manifest_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.log").write_text(LINE)
    (tmp_path / "b.log").write_text(LATER)
    build([tmp_path / "a.log"], tmp_path / "index")
    before = rows(tmp_path / "index")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(partition, "publish", stop)
        with pytest.raises(KeyboardInterrupt):
            build([tmp_path / "b.log"], tmp_path / "index")
    assert rows(tmp_path / "index") == before
    build([tmp_path / "b.log"], tmp_path / "index")
    assert len(list((tmp_path / "index").glob("leases*"))) == 1
    assert rows(tmp_path / "index") != before


def test_two_partitions_of_two_processes_answer_as_one(tmp_path: Path):
    archives(tmp_path / "raw", lines=3000)
    files = sorted((tmp_path / "raw").iterdir())
    for name, part in (("east", files[::2]), ("west", files[1::2])):
        (tmp_path / name).mkdir()
        for path in part:
            path.rename(tmp_path / name / path.name)
    children = [
        subprocess.Popen([sys.executable, "-c", BUILD, tmp_path / name, tmp_path / "index" / name])
        for name in ("east", "west")
    ]
    assert [child.wait(timeout=60) for child in children] == [0, 0]
    build([tmp_path / "east", tmp_path / "west"], tmp_path / "one")
    last = (
        duckdb.connect()
        .execute("SELECT max(day) FROM read_parquet($1)", [str(tmp_path / "index/*/leases-*.parquet")])
        .fetchone()
    )
    assert last == (DAY.date(),)
    with ask.opened(tmp_path / "index") as both, ask.opened(tmp_path / "one") as one:
        told = [
            [(one.external, one.low, one.created, one.released, one.subscriber) for one in opened.leases("true", [])]
            for opened in (both, one)
        ]
    assert told[0] == told[1]
    assert len(told[0]) > 300


def test_the_lock_is_the_kernels(tmp_path: Path):
    with partition.writing(tmp_path):
        handle = os.open(tmp_path / ".lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)


def test_a_damaged_manifest_is_an_error_and_no_empty_answer(tmp_path: Path):
    (tmp_path / partition.MANIFEST).write_text("{")
    with pytest.raises(InputError, match="damaged"), ask.opened(tmp_path):
        pass
    with pytest.raises(InputError, match="no index here"), ask.opened(tmp_path / "elsewhere"):
        pass


def test_the_index_is_small(tmp_path: Path):
    archives(tmp_path / "raw", lines=40000)
    done = build([tmp_path / "raw"], tmp_path / "index")
    raw = sum(one.size for one in done.indexed)
    assert sum(one.stat().st_size for one in (tmp_path / "index").glob("leases*")) < raw * 0.03
