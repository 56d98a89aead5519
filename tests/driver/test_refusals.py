"""What a device refuses becomes the error it means, with what the device said."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from orchestrator.driver.base import Line, Rpc
from orchestrator.driver.operations import files, flow_monitor, flow_session, packet_drop, system
from orchestrator.driver.operations.flow_session import SessionFilter
from orchestrator.errors import CommandError, DeniedError, UnsupportedError
from orchestrator.lab.launch import LabDevice


def requests(device: LabDevice) -> list[str]:
    return [entry["text"] for entry in device.inspect()["wire_log"]]


def test_a_login_class_without_permission_is_denied_everywhere(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(
        overrides={"login_classes": {"none": []}, "accounts": [{"name": "bob", "login_class": "none"}]}
    )
    session = driver(device)
    for act in (
        lambda: flow_monitor.start(session),
        lambda: flow_monitor.status(session),
        lambda: list(flow_session.sessions(session)),
        lambda: flow_session.summary(session),
        lambda: flow_session.by_identifier(session, 1),
        lambda: flow_session.clear(session, SessionFilter(protocol=6)),
        lambda: packet_drop.records(session),
        lambda: system.information(session),
        lambda: system.flow_status(session),
        lambda: files.listing(session, "/var/log/"),
        lambda: files.checksum(session, "/var/log/messages"),
        lambda: files.log(session, "messages"),
    ):
        with pytest.raises(DeniedError) as caught:
            act()
        assert "login class" in caught.value.hint
        assert caught.value.device == device.name
    assert system.commit_mark(session) is None
    who = system.authorization(session)
    assert who is not None
    assert who.permissions == frozenset()


def test_a_class_may_read_and_not_trace(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab()
    session = driver(device, user="auditor")
    assert flow_monitor.status(session)
    with pytest.raises(DeniedError):
        flow_monitor.stop(session)
    assert sum("stop" in text for text in requests(device)) == 2


@pytest.mark.parametrize("over", ["rpc", "cli"])
def test_a_key_in_what_a_device_refuses_with_is_in_no_error(lab: LabDevice, driver: Callable, over: str) -> None:
    key = "5ec2e7a000112233"
    lab.ask("fault", fault={"kind": "error", "match": "version|software", "text": f"error: bad encryption key: {key}"})
    session = driver(lab)
    with pytest.raises(CommandError, match=r"bad encryption key: \(removed\)") as caught:
        session.cli(Line.of("show version")) if over == "cli" else session.rpc(Rpc("get-software-information"))
    assert key not in str(caught.value)


def test_an_xnm_error_in_a_good_reply_raises(lab: LabDevice, driver: Callable) -> None:
    with pytest.raises(CommandError, match="Chassis cluster is not enabled"):
        driver(lab).rpc(Rpc("get-chassis-cluster-status"))


def test_an_rpc_error_raises_with_what_the_device_said(lab: LabDevice, driver: Callable) -> None:
    lab.ask(
        "fault", fault={"kind": "error", "match": "get-flow-status", "text": "error: the flow daemon is not running"}
    )
    with pytest.raises(CommandError, match="the flow daemon is not running") as caught:
        driver(lab).rpc(Rpc("get-flow-status-all"))
    assert caught.value.command == "get-flow-status-all"


def test_a_line_is_answered_over_netconf_and_over_ssh(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    line = Line.of("show version")
    assert "Junos: 24.4R1.9" in session.command(line).text
    assert session.command(line, style="xml").root.find(".//junos-version") is not None
    assert "Junos: 24.4R1.9" in session.cli(line)
    with pytest.raises(UnsupportedError):
        session.cli(Line.of("show vrrp nonsense"))
    with pytest.raises(UnsupportedError):
        session.command(Line.of("show vrrp nonsense"))


def test_an_xnm_error_in_a_spooled_reply_raises_too(lab: LabDevice, driver: Callable) -> None:
    with pytest.raises(CommandError, match="Chassis cluster is not enabled"):
        driver(lab).spool(Rpc("get-chassis-cluster-status"), io.BytesIO())
