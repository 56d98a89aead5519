from __future__ import annotations

import importlib.resources
from pathlib import Path

import pytest

from orchestrator.errors import ScenarioError
from orchestrator.lab.scenario import Endpoint
from orchestrator.lab.scenario_file import load

BASE = """\
name: mine
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
zones:
  trust: {}
"""


def shipped() -> list[str]:
    folder = importlib.resources.files("orchestrator.lab") / "scenarios"
    return sorted(entry.name.removesuffix(".yml") for entry in folder.iterdir() if entry.name.endswith(".yml"))


def refused(tmp_path: Path, text: str) -> ScenarioError:
    path = tmp_path / "mine.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert caught.value.path == str(path)
    return caught.value


def test_the_five_shipped_scenarios_are_there() -> None:
    assert {"default", "quiet", "symptoms", "busy-colleague", "foreign-file"} <= set(shipped())


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scenario_is_valid_and_bears_its_name(name: str) -> None:
    assert load(name).name == name
    assert load(name).about


def test_a_file_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(BASE + "traffic: [{name: v6, source: '2001:db8::1', destination: '[2001:db8::2]:443'}]\n")
    assert load(str(path)).traffic[0].destination == Endpoint("2001:db8::2", 443)


def test_an_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(ScenarioError, match="no scenario 'nope'") as caught:
        load("nope")
    assert "default" in caught.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"gone\.yml"):
        load(tmp_path / "gone.yml")


@pytest.mark.parametrize(
    ("extra", "line", "column", "message"),
    [
        ("zoness: {}\n", 6, 1, "Extra inputs"),
        ("default_policy: maybe\n", 6, 1, "'permit' or 'deny'"),
        ("policies:\n  - {from: trust, to: lan, name: p, id: 4, action: permit}\n", 7, 19, "no zone 'lan'"),
        ("routes:\n  - {prefix: 0.0.0.0/0, interface: ge-9/9/9.0}\n", 7, 25, "no interface 'ge-9/9/9.0'"),
        ("routes:\n  - {prefix: 0.0.0.0/0}\n", 7, 5, "next_hop"),
        ("routes:\n  - {prefix: 10.0.0.0/40, reject: true}\n", 7, 6, "10.0.0.0/40"),
        ("traffic:\n  - {name: a, source: 10.1.1.5, destination: '10.1.1.6:99999'}\n", 7, 33, "not a port"),
        ("traffic:\n  - name: a\n    source: 10.1.1.5\n", 7, 5, "destination: Field required"),
        (
            "nat:\n  source:\n    - {name: r, from: trust, to: trust, pool: p}\n",
            8,
            41,
            "no source NAT pool 'p'",
        ),
        (
            "policies: [{from: trust, to: trust, name: p, id: 4, action: permit, match: {application: [mine]}}]\n",
            6,
            77,
            "no application 'mine'",
        ),
        ("name: twice\n", 6, 1, "duplicate"),
        ("zones2: [\n", 7, 1, "expected"),
    ],
)
def test_a_mistake_is_shown_where_it_stands(tmp_path: Path, extra: str, line: int, column: int, message: str) -> None:
    error = refused(tmp_path, BASE + extra)
    assert message in error.message
    assert (error.line, error.column) == (line, column)


def test_an_interface_of_an_unknown_logical_system_is_refused(tmp_path: Path) -> None:
    text = BASE.replace("zone: trust}", "zone: trust, logical_system: LS1}")
    assert "no logical system 'LS1'" in refused(tmp_path, text).message
    path = tmp_path / "good.yml"
    path.write_text(text + "logical_systems: [LS1]\n")
    assert load(path).interfaces["ge-0/0/0.0"].logical_system == "LS1"


def test_a_list_is_no_scenario(tmp_path: Path) -> None:
    assert "mapping" in refused(tmp_path, "- a\n").message
