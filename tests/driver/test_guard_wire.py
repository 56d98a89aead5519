"""What the guard refuses never reaches a device, whichever way it is sent."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from guard_cases import argument_names, assert_harmless_element, assert_harmless_line, lines, message_of, names, values
from hypothesis import given, settings
from hypothesis import strategies as st
from jnpr.junos.utils.config import Config
from lxml import etree

from orchestrator.driver.base import Line, Rpc
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import DeviceError, GuardError
from orchestrator.lab.launch import LabDevice


def wire(device: LabDevice) -> list[str]:
    return [entry["text"] for entry in device.inspect()["wire_log"]]


def test_nothing_harmful_reaches_a_device_whatever_is_asked_of_the_driver(lab: LabDevice, driver: Callable) -> None:
    session: PyezDriver = driver(lab)
    arguments = st.lists(st.tuples(argument_names | st.text(max_size=3), values), max_size=3).map(tuple)
    requests = st.builds(Rpc, names | st.text(max_size=6), arguments)

    @settings(max_examples=150, deadline=None)
    @given(requests, lines, st.sampled_from(("text", "xml", "json")))
    def ask(request: Rpc, line: str, style: Any) -> None:
        for act in (
            lambda: session.rpc(request),
            lambda: session.command(Line.of(line), style=style),
            lambda: session.cli(Line.of(line)),
        ):
            with contextlib.suppress(GuardError, DeviceError):  # anything else would be a leak
                act()

    ask()
    session.rpc(Rpc("get-flow-status-all"))
    seen = lab.inspect()
    texts = [entry["text"] for entry in seen["wire_log"]]
    assert "<get-flow-status-all/>" in texts
    for text in texts:
        assert_harmless_element(ET.fromstring(text)) if text.startswith("<") else assert_harmless_line(text)
    assert (seen["commits"], seen["config_operations"]) == (0, 0)


def _config(session: PyezDriver) -> Config:
    return Config(session._pyez)


ROUNDABOUT: dict[str, Callable[[PyezDriver], object]] = {
    "PyEZ lock": lambda one: one._pyez.rpc.lock_configuration(),
    "PyEZ commit": lambda one: one._pyez.rpc.commit_configuration(),
    "PyEZ load": lambda one: one._pyez.rpc.load_config("set system host-name x", format="text", action="set"),
    "PyEZ candidate": lambda one: one._pyez.rpc.get_config(),
    "PyEZ reboot": lambda one: one._pyez.rpc.request_reboot(),
    "PyEZ shell": lambda one: one._pyez.rpc.request_shell_execute(command="id"),
    "PyEZ text": lambda one: one._pyez.execute("<lock-configuration/>"),
    "PyEZ cli": lambda one: one._pyez.cli("configure", warning=False),
    "PyEZ cli pipe": lambda one: one._pyez.cli("show version | save x", warning=False),
    "Config lock": lambda one: _config(one).lock(),
    "Config commit": lambda one: _config(one).commit(),
    "Config rollback": lambda one: _config(one).rollback(1),
    "Config load": lambda one: _config(one).load("set system host-name x", format="set"),
    "ncclient lock": lambda one: one._pyez._conn.lock(target="candidate"),
    "ncclient edit": lambda one: one._pyez._conn.edit_config("<config/>", target="candidate"),
    "ncclient commit": lambda one: one._pyez._conn.commit(),
    "ncclient command": lambda one: one._pyez._conn.command("request system reboot"),
    "ncclient kill": lambda one: one._pyez._conn.kill_session("1"),
    "session send": lambda one: one._session.send(message_of("<commit-configuration/>").decode()),
    "session spool": lambda one: one._session.spool(etree.Element("commit-configuration"), None, 1.0, math.inf),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # PyEZ warns of an exception it does not know
@pytest.mark.parametrize("way", ROUNDABOUT)
def test_going_round_the_driver_is_refused_before_a_byte_leaves(way: str, lab: LabDevice, driver: Callable) -> None:
    session: PyezDriver = driver(lab)
    session.rpc(Rpc("get-flow-status-all"))
    before = wire(lab)
    with pytest.raises(Exception) as caught:
        ROUNDABOUT[way](session)
    # PyEZ's Config stumbles over an exception it does not know; what stopped it stands behind.
    stopped = caught.value.__context__ if way.startswith("Config") and caught.type is not GuardError else caught.value
    assert isinstance(stopped, GuardError)
    assert wire(lab) == before
    session.rpc(Rpc("get-flow-status-all"))
    assert lab.inspect()["config_operations"] == 0
