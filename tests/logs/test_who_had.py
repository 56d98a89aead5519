"""Who had a port: against an oracle that reads every line, and against what really was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from maker import Oracle, archives, questions

from orchestrator.logs import ask, block_events
from orchestrator.logs.index import Order, build
from orchestrator.model.port_block import Rung, as_printed

DAY = datetime(2026, 3, 10, tzinfo=UTC)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def built(tmp_path: Path, *lines: str, name: str = "a.log") -> Path:
    (tmp_path / name).write_text("".join(f"{line}\n" for line in lines))
    build([tmp_path / name], tmp_path / "index", Order())
    return tmp_path / "index"


def who(folder: Path, external: str, port: int, at: datetime, device: str = ""):
    with ask.opened(folder) as opened:
        return ask.who_had(opened, external, port, at, device)


def log(at: str, event: str, subscriber: str, block: str, created: str = "", head: str = "") -> str:
    tail = f" 0x{int(datetime.fromisoformat(f'2026-03-10T{created}Z').timestamp()):x}" if created else ""
    return f"{head}2026-03-10 {at} [FWNAT]:JSERVICES_NAT_PORT_BLOCK_{event}: {subscriber} -> {block}{tail}"


@pytest.mark.parametrize("seed", [1, 2])
def test_answers_are_those_of_the_oracle_and_a_certain_one_is_never_wrong(tmp_path: Path, seed: int):
    truth = archives(tmp_path / "raw", seed=seed, loss=0.05, alloc_loss=0.2)
    files = sorted((tmp_path / "raw").iterdir())
    build(reversed(files), tmp_path / "index")
    oracle = Oracle([line for path in files for line in path.open()])
    rungs = dict.fromkeys(Rung, 0)
    with ask.opened(tmp_path / "index") as opened:
        for lease, ext, port, low, at in questions(truth, 300, seed):
            found = ask.who_had(opened, ext, port, moment(at))
            rungs[found.rung] += 1
            subscriber = as_printed(found.subscriber) if found.subscriber else ""
            near_stamp = [one for one in found.leases if not one.exact and one.created and moment(at) < one.created]
            if not near_stamp and found.rung is not Rung.CONFLICT:
                assert (found.rung.value, subscriber) == oracle.answer(ext, low, at)
            if found.rung is Rung.CERTAIN:
                held = [one for one in truth if one[0] == ext and one[1] == low and one[4] <= at
                        and (one[5] is None or at <= one[5] + 2)]  # fmt: skip
                assert subscriber in {one[3] for one in held}
            del lease
    assert rungs[Rung.CERTAIN] > 100
    assert rungs[Rung.LIKELY]
    assert rungs[Rung.GAP]


def test_both_lanes_give_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archives(tmp_path / "raw", lines=3000)
    build([tmp_path / "raw"], tmp_path / "fast")
    monkeypatch.setattr(block_events, "_CARDS", b"nothing has this")
    build([tmp_path / "raw"], tmp_path / "exact")
    tables = []
    for name in ("fast", "exact"):
        with ask.opened(tmp_path / name) as opened:
            tables.append(sorted(map(repr, opened.rows("true", []))))
    assert tables[0] == tables[1]
    assert len(tables[0]) > 300


def test_the_lines_named_are_the_lines_of_the_lease(tmp_path: Path):
    folder = built(
        tmp_path, "noise", "", log("01:00:00", "ALLOC", "10.0.0.1", "192.0.2.1:1024-1151"), "",
        log("01:31:00", "ACTIVE", "10.0.0.1", "192.0.2.1:1024-1151", "01:00:00"),
        log("02:00:00", "RELEASE", "10.0.0.1", "192.0.2.1:1024-1151", "01:00:00"),
    )  # fmt: skip
    found = who(folder, "192.0.2.1", 1100, DAY + timedelta(hours=1, minutes=40))
    assert (found.rung, found.subscriber) == (Rung.CERTAIN, "10.0.0.1")
    assert [line.number for line in found.leases[0].lines] == [3, 6]
    assert [line.text[:30] for line in ask.with_text(found.leases[0].lines)] == [
        "2026-03-10 01:00:00 [FWNAT]:JS", "2026-03-10 02:00:00 [FWNAT]:JS",
    ]  # fmt: skip


def test_the_ladder_with_a_lost_alloc_a_lost_release_and_silence(tmp_path: Path):
    block = "192.0.2.1:1024-1151"
    folder = built(
        tmp_path,
        log("03:00:00", "RELEASE", "10.0.0.1", block, "01:00:00"),  # ALLOC lost
        log("04:00:00", "ALLOC", "10.0.0.2", block), log("05:00:00", "ACTIVE", "10.0.0.2", block, "03:59:58"),
        log("08:00:00", "ALLOC", "10.0.0.3", block),  # the RELEASE of 10.0.0.2 is lost
    )  # fmt: skip
    told = {
        0.5: (Rung.GAP, ""), 2: (Rung.CERTAIN, "10.0.0.1"), 3.5: (Rung.GAP, ""), 4.5: (Rung.CERTAIN, "10.0.0.2"),
        6: (Rung.LIKELY, "10.0.0.2"), 9: (Rung.LIKELY, "10.0.0.3"),
    }  # fmt: skip
    for hours, expected in told.items():
        found = who(folder, "192.0.2.1", 1030, DAY + timedelta(hours=hours))
        assert (found.rung, found.subscriber) == expected
    two = who(folder, "192.0.2.1", 1030, DAY + timedelta(hours=4.5)).leases[0]
    assert (two.created, two.exact, two.allocated) == (DAY + timedelta(hours=3, minutes=59, seconds=58), True, True)
    assert who(folder, "192.0.2.1", 1152, DAY + timedelta(hours=2)).rung is Rung.GAP


def test_two_subscribers_at_once_are_a_conflict_and_a_device_may_be_named(tmp_path: Path):
    block = "192.0.2.1:1024-1151"
    heads = [f"Mar 10 01:00:00  {name} (FPC Slot 1, PIC Slot 0) " for name in ("a", "b")]
    folder = built(
        tmp_path, log("01:00:00", "ALLOC", "10.0.0.1", block, head=heads[0]),
        log("01:00:10", "ALLOC", "10.0.0.2", block, head=heads[1]),
        log("02:00:00", "RELEASE", "10.0.0.1", block, "01:00:00", head=heads[0]),
        log("02:10:00", "RELEASE", "10.0.0.2", block, "01:00:10", head=heads[1]),
    )  # fmt: skip
    at = DAY + timedelta(hours=1, minutes=30)
    assert who(folder, "192.0.2.1", 1024, at).rung is Rung.CONFLICT
    assert who(folder, "192.0.2.1", 1024, at, "b").subscriber == "10.0.0.2"


def test_the_sample_of_the_document_is_one_lease_with_its_creation(tmp_path: Path):
    head, tail = "[FWNAT]:JSERVICES_NAT_PORT_BLOCK_", "2001:db8:0:0:0:0:0:2 -> 10.1.1.1:1050-1091"
    times = ("00:32:36", "01:03:20", "01:34:04", "02:04:48")
    folder = built(
        tmp_path, f"1970-01-01 00:01:51 {head}ALLOC: {tail}",
        *(f"1970-01-01 {time} {{nat64}}{head}ACTIVE: {tail} 0x6f" for time in times),
    )  # fmt: skip
    found = who(folder, "10.1.1.1", 1050, moment(111))
    [lease] = found.leases
    assert (found.rung, found.subscriber, lease.scope) == (Rung.CERTAIN, "2001:db8::2", "nat64")
    assert (lease.created, lease.exact, lease.last_log) == (moment(111), True, moment(2 * 3600 + 4 * 60 + 48))
    assert [one.hour for one in lease.logged_hours] == [0, 1, 2]
    assert who(folder, "10.1.1.1", 1091, moment(7489)).rung is Rung.LIKELY
    assert who(folder, "10.1.1.1", 1050, moment(110)).rung is Rung.GAP


def test_b4_text_that_changes_does_not_split_a_lease(tmp_path: Path):
    block = "192.0.2.1:1024-1151"
    folder = built(
        tmp_path, log("01:00:00", "ALLOC", "2001:db8:1:2:0:0:0:5", block),
        log("02:00:00", "RELEASE", "2001:db8:1:2:0:0:0:9", block, "01:00:01"),
    )  # fmt: skip
    found = who(folder, "192.0.2.1", 1024, DAY + timedelta(hours=1, minutes=30))
    assert (found.rung, found.subscriber) == (Rung.CERTAIN, "2001:db8:1:2::5 or 2001:db8:1:2::9")
    assert "19.3R1" in found.why


def test_a_b4_address_is_found_under_its_prefix(tmp_path: Path):
    block = "192.0.2.1:1024-1151"
    folder = built(
        tmp_path, log("01:00:00", "ALLOC", "2001:db8:1:200:0:0:0:5/56", block),
        log("02:00:00", "RELEASE", "2001:db8:1:200:0:0:0:0/56", block, "01:00:00"),
    )  # fmt: skip
    with ask.opened(folder) as opened:
        found = ask.of_subscriber(opened, "2001:db8:1:2ff::1", DAY, DAY + timedelta(days=1))
        outside = ask.of_subscriber(opened, "2001:db8:1:300::1", DAY, DAY + timedelta(days=1))
    assert [(one.subscriber, one.released) for one in found] == [("2001:db8:1:200::/56", DAY + timedelta(hours=2))]
    assert outside == []


def test_a_release_of_an_srx_is_paired_by_order_and_says_so(tmp_path: Path):
    head = "<14>1 2026-03-10T{}+02:00 fw RT_NAT - RT_SRC_NAT_PBA_{} [junos@2636.1.1.1.2.40 "
    body = (
        'internal-ip="{}" block-port-low="1024" block-port-high="1151" reflexive-ip="192.0.2.9" nat-pool-name="p" '
        'epoch-time-64="{:x}"]'
    )
    one = int(DAY.timestamp())
    folder = built(
        tmp_path, head.format("03:00:00", "ALLOC") + body.format("10.0.0.1", one + 3600),
        head.format("05:00:00", "RELEASE") + body.format("10.0.0.1", one + 3 * 3600),
        head.format("06:00:00", "ALLOC") + body.format("10.0.0.2", one + 4 * 3600),
    )  # fmt: skip
    found = who(folder, "192.0.2.9", 1024, DAY + timedelta(hours=2))
    assert (found.rung, found.subscriber) == (Rung.CERTAIN, "10.0.0.1")
    assert "paired by order" in found.why
    assert who(folder, "192.0.2.9", 1024, DAY + timedelta(hours=3, minutes=30)).rung is Rung.GAP


def test_an_interim_log_that_names_no_creation_is_no_release(tmp_path: Path):
    block = "192.0.2.1:1024-1151"
    folder = built(
        tmp_path, log("01:00:00", "ALLOC", "10.0.0.1", block), log("02:00:00", "ACTIVE", "10.0.0.1", block),
        log("03:00:00", "ACTIVE", "10.0.0.1", block),
    )  # fmt: skip
    for minutes, rung in ((90, Rung.CERTAIN), (150, Rung.CERTAIN), (200, Rung.LIKELY)):
        found = who(folder, "192.0.2.1", 1024, DAY + timedelta(minutes=minutes))
        assert (found.rung, found.subscriber) == (rung, "10.0.0.1")
        assert found.leases[0].released is None


def test_a_gzip_archive_gives_what_the_plain_one_gives(tmp_path: Path):
    archives(tmp_path / "plain", lines=2000)
    archives(tmp_path / "packed", lines=2000, packed=True)
    tables = []
    for name in ("plain", "packed"):
        build([tmp_path / name], tmp_path / f"{name}-index")
        with ask.opened(tmp_path / f"{name}-index") as opened:
            tables.append(sorted((row.external, row.low, row.created, row.hours) for row in opened.rows("true", [])))
    assert tables[0] == tables[1]


def test_a_conflicting_name_of_a_lease_of_ipv4_is_no_answer(tmp_path: Path):
    block = "192.0.2.1:1024-1151"
    folder = built(
        tmp_path, log("01:00:00", "ALLOC", "10.0.0.1", block), log("02:00:00", "RELEASE", "10.0.0.2", block, "01:00:00")
    )
    assert who(folder, "192.0.2.1", 1024, DAY + timedelta(hours=1, minutes=1)).rung is Rung.CONFLICT
