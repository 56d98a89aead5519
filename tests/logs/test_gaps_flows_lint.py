"""Silent archive periods, sessions of RT_FLOW archives, and the rules of interim logging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from maker import archives

from orchestrator.errors import InputError, ParseError
from orchestrator.logs import ask
from orchestrator.logs.flows import Asked, flows
from orchestrator.logs.gaps import gaps
from orchestrator.logs.index import build
from orchestrator.logs.lint import Told, lint
from orchestrator.model.port_block import as_printed
from orchestrator.parsers.port_block_configuration import parse
from orchestrator.parsers.source import Source

DAY = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECURED = "set services nat pool p port secured-port-block-allocation interim-logging-interval 1800"
SESSION = (
    "<14>1 2026-03-10T{time}Z fw1 RT_FLOW - RT_FLOW_SESSION_{kind} [junos@2636.1.1.1.2.40 "
    '{more}source-address="{source}" source-port="{port}" '
    'destination-address="198.51.100.9" destination-port="443" service-name="junos-https" '
    'nat-source-address="203.0.113.7" nat-source-port="{nat}" nat-destination-address="198.51.100.9" '
    'nat-destination-port="443" src-nat-rule-name="r" dst-nat-rule-name="None" protocol-id="6" policy-name="out" '
    'source-zone-name="trust" destination-zone-name="untrust" session-id-32="{id}"{tail}]\n'
)
CLOSED = (
    ' packets-from-client="1" bytes-from-client="1" packets-from-server="1" bytes-from-server="1" elapsed-time="{}"'
)


def test_silent_periods_are_those_of_the_truth(tmp_path: Path):
    truth = archives(tmp_path / "raw", lines=4000, loss=0.05)
    logged: dict[tuple, set[int]] = {}
    for path in (tmp_path / "raw").iterdir():
        for line in path.open():
            words = line.split()
            at = words.index("->")
            ext, _, ports = words[at + 1].partition(":")
            stamp = int(datetime.fromisoformat(f"{words[at - 4]}T{words[at - 3]}Z").timestamp())
            logged.setdefault((ext, int(ports.split("-")[0]), words[at - 1]), set()).add(stamp)
    expected = set()
    for ext, low, _, sub, created, released, _ in truth:
        mine = {one for one in logged.get((ext, low, sub), ()) if created <= one <= (released or created + 10**6) + 2}
        if mine and max(mine) > created + 5:
            hours = {one // 3600 for one in mine}
            expected |= {(ext, low, sub, hour) for hour in range(created // 3600, max(mine) // 3600 + 1)} - {
                (ext, low, sub, hour) for hour in hours
            }
    build([tmp_path / "raw"], tmp_path / "index")
    with ask.opened(tmp_path / "index") as opened:
        found = {
            (one.lease.external, one.lease.low, as_printed(one.lease.subscriber), int(one.begin.timestamp()) // 3600)
            for one in gaps(opened, HOUR)
        }
        spans = list(gaps(opened, HOUR, DAY + 6 * HOUR, DAY + 8 * HOUR))
    assert found == expected
    assert len(found) > 20
    assert {one.begin for one in spans} == {DAY + 6 * HOUR, DAY + 7 * HOUR}


@pytest.mark.parametrize("period", [timedelta(minutes=30), 5 * HOUR, timedelta(0)])
def test_a_period_the_index_cannot_tell_is_refused(tmp_path: Path, period: timedelta):
    archives(tmp_path / "raw", lines=300)
    build([tmp_path / "raw"], tmp_path / "index")
    with ask.opened(tmp_path / "index") as opened, pytest.raises(InputError, match="archive period"):
        list(gaps(opened, period))


def test_sessions_open_at_a_moment_are_found_by_either_address(tmp_path: Path):
    def line(kind: str, time: str, number: int, elapsed: int | None = None, source: str = "10.0.0.5") -> str:
        tail = "" if elapsed is None else CLOSED.format(elapsed)
        more = "" if elapsed is None else 'reason="TCP FIN" '
        return SESSION.format(time=time, kind=kind, more=more, source=source, port=5000 + number, nat=7000 + number,
                              id=number, tail=tail)  # fmt: skip

    (tmp_path / "a.log").write_text(
        line("CREATE", "10:00:00", 1) + line("CLOSE", "11:00:00", 1, 3600) + line("CLOSE", "12:00:00", 2, 600)
        + line("CREATE", "10:15:00", 3) + line("CREATE", "10:15:00", 4, source="10.0.0.6")
    )  # fmt: skip
    build([tmp_path / "a.log"], tmp_path / "index")
    at = DAY + timedelta(hours=10, minutes=30)
    with ask.opened(tmp_path / "index") as opened:
        found = flows(opened, Asked(source="10.0.0.5", begin=at, end=at))
        by_nat = flows(opened, Asked(source="203.0.113.7", source_port=7001, begin=at, end=at))
        late = flows(opened, Asked(destination="198.51.100.9", begin=DAY + 11.9 * HOUR, end=DAY + 12 * HOUR))
    assert [(one.session_id, one.kind, one.line.number) for one in found] == [(1, "close", 2), (3, "create", 4)]
    assert [one.session_id for one in by_nat] == [1]
    assert (by_nat[0].begin, by_nat[0].end, by_nat[0].policy) == (DAY + 10 * HOUR, DAY + 11 * HOUR, "out")
    assert [one.session_id for one in late] == [3, 4, 2]


GOOD = """
set system syslog file messages any any
set chassis fpc 2 pic 0 adaptive-services service-package extension-provider package jservices-nat
set interfaces ms-2/0/0 services-options inactivity-timeout 1200
set interfaces ms-2/0/0 services-options pba-interim-logging-interval 1800
set services nat pool p1 port secured-port-block-allocation block-size 128
set services nat rule r term t then translated source-pool p1
set services nat rule r term t then syslog
"""
TOLD = Told(subscriber=300, archive_period=3600, card="ms-mpc", release="18.4R1")


def symptoms(text: str, told: Told = TOLD) -> list[str]:
    return [one.symptom for one in lint(parse(Source.of_text(text)), told).findings]


def test_a_good_configuration_has_no_finding_and_nothing_unchecked():
    found = lint(parse(Source.of_text(GOOD)), TOLD)
    assert (found.findings, found.not_checked) == ((), ())
    assert any("clear text" in note for note in found.notes)


@pytest.mark.parametrize(
    ("before", "after", "symptom"),
    [
        ("interval 1800", "interval 1799", "interval-out-of-range"),
        ("interval 1800", "interval 0", "interim-logging-off"),
        ("interval 1800", "interval 7200", "interval-above-archive-period"),
        ("inactivity-timeout 1200", "inactivity-timeout 2500", "interval-below-timeout"),
        ("port secured-port-block-allocation block-size 128", "port automatic", "no-block-pool"),
        ("set system syslog file messages any any", "set system host-name x", "system-syslog-off"),
        ("set services nat rule r term t then syslog\n", "", "rule-syslog-off"),
        ("package jservices-nat", "package jservices-sfw", "package-missing"),
        ("block-size 128", "interim-logging-interval 3600", "pool-overrides-interface"),
    ],
)
def test_each_rule_is_broken_alone(before: str, after: str, symptom: str):
    assert before in GOOD
    assert symptoms(GOOD.replace(before, after)) == [symptom]


def test_the_upper_end_of_the_range_is_kept():
    day = Told(subscriber=1, archive_period=10**6, card="ms-mpc", release="18.4R1")
    assert symptoms(GOOD.replace("interval 1800", "interval 86400"), day) == []
    assert symptoms(GOOD.replace("interval 1800", "interval 86401"), day) == ["interval-out-of-range"]


def test_an_interval_at_or_below_the_subscriber_timeout_is_found():
    told = Told(subscriber=1800, archive_period=3600, card="ms-mpc", release="18.4R1")
    assert symptoms(GOOD, told) == ["interval-below-timeout"]
    assert symptoms(GOOD, Told(subscriber=1799, archive_period=3600, card="ms-mpc", release="18.4R1")) == []


def test_a_rule_inside_a_service_set_must_log_too():
    inside = "set services service-set s nat rule r2 term t then translated source-pool p1\n"
    assert symptoms(GOOD + inside) == ["rule-syslog-off"]
    assert symptoms(GOOD + inside + "set services service-set s nat rule r2 term t then syslog\n") == []


@pytest.mark.parametrize("text", ["set services nat term then rule\n", "set services nat pool\n", "set interfaces\n"])
def test_a_statement_that_was_cut_is_no_crash(text: str):
    assert parse(Source.of_text(GOOD + text)).rules == {"r term t": True}


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Told(card="ms-dpc"), SECURED),
        (Told(card="ms-mic", release="14.2R4"), SECURED),
        (
            Told(card="ms-mpc", release="14.2R1"),
            "set interfaces ms-1/0/0 services-options pba-interim-logging-interval 9",
        ),
        (
            Told(card="spc3", release="19.2R1"),
            "set services nat source pool p port block-allocation interim-logging-interval 1800",
        ),
    ],
)
def test_statements_the_platform_does_not_take(told: Told, text: str):
    assert "not-supported-here" in symptoms(text, told)
    assert "not-supported-here" not in symptoms(text, Told(card="ms-mpc", release="21.4R1"))


def test_mappings_count_together_and_what_is_not_known_is_not_checked():
    text = GOOD.replace(
        "then syslog", "then syslog\nset services nat rule r term t then translated mapping-type endpoint-independent"
    )
    assert symptoms(text, Told(subscriber=1, archive_period=3600, app=900, eim=900)) == ["interval-below-timeout"]
    unknown = lint(parse(Source.of_text(text)), Told())
    assert unknown.findings == ()
    assert len(unknown.not_checked) == 5


@pytest.mark.parametrize("form", ["braces", "xml"])
def test_the_forms_of_a_configuration_say_the_same(form: str):
    braces = """
interfaces { ms-2/0/0 { services-options { pba-interim-logging-interval 900; } } }
services { nat { pool p1 { port { secured-port-block-allocation { block-size 128; } } }
  inactive: pool p2 { port { secured-port-block-allocation { interim-logging-interval 5; } } } } }
"""
    xml = """<configuration><interfaces><interface><name>ms-2/0/0</name><services-options>
<pba-interim-logging-interval>900</pba-interim-logging-interval></services-options></interface></interfaces>
<services><nat><pool><name>p1</name><port><secured-port-block-allocation><block-size>128</block-size>
</secured-port-block-allocation></port></pool></nat></services></configuration>"""
    found = parse(Source.of_text({"braces": braces, "xml": xml}[form]))
    assert {name: one.seconds for name, one in found.interfaces.items()} == {"ms-2/0/0": 900}
    assert [(one.name, one.blocks) for one in found.pools.values()] == [("p1", True)]


def test_the_status_of_a_pool_is_checked_too():
    text = """<rpc-reply><source-nat-pool-detail-information><source-nat-pool-info-entry><pool-name>P</pool-name>
<source-pool-blk-size>128</source-pool-blk-size><source-pool-blk-interim-log-cycle>{}</source-pool-blk-interim-log-cycle>
</source-nat-pool-info-entry></source-nat-pool-detail-information></rpc-reply>"""
    assert symptoms(text.format(0)) == ["interim-logging-off"]
    assert symptoms(text.format(1800)) == []


def test_something_else_is_no_configuration():
    with pytest.raises(ParseError):
        parse(Source.of_text("hello\nworld\n"))
