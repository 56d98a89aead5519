"""Which device the lab plays: release, platform, and the switches for what no source confirms."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from orchestrator.errors import ScenarioError
from orchestrator.lab.datapath.style import THREAD_PREFIX, DeviceStyle, TraceStyle
from orchestrator.lab.pcap_file import Link

DEFAULT = "vsrx-24.4"


class Part(BaseModel):
    """A part of a persona: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MonitorForms(Part):
    """In which forms ``monitor security flow file|filter|start|stop`` is accepted: no source settles it."""

    rpc: bool = False
    command: bool = True
    cli: bool = True
    permission: str = "trace"  # unconfirmed


class CaptureForm(Part):
    """How on-box packet capture writes: link type, folder and what it shows of a packet are in no source."""

    link: Link = "juniper-ethernet"
    folder: Literal["/var/log", "/var/tmp"] = "/var/log"  # noqa: S108 - paths on the device
    sightings: Literal["both", "matching"] = "both"
    shows: Literal["all", "words"] = "all"  # the leaves of the status, or words alone


class Account(Part):
    """One login of the device."""

    name: str
    login_class: str


class Persona(Part):
    """One kind of device."""

    name: str
    version: str
    daemon_release: str
    model: str
    serial_number: str
    chassis: str
    platform: Literal["srx", "mx", "es-pic"] = "srx"
    flow_layout: Literal["24.4", "17.3"] = "24.4"
    nodes: Literal[1, 2] = 1
    framing: Literal["1.0", "1.1"] = "1.0"
    rfc_compliant: bool = True
    padded: bool = True  # daemons put leaf text on lines of its own
    monitor: MonitorForms = MonitorForms()
    packet_capture: CaptureForm = CaptureForm()
    renamed: dict[str, str] = Field(default_factory=dict)  # our name of an RPC: this release's name
    absent: tuple[str, ...] = ()
    scp: bool = True
    sftp: bool = False
    session_limit: int = Field(3, ge=1)  # SSH connections at a time
    connection_rate_limit: int = Field(150, ge=1)  # SSH connections a minute of real time
    commit_sources: tuple[Literal["revision", "history", "uptime"], ...] = ("revision", "history", "uptime")
    login_classes: dict[str, tuple[str, ...]]
    accounts: tuple[Account, ...] = Field(min_length=1)
    host_keys: tuple[Literal["ed25519", "rsa"], ...] = ("ed25519", "rsa")
    boot_seconds: float = Field(2.0, ge=0)  # how long a reboot keeps the device away
    texts: dict[str, str] = Field(default_factory=dict)  # replacements for synthetic texts

    def allows(self, login_class: str, permission: str) -> bool:
        """Whether a login class holds a permission; the empty permission needs none."""
        held = self.login_classes.get(login_class, ())
        return not permission or permission in held or "all" in held

    def style(self, host_name: str) -> DeviceStyle:
        """How the forwarding plane writes on this release."""
        if self.flow_layout == "24.4":
            return DeviceStyle(host_name=host_name, trace=TraceStyle(prefix=THREAD_PREFIX))
        return DeviceStyle(
            host_name=host_name,
            trace=TraceStyle(has_conn_tag=False, packet_pointer_has_0x=False),
            log_fields="12.3",
            icmp_words="sequence-id",
            uptime_start_time=True,
            record_drops="get-packet-drop-records-all" not in self.absent,
        )

    @staticmethod
    def class_label(login_class: str) -> str:
        """The predefined classes are printed as ``j-NAME`` (facts: live 24.4R1.9 prints ``j-super-user``)."""
        return f"j-{login_class}" if login_class in {"super-user", "operator", "read-only"} else login_class


@functools.cache
def load(name: str = DEFAULT) -> Persona:
    """Read a persona: a name of the package's own, or a path to a YAML file.

    Raises:
        ScenarioError: there is none, or it is not valid.
    """
    shipped = resources.files("orchestrator.lab") / "personas" / f"{name}.yml"
    path = Path(name)
    if not shipped.is_file() and not path.is_file():
        raise ScenarioError(f"there is no persona {name!r}", hint=f"Choose one of: {', '.join(names())}.")
    text = shipped.read_text("utf-8") if shipped.is_file() else path.read_text("utf-8")
    try:
        return Persona.model_validate(YAML(typ="safe").load(text))
    except (YAMLError, ValidationError) as error:
        raise ScenarioError(str(error), path=name, hint="See the shipped personas for the keys.") from error


def names() -> list[str]:
    """The personas of the package."""
    folder = resources.files("orchestrator.lab") / "personas"
    return sorted(entry.name.removesuffix(".yml") for entry in folder.iterdir() if entry.name.endswith(".yml"))
