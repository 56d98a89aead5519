"""``show sessions``, ``clear sessions``, ``show flow-config`` and ``show multicast-sessions`` as people type them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from processes import PROGRAM, environment, lab_process

from orchestrator.cli.devices import session_filter
from orchestrator.cli.session_control import Wish, check
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.errors import InputError
from orchestrator.lab import control

SCENARIO = """
name: sessions
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
  ge-0/0/1.0: {addresses: [192.0.2.1/24], zone: untrust}
zones: {trust: {host_inbound: [all]}, untrust: {}}
policies:
  - {from: trust, to: untrust, name: out, id: 4, action: permit, log: [close]}
management: {}
sessions:
  - {source: 10.1.1.10, source_port: 1001, destination: 192.0.2.80, destination_port: 443, out: ge-0/0/1.0, policy: out}
  - {source: 10.1.1.10, source_port: 1002, destination: 192.0.2.81, destination_port: 443, out: ge-0/0/1.0, policy: out}
  - {source: 10.1.1.11, destination: 198.51.100.9, protocol: 50, kinds: [tunnel]}
  - {source: 10.1.1.12, destination: 192.0.2.9, out: ge-0/0/1.0, survives: true}
multicast:
  - {source: 10.1.1.20, group: 239.1.1.1, interval: 0.2, leaves: [{interface: ge-0/0/1.0, policy: out}]}
"""
Orchestrator = Callable[..., "subprocess.CompletedProcess[str]"]
BOOK = """
name: tidy
steps:
  - clear_sessions: {source: 10.1.1.10, also: {source-port: "1002"}, dry_run: true}
  - clear_sessions: {identifier: 500002}
  - session_table: {save: after, source: 10.1.1.10, also: {source-port: "1002"}}
"""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A device that we reach through its forwarding plane, and its inventory."""
    folder = tmp_path_factory.mktemp("sessions")
    (folder / "sessions.yml").write_text(SCENARIO)
    with lab_process(folder / "state", "--name", "fw", "--scenario", str(folder / "sessions.yml")) as (_, device):
        subprocess.run(
            [*PROGRAM, "lab", "inventory", device["control"], "--into", folder / "inventory"], check=True,
            capture_output=True, env=environment(folder / "state"),
        )  # fmt: skip
        yield device | {"inventory": str(folder / "inventory")}


def cleared(device: dict[str, Any]) -> int:
    wire = control.ask(device["control"], {"do": "inspect"})["wire_log"]
    return sum("clear-flow-session" in entry["text"] for entry in wire)


def test_a_dry_run_shows_what_would_end_and_sends_no_clear(busy: dict[str, Any], orchestrator: Orchestrator) -> None:
    done = orchestrator("clear", "sessions", "fw", "-s", "10.1.1.10", "--dry-run", "-i", busy["inventory"],
                        "--format", "json")  # fmt: skip
    assert done.returncode == 0
    assert [one["session_id"] for one in json.loads(done.stdout)] == [500001, 500002]
    assert "dry run, nothing was sent: 2 sessions would end" in done.stderr
    assert not cleared(busy)


def test_a_clear_that_takes_our_own_session_in_is_refused_with_its_number(
    busy: dict[str, Any], orchestrator: Orchestrator
) -> None:
    clear = ("clear", "sessions", "fw", "-p", "tcp", "-i", busy["inventory"])
    done = orchestrator(*clear, "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "matches, and it carries this very connection" in done.stderr
    assert "--own-session" in done.stderr
    looked = orchestrator(*clear, "--dry-run")
    assert "carries this very connection" in looked.stderr
    assert not cleared(busy)


@pytest.mark.parametrize(
    ("more", "identifier", "said"),
    [
        (["aplication=dns"], None, "application"),
        (["packets-more-than=1"], None, "not a filter"),
        (["source-port=0"], None, "not a value for source-port"),
        (["tunnel"], 7, "no other filter may stand beside it"),
    ],
)
def test_a_filter_that_is_unclear_is_refused_before_the_device_is_asked(
    more: list[str], identifier: int | None, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        session_filter(None, None, None, more, identifier=identifier)
    assert said in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("which", "wish", "said"),
    [
        (SessionFilter(), Wish(), "no filter was given"),
        (SessionFilter(), Wish(everything=True), "everything would end"),
        (SessionFilter(protocol=6), Wish(everything=True, yes=True), "contradict"),
    ],
)
def test_everything_needs_both_words_and_no_filter(which: SessionFilter, wish: Wish, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(which, wish)
    check(SessionFilter(), Wish(everything=True, yes=True))


def test_a_playbook_looks_clears_by_number_and_finds_nothing_left(
    busy: dict[str, Any], orchestrator: Orchestrator, tmp_path: Any
) -> None:
    book = tmp_path / "book.yml"
    book.write_text(BOOK)
    done = orchestrator("run", str(book), "-i", busy["inventory"], "-d", "fw", "--format", "json")
    assert done.returncode == 0, done.stderr
    looked, ended, table = json.loads(done.stdout)["devices"][0]["steps"]
    assert looked["data"] == {"matched": 1, "dry_run": True}
    assert ended["data"] == {"matched": 1, "cleared": 1, "new": 0, "still_there": 0}
    assert table["data"]["sessions"] == 0
    plan = orchestrator("plan", str(book), "--offline").stdout
    assert "clear-flow-session-by-session-identifier" in plan
    assert "undo: (cannot be undone)" in plan


def test_what_ended_is_counted_and_what_did_not_is_named(busy: dict[str, Any], orchestrator: Orchestrator) -> None:
    clear = ("clear", "sessions", "fw", "--yes", "-i", busy["inventory"])
    done = orchestrator(*clear, "-s", "10.1.1.10")
    assert (done.returncode, done.stdout) == (0, "1 session ended, none of those that matched is left\n")
    done = orchestrator(*clear, "-s", "10.1.1.12")
    assert (done.returncode, done.stdout) == (1, "0 sessions ended, 1 that matched still listed: 500004\n")
    done = orchestrator(*clear, "-s", "10.9.9.9")
    assert (done.returncode, done.stdout) == (0, "0 sessions ended\n")
    assert "nothing was sent" in done.stderr


def test_a_filter_the_device_does_not_know_is_named(busy: dict[str, Any], orchestrator: Orchestrator) -> None:
    done = orchestrator("show", "sessions", "fw", "-i", busy["inventory"], "--filter", "vxlan-vni=5")
    assert done.returncode == 2
    assert "the device does not know the filter vxlan-vni" in done.stderr
    found = orchestrator("show", "sessions", "fw", "-i", busy["inventory"], "--filter", "tunnel")
    assert "500003" in found.stdout


def test_streams_and_global_parameters_are_shown_as_text_and_data(
    busy: dict[str, Any], orchestrator: Orchestrator
) -> None:
    done = orchestrator("show", "multicast-sessions", "fw", "-i", busy["inventory"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("fw: 1 multicast stream, nothing to look at")
    assert "leaf 600002: to ge-0/0/1.0, policy out" in done.stdout
    slow = orchestrator("show", "multicast-sessions", "fw", "--interval", "90s", "-i", busy["inventory"])
    assert "multicast sessions age out before the next packet" in slow.stdout
    done = orchestrator("show", "flow-config", "fw", "-i", busy["inventory"])
    assert "tcp-session tcp-initial-timeout" in done.stdout
    [found] = json.loads(
        orchestrator("show", "flow-config", "fw", "-i", busy["inventory"], "--format", "json").stdout
    )  # fmt: skip
    assert {"statement", "configured", "in_effect", "means"} == set(found["settings"][0])


def test_everything_ends_with_our_own_connection(busy: dict[str, Any], orchestrator: Orchestrator) -> None:
    done = orchestrator("clear", "sessions", "fw", "--all", "--yes", "-i", busy["inventory"])
    assert done.returncode == 0, done.stderr
    assert "ended our own session, as expected" in done.stderr
    left = orchestrator("show", "sessions", "fw", "-i", busy["inventory"], "--filter", "tunnel")
    assert "500003" in left.stdout
