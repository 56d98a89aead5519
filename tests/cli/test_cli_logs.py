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
