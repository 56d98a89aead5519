"""What verbs that meet devices share: the devices, the ledger, the memory, and how to connect."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.errors import InputError
from orchestrator.model.device import Credentials, Device

if TYPE_CHECKING:
    from orchestrator.driver.base import Driver
    from orchestrator.ledger.ledger import Ledger


def devices(folder: Path, wanted: Iterable[str]) -> list[Device]:
    """The devices meant, from the inventory."""
    from orchestrator.inventory import inventory

    expressions = list(wanted)
    known = inventory.read(folder)
    if not expressions:
        raise InputError("no device was named", hint=f"-d names one of: {', '.join(known)}; or --lab")
    return inventory.select(known, expressions)


def connect(device: Device) -> Driver:
    """A driver for a device; it connects when it is first used."""
    from orchestrator.driver.pyez import PyezDriver
    from orchestrator.store.memory import Memory
    from orchestrator.store.paths import state_directory

    return PyezDriver(device, Memory(state_directory() / "memory.json"))


@contextmanager
def session(folder: Path, name: str) -> Iterator[Driver]:
    """A driver for one device of the inventory, closed at the end."""
    driver = connect(devices(folder, [name])[0])
    try:
        yield driver
    finally:
        driver.close()


@contextmanager
def open_ledger() -> Iterator[Ledger]:
    """The ledger of this user."""
    from orchestrator.ledger.ledger import Ledger
    from orchestrator.store.paths import state_directory

    ledger = Ledger(state_directory())
    try:
        yield ledger
    finally:
        ledger.close()


def step_kinds() -> dict[str, Any]:
    """Every step kind that is installed, ours and plugins'."""
    from orchestrator.plugins import loader
    from orchestrator.steps.step import StepKind

    kinds = loader.load(loader.STEPS)
    for name, kind in kinds.items():
        if not isinstance(kind, StepKind):
            from orchestrator.errors import PluginError

            raise PluginError(f"the step {name} lacks Args, run or plan", hint="see CONTRIBUTING, 'Add a step kind'")
    return kinds


@contextmanager
def own_lab(persona: str, scenario: str) -> Iterator[tuple[Device, Any]]:
    """A lab device of our own on loopback, with a key made for it, gone at the end."""
    import asyncssh

    from orchestrator.lab.launch import Plan, running_lab

    with tempfile.TemporaryDirectory(prefix="orchestrator-lab-") as folder:
        key = asyncssh.generate_private_key("ssh-ed25519")
        path = Path(folder) / "key"
        path.write_bytes(key.export_private_key("openssh"))
        path.chmod(0o600)
        public = key.export_public_key("openssh").decode().strip()
        with running_lab(Plan(persona=persona, scenario=scenario, name="lab", authorized_keys=(public,))) as lab:
            one = lab.devices[0]
            device = Device(
                name=one.name, host=one.host, port=one.port, host_keys=(one.host_key,),
                nodes=tuple((node, one.host, port) for node, port in one.nodes.items()),
                credentials=Credentials(user=one.user, key_file=path, agent=False, prompt=False),
            )  # fmt: skip
            yield device, one
