"""Every error a user can meet, in one tree.

::

    OrchestratorError
    ├── InputError              what a person wrote is wrong: file, line, column
    │   ├── PlaybookError
    │   ├── InventoryError
    │   └── ScenarioError
    ├── GuardError              the guard refused to put it on the wire
    ├── RefusedError            the device or its state forbids the run: a colleague's debug, a missing permission
    ├── DeviceError             something went wrong with one device
    │   ├── ConnectError        no session was made
    │   │   ├── HostKeyError    the host key is unknown, or is not the one we know
    │   │   └── AuthError       the device refused the credentials
    │   ├── CommandError        the device answered with an error
    │   │   ├── DeniedError     the login class lacks the permission
    │   │   └── UnsupportedError  the device does not know the command
    │   ├── ReplyTimeoutError   no answer in time: the outcome on the device is unknown
    │   └── SessionLostError    the session ended under a request: the outcome is unknown
    ├── RetrievalError          a file did not come home whole
    ├── ParseError              input that is not of the kind it should be
    ├── LedgerError             the ledger cannot be read or written
    ├── TeardownError           an undo went wrong
    ├── OwedError               a device is still owed a teardown
    └── PluginError             a plugin does not keep its side of the contract

An error carries its data as attributes and a ``hint`` that says the cure. The libraries below are translated into
this tree at one place, ``driver/pyez.py``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class OrchestratorError(Exception):
    """Root of the tree; ``hint`` is one sentence that tells the reader what to do next."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def where(self) -> str:
        """The place the error speaks of, empty when the message says it all."""
        return ""

    def __str__(self) -> str:
        where = self.where()
        return f"{where}: {self.message}" if where else self.message


class InputError(OrchestratorError):
    """What a person wrote cannot be used; ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, *, path: Path | str = "", line: int = 0, column: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.line = line
        self.column = column

    def where(self) -> str:
        """``file:line:column``, as editors understand it."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part)


class PlaybookError(InputError):
    """A playbook is not valid."""


class InventoryError(InputError):
    """The inventory cannot be read, or does not hold what was asked of it."""


class ScenarioError(InputError):
    """A lab persona or scenario is not valid."""


class GuardError(OrchestratorError):
    """The guard does not know this request, so it never reached the device."""

    def __init__(self, message: str, *, request: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.request = request


class DeviceError(OrchestratorError):
    """Something went wrong with one device; ``command`` is what was being asked of it."""

    def __init__(self, message: str, *, device: str = "", command: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.device = device
        self.command = command

    def where(self) -> str:
        """The device and the command."""
        return ": ".join(part for part in (self.device, self.command) if part)


class RefusedError(DeviceError):
    """The run may not start here; nothing was changed."""


class ConnectError(DeviceError):
    """No session could be made."""


class HostKeyError(ConnectError):
    """The device's host key is not known, or is not the one we know."""


class AuthError(ConnectError):
    """The device refused the credentials, or there are none to offer."""


class CommandError(DeviceError):
    """The device answered with an error.

    ``tag`` and ``bad_element`` are those of the ``rpc-error`` when it had them.
    """

    def __init__(  # noqa: PLR0913 - the data of an rpc-error
        self,
        message: str,
        *,
        device: str = "",
        command: str = "",
        tag: str = "",
        bad_element: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, device=device, command=command, hint=hint)
        self.tag = tag
        self.bad_element = bad_element


class DeniedError(CommandError):
    """The login class lacks the permission for the command."""


class UnsupportedError(CommandError):
    """The device does not know the command."""


class ReplyTimeoutError(DeviceError):
    """No answer in time. Whether the device carried the request out is unknown."""


class DeadlineError(DeviceError):
    """The time given to the work is up; nothing more is sent or waited for, but for the teardown."""


class SessionLostError(DeviceError):
    """The session ended while a request was out. Whether it was carried out is unknown."""


class RetrievalError(DeviceError):
    """A file did not come home whole; ``path`` is its path on the device."""

    def __init__(self, message: str, *, device: str = "", path: str = "", hint: str = "") -> None:
        super().__init__(message, device=device, command=path, hint=hint)
        self.path = path


class ParseError(InputError):
    """Input that is not of the kind it was said to be."""


class LedgerError(OrchestratorError):
    """The ledger cannot be opened, read or written."""


class TeardownError(OrchestratorError):
    """An undo went wrong; what it was to undo is still owed."""


class OnItsWayError(TeardownError):
    """An undo that may not be sent twice may still be on its way; only a later recovery looks for it again."""


class OwedError(OrchestratorError):
    """A device is still owed a teardown; ``devices`` names them."""

    exit_code = 3

    def __init__(self, message: str, *, devices: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.devices = devices


class PluginError(OrchestratorError):
    """A plugin cannot be loaded or breaks its contract."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """A hint for a word nobody knows: ``did you mean ...?`` when a known one is near, else the known words."""
    words = sorted(known)
    near = difflib.get_close_matches(name, words, n=1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(words) or 'none'}"
