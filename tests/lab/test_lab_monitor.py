"""`monitor security flow` through every door."""

from __future__ import annotations

import time

import pytest

COMMAND = '<command format="text">{}</command>'
NO_FILE = "error: Please specify the monitor flow trace file."
NO_FILTER = "error: Please specify monitor security flow filter."


def says(session, line):
    return session.ask(COMMAND.format(line))


def test_start_wants_a_file_then_a_filter_then_is_silent(device, netconf):
    session = netconf(device)
    assert NO_FILE in says(session, "monitor security flow start")
    assert "error" not in says(session, "monitor security flow file size 10240 files 2 run-1")
    assert NO_FILTER in says(session, "monitor security flow start")
    assert "error" not in says(session, "monitor security flow filter one source-prefix 192.0.2.0/24 protocol tcp")
    assert says(session, "monitor security flow start").endswith('message-id="1">\n</nc:rpc-reply>\n')
    assert device.inspect()["monitor"] == {"active": True, "file": "run-1", "filters": ["one"]}


def test_state_is_the_devices_and_outlives_the_session(device, netconf):
    first = netconf(device)
    says(first, "monitor security flow file run-1")
    says(first, "monitor security flow filter one interface ge-0/0/0 destination-port https")
    says(first, "monitor security flow start")
    first.close()
    second = netconf(device, user="auditor")
    status = says(second, "show monitor security flow")
    assert "Monitor security flow session status: Active\n" in status
    assert "    Destination: 0.0.0.0/0 (port 443~443)\n" in status
    assert "    Interface: ge-0/0/0.0\n" in status


def test_two_sessions_see_the_same_state(device, netconf):
    one, two = netconf(device), netconf(device, user="oncall")
    says(one, "monitor security flow file run-1")
    says(two, "monitor security flow filter theirs")
    says(one, "monitor security flow filter ours")
    assert "filters: 2\n" in says(two, "show monitor security flow")
    says(two, "clear monitor security flow filter theirs")
    assert "filters: 1\n" in says(one, "show monitor security flow")
    says(two, "clear monitor security flow filter")
    assert "filters: 0\n" in says(one, "show monitor security flow")


def test_filters_survive_stop_and_not_a_reboot(device, netconf):
    session = netconf(device)
    for line in ("file run-1", "filter one", "start", "stop"):
        says(session, f"monitor security flow {line}")
    assert device.inspect()["monitor"]["filters"] == ["one"]
    device.ask("reboot")
    assert device.inspect()["monitor"] == {"active": False, "file": None, "filters": []}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("file run-1 size 100", "invalid value"),
        ("file a/b", "Must not contain"),
        ("filter a%b", "Must be a string of letters"),
        ("filter one source-prefix nonsense", "invalid prefix"),
        ("filter one protocol nonsense", "invalid protocol"),
        ("filter one colour red", "syntax error"),
        ("filter", "missing mandatory argument: filter-name"),
    ],
)
def test_bad_arguments_are_refused_and_change_nothing(device, netconf, line, message):
    assert message in says(netconf(device), f"monitor security flow {line}")
    assert device.inspect()["monitor"] == {"active": False, "file": None, "filters": []}


def test_vsrx_takes_commands_and_no_elements(device, netconf):
    reply = netconf(device).ask("<monitor-security-flow-start/>")
    assert "<nc:bad-element>monitor-security-flow-start</nc:bad-element>" in reply


def test_branch_takes_elements_and_no_commands(launch, netconf, openssh, key):
    device = launch(persona="branch-17.3", authorized_keys=(key.with_suffix(".pub").read_text(),))
    session = netconf(device)
    assert "syntax error" in says(session, "monitor security flow start")
    assert openssh(device, "ssh", device.host, "monitor security flow start").returncode == 1
    file = "<filename>run-1</filename><size>10240</size><files>2</files>"
    session.ask(f"<monitor-security-flow-file>{file}</monitor-security-flow-file>")
    criteria = "<filter-name>one</filter-name><protocol>tcp</protocol><source-port>1024</source-port>"
    session.ask(f"<monitor-security-flow-filter>{criteria}</monitor-security-flow-filter>")
    assert "rpc-error" not in session.ask("<monitor-security-flow-start/>")
    assert device.inspect()["monitor"] == {"active": True, "file": "run-1", "filters": ["one"]}
    assert "rpc-error" in session.ask("<get-monitor-security-flow-all/>")
    assert "status: Active" in session.ask("<show-monitor-security-flow-all/>")
    assert "rpc-error" in session.ask("<get-packet-drop-records-all/>")


def test_the_cli_over_ssh_takes_the_verb(keyed, openssh):
    assert openssh(keyed, "ssh", keyed.host, "monitor security flow file run-1").returncode == 0
    assert openssh(keyed, "ssh", keyed.host, "monitor security flow filter one").returncode == 0
    assert openssh(keyed, "ssh", keyed.host, "cli -c 'monitor security flow start'").stdout == b""
    assert keyed.inspect()["monitor"]["active"] is True


def test_read_only_may_look_and_not_touch(device, netconf):
    session = netconf(device, user="auditor")
    assert "permission denied" in says(session, "monitor security flow start")
    assert "permission denied" in says(session, "clear monitor security flow filter one")
    assert "Inactive" in says(session, "show monitor security flow")


def test_a_colleagues_state_is_there_from_the_start(launch):
    monitor = launch(scenario="busy-colleague").inspect()["monitor"]
    assert monitor == {"active": True, "file": "alice-trace", "filters": ["alice-in", "alice-out"]}


def test_flow_traceoptions_block_the_monitor(launch, netconf):
    session = netconf(launch(extra={"traceoptions": True}))
    says(session, "monitor security flow file run-1")
    says(session, "monitor security flow filter one")
    assert "traceoptions is running" in says(session, "monitor security flow start")
    assert "<flow-trace-status>\non\n</flow-trace-status>" in session.ask("<get-flow-status-all/>")
    assert "<traceoptions>" in session.ask("<get-configuration/>")


def test_traffic_that_matches_is_traced(launch, netconf):
    device = launch(scenario="default", clock_rate=20)
    session = netconf(device)
    for line in ("file run-1", "filter one", "start"):
        says(session, f"monitor security flow {line}")
    for _ in range(50):
        if device.inspect()["files"].get("run-1", 0) > 1000:
            break
        says(session, "show monitor security flow")
        time.sleep(0.05)
    assert ":RT:" in session.ask("<get-log><filename>run-1</filename></get-log>")
