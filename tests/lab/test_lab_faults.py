"""What goes wrong, on order."""

from __future__ import annotations

import contextlib
import socket
import time

import paramiko
import pytest
from raw_netconf import RawNetconf

from orchestrator.lab.launch import running_lab

SHOW = "<get-system-information/>"
STOP = '<command format="text">monitor security flow file run-9</command>'


def test_lost_reply_was_carried_out_and_the_session_lives(device, netconf):
    device.ask("fault", fault={"match": "run-9", "kind": "lost-reply"})
    session = netconf(device)
    session.channel.settimeout(0.5)
    with pytest.raises(socket.timeout):
        session.ask(STOP)
    assert device.inspect()["monitor"]["file"] == "run-9"
    session.channel.settimeout(10)
    assert "rpc-error" not in session.ask(SHOW)


def test_lost_request_was_not_carried_out(device, netconf):
    device.ask("fault", fault={"match": "run-9", "kind": "lost"})
    session = netconf(device)
    session.channel.settimeout(0.5)
    with pytest.raises(socket.timeout):
        session.ask(STOP)
    assert device.inspect()["monitor"]["file"] is None


def test_a_delayed_request_is_at_work_after_its_connection_is_gone(device, netconf):
    device.ask("fault", fault={"match": "run-9", "kind": "delay", "seconds": 0.6})
    session = netconf(device)
    session.channel.settimeout(0.1)
    with pytest.raises(socket.timeout):
        session.ask(STOP)
    session.close()
    seen = device.inspect()
    assert (seen["requests_at_work"], seen["monitor"]["file"]) == (1, None)
    deadline = time.monotonic() + 5
    while (seen := device.inspect())["requests_at_work"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (seen["requests_at_work"], seen["monitor"]["file"]) == (0, "run-9")


@pytest.mark.parametrize(("kind", "carried_out"), [("drop-before", None), ("reset", None), ("drop-after", "run-9")])
def test_drops_end_the_connection_before_or_after(device, netconf, kind, carried_out):
    device.ask("fault", fault={"match": "run-9", "kind": kind})
    session = netconf(device)
    with pytest.raises((EOFError, OSError)):
        session.ask(STOP)
    assert device.inspect()["monitor"]["file"] == carried_out
    assert device.inspect()["sessions_open"] == 0


def test_half_a_reply_is_glued_to_the_next(device, netconf):
    device.ask("fault", fault={"match": "get-system-information", "kind": "half-reply"})
    session = netconf(device)
    session.channel.settimeout(0.5)
    with pytest.raises(socket.timeout):
        session.ask(SHOW)
    session.channel.settimeout(10)
    glued = session.ask("<get-software-information/>")
    assert glued.count("<nc:rpc-reply") == 2
    assert glued.count("</nc:rpc-reply>") == 1


def test_error_and_delay_strike_once_and_after_skipping(device, netconf):
    device.ask("fault", fault={"match": "get-system", "kind": "error", "text": "daemon is away", "skip": 1})
    device.ask("fault", fault={"match": "get-software", "kind": "delay", "seconds": 0.4})
    session = netconf(device)
    assert ["daemon is away" in session.ask(SHOW) for _ in range(3)] == [False, True, False]
    started = time.monotonic()
    session.ask("<get-software-information/>")
    assert time.monotonic() - started >= 0.4
    assert [fault["struck"] for fault in device.inspect()["faults"]] == [1, 1]


def test_a_fault_may_strike_for_ever(device, netconf):
    device.ask("fault", fault={"match": "get-system", "kind": "error", "once": False})
    session = netconf(device)
    assert all("rpc-error" in session.ask(SHOW) for _ in range(3))
    device.ask("clear-faults")
    assert "rpc-error" not in session.ask(SHOW)


def test_a_frozen_device_answers_nobody_until_thawed(device, netconf):
    session = netconf(device)
    device.ask("freeze")
    session.channel.settimeout(0.5)
    with pytest.raises(socket.timeout):
        session.ask(SHOW)
    device.ask("thaw")
    session.channel.settimeout(10)
    assert "system-information" in session.receive().decode()


def test_a_reboot_ends_sessions_and_comes_back(launch, netconf):
    device = launch(overrides={"boot_seconds": 0.3})
    before = netconf(device).ask("<get-system-uptime-information/>")
    device.ask("fault", fault={"match": "get-system", "kind": "reboot"})
    with pytest.raises((EOFError, OSError)):
        netconf(device).ask(SHOW)
    with pytest.raises((EOFError, OSError, paramiko.SSHException)):
        netconf(device)
    time.sleep(0.5)
    after = netconf(device).ask("<get-system-uptime-information/>")
    booted = [text.partition("<system-booted-time>")[2][:80] for text in (before, after)]
    assert booted[0] != booted[1]


def test_state_faults_are_seen_by_commands(device, netconf):
    session = netconf(device, user="oncall")
    device.ask("change", fault={"kind": "disk-full"})
    device.ask("change", fault={"kind": "cpu-high", "percent": 97})
    assert "<used-percent>\n 100\n</used-percent>" in session.ask("<get-system-storage/>")
    assert "<cpu-idle>3</cpu-idle>" in session.ask("<get-route-engine-information/>")
    with pytest.raises(ValueError, match="DiskFullError"):
        device.ask("write", path="/var/log/x", text="x")
    device.ask("change", fault={"kind": "disk-writable"})
    device.ask("write", path="/var/log/x", text="x")
    assert "rpc-error" not in session.ask("<clear-log><filename>messages</filename></clear-log>")
    device.ask("change", fault={"kind": "login-class", "user": "oncall", "text": "read-only"})
    assert "permission denied" in session.ask("<clear-log><filename>messages</filename></clear-log>")


def test_the_session_limit_turns_the_next_one_away(launch, netconf):
    device = launch(overrides={"session_limit": 2})
    netconf(device)
    second = netconf(device)
    with pytest.raises((EOFError, OSError, paramiko.SSHException)):
        netconf(device)
    second.close()
    for _ in range(50):
        if device.inspect()["sessions_open"] == 1:
            break
        time.sleep(0.02)
    netconf(device)


def test_a_download_may_end_in_the_middle(keyed, openssh, tmp_path):
    keyed.ask("write", path="/var/log/big", text="x" * 500_000)
    keyed.ask("fault", fault={"match": "^scp .*big", "kind": "half-reply"})
    assert openssh(keyed, "scp", "-O", f"{keyed.host}:/var/log/big", str(tmp_path)).returncode != 0
    assert (tmp_path / "big").stat().st_size < 500_000
    assert openssh(keyed, "scp", "-O", f"{keyed.host}:/var/log/big", str(tmp_path)).returncode == 0
    assert (tmp_path / "big").stat().st_size == 500_000


def test_the_rate_limit_turns_the_next_one_away(launch, netconf):
    device = launch(overrides={"connection_rate_limit": 2})
    for _ in range(2):
        netconf(device).close()
    with pytest.raises((EOFError, OSError, paramiko.SSHException)):
        netconf(device)


def test_a_lab_stops_while_it_is_frozen_under_a_request():
    started = time.monotonic()
    with running_lab() as lab:
        device = lab.devices[0]
        session = RawNetconf(device)
        device.ask("freeze")
        session.channel.sendall(f"<rpc>{SHOW}</rpc>]]>]]>".encode())
    assert time.monotonic() - started < 5
    session.close()


def test_faults_strike_commands_over_ssh_too(keyed, openssh):
    keyed.ask("fault", fault={"match": "show version", "kind": "drop-before"})
    assert openssh(keyed, "ssh", keyed.host, "show version").returncode != 0
    assert openssh(keyed, "ssh", keyed.host, "show version").returncode == 0


def test_faults_of_the_scenario_are_armed(launch, netconf):
    device = launch(extra={"faults": [{"match": "get-system", "kind": "error", "text": "from the scenario"}]})
    assert "from the scenario" in netconf(device).ask(SHOW)


def test_nonsense_on_the_control_socket_is_answered(device):
    for request in ({"do": "dance"}, {"do": "fault", "fault": {"kind": "meteor"}}, {"do": "fault"}):
        with pytest.raises(ValueError), contextlib.suppress(KeyError):
            device.ask(**request)
    assert device.inspect()["name"] == device.name
