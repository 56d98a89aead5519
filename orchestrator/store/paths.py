"""Where this product keeps its state on this machine."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

STATE_VARIABLE = "ORCHESTRATOR_STATE"
_UNSAFE = re.compile(r"[^A-Za-z0-9._+@=-]")


def state_directory() -> Path:
    """``$ORCHESTRATOR_STATE``, else the user's state directory; created for this user alone."""
    named = os.environ.get(STATE_VARIABLE)
    if named:
        path = Path(named).expanduser()
    else:
        base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        path = Path(base).expanduser() / "orchestrator"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def safe_name(name: str) -> str:
    """A file name made of a name that came from outside: no separators, no leading dot, bounded."""
    cleaned = _UNSAFE.sub("_", name).lstrip(".") or "_"
    return cleaned[:200]


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, and a crash leaves one of them."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
