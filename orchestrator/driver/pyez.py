"""The driver: a PyEZ device on a connection of ours, every request through the guard, every error translated.

Traps of PyEZ that end here: host keys are unverified by default (ours is checked before login); ``open()`` twice leaks
(we open once and close for good); ``execute`` returns only the first child of the reply (we take the parent);
``<xnm:error>`` raises nothing (we look for it); ``cli()`` costs a second RPC and resets warning filters (not used);
facts are slow and wrong on clusters (never asked); ``close()`` waits for a frozen peer (ours cannot); SCP ignores the
host key and the proxy (ours shares the connection code).
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

import paramiko
from jnpr.junos import Device as JunosDevice
from jnpr.junos import exception as pyez_errors
from lxml import etree
from ncclient.manager import Manager
from scp import SCPClient

from orchestrator.driver import guard, retry, ssh
from orchestrator.driver.base import Line, Reply, Rpc, Style, TcpEnds
from orchestrator.driver.guard import Effect
from orchestrator.driver.netconf import Session, without_namespaces
from orchestrator.driver.translate import LIBRARY_ERRORS, command_error, not_connected, translate
from orchestrator.errors import (
    ConnectError,
    DeadlineError,
    DeviceError,
    GuardError,
    OrchestratorError,
    ReplyTimeoutError,
    SessionLostError,
)
from orchestrator.model.device import Device
from orchestrator.parsers import key_material

T = TypeVar("T")
CLOSE_SECONDS = 2.0
CLI_REFUSAL_LINES = 4  # a banner, the caret, the message; further down it is output


# Every error PyEZ defines, for the translator and for the test that walks them.
PYEZ_ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in vars(pyez_errors).values() if isinstance(kind, type) and issubclass(kind, Exception)
)

_BOUNDARY: tuple[type[BaseException], ...] = (*PYEZ_ERRORS, *LIBRARY_ERRORS, OrchestratorError)


class _GuardedDevice(JunosDevice):  # type: ignore[misc]  # PyEZ is untyped
    """PyEZ's device, opened on a session of ours."""

    def adopt(self, session: Session, timeout: float) -> None:
        self._conn = Manager(session, session.device_handler, timeout=timeout)
        self.transform = lambda: without_namespaces
        self.connected = True

    def wait_at_most(self, seconds: float) -> None:
        """Set how long a reply may take; PyEZ's own ``timeout`` cuts the fraction off, half a second becomes none."""
        self._conn.timeout = seconds


class PyezDriver:
    """One device over NETCONF, and over a second SSH connection for files and the CLI when they are needed."""

    def __init__(self, device: Device, memory: MutableMapping[str, str] | None = None) -> None:
        self.device = device
        self.memory: MutableMapping[str, str] = {} if memory is None else memory
        self.until = math.inf
        self.on_send: Callable[[str], None] = lambda _request: None
        self._pyez: _GuardedDevice | None = None
        self._session: Session | None = None
        self._files: paramiko.Transport | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rpc(self, request: Rpc, *, timeout: float | None = None) -> Reply:
        """Send an RPC over NETCONF."""
        element = request.element()
        effect = guard.admit_element(element)
        self.on_send(str(request))
        return self._sent(effect, lambda: self._execute(element, str(request.name), timeout))

    def command(self, line: Line, *, style: Style = "text", timeout: float | None = None) -> Reply:
        """Send a CLI line as ``<command>`` over NETCONF."""
        guard.admit_line(str(line))  # also what XML could not even say
        element = etree.Element("command", {"format": str(style)})
        element.text = str(line)
        effect = guard.admit_element(element)
        self.on_send(str(line))
        return self._sent(effect, lambda: self._execute(element, str(line), timeout))

    def spool(self, request: Rpc, into: BinaryIO, *, timeout: float | None = None) -> None:
        """Send an RPC and write the reply to a file as it comes. A read may start over: the file is then rewound.

        Raises:
            CommandError: the device refused; its words are in the file too.
            GuardError: the reply may hold keys; ``rpc`` takes them out.
        """
        element = request.element()
        if key_material.may_stand_in_reply_to(request.name):
            raise GuardError("its reply may hold keys: it is not written to a file as it comes", request=request.name)
        start = into.tell()

        def attempt() -> None:
            into.seek(start)
            into.truncate()
            with self._translated(request.name):
                seconds = self._seconds(timeout, request.name)
                reply = self._open().spool(request.element(), into, seconds, self.until)
                if reply is not None:
                    self._checked(without_namespaces(reply), request.name)

        effect = guard.admit_element(element)
        self.on_send(str(request))
        self._sent(effect, attempt)

    def cli(self, line: Line, *, timeout: float | None = None) -> str:
        """Run a CLI line over SSH."""

        def attempt() -> str:
            with self._translated(str(line), files=True):
                seconds = self._seconds(timeout, str(line))
                return ssh.run(self._open_files(), str(line), timeout=seconds, until=self.until)

        effect = guard.admit_line(str(line))
        self.on_send(str(line))
        text = self._sent(effect, attempt)
        if (said := _cli_error(text)) is not None:
            raise command_error(said, device=self.device.name, command=str(line))
        return key_material.redact_text(text)

    def copy(self, remote: str, into: Path, *, timeout: float | None = None) -> None:
        """Bring one file home by SCP; what is there already is overwritten."""
        guard.admit_path(remote)
        self.on_send(f"scp -f {remote}")

        def attempt() -> None:
            into.unlink(missing_ok=True)
            with self._translated(f"scp {remote}", files=True):
                idle = self._seconds(timeout, f"scp {remote}")
                connection = self._open_files()
                with (
                    ssh.Watchdog(connection, idle, self.until) as dog,
                    SCPClient(connection, socket_timeout=idle, progress=dog.touch) as client,
                ):
                    client.get(remote, str(into))
                if not into.is_file():  # a channel that closes before the first byte is no error to the library
                    raise EOFError("the copy ended before it began")

        retry.read(attempt)

    def ends(self) -> tuple[TcpEnds, ...]:
        """Both ends of each connection that is open; none of one through a proxy command."""
        transports = (self._session.transport if self._session else None, self._files)
        return tuple(ends for one in transports if one is not None and (ends := ssh.ends_of(one)) is not None)

    def close(self) -> None:
        """End all sessions, politely when the device answers within two seconds, else by dropping the connection."""
        session, pyez = self._session, self._pyez
        self._session = self._pyez = None
        if session is not None and pyez is not None:
            _bounded(lambda: _goodbye(pyez), CLOSE_SECONDS + 0.5)
            _bounded(session.abort, CLOSE_SECONDS)
        self._drop_files()

    # -- one request ---------------------------------------------------------------------------------------------

    def _sent(self, effect: Effect, attempt: Callable[[], T]) -> T:
        """Reads are tried again on a fresh session; changes are sent once, whatever happens."""
        return retry.read(attempt) if effect is Effect.READ else attempt()

    def _execute(self, element: etree._Element, command: str, timeout: float | None) -> Reply:
        with self._translated(command):
            seconds = self._seconds(timeout, command)
            self._open()
            assert self._pyez is not None
            self._pyez.wait_at_most(seconds)
            first = self._pyez.execute(element)
        if first is True:
            return Reply(etree.Element("rpc-reply"))
        root = first if first.tag == "rpc-reply" else first.getparent()
        return self._checked(root, command)

    def _checked(self, root: etree._Element, command: str) -> Reply:
        """Raise for the errors PyEZ does not see: ``<xnm:error>``, when no data stands beside it."""
        key_material.redact_element(root)  # before anybody can raise, store, log or print it
        said = [_message(error) for error in root.iter("error", "rpc-error") if error.find("message") is not None]
        notes = [_message(error) for error in root.iter("rpc-error", "warning")]
        data = [child for child in root if child.tag not in ("error", "rpc-error", "warning", "cli")]
        if said and not data:
            raise command_error("; ".join(said), device=self.device.name, command=command)
        return Reply(root, tuple(text for text in (*said, *notes) if text))

    def _seconds(self, wanted: float | None, command: str) -> float:
        """How long a reply may take, as long as there is time at all."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise DeadlineError("the time given to the work is up", device=self.device.name, command=command)
        return min(wanted or self.device.reply_seconds, left)

    @contextlib.contextmanager
    def _translated(self, command: str, *, files: bool = False) -> Iterator[None]:
        """Raise our errors, and drop a session that can no longer be trusted."""
        try:
            yield
        except _BOUNDARY as error:
            ours = translated(error, self.device.name, command)
            if isinstance(ours, ReplyTimeoutError | SessionLostError | ConnectError):
                if files:
                    self._drop_files()
                else:
                    self._drop()
            raise ours from (error.__cause__ if ours is error else error)

    # -- sessions ------------------------------------------------------------------------------------------------

    def _open(self) -> Session:
        if self._session is not None and self._session.connected:
            return self._session
        self._drop()
        with self._connecting():
            transport = ssh.connect(self._patient(), self.device.port)
            try:
                session = Session(transport, host=self.device.host, hello_seconds=self.device.connect_seconds)
            except BaseException:
                transport.close()
                raise
        host = f"[{self.device.host}]" if ":" in self.device.host else self.device.host
        self._pyez = _GuardedDevice(
            host=host, user=self.device.credentials.user, ssh_config=os.devnull, gather_facts=False
        )
        self._pyez.adopt(session, self.device.reply_seconds)
        self._session = session
        return session

    def _open_files(self) -> paramiko.Transport:
        if self._files is None or not self._files.is_active():
            with self._connecting():
                self._files = ssh.connect(self._patient(), self.device.file_port)
        return self._files

    def _patient(self) -> Device:
        """The device, with no more patience for a connection than there is time."""
        return replace(self.device, connect_seconds=self._seconds(self.device.connect_seconds, "connect"))

    @contextlib.contextmanager
    def _connecting(self) -> Iterator[None]:
        """Whatever fails while a session is made, nothing was asked of the device yet: no outcome is unknown."""
        try:
            yield
        except _BOUNDARY as error:
            ours = not_connected(error, device=self.device.name)
            raise ours from (error.__cause__ if ours is error else error)

    def _drop(self) -> None:
        session, self._session, self._pyez = self._session, None, None
        if session is not None:
            _bounded(session.abort, CLOSE_SECONDS)

    def _drop_files(self) -> None:
        files, self._files = self._files, None
        if files is not None:
            _bounded(files.close, CLOSE_SECONDS)


# What each of PyEZ's connection errors stands for below; from the special to the general.
_STANDS_FOR: tuple[tuple[type[Exception], Exception], ...] = (
    (pyez_errors.RpcTimeoutError, TimeoutError()),
    (pyez_errors.ConnectAuthError, paramiko.AuthenticationException("the device refused the credentials")),
    (pyez_errors.ConnectClosedError, EOFError("closed by the device")),
    (pyez_errors.ConnectError, ConnectionRefusedError("the device refused the connection")),
)


def translated(error: BaseException, device: str, command: str) -> OrchestratorError:
    """Our error for one of PyEZ or of a library below it; what is ours already passes."""
    if isinstance(error, OrchestratorError):
        return error
    for kind, below in _STANDS_FOR:
        if isinstance(error, kind):
            return translate(below, device=device, command=command)
    if isinstance(error, pyez_errors.RpcError):
        return _from_rpc_error(error, device, command)
    return translate(error, device=device, command=command)


def _from_rpc_error(error: pyez_errors.RpcError, device: str, command: str) -> DeviceError:
    errors = error.errs or []
    message = "; ".join(str(one.get("message") or "") for one in errors) or str(error.message or "")
    first = errors[0] if errors else {}
    return command_error(message, device=device, command=command, bad_element=str(first.get("bad_element") or ""))


def _message(error: etree._Element) -> str:
    text = error.findtext("message") or error.findtext("error-message") or ""
    return " ".join(text.split())


def _cli_error(text: str) -> str | None:
    """What the CLI says when it refuses a line, else ``None``. The wording of syntax errors is matched loosely."""
    for line in text.splitlines()[:CLI_REFUSAL_LINES]:
        said = line.strip()
        if said.startswith(("error:", "unknown command", "syntax error", "invalid ")):
            return said
    return None


def _goodbye(device: _GuardedDevice) -> None:
    device.wait_at_most(CLOSE_SECONDS)
    with contextlib.suppress(Exception):  # the connection is dropped next, whatever this said
        device.close()


def _bounded(action: Callable[[], object], seconds: float) -> None:
    """Run a closing action in a thread that is left behind when it hangs."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(seconds)
