"""The one boundary: errors of ncclient, paramiko, scp and the socket become ours.

PyEZ's own errors are translated in ``pyez``, the only importer of PyEZ, which falls back on this table.
"""

from __future__ import annotations

import errno
import re
import socket

import paramiko
from ncclient import NCClientError
from ncclient.operations import errors as operation_errors
from ncclient.operations.rpc import RPCError
from ncclient.transport import errors as transport_errors
from paramiko.pkey import UnknownKeyType
from scp import SCPException

from orchestrator.errors import (
    AuthError,
    CommandError,
    ConnectError,
    DeniedError,
    DeviceError,
    HostKeyError,
    OrchestratorError,
    ReplyTimeoutError,
    SessionLostError,
    UnsupportedError,
)
from orchestrator.parsers import key_material

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
_OLD_RSA = (
    "the device offers only ssh-rsa (SHA-1) keys, which paramiko 5 no longer speaks: install 'paramiko<5', "
    "or give the device an ed25519 host key"
)

_BAD_ELEMENT = re.compile(r"<(?:\w+:)?bad-element>\s*([^<\s]+)")  # of ncclient the info is text


def translate(error: BaseException, *, device: str, command: str = "") -> DeviceError:
    """Return our error for one of a library; the original goes on as ``__cause__`` of the raise."""
    if isinstance(error, DeviceError):
        return error
    if isinstance(error, RPCError):
        return _rpc_error(error, device, command)
    if isinstance(error, OSError) and error.errno in _DISK:
        return _disk(error, device, command)
    for kinds, make in _TABLE:
        if isinstance(error, kinds):
            return make(error, device, command)
    return DeviceError(_said(error), device=device, command=command)


def not_connected(error: BaseException, *, device: str) -> OrchestratorError:
    """Our error for one met before there was a session, when nothing had been asked of the device."""
    if isinstance(error, OrchestratorError):
        return error
    ours = translate(error, device=device)
    return ours if isinstance(ours, ConnectError) else _refused(error, device, "")


def command_error(message: str, *, device: str, command: str, tag: str = "", bad_element: str = "") -> CommandError:
    """Sort what a device says into denied, unsupported, or any other refusal.

    Source: replies of 16.1R1 and vSRX 24.4R1.9: ``permission denied`` is the whole message, an unknown element is
    ``syntax error``. The CLI's wording is not documented; it is matched loosely.
    """
    text = " ".join(key_material.redact_text(message).split())
    lowered = text.lower()
    kind: type[CommandError] = CommandError
    hint = ""
    if "permission denied" in lowered or "unauthorized" in lowered:
        kind, hint = DeniedError, "the login class of our user lacks the permission for this command"
    elif "syntax error" in lowered or "unknown command" in lowered or "invalid command" in lowered:
        kind, hint = UnsupportedError, "this release does not know the command in this form"
    return kind(
        text or "the device refused", device=device, command=command, tag=tag, bad_element=bad_element, hint=hint
    )


def _rpc_error(error: RPCError, device: str, command: str) -> CommandError:
    errors = list(error.errlist or []) or [error]
    message = "; ".join(" ".join((one.message or "").split()) for one in errors)
    first = errors[0]
    bad = _BAD_ELEMENT.search(str(first.info or ""))
    return command_error(
        message, device=device, command=command, tag=first.tag or "", bad_element=bad.group(1) if bad else ""
    )


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _lost(error: BaseException, device: str, command: str) -> DeviceError:
    return SessionLostError(f"the session was lost ({_said(error)})", device=device, command=command)


def _disk(error: BaseException, device: str, command: str) -> DeviceError:
    return DeviceError(
        f"this machine cannot store the reply: {_said(error)}",
        device=device,
        command=command,
        hint="free its disk, or point ORCHESTRATOR_STATE or --runs-dir elsewhere",
    )


def _timeout(error: BaseException, device: str, command: str) -> DeviceError:
    del error
    return ReplyTimeoutError("no reply in time; what the device did is unknown", device=device, command=command)


def _refused(error: BaseException, device: str, command: str) -> DeviceError:
    return ConnectError(
        f"the connection failed: {_said(error)}",
        device=device,
        command=command,
        hint="is the device up, is NETCONF enabled, does a firewall stand between?",
    )


def _negotiation(error: BaseException, device: str, command: str) -> DeviceError:
    said = _said(error)
    hint = _OLD_RSA if "host key" in said else "the device and this program have no algorithm in common"
    return ConnectError(f"SSH negotiation failed: {said}", device=device, command=command, hint=hint)


def _auth(error: BaseException, device: str, command: str) -> DeviceError:
    return AuthError(
        _said(error),
        device=device,
        command=command,
        hint="check user, key file, agent and password source of the inventory",
    )


def _host_key(error: BaseException, device: str, command: str) -> DeviceError:
    return HostKeyError(_said(error), device=device, command=command, hint="compare fingerprints before trusting it")


def _scp(error: BaseException, device: str, command: str) -> DeviceError:
    said = _said(error)
    if "timeout" in said.lower():
        return _timeout(error, device, command)
    if "channel was closed" in said or "No response" in said:
        return _lost(error, device, command)
    return command_error(said, device=device, command=command)


def _unsupported(error: BaseException, device: str, command: str) -> DeviceError:
    return UnsupportedError(_said(error), device=device, command=command)


# Every family of errors a library below may raise; anything else is a mistake of ours and is not dressed up.
LIBRARY_ERRORS: tuple[type[BaseException], ...] = (
    NCClientError, paramiko.SSHException, paramiko.ConfigParseError, UnknownKeyType, SCPException, OSError, EOFError,
)  # fmt: skip

# From the special to the general: the first match decides.
_TABLE = (
    ((paramiko.BadHostKeyException, transport_errors.SSHUnknownHostError), _host_key),
    ((paramiko.ssh_exception.IncompatiblePeer,), _negotiation),
    (
        (
            paramiko.AuthenticationException,
            transport_errors.AuthenticationError,
            transport_errors.PermissionError,
            UnknownKeyType,
        ),
        _auth,
    ),
    ((SCPException,), _scp),
    ((operation_errors.MissingCapabilityError,), _unsupported),
    ((operation_errors.TimeoutExpiredError, TimeoutError), _timeout),
    ((socket.gaierror, ConnectionRefusedError, paramiko.ssh_exception.NoValidConnectionsError,
      paramiko.ConfigParseError, paramiko.ssh_exception.CouldNotCanonicalize, paramiko.ProxyCommandFailure), _refused),
    ((transport_errors.SSHError, transport_errors.TLSError, transport_errors.UnixSocketError), _refused),
    (
        (
            transport_errors.TransportError,
            transport_errors.SessionError,
            operation_errors.OperationError,
            paramiko.SSHException,
            EOFError,
            OSError,
        ),
        _lost,
    ),
)  # fmt: skip
