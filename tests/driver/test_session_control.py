"""Showing sessions by every filter, and ending them with care, over SSH against the lab."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.driver.operations import flow_session, session_control
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import RefusedError, SessionLostError, UnsupportedError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.flow import Endpoint
from orchestrator.model.flow_session import FlowSession

SCENARIO = """
name: table
interfaces:
  ge-0/0/0.0: {addresses: [10.1.1.1/24], zone: trust}
  ge-0/0/1.0: {addresses: [192.0.2.1/24], zone: untrust}
  ge-0/0/2.0: {addresses: [10.2.2.1/24], zone: dmz}
zones: {trust: {host_inbound: [all]}, untrust: {}, dmz: {}}
policies:
  - {from: trust, to: untrust, name: out, id: 4, action: permit}
sessions:
  - {source: 10.1.1.10, source_port: 1001, destination: 192.0.2.80, destination_port: 443, out: ge-0/0/1.0,
     policy: out, application: junos-https, dynamic_application: SSL, kinds: [idp, ssl]}
  - {source: 10.1.1.11, source_port: 1002, destination: 192.0.2.53, destination_port: 53, protocol: 17,
     out: ge-0/0/1.0, policy: out, application: junos-dns-udp, timeout: 60, kinds: [resource-manager]}
  - {source: 10.1.1.12, destination: 198.51.100.9, protocol: 50, kinds: [tunnel], packets: 500}
  - {source: "2001:db8::1", source_port: 1003, destination: "2001:db8::2", destination_port: 80, into: ge-0/0/2.0,
     out: ge-0/0/1.0, application: junos-http, survives: true}
"""
# Each filter of the document, and of later releases: the sources it must leave, of those above.
FILTERS: dict[str, tuple[SessionFilter, set[str]]] = {
    "application": (SessionFilter(others={"application": "dns"}), {"10.1.1.11"}),
    "destination-port": (SessionFilter(others={"destination-port": "443"}), {"10.1.1.10"}),
    "destination-prefix": (SessionFilter(destination=Endpoint.parse("192.0.2.0/26")), {"10.1.1.11"}),
    "family": (SessionFilter(others={"family": "inet6"}), {"2001:db8::1"}),
    "idp": (SessionFilter(kinds=("idp",)), {"10.1.1.10"}),
    "interface": (SessionFilter(others={"interface": "ge-0/0/2.0"}), {"2001:db8::1"}),
    "nat": (SessionFilter(kinds=("nat",)), set()),
    "protocol": (SessionFilter(protocol=17), {"10.1.1.11"}),
    "resource-manager": (SessionFilter(kinds=("resource-manager",)), {"10.1.1.11"}),
    "session-identifier": (SessionFilter(identifier=500_001), {"10.1.1.10"}),
    "source-port": (SessionFilter(others={"source-port": "1002"}), {"10.1.1.11"}),
    "source-prefix": (SessionFilter(source=Endpoint.parse("10.1.1.10/31")), {"10.1.1.10", "10.1.1.11"}),
    "tunnel": (SessionFilter(kinds=("tunnel",)), {"10.1.1.12"}),
    "policy-id": (SessionFilter(others={"policy-id": "4"}), {"10.1.1.10", "10.1.1.11"}),
    "dynamic-application": (SessionFilter(others={"dynamic-application": "junos:SSL"}), {"10.1.1.10"}),
    "zone": (SessionFilter(others={"zone": "dmz"}), {"2001:db8::1"}),
    "ssl": (SessionFilter(kinds=("ssl",)), {"10.1.1.10"}),
    "packets-more-than": (SessionFilter(others={"packets-more-than": "100"}), {"10.1.1.12"}),
    "timeout-less-than": (SessionFilter(others={"timeout-less-than": "100"}), {"10.1.1.11"}),
}
LATER = ("zone", "ssl", "packets-more-than", "timeout-less-than")  # than 17.3


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The scenario above with more of it."""
    folder = tmp_path_factory.mktemp("table")

    def write(more: str = "") -> Path:
        path = folder / f"{abs(hash(more))}.yml"
        path.write_text(SCENARIO + more)
        return path

    return write


def sources(driver: PyezDriver, which: SessionFilter | None = None) -> set[str]:
    found = flow_session.sessions(driver, which)
    return {one.wings[0].source for one in found if isinstance(one, FlowSession)}


def sent(device: LabDevice, word: str) -> int:
    return sum(word in entry["text"] for entry in device.inspect()["wire_log"])


@pytest.mark.parametrize("persona", ["vsrx-24.4", "branch-17.3"])
def test_every_filter_leaves_what_it_names_or_is_refused_by_name(
    start_lab: Callable, driver: Callable, scenario: Callable, persona: str
) -> None:
    session = driver(start_lab(scenario=scenario(), persona=persona)[0])
    everybody = sources(session)
    assert len(everybody) == 4
    for name, (which, wanted) in FILTERS.items():
        if persona == "branch-17.3" and name in LATER:
            with pytest.raises(UnsupportedError, match=f"does not know the filter {name}"):
                sources(session, which)
        else:
            assert sources(session, which) == wanted, name


def test_a_clear_ends_what_its_filter_shows_and_is_read_back(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    session = driver(start_lab(scenario=scenario())[0])
    for name in ("idp", "session-identifier", "resource-manager", "tunnel"):
        which, wanted = FILTERS[name]
        before = sources(session)
        seen = session_control.preview(session, which)
        assert {one.wings[0].source for one in seen.sessions} == wanted & before, name
        done = session_control.clear(session, which, seen)
        assert (done.matched, done.ended, done.still_there, done.new) == (seen.matching, seen.matching, (), 0), name
        assert sources(session) == before - wanted, name


# One session each that differs from all others in one thing, and the filter that names it.
APART: dict[str, tuple[dict[str, object], SessionFilter]] = {
    "application": ({"application": "junos-ftp"}, SessionFilter(others={"application": "ftp"})),
    "destination port": ({"destination_port": 8443}, SessionFilter(others={"destination-port": "8443"})),
    "interface": ({"into": "ge-0/0/7.0"}, SessionFilter(others={"interface": "ge-0/0/7.0"})),
    "protocol": ({"protocol": 17}, SessionFilter(protocol=17)),
    "source prefix": ({"source": "10.7.7.7"}, SessionFilter(source=Endpoint.parse("10.7.7.0/24"))),
    "source port": ({"source_port": 7777}, SessionFilter(others={"source-port": "7777"})),
    "destination prefix": ({"destination": "203.0.113.7"}, SessionFilter(destination=Endpoint.parse("203.0.113.7"))),
}


def test_a_clear_takes_every_filter_that_show_takes(start_lab: Callable, driver: Callable, scenario: Callable) -> None:
    alike = {"source": "10.1.1.50", "source_port": 1, "destination": "192.0.2.50", "destination_port": 443,
             "out": "ge-0/0/1.0"}  # fmt: skip
    stated = [alike | changes for changes, _ in APART.values()]
    path = scenario()
    path = path.with_name("apart.yml")
    path.write_text(SCENARIO.partition("sessions:\n")[0] + f"sessions: {json.dumps(stated)}\n")
    session = driver(start_lab(scenario=path)[0])
    for left, (name, (_, which)) in enumerate(APART.items()):
        seen = session_control.preview(session, which)
        assert seen.identifiers == {("", 500_001 + left)}, name
        assert session_control.clear(session, which, seen).ended == 1, name
        assert len(list(flow_session.sessions(session))) == len(APART) - left - 1, name


def test_what_outlives_the_clear_is_told_by_number(start_lab: Callable, driver: Callable, scenario: Callable) -> None:
    session = driver(start_lab(scenario=scenario())[0])
    which = FILTERS["family"][0]
    done = session_control.clear(session, which, session_control.preview(session, which))
    assert (done.matched, done.ended, done.still_there) == (1, 0, (500_004,))
    assert "listed still" in done.notes[0]


def test_everything_spares_tunnels_and_the_resource_manager_and_ends_our_session(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    device = start_lab(scenario=scenario("management: {}\n"))[0]
    session = driver(device)
    seen = session_control.preview(session, SessionFilter())
    assert len(seen.ours) == 1
    done = session_control.clear(session, SessionFilter(), seen, everything=True)
    assert (done.ended, "our own session" in done.notes[0]) == (None, True)
    left = sources(session) - {"127.0.0.1"}
    assert left == {"10.1.1.11", "10.1.1.12", "2001:db8::1"}


def test_our_own_session_is_found_and_a_clear_that_takes_it_in_is_refused(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    device = start_lab(scenario=scenario("management: {}\n"))[0]
    session, colleague = driver(device), driver(device)
    sources(colleague)
    which = SessionFilter(protocol=6)
    seen = session_control.preview(session, which)
    (number,) = seen.ours
    assert seen.perhaps_ours == ()
    (ours,) = [one for one in seen.sessions if one.session_id == number]
    (ends,) = session.ends()
    assert (ours.wings[0].source_port, ours.wings[0].destination_port) == (ends.port, ends.device_port)
    with pytest.raises(RefusedError, match=f"session {number} matches, and it carries this very connection"):
        session_control.refuse_our_own(device.name, seen)
    assert not sent(device, "clear-flow-session")
    harmless = session_control.preview(session, SessionFilter(source=Endpoint.parse("10.1.1.10")))
    session_control.refuse_our_own(device.name, harmless)
    assert session_control.clear(session, which, seen).ended is None  # the person insisted
    with pytest.raises(SessionLostError):  # nothing of ours was to end, so this is no expected loss
        session_control.clear(driver(device), which, harmless)


def test_behind_a_translation_every_ssh_session_to_the_device_may_be_ours(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    device = start_lab(scenario=scenario("management: {seen_as: 203.0.113.9}\n"))[0]
    seen = session_control.preview(driver(device), SessionFilter(protocol=6))
    assert (seen.ours, len(seen.perhaps_ours)) == ((), 1)
    with pytest.raises(RefusedError, match="may be ours"):
        session_control.refuse_our_own(device.name, seen)


def test_a_session_through_the_device_to_its_management_port_may_be_ours_behind_a_translation(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = scenario().read_text().replace(
        "198.51.100.9, protocol: 50", f"127.0.0.1, source_port: 7, destination_port: {port}, out: ge-0/0/2.0"
    ).replace("kinds: [tunnel], ", "")  # fmt: skip
    path = scenario("#through\n")
    path.write_text(text)
    device = start_lab(scenario=path, port=port)[0]
    seen = session_control.preview(driver(device), SessionFilter(protocol=6))
    assert (seen.ours, len(seen.perhaps_ours)) == ((), 1)
    with pytest.raises(RefusedError, match="may be ours"):
        session_control.refuse_our_own(device.name, seen)


def test_by_the_management_port_nothing_of_ours_is_in_the_table(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    device = start_lab(scenario=scenario())[0]
    seen = session_control.preview(driver(device), SessionFilter())
    assert (seen.matching, seen.ours, seen.perhaps_ours) == (4, (), ())


def test_a_number_stands_alone() -> None:
    with pytest.raises(ValueError, match="stand beside"):
        SessionFilter(identifier=7, protocol=6)
