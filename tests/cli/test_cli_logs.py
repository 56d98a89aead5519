"""The verbs of ``logs`` as people use them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Orchestrator = Callable[..., "subprocess.CompletedProcess[str]"]
LINES = (
    "Mar 10 03:00:00  cgn1 (FPC Slot 2, PIC Slot 0) 2026-03-10 01:00:00 [FWNAT]:JSERVICES_NAT_PORT_BLOCK_ALLOC: "
    "2001:db8:0:0:0:0:0:2 -> 192.0.2.1:1024-1151\n"
    "Mar 10 06:00:00  cgn1 (FPC Slot 2, PIC Slot 0) 2026-03-10 04:00:00 {s}[FWNAT]:JSERVICES_NAT_PORT_BLOCK_RELEASE: "
    "2001:db8:0:0:0:0:0:2 -> 192.0.2.1:1024-1151 0x69af6d10\n"
)


@pytest.fixture
def indexed(orchestrator: Orchestrator, tmp_path: Path) -> Path:
    (tmp_path / "cgn.log").write_text(LINES)
    done = orchestrator("logs", "index", "cgn.log", "--into", "logs-index")
    assert done.returncode == 0, done.stderr
    assert "2 port-block logs" in done.stdout
    return tmp_path


def test_who_had_names_subscriber_rung_and_lines(orchestrator: Orchestrator, indexed: Path):
    done = orchestrator(
        "logs", "who-had", "192.0.2.1:1100", "--at", "2026-03-10T03:00:00", "--zone", "+01:00", "--text"
    )
    assert done.returncode == 0, done.stderr
    assert "192.0.2.1:1100 at 2026-03-10T02:00:00Z: certain, 2001:db8::2" in done.stdout
    assert f"{indexed}/cgn.log:1: Mar 10 03:00:00" in done.stdout
    told = json.loads(
        orchestrator("logs", "who-had", "192.0.2.1:1100", "--at", "2026-03-10T02:00:00Z", "--format", "json").stdout
    )
    assert (told[0]["rung"], told[0]["leases"][0]["released"]) == ("certain", "2026-03-10T04:00:00+00:00")


def test_a_gap_is_told_and_is_no_success(orchestrator: Orchestrator, indexed: Path):
    done = orchestrator("logs", "who-had", "192.0.2.1:1100", "--at", "2026-03-10T05:00:00Z")
    assert done.returncode == 1
    assert ": gap" in done.stdout
    assert "near:" in done.stdout


def test_a_gap_says_what_the_index_holds_and_a_time_may_be_seconds(orchestrator: Orchestrator, indexed: Path):
    done = orchestrator("logs", "who-had", "192.0.2.9:1100", "--at", "1773109800")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "192.0.2.9:1100 at 2026-03-10T02:30:00Z: gap",
        "   why:  no log speaks of this port",
        "   index: logs from 2026-03-10T01:00:00Z to 2026-03-10T04:00:00Z",
    ]


def test_a_subscriber_without_a_span_gets_all_its_blocks(orchestrator: Orchestrator, indexed: Path):
    told = json.loads(orchestrator("logs", "subscriber", "2001:db8::2", "--format", "json").stdout)
    assert [(one["external"], one["low"]) for one in told] == [("192.0.2.1", 1024)]


FLOW = (
    '<14>1 2026-03-10T11:00:00Z fw1 RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.40 reason="TCP FIN" '
    'source-address="10.0.0.5" source-port="5001" destination-address="198.51.100.9" destination-port="443" '
    'service-name="junos-https" nat-source-address="203.0.113.7" nat-source-port="7001" '
    'nat-destination-address="198.51.100.9" nat-destination-port="443" src-nat-rule-name="r" dst-nat-rule-name="None" '
    'protocol-id="6" policy-name="out" source-zone-name="trust" destination-zone-name="untrust" session-id-32="7" '
    'packets-from-client="1" bytes-from-client="1" packets-from-server="1" bytes-from-server="1" elapsed-time="3600"]\n'
)


def test_flows_are_asked_by_the_address_the_other_side_saw(orchestrator: Orchestrator, tmp_path: Path):
    (tmp_path / "fw.log").write_text(FLOW)
    assert "1 sessions" in orchestrator("logs", "index", "fw.log", "--into", "logs-index").stdout
    words = ("logs", "flows", "--source", "203.0.113.7:7001", "--at")
    done = orchestrator(*words, "2026-03-10T11:30:00", "--zone", "Europe/Paris")
    assert (done.returncode, done.stderr) == (0, "")
    head, row = done.stdout.splitlines()
    assert head.split()[:3] == ["BEGIN", "END", "SESSION"]
    assert row.startswith("2026-03-10T10:00:00Z  2026-03-10T11:00:00Z  10.0.0.5/5001 -> 198.51.100.9/443 tcp")
    assert row.endswith(f"{tmp_path}/fw.log:1")
    [told] = json.loads(orchestrator(*words, "2026-03-10T10:30:00Z", "--format", "json").stdout)
    assert (told["session_id"], told["policy"], told["key"]["source"]) == (7, "out", "10.0.0.5")
    later = orchestrator(*words, "2026-03-10T12:30:00Z")
    assert (later.stdout, later.stderr) == ("", "no session in the archives was open then\n")


def test_subscriber_and_gaps(orchestrator: Orchestrator, indexed: Path):
    span = ("--from", "2026-03-10T00:00:00Z", "--to", "2026-03-11T00:00:00Z")
    assert "192.0.2.1:1024-1151" in orchestrator("logs", "subscriber", "2001:db8::2", *span).stdout
    assert "no lease" in orchestrator("logs", "subscriber", "2001:db8::3", *span).stderr
    silent = json.loads(orchestrator("logs", "gaps", "--archive-period", "1h", "--format", "json").stdout)
    assert [one["begin"] for one in silent] == ["2026-03-10T02:00:00+00:00", "2026-03-10T03:00:00+00:00"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("who-had", "192.0.2.1:1100", "--at", "2026-03-10T02:00:00"), "has no time zone"),
        (("who-had", "192.0.2.1:1100", "--at", "yesterday"), "not a time"),
        (("who-had", "192.0.2.1:1100", "--at", "2026-03-10"), "write 2026-03-10T00:00:00Z"),
        (("subscriber", "10.0.0.1", "--from", "2026-03-11T00:00:00Z", "--to", "2026-03-10T00:00:00Z"), "is not before"),
        (("subscriber", "ten"), "not an address"),
        (("subscriber", "10.0.0.0/99"), "not a prefix"),
        (("flows", "--source", "10.0.0.1", "--from", "1773109800", "--to", "1773109800"), "is not before"),
        (("who-had", "192.0.2.1", "--at", "2026-03-10T02:00:00Z"), "not an address and a port"),
        (("who-had", "192.0.2.1:1", "--at", "2026-03-10T02:00:00", "--zone", "Mars/Base"), "there is no time zone"),
        (("who-had", "192.0.2.1:1", "--at", "2026-03-10T02:00:00Z", "--index", "none"), "there is no index here"),
        (("gaps", "--archive-period", "90m"), "an archive period is"),
        (("index", "missing.log", "--into", "x"), "missing.log: there is no such file"),
        (("flows", "--source", "10.0.0.1"), "say --at"),
        (("lint", "cgn.log"), "cgn.log:1: nothing here is a configuration"),
    ],
)
def test_what_cannot_be_done_ends_with_two_and_says_why(
    orchestrator: Orchestrator, indexed: Path, words: tuple[str, ...], said: str
):
    done = orchestrator("logs", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_duckdb_the_hint_names_the_extra(tmp_path: Path):
    program = "import sys; sys.modules['duckdb'] = None; from orchestrator.cli import main; main()"
    (tmp_path / "a.log").write_text(LINES)
    done = subprocess.run(
        [sys.executable, "-c", program, "logs", "index", "a.log", "--into", "x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "srx-orchestrator[logs]" in done.stderr


def test_lint_ends_with_one_when_a_rule_is_broken(orchestrator: Orchestrator, tmp_path: Path):
    (tmp_path / "c.txt").write_text("set interfaces ms-1/0/0 services-options pba-interim-logging-interval 60\n")
    done = orchestrator("logs", "lint", "c.txt")
    assert done.returncode == 1
    assert "interval-out-of-range" in done.stdout
    assert "c.txt:1: set interfaces" in done.stdout
