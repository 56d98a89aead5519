"""Devices from a Nornir inventory.

A folder holds ``hosts.yaml`` and, when wanted, ``groups.yaml`` and ``defaults.yaml`` (``.yml`` too), or a
``nornir.yaml`` whose ``inventory:`` names another of Nornir's plugins with its options. What only this product needs
stands in ``connection_options: {orchestrator: {extras: {...}}}``, where groups and defaults are inherited.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from orchestrator.errors import InventoryError
from orchestrator.model.arguments import Arguments
from orchestrator.model.device import NETCONF_PORT, Credentials, Device

CONNECTION = "orchestrator"
DEFAULT_KNOWN_HOSTS = (Path("~/.ssh/known_hosts"), Path("/etc/ssh/ssh_known_hosts"))
_HINT = "see inventory/README.md and the examples beside it"


class NodeAddress(Arguments):
    """Where another node of a cluster is reached; what is left out is as for the device."""

    hostname: str
    port: int | None = Field(default=None, ge=1, le=65535)


class Extras(Arguments):
    """``extras`` of a device's connection."""

    ssh_port: int = Field(default=0, ge=0, le=65535, description="port for SCP and CLI, when not that of NETCONF")
    host_keys: tuple[str, ...] = Field(default=(), description="pinned public host keys, 'ssh-ed25519 AAAA...'")
    known_hosts: tuple[Path, ...] = Field(default=(), description="known_hosts files, instead of the usual ones")
    key_file: Path | None = None
    agent: bool = True
    password_env: str = Field(default="", description="environment variable that holds the password")
    password_command: tuple[str, ...] = Field(default=(), description="program that prints the password")
    prompt: bool = True
    connect_seconds: float = Field(default=15.0, gt=0, le=600, description="how long a connection may take")
    reply_seconds: float = Field(default=30.0, gt=0, le=3600, description="how long a reply may take")
    proxy_command: str = Field(default="", description="command that reaches the device, %h and %p filled in")
    nodes: dict[str, NodeAddress] = Field(default_factory=dict, description="the other nodes of a cluster, by name")
    data: dict[str, Any] = Field(default_factory=dict, description="limits and other settings of the device")


class Address(Arguments):
    """How a device is called and where it listens."""

    name: str = Field(min_length=1)
    hostname: str = Field(min_length=1)
    port: int = Field(ge=1, le=65535)


class Chosen(Arguments):
    """``inventory`` of a ``nornir.yaml``."""

    model_config = ConfigDict(extra="ignore")

    plugin: str = "SimpleInventory"
    options: dict[str, Any] = Field(default_factory=dict)


def read(folder: Path) -> dict[str, Device]:
    """Read every device of an inventory.

    Raises:
        InventoryError: the folder holds none, or something in it is wrong.
    """
    inventory = _nornir_inventory(folder)
    hosts = sorted(inventory.hosts.items())
    # All of them first: Nornir writes what it inherits into the host and the group that it is asked about.
    extras = {name: _extras(folder, host) for name, host in hosts}
    return {name: _device(folder, host, extras[name]) for name, host in hosts}


def select(devices: dict[str, Device], wanted: Iterable[str]) -> list[Device]:
    """Pick devices by name, shell pattern, group, or ``key=value`` of their data, each device once.

    Raises:
        InventoryError: an expression picks nothing.
    """
    picked: dict[str, Device] = {}
    for expression in wanted:
        found = [device for device in devices.values() if _is_meant(device, expression)]
        if not found:
            raise InventoryError(
                f"nothing in the inventory is meant by {expression!r}",
                hint=f"devices: {', '.join(devices) or 'none'}",
            )
        picked |= {device.name: device for device in found}
    return list(picked.values())


def _is_meant(device: Device, expression: str) -> bool:
    if "=" in expression:
        pairs = [part.partition("=") for part in expression.split(",")]
        return all(str(device.data.get(key, "")) == value for key, _, value in pairs)
    return fnmatch.fnmatchcase(device.name, expression) or expression in device.groups


def _nornir_inventory(folder: Path) -> Any:
    # Imported here: reading Nornir's plugin registry costs what a verb without devices need not pay.
    from nornir.core.plugins.inventory import InventoryPluginRegister  # noqa: PLC0415

    plugin, options = _plugin(folder)
    InventoryPluginRegister.auto_register()
    try:
        return InventoryPluginRegister.get_plugin(plugin)(**options).load()
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InventoryError(
            f"is not YAML: {getattr(error, 'problem', error)}",
            path=getattr(mark, "name", folder), line=mark.line + 1 if mark else 0,
            column=mark.column + 1 if mark else 0, hint=_HINT,
        ) from error  # fmt: skip
    except KeyError as error:
        hint = f"define it in groups.yaml; {_HINT}"
        raise InventoryError(f"a device names {error}, which is no group", path=folder, hint=hint) from error
    except (AttributeError, TypeError) as error:
        hint = f"every file is a mapping of names to mappings; {_HINT}"
        raise InventoryError(f"is not an inventory: {error}", path=folder, hint=hint) from error
    except Exception as error:
        raise InventoryError(f"cannot be read: {type(error).__name__}: {error}", path=folder, hint=_HINT) from error


def _plugin(folder: Path) -> tuple[str, dict[str, Any]]:
    settings = _first(folder, "nornir")
    if settings is not None:
        try:
            document = YAML(typ="safe").load(settings) or {}
        except YAMLError as error:
            raise InventoryError(f"is not YAML: {error}", path=settings, hint=_HINT) from error
        try:
            chosen = Chosen.model_validate(document.get("inventory", {}) if isinstance(document, dict) else {})
        except ValidationError as error:
            raise InventoryError(f"inventory: {_complaint(error)}", path=settings, hint=_HINT) from error
        return chosen.plugin, chosen.options
    hosts = _first(folder, "hosts")
    if hosts is None:
        raise InventoryError(
            "there is no inventory here (no hosts.yaml, no nornir.yaml)",
            path=folder,
            hint="-i names the folder; 'orchestrator inventory example --into DIR' writes one to start from",
        )
    options = {
        "host_file": str(hosts),
        "group_file": str(_first(folder, "groups") or folder / "groups.yaml"),
        "defaults_file": str(_first(folder, "defaults") or folder / "defaults.yaml"),
    }
    return "SimpleInventory", options


def _first(folder: Path, stem: str) -> Path | None:
    return next((path for suffix in (".yaml", ".yml") if (path := folder / f"{stem}{suffix}").is_file()), None)


def _device(folder: Path, host: Any, written: dict[str, Any]) -> Device:
    connection = host.get_connection_parameters(CONNECTION)
    if connection.password or host.password:
        raise InventoryError(
            f"{host.name}: a password stands in the inventory", path=folder,
            hint="passwords do not belong in files: use password_env, password_command, key_file or the agent",
        )  # fmt: skip
    hostname, port = connection.hostname or host.hostname or host.name, connection.port or NETCONF_PORT
    try:
        address = Address.model_validate({"name": host.name, "hostname": hostname, "port": port})
        extras = Extras.model_validate(written)
    except ValidationError as error:
        hint = f"extras are: {', '.join(Extras.model_fields)}; {_HINT}"
        raise InventoryError(f"{host.name}: {_complaint(error)}", path=folder, hint=hint) from error
    return Device(
        name=address.name,
        host=address.hostname.strip("[]"),
        port=address.port,
        ssh_port=extras.ssh_port,
        credentials=Credentials(
            user=connection.username or host.username or os.environ.get("USER", ""),
            key_file=_anchored(folder, extras.key_file),
            agent=extras.agent,
            password_env=extras.password_env,
            password_command=extras.password_command,
            prompt=extras.prompt,
        ),
        host_keys=extras.host_keys,
        known_hosts=tuple(path.expanduser() for path in extras.known_hosts or DEFAULT_KNOWN_HOSTS),
        proxy_command=extras.proxy_command,
        reply_seconds=extras.reply_seconds,
        connect_seconds=extras.connect_seconds,
        nodes=tuple((name, one.hostname, one.port or connection.port or 830) for name, one in extras.nodes.items()),
        groups=tuple(group.name for group in host.groups),
        data={**dict(host.items()), **extras.data, "platform": host.platform},
    )


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    what = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
    return f"{place}: {what}" if place else what


def _extras(folder: Path, host: Any) -> dict[str, Any]:
    """``extras`` of the device, its groups and the defaults, key by key: Nornir itself would take the nearest whole."""
    merged: dict[str, Any] = {}
    for owner in (host.defaults, *reversed(host.extended_groups()), host):
        options = owner.connection_options.get(CONNECTION)
        extras = (options.extras if options else None) or {}
        if not isinstance(extras, dict):
            raise InventoryError(f"{host.name}: extras is not a mapping", path=folder, hint=_HINT)
        merged |= extras
    return merged


def _anchored(folder: Path, path: Path | None) -> Path | None:
    """A relative key file lies beside the inventory."""
    return None if path is None else folder / path.expanduser()
