"""Find the password of a device when keys do not serve. It is never stored, printed or passed on a command line."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys

from orchestrator.errors import AuthError
from orchestrator.model.device import Device

_COMMAND_TIMEOUT_SECONDS = 30
_asked: dict[str, str] = {}  # one question per device and process, in memory only


def password_of(device: Device) -> str | None:
    """Return the password, or ``None`` when the inventory names no source and there is nobody to ask.

    Raises:
        AuthError: the inventory names a source that does not answer.
    """
    credentials = device.credentials
    if credentials.password_env:
        try:
            return os.environ[credentials.password_env]
        except KeyError:
            raise AuthError(
                f"the environment variable {credentials.password_env} is not set",
                device=device.name,
                hint=f"export {credentials.password_env}, or name another source in the inventory",
            ) from None
    if credentials.password_command:
        return _from_command(device, credentials.password_command)
    if credentials.prompt and sys.stdin.isatty() and sys.stderr.isatty():
        if device.name not in _asked:
            _asked[device.name] = getpass.getpass(f"Password of {credentials.user} on {device.name}: ", sys.stderr)
        return _asked[device.name]
    return None


def _from_command(device: Device, command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_TIMEOUT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise AuthError(
            f"the password command {command[0]} failed ({type(error).__name__})",
            device=device.name,
            hint="run it by hand: it must print the password alone and exit with 0",
        ) from error
    return done.stdout.rstrip("\n")
