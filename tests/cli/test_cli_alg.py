"""ALG verbs against a lab in a process of its own, and ``explain`` on saved output."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import PROGRAM, environment, lab_process

Orchestrator = Callable[..., "subprocess.CompletedProcess[str]"]
DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def mx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("mx")
    with lab_process(folder / "state", "--name", "mx1", "--persona", "mx", "--scenario", "alg-ftp") as (_, device):
        subprocess.run(
            [*PROGRAM, "lab", "inventory", device["control"], "--into", folder / "inventory"], check=True,
            capture_output=True, env=environment(folder / "state"),
        )  # fmt: skip
        yield device | {"inventory": str(folder / "inventory")}


def test_a_healthy_session_is_told_with_its_roles(mx: dict[str, Any], orchestrator: Orchestrator) -> None:
    done = orchestrator("show", "alg-status", "mx1", "--alg", "ftp", "-i", mx["inventory"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "mx1: nothing found (ftp transferring)"
    for role in ("control initiator", "data initiator", "control responder", "data responder"):
        assert f"\n{role}" in done.stdout
    assert "read once" in done.stdout


def test_tables_and_json_hold_the_same(mx: dict[str, Any], orchestrator: Orchestrator) -> None:
    words = ("show", "stateful-firewall", "mx1")
    table = orchestrator(*words, "-i", mx["inventory"])
    told = json.loads(orchestrator(*words, "-i", mx["inventory"], "--format", "json").stdout)
    assert len(table.stdout.splitlines()) == 1 + len(told[0]["flows"])
    assert "NAT source 10.1.79.2:14083 -> 198.51.100.237:50118" in table.stdout
    counters = json.loads(orchestrator(*words, "statistics", "-i", mx["inventory"], "--format", "json").stdout)
    assert counters[0]["groups"]["tcp-error-counters"]["syn-attack"] == 276
    flows = orchestrator(*words, "flows", "--destination", "203.0.113.2:21", "-i", mx["inventory"])
    assert len(flows.stdout.splitlines()) == 2
    wrong = orchestrator(*words, "--alg", "fttp", "-i", mx["inventory"])
    assert (wrong.returncode, "ftp" in wrong.stderr) == (2, True)


def test_saved_output_is_explained(tmp_path: Path, orchestrator: Orchestrator) -> None:
    good = DATA / "stateful_firewall/ftp/input.txt"
    done = orchestrator("explain", str(good), str(DATA / "stateful_firewall/statistics/input.txt"))
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "saved output: nothing found (ftp transferring)")
    bad = tmp_path / "conversations.txt"
    bad.write_text("\n".join(line for line in good.read_text().splitlines() if ":20" not in line and "119" not in line))
    done = orchestrator("explain", str(bad), str(DATA / "service_log/ftp/input.txt"), "--format", "json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert [one["symptom"] for one in told["findings"]] == [
        "ftp control is up, the data flow is missing", "ftp flows and heading do not agree",
    ]  # fmt: skip


def test_saved_output_is_parsed_by_kind(orchestrator: Orchestrator) -> None:
    done = orchestrator("parse", "service_log", str(DATA / "service_log/ftp/input.txt"))
    assert [json.loads(line)["tag"] for line in done.stdout.splitlines()] == [
        "ASP_SFW_RULE_ACCEPT", "ASP_SFW_CREATE_ACCEPT_FLOW", "ASP_SFW_FTP_ACTIVE_ACCEPT",
    ]  # fmt: skip
