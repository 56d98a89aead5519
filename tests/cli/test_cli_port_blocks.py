"""``show port-blocks`` over a real session, against an MX of the lab that has given blocks out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import PROGRAM, environment, lab_process

Orchestrator = Callable[..., "subprocess.CompletedProcess[str]"]
SCENARIO = """
name: blocks
port_blocks:
  - {pool: p1, internal: 10.1.1.9, reflexive: 203.0.113.5, low: 1024, high: 1151, used: 3, left: 240}
  - {pool: p1, internal: "2001:db8::9", reflexive: 203.0.113.5, low: 1152, high: 1279}
"""


@pytest.fixture(scope="module")
def mx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The folder of an inventory that reaches the device, which is called ``cgn1``."""
    folder = tmp_path_factory.mktemp("cgn")
    scenario = folder / "blocks.yml"
    scenario.write_text(SCENARIO)
    with lab_process(
        folder / "state", "--name", "cgn1", "--persona", "mx", "--scenario", str(scenario)
    ) as (_, device):  # fmt: skip
        subprocess.run(
            [*PROGRAM, "lab", "inventory", device["control"], "--into", folder / "inventory"], check=True,
            capture_output=True, env=environment(folder / "state"),
        )  # fmt: skip
        yield str(folder / "inventory")


def test_a_port_names_its_subscriber(mx: str, orchestrator: Orchestrator):
    done = orchestrator("show", "port-blocks", "cgn1", "--external", "203.0.113.5:1100", "-i", mx)
    assert (done.returncode, done.stderr) == (0, "")
    head, row = done.stdout.splitlines()
    assert head.split()[:2] == ["SUBSCRIBER", "BLOCK"]
    assert row.split() == ["10.1.1.9", "203.0.113.5:1024-1151", "p1", "3/128", "240", "s"]


def test_a_subscriber_names_its_blocks_as_data(mx: str, orchestrator: Orchestrator):
    done = orchestrator("show", "port-blocks", "cgn1", "--subscriber", "2001:db8::9", "-i", mx, "--format", "json")
    told: list[dict[str, Any]] = json.loads(done.stdout)
    assert [(one["external"], one["low"], one["high"], one["pool"]) for one in told] == [
        ("203.0.113.5", 1152, 1279, "p1")
    ]


def test_a_port_that_nobody_holds_is_an_empty_answer_and_says_so(mx: str, orchestrator: Orchestrator):
    done = orchestrator("show", "port-blocks", "cgn1", "--external", "203.0.113.5:4000", "-i", mx)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no block is given out" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--external", "203.0.113.5:70000"), "not a port"),
        (("--external", "fw1"), "not an address"),
        (("--subscriber", "ten"), "not an address"),
        (("--external", "203.0.113.5", "--subscriber", "10.1.1.9"), "not both"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_the_device_is(
    mx: str, orchestrator: Orchestrator, words: tuple[str, ...], said: str
):
    done = orchestrator("show", "port-blocks", "cgn1", *words, "-i", mx)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_device_without_the_command_ends_with_a_hint_and_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, orchestrator: Orchestrator
):
    folder: Path = tmp_path_factory.mktemp("old")
    with lab_process(folder / "state", "--name", "fw", "--persona", "branch-17.3") as (_, device):
        subprocess.run(
            [*PROGRAM, "lab", "inventory", device["control"], "--into", folder / "inventory"], check=True,
            capture_output=True, env=environment(folder / "state"),
        )  # fmt: skip
        done = orchestrator("show", "port-blocks", "fw", "-i", str(folder / "inventory"))
    assert done.returncode == 2
    assert "port-block" in done.stderr
    assert "Traceback" not in done.stderr
