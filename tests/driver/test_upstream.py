"""What the driver takes from the libraries below it, private names included: an upgrade that moves one fails here."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable
from importlib.metadata import requires, version

import jnpr.junos
import paramiko
import pytest
from jnpr.junos.device import Device as JunosDevice
from ncclient.devices.junos import JunosDeviceHandler
from ncclient.manager import Manager
from ncclient.operations import rpc as operations
from ncclient.transport.session import NetconfBase, Session
from ncclient.transport.ssh import SSHSession
from packaging.requirements import Requirement

from orchestrator.driver import netconf
from orchestrator.driver.base import Rpc
from orchestrator.lab.launch import LabDevice


@pytest.mark.parametrize("name", ["junos-eznc", "ncclient", "paramiko", "scp", "tenacity", "lxml"])
def test_the_libraries_are_of_the_releases_we_were_written_for(name: str) -> None:
    [wanted] = [
        one for one in map(Requirement, requires("srx-orchestrator") or ()) if one.name == name and not one.marker
    ]
    assert wanted.specifier.contains(version(name)), f"{name} {version(name)} is not {wanted.specifier}"


def test_every_private_name_used_is_listed_in_the_docstring() -> None:
    """What follows checks the names of the docstring; this checks that the docstring is complete."""
    source = inspect.getsource(netconf)
    listed = set(re.findall(r"\._\w+", (netconf.__doc__ or "").replace("``", "")))
    inherited = {
        f".{name}" for base in (Session, SSHSession, operations.RPCReply, operations.RPC) for name in _names(base)
    }
    used = {name for name in re.findall(r"\._[a-z]\w+", source) if name in inherited}
    assert used - listed - {"._process", "._size"} <= {"._device_handler"}


def _names(base: type) -> set[str]:
    return set(re.findall(r"self\.(_[a-z]\w+)", inspect.getsource(base))) | {
        name for name in vars(base) if re.match(r"_[a-z]", name)
    }


def test_a_session_of_ncclient_still_has_the_names_we_set() -> None:
    session = SSHSession(JunosDeviceHandler({"name": "junos"}))
    assert session._id is None
    assert session._connected is False
    assert session._base is NetconfBase.BASE_10
    assert isinstance(session._closing, threading.Event)
    assert isinstance(session._device_handler, JunosDeviceHandler)
    for name in ("_transport", "_channel", "_host"):
        assert hasattr(session, name), name
    assert issubclass(SSHSession, threading.Thread)


@pytest.mark.parametrize(
    ("call", "parameters"),
    [(Session._dispatch_error, ["self", "err"]), (Session._dispatch_message, ["self", "raw"]),
     (Session._post_connect, ["self", "timeout"]), (Session.send, ["self", "message"]), (Session.run, ["self"]),
     (Session.get_listener_instance, ["self", "cls"]), (operations.RPCReplyListener.register, ["self", "id", "rpc"]),
     (operations.RPCReply.__init__, ["self", "raw", "huge_tree", "parsing_error_transform"])],
)  # fmt: skip
def test_the_methods_we_call_or_replace_have_the_same_parameters(call: Callable, parameters: list[str]) -> None:
    assert list(inspect.signature(call).parameters) == parameters


def test_post_connect_still_sends_starts_and_chooses_the_framing() -> None:
    source = inspect.getsource(Session._post_connect)
    for step in ("self.send(", "self.start()", "self._id = id", "self._base = NetconfBase.BASE_11"):
        assert step in source


def test_a_waiting_rpc_is_found_and_answered_by_the_same_names() -> None:
    listener = inspect.getsource(operations.RPCReplyListener)
    assert "instance._id2rpc = {}" in listener
    assert "instance._lock = Lock()" in listener
    request = inspect.getsource(operations.RPC._request)
    for step in ("self._session.send(", "self._event.wait(self._timeout)", "self._reply.parse()", "self._reply.error"):
        assert step in request


def test_a_reply_takes_a_parsed_root_and_errors() -> None:
    reply = operations.RPCReply("", huge_tree=True)
    assert (reply._root, reply._parsed, reply._errors) == (None, False, [])
    root = object()
    reply._root, reply._parsed = root, True
    reply.parse()
    assert reply._root is root
    assert reply.error is None


def test_pyez_reads_only_what_adopt_sets() -> None:
    assert "_conn" in inspect.getsource(JunosDevice)
    assert "transform" in inspect.getsource(JunosDevice)
    execute = inspect.getsource(JunosDevice.execute)
    assert "self.connected is not True" in execute
    assert "return True" in execute
    assert "rpc_rsp_e[0]" in execute
    assert isinstance(Manager.timeout, property)
    assert jnpr.junos.__version__.startswith("2.8.")


def test_paramiko_still_has_what_the_connection_code_calls() -> None:
    for name in (
        "start_client",
        "auth_publickey",
        "auth_password",
        "get_security_options",
        "set_keepalive",
        "open_session",
    ):
        assert callable(getattr(paramiko.Transport, name)), name
    assert {"default_window_size", "sock"} <= set(inspect.signature(paramiko.Transport.__init__).parameters)
    assert "timeout" in inspect.signature(paramiko.Transport.start_client).parameters


def test_a_live_session_is_ours_from_top_to_bottom(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    session.rpc(Rpc("get-flow-status-all"))
    assert session._pyez._conn._session is session._session
    assert type(session._session).send is netconf.Session.send
    assert type(session._session).run is netconf.Session.run
    assert session._session.get_listener_instance(operations.RPCReplyListener)._id2rpc == {}
    assert session._session.id
