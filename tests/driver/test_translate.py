"""Every error of the libraries below becomes one of ours, with the device and the command."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import ncclient
import paramiko
import pytest
import scp
from jnpr.junos import exception as pyez_errors
from lxml import etree
from ncclient.operations import errors as operation_errors
from ncclient.operations.rpc import RPCError
from ncclient.transport import errors as transport_errors
from paramiko import ssh_exception
from paramiko.pkey import UnknownKeyType

from orchestrator import errors
from orchestrator.driver.pyez import _BOUNDARY, translated
from orchestrator.driver.translate import command_error, not_connected, translate
from orchestrator.errors import (
    AuthError,
    CommandError,
    ConnectError,
    DeniedError,
    DeviceError,
    GuardError,
    HostKeyError,
    ReplyTimeoutError,
    SessionLostError,
    UnsupportedError,
)

MODULES = (pyez_errors, transport_errors, operation_errors, ssh_exception, ncclient)
DEVICE = SimpleNamespace(hostname="192.0.2.1", host="192.0.2.1", _hostname="192.0.2.1", timeout=30)
KEY = paramiko.RSAKey.generate(1024)
RPC_ERROR = etree.XML(
    "<rpc-error><error-type>protocol</error-type><error-tag>operation-failed</error-tag>"
    "<error-severity>error</error-severity><error-message>something failed</error-message></rpc-error>"
)


def rpc_error(message: str = "something failed") -> RPCError:
    namespace = "urn:ietf:params:xml:ns:netconf:base:1.0"
    root = etree.Element(f"{{{namespace}}}rpc-error")
    for tag, text in (("type", "protocol"), ("tag", "operation-failed"), ("severity", "error"), ("message", message)):
        etree.SubElement(root, f"{{{namespace}}}error-{tag}").text = text
    return RPCError(root)


# How to make those that need more than a message.
MADE: dict[str, Callable[[type], BaseException]] = {
    "RPCError": lambda _: rpc_error(),
    "RpcError": lambda kind: kind(cmd=etree.Element("x"), rsp=RPC_ERROR, errs=rpc_error()),
    "RpcTimeoutError": lambda kind: kind(DEVICE, "x", 30),
    "SessionCloseError": lambda kind: kind(b"x"),
    "SSHUnknownHostError": lambda kind: kind("192.0.2.1", "aa:bb"),
    "BadAuthenticationType": lambda kind: kind("no", ["publickey"]),
    "PartialAuthentication": lambda kind: kind(["password"]),
    "ChannelException": lambda kind: kind(1, "prohibited"),
    "BadHostKeyException": lambda kind: kind("192.0.2.1", KEY, KEY),
    "ProxyCommandFailure": lambda kind: kind("false", "exit 1"),
    "NoValidConnectionsError": lambda kind: kind({("192.0.2.1", 830): OSError(111, "refused")}),
    "JSONLoadError": lambda kind: kind(ValueError("x"), "{}"),
    "UnknownKeyType": lambda kind: kind(key_type="x", key_bytes=b"x"),
    "FactLoopError": lambda kind: kind("x"),
}
PYEZ_WITH_REPLY = ("CommitError", "ConfigLoadError", "LockError", "UnlockError", "PermissionError", "SwRollbackError")

# Those that become a plain DeviceError, and why nothing better fits.
PLAIN = {
    "FactLoopError": "PyEZ's facts are never asked for",
    "JSONLoadError": "JSON is never asked for: the guard has no format=json",
    "NCClientError": "the root of ncclient's tree; it is raised nowhere",
}


def kinds() -> Iterator[type[BaseException]]:
    seen = set()
    for module in MODULES:
        for kind in vars(module).values():
            if inspect.isclass(kind) and issubclass(kind, Exception) and kind not in seen:
                seen.add(kind)
                yield kind
    yield from (
        scp.SCPException,
        UnknownKeyType,
        EOFError,
        OSError,
        TimeoutError,
        ConnectionResetError,
        BrokenPipeError,
    )
    yield from (socket.gaierror, ConnectionRefusedError, ConnectionAbortedError)


def make(kind: type[BaseException]) -> BaseException:
    if kind.__name__ in MADE:
        return MADE[kind.__name__](kind)
    if kind.__module__ == pyez_errors.__name__:
        return kind(RPC_ERROR) if kind.__name__ in PYEZ_WITH_REPLY else kind(DEVICE)
    return kind("x")


ALL = list(kinds())


def test_there_is_something_to_walk() -> None:
    assert len(ALL) > 40
    assert {"RpcTimeoutError", "IncompatiblePeer", "NetconfFramingError", "SCPException"} <= {
        kind.__name__ for kind in ALL
    }


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_library_error_becomes_ours(kind: type[BaseException]) -> None:
    error = make(kind)
    ours = translated(error, "edge-1", "show version")
    assert type(ours).__module__ == errors.__name__
    assert isinstance(ours, DeviceError)
    assert (ours.device, ours.command) == ("edge-1", "show version")
    assert ours.message
    assert (type(ours) is DeviceError) == (kind.__name__ in PLAIN), type(ours)
    assert isinstance(error, _BOUNDARY), "it would pass through the driver untranslated"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (pyez_errors.RpcTimeoutError(DEVICE, "x", 30), ReplyTimeoutError),
        (pyez_errors.ConnectClosedError(DEVICE), SessionLostError),
        (pyez_errors.ConnectAuthError(DEVICE), AuthError),
        (pyez_errors.ConnectRefusedError(DEVICE), ConnectError),
        (
            pyez_errors.PermissionError(rpc_error("permission denied").xml, errs=rpc_error("permission denied")),
            DeniedError,
        ),
        (rpc_error("permission denied"), DeniedError),
        (rpc_error("syntax error"), UnsupportedError),
        (rpc_error("disk full"), CommandError),
        (operation_errors.TimeoutExpiredError("x"), ReplyTimeoutError),
        (operation_errors.MissingCapabilityError("x"), UnsupportedError),
        (transport_errors.SessionCloseError(b""), SessionLostError),
        (transport_errors.SSHUnknownHostError("x", "aa"), HostKeyError),
        (paramiko.BadHostKeyException("x", KEY, KEY), HostKeyError),
        (paramiko.PasswordRequiredException("x"), AuthError),
        (paramiko.SSHException("x"), SessionLostError),
        (ssh_exception.IncompatiblePeer("x"), ConnectError),
        (scp.SCPException("Error receiving, socket.timeout"), ReplyTimeoutError),
        (scp.SCPException("scp: /var/log/x: Permission denied"), DeniedError),
        (scp.SCPException("scp: /var/log/x: No such file or directory"), CommandError),
        (scp.SCPException("Underlying channel was closed"), SessionLostError),
        (TimeoutError("x"), ReplyTimeoutError),
        (EOFError(), SessionLostError),
        (ConnectionResetError(104, "reset"), SessionLostError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_family_becomes_the_error_it_means(error: Exception, expected: type[DeviceError]) -> None:
    assert type(translated(error, "x", "y")) is expected


def test_our_own_errors_pass_as_they_are() -> None:
    for error in (GuardError("x"), DeviceError("x"), HostKeyError("x")):
        assert translated(error, "other", "other") is error
    assert not_connected(error := AuthError("x"), device="x") is error


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_before_there_is_a_session_every_error_is_a_connect_error(kind: type[BaseException]) -> None:
    if kind.__module__ != pyez_errors.__name__:
        assert isinstance(not_connected(make(kind), device="x"), ConnectError)


def test_a_device_with_old_rsa_keys_only_is_told_what_to_do() -> None:
    ours = translate(ssh_exception.IncompatiblePeer("Incompatible ssh peer (no acceptable host key)"), device="x")
    assert "paramiko<5" in ours.hint
    assert "paramiko<5" not in translate(ssh_exception.IncompatiblePeer("no acceptable kex"), device="x").hint


def test_what_the_device_said_is_kept_on_one_line() -> None:
    ours = command_error("\npermission\n denied \n", device="edge-1", command="x", tag="t", bad_element="b")
    assert (ours.message, ours.tag, ours.bad_element) == ("permission denied", "t", "b")
    assert str(ours) == "edge-1: x: permission denied"
    assert command_error("", device="x", command="y").message
