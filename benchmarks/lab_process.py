"""A lab in a process of its own, so that its work is not counted as ours."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncssh

from orchestrator.lab.launch import LabDevice
from orchestrator.model.device import Credentials, Device

# Nobody's limits shall be measured.
_SERVE = (
    "import sys; from orchestrator.lab.launch import Plan, serve; "
    "serve(Plan(scenario=sys.argv[1], authorized_keys=(sys.argv[2],), "
    "overrides={'session_limit': 50, 'connection_rate_limit': 100000}))"
)


@contextlib.contextmanager
def lab_process(scenario: str) -> Iterator[tuple[LabDevice, Device]]:
    """The lab's device, and the same device as the inventory knows it."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "id"
        made = asyncssh.generate_private_key("ssh-ed25519")
        made.write_private_key(key)
        key.chmod(0o600)
        command = [sys.executable, "-c", _SERVE, scenario, made.export_public_key().decode().strip()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            try:
                assert process.stdout is not None
                lab = LabDevice(**json.loads(process.stdout.readline()))
                yield lab, _as_device(lab, key)
            finally:
                process.terminate()


def _as_device(lab: LabDevice, key: Path) -> Device:
    credentials = Credentials(user=lab.user, key_file=key, agent=False, prompt=False)
    return Device(name=lab.name, host=lab.host, port=lab.port, host_keys=(lab.host_key,), credentials=credentials)


def median_milliseconds(samples: Sequence[float]) -> float:
    """Median of seconds, in milliseconds."""
    return statistics.median(samples) * 1000


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print one table."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    print(f"\n{title}  ({os.cpu_count()} CPUs, Python {sys.version.split()[0]})")
    for first, *rest in (columns, *rows):
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        print("  ".join((first.ljust(widths[0]), *cells)))
