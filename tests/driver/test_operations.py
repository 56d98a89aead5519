"""Every operation against the personas of the lab."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from ipaddress import ip_network

import pytest

from orchestrator.driver.operations import chassis, files, flow_monitor, flow_session, packet_drop, system
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import CommandError, GuardError, UnsupportedError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.flow import Endpoint
from orchestrator.model.flow_monitor import FlowFilter, TraceFile
from orchestrator.model.flow_session import FlowSession, SessionSummary
from orchestrator.store.memory import Memory
from orchestrator.store.paths import state_directory

PERSONAS = ("vsrx-24.4", "branch-17.3", "cluster-24.4")
NODES = {"vsrx-24.4": 1, "branch-17.3": 1, "cluster-24.4": 2}
SYN = 2
TAG = "orc-20260102T030405-a1b2c3-600s-"


@pytest.fixture(params=PERSONAS)
def persona(request: pytest.FixtureRequest) -> str:
    """Each persona in turn."""
    return str(request.param)


@pytest.fixture
def device(persona: str, start_lab: Callable) -> LabDevice:
    """A device of the persona with traffic."""
    return start_lab(persona=persona, scenario="default")[0]


@pytest.fixture
def session(device: LabDevice, driver: Callable) -> PyezDriver:
    """A driver of it."""
    return driver(device)


def requests(device: LabDevice) -> list[str]:
    return [entry["text"] for entry in device.inspect()["wire_log"]]


def eventually(look: Callable[[], list], at_least: int = 1) -> list:
    """What is seen once there is enough of it; traffic and flushing take their time."""
    deadline = time.monotonic() + 4
    while len(found := look()) < at_least and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def with_sessions(session: PyezDriver) -> list[FlowSession]:
    return eventually(lambda: [one for one in flow_session.sessions(session) if isinstance(one, FlowSession)], 5)


# -- monitor security flow ------------------------------------------------------------------------------------------


def test_a_monitor_is_set_up_read_back_and_taken_down(
    device: LabDevice, session: PyezDriver, persona: str, clean: Callable
) -> None:
    trace = TraceFile(name=f"{TAG}trace", size_bytes=20480, files=3, match="10.1.1.10", world_readable=True)
    forward = FlowFilter(name=f"{TAG}fwd", source_prefix=ip_network("10.1.1.10/32"), protocol=6, destination_port=443)
    flow_monitor.set_file(session, trace)
    flow_monitor.set_filter(session, forward)
    flow_monitor.set_filter(session, FlowFilter(name=f"{TAG}rev", interface="ge-0/0/1.0"))
    flow_monitor.start(session)
    for status in (seen := flow_monitor.status(session)):
        assert status.active
        assert status.file == trace.path
        assert {one.name for one in status.filters} == {f"{TAG}fwd", f"{TAG}rev"}
        assert "10.1.1.10" in next(one.source for one in status.filters if one.name == forward.name)
    assert len(seen) == NODES[persona]
    time.sleep(1.2)  # traffic repeats each second
    flow_monitor.stop(session)
    assert not any(status.active for status in flow_monitor.status(session))
    flow_monitor.clear_filter(session, f"{TAG}fwd")
    flow_monitor.clear_filter(session, f"{TAG}rev")
    assert all(status.filters == () for status in flow_monitor.status(session))
    [listed] = eventually(lambda: files.listing(session, trace.path))
    assert listed.size_bytes
    assert listed.world_readable
    files.delete(session, trace.path)
    assert files.listing(session, f"{trace.path}*") == []
    session.close()
    clean(device)


def test_the_form_a_device_takes_is_remembered(device: LabDevice, session: PyezDriver, persona: str) -> None:
    flow_monitor.set_file(session, TraceFile(name=f"{TAG}trace"))
    first = len(requests(device))
    assert first == (1 if persona == "branch-17.3" else 2)
    flow_monitor.stop(session)
    assert len(requests(device)) == first + 1
    flow_monitor.status(session)
    second = len(requests(device))
    flow_monitor.status(session)
    assert len(requests(device)) == second + 1
    assert session.memory == {
        f"{device.name}/monitor": "rpc" if persona == "branch-17.3" else "command",
        f"{device.name}/show-monitor": ("show" if persona == "branch-17.3" else "get") + "-monitor-security-flow-all",
    }


def test_a_remembered_form_is_tried_first_by_the_next_run(lab: LabDevice, as_device: Callable, state: object) -> None:
    path = state_directory() / "memory.json"
    for wanted in (2, 1):
        before = len(requests(lab))
        with PyezDriver(as_device(lab), Memory(path)) as session:
            flow_monitor.stop(session)
        assert len(requests(lab)) - before - 1 == wanted  # and close-session


def test_a_form_that_stopped_working_is_followed_by_the_others(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    session.memory[f"{lab.name}/monitor"] = "rpc"
    flow_monitor.stop(session)
    assert session.memory[f"{lab.name}/monitor"] == "command"


@pytest.mark.parametrize("form", ["rpc", "command", "cli"])
def test_each_form_of_the_verb_works_alone(form: str, start_lab: Callable, driver: Callable) -> None:
    forms = {name: name == form for name in ("rpc", "command", "cli")}
    [device] = start_lab(overrides={"monitor": forms})
    session = driver(device)
    flow_monitor.set_file(session, TraceFile(name=f"{TAG}trace"))
    flow_monitor.set_filter(session, FlowFilter(name=f"{TAG}fwd", protocol=17))
    flow_monitor.start(session)
    assert device.inspect()["monitor"] == {"active": True, "file": f"{TAG}trace", "filters": [f"{TAG}fwd"]}
    assert session.memory[f"{device.name}/monitor"] == form


def test_a_device_that_takes_no_form_is_unsupported_and_says_what_was_tried(
    start_lab: Callable, driver: Callable
) -> None:
    [device] = start_lab(overrides={"monitor": {"rpc": False, "command": False, "cli": False}})
    with pytest.raises(UnsupportedError) as caught:
        flow_monitor.start(driver(device))
    for form in ("rpc: ", "command: ", "cli: "):
        assert form in caught.value.message
    assert caught.value.hint


def test_a_refused_start_is_an_error_and_ends_the_search(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    with pytest.raises(CommandError) as caught:
        flow_monitor.start(session)  # neither file nor filter
    assert type(caught.value) is CommandError
    assert sum("start" in text for text in requests(lab)) == 2
    assert session.memory[f"{lab.name}/monitor"] == "command"


def test_filters_of_others_survive_and_cannot_be_cleared(lab: LabDevice, driver: Callable) -> None:
    lab.ask("foreign", filter="bob", criteria={"source-prefix": "10.9.9.9/32"})
    session = driver(lab)
    flow_monitor.set_filter(session, FlowFilter(name=f"{TAG}fwd", protocol=1))
    before = len(requests(lab))
    for act in (flow_monitor.clear_filter, lambda one, name: flow_monitor.set_filter(one, FlowFilter(name=name))):
        with pytest.raises(GuardError):
            act(session, "bob")
    assert len(requests(lab)) == before
    flow_monitor.clear_filter(session, f"{TAG}fwd")
    assert lab.inspect()["monitor"]["filters"] == ["bob"]
    assert [one.name for one in flow_monitor.status(session)[0].filters] == ["bob"]


# -- sessions -------------------------------------------------------------------------------------------------------


def test_sessions_are_read_filtered_counted_and_found_by_number(session: PyezDriver, persona: str) -> None:
    found = with_sessions(session)
    web = SessionFilter(source=Endpoint.parse("10.1.1.10"), destination=Endpoint.parse("192.0.2.80:443"), protocol=6)
    filtered = [one for one in flow_session.sessions(session, web) if isinstance(one, FlowSession)]
    assert filtered
    for one in filtered:
        wing = one.wing("In")
        assert wing is not None
        assert (wing.source, wing.destination, wing.destination_port, wing.protocol) == (
            "10.1.1.10",
            "192.0.2.80",
            443,
            6,
        )
        assert one.source_nat is not None
    assert len(filtered) < len(found)
    summaries = flow_session.summary(session)
    assert len(summaries) == NODES[persona]
    assert all(isinstance(one, SessionSummary) and one.counters["max-sessions"] > 0 for one in summaries)
    by_number = flow_session.by_identifier(session, filtered[0].session_id)
    assert {one.session_id for one in by_number} <= {filtered[0].session_id}
    assert flow_session.by_identifier(session, 2**40) == []


def test_the_table_can_be_kept_as_the_device_gave_it(session: PyezDriver, tmp_path) -> None:
    kept = tmp_path / "table.xml"
    with_sessions(session)
    count = len(list(flow_session.sessions(session, keep=kept)))
    assert count
    assert b"<flow-session-information" in kept.read_bytes()


def test_sessions_are_cleared_by_filter_and_counted(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab()
    packets = [
        {"source": "10.1.1.5", "destination": "192.0.2.9", "protocol": 6, "source_port": port, "destination_port": 443,
         "interface": "ge-0/0/0.0", "flags": SYN}
        for port in (1001, 1002, 1003)
    ]  # fmt: skip
    device.ask("traffic", packets=packets)
    session = driver(device)
    assert (
        flow_session.clear(session, SessionFilter(source=Endpoint.parse("10.1.1.5"), others={"source-port": "1001"}))
        == 1
    )
    assert flow_session.clear(session, SessionFilter(destination=Endpoint.parse("192.0.2.9:443"))) == 2
    assert flow_session.clear(session, SessionFilter(destination=Endpoint.parse("192.0.2.9:443"))) == 0
    assert device.inspect()["session_table_size"] == 0


def test_an_unfiltered_clear_is_refused_before_it_leaves(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    for which in (
        SessionFilter(),
        SessionFilter(source=Endpoint.parse("0.0.0.0/0")),
        SessionFilter(kinds=("nonsense",)),
    ):
        with pytest.raises(GuardError) as caught:
            flow_session.clear(session, which)
        assert "every session" in caught.value.hint
    assert requests(lab) == []


# -- packet drops ---------------------------------------------------------------------------------------------------


def test_packet_drops_are_read_where_the_release_has_them(session: PyezDriver, persona: str) -> None:
    if persona == "branch-17.3":
        with pytest.raises(UnsupportedError):
            packet_drop.records(session)
        return
    found = eventually(lambda: packet_drop.records(session))
    assert any("deny-smtp" in one.detail for one in found)


# -- files ----------------------------------------------------------------------------------------------------------


def test_files_are_listed_summed_read_and_tailed(device: LabDevice, session: PyezDriver) -> None:
    text = "".join(f"line {number} <&> é\n" for number in range(50))
    device.ask("write", path=f"/var/log/{TAG}x", text=text, mode="644")
    device.ask("write", path=f"/var/log/{TAG}x.0.gz", text="archive")
    listed = {one.name: one for one in files.listing(session, f"/var/log/{TAG}x*")}
    assert set(listed) == {f"{TAG}x", f"{TAG}x.0.gz"}
    assert listed[f"{TAG}x"].size_bytes == len(text.encode())
    assert listed[f"{TAG}x"].world_readable
    assert not listed[f"{TAG}x.0.gz"].world_readable
    assert files.listing(session, "/var/log/no-such-file") == []
    assert any(one.name == "messages" for one in files.listing(session, "/var/log/"))
    algorithm, digest = files.checksum(session, f"/var/log/{TAG}x")
    assert digest == hashlib.new(algorithm, text.encode()).hexdigest()
    assert algorithm == "sha256"
    assert files.get(session, f"/var/log/{TAG}x") == text.encode()
    assert files.log(session, f"{TAG}x").strip() == text.strip()
    assert files.log_tail(session, f"{TAG}x", 2) == ["line 48 <&> é", "line 49 <&> é"]


def test_the_checksum_is_the_best_the_device_offers(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(overrides={"absent": ["get-sha256-checksum-information", "get-sha1-checksum-information"]})
    device.ask("write", path="/var/log/x", text="abc")
    session = driver(device)
    assert files.checksum(session, "/var/log/x") == ("md5", "900150983cd24fb0d6963f7d28e17f72")
    before = len(requests(device))
    files.checksum(session, "/var/log/x")
    assert len(requests(device)) == before + 1
    [bare] = start_lab(overrides={"absent": [f"get-{kind}checksum-information" for kind in ("", "sha1-", "sha256-")]})
    with pytest.raises(UnsupportedError):
        files.checksum(driver(bare), "/var/log/messages")


def test_a_missing_file_is_an_error_of_the_device(session: PyezDriver) -> None:
    for act in (files.checksum, files.get):
        with pytest.raises(CommandError, match="No such file"):
            act(session, "/var/log/no-such-file")
    with pytest.raises(CommandError, match="No such file"):
        files.log(session, "no-such-file")
    with pytest.raises(CommandError, match="No such file"):
        files.delete(session, f"/var/log/{TAG}absent")


def test_only_files_of_ours_are_deleted(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    lab.ask("write", path=f"/var/log/{TAG}x.0.gz", text="x")
    before = requests(lab)
    for path in ("/var/log/messages", "/var/log/orc-mine", f"/var/home/lab/{TAG}x"):
        with pytest.raises(GuardError):
            files.delete(session, path)
    assert requests(lab) == before
    files.delete(session, f"/var/log/{TAG}x.0.gz")
    assert set(lab.inspect()["files"]) == {"messages"}


# -- the device itself ----------------------------------------------------------------------------------------------


def test_the_device_tells_who_it_is_and_who_we_are(device: LabDevice, session: PyezDriver, persona: str) -> None:
    about = system.information(session)
    assert len(about) == NODES[persona]
    assert {one.release for one in about} == {"17.3R3" if persona == "branch-17.3" else "24.4R1.9"}
    assert {one.model for one in about} == {"srx345" if persona == "branch-17.3" else "vsrx"}
    who = system.authorization(session)
    assert who is not None
    assert (who.user, who.login_class) == (device.user, "j-super-user")
    assert who.may("trace")
    clock = system.clock(session)
    assert clock is not None
    assert abs(clock.timestamp() - time.time()) < 5
    assert len(system.uptime(session)) == NODES[persona]
    assert {one.trace_on for one in system.flow_status(session)} == {False}
    assert any(one.mounted_on == "/var" and one.available_bytes for one in system.storage(session))
    assert all(one.cpu_idle is not None for one in system.route_engines(session))


def test_a_device_without_system_information_is_asked_for_its_version(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(overrides={"absent": ["get-system-information"]})
    assert system.information(driver(device))[0].release == "24.4R1.9"


@pytest.mark.parametrize(
    ("sources", "source"),
    [
        (("revision", "history", "uptime"), "revision"),
        (("history", "uptime"), "history"),
        (("uptime",), "last-configured"),
    ],
)
def test_the_commit_mark_is_the_best_the_release_offers(
    sources: tuple[str, ...], source: str, start_lab: Callable, driver: Callable
) -> None:
    [device] = start_lab(overrides={"commit_sources": sources})
    session = driver(device)
    mark = system.commit_mark(session)
    assert mark is not None
    assert mark.source == source
    assert mark.value
    assert system.commit_mark(session) == mark


def test_a_device_that_tells_nothing_of_commits_has_no_mark(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(overrides={"commit_sources": ()})
    assert system.commit_mark(driver(device)) is None


def test_the_cluster_is_told_from_a_standalone_device(session: PyezDriver, persona: str) -> None:
    status = chassis.cluster_status(session)
    if persona != "cluster-24.4":
        assert status.nodes == ()
        return
    assert {(one.name, one.group, one.status) for one in status.nodes} >= {
        ("node0", 0, "primary"),
        ("node1", 1, "secondary"),
    }
