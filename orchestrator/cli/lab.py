"""``lab``: the emulated SRX, for people and for their CI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import Format, data, talk
from orchestrator.errors import InputError

if TYPE_CHECKING:
    from orchestrator.lab.launch import LabDevice

app = typer.Typer(
    help="The emulated SRX: real SSH, NETCONF and SCP on loopback.", no_args_is_help=True, rich_markup_mode=None
)
STATES = ("disk-full", "disk-writable", "cpu-high", "login-class")
ControlArgument = Annotated[str, typer.Argument(metavar="CONTROL", help="The 'control' that lab up printed.")]


@app.command()
def up(
    persona: Annotated[str, typer.Option(help="Which release it plays.")] = "vsrx-24.4",
    scenario: Annotated[str, typer.Option(help="Which network and traffic it plays: a name or a file.")] = "default",
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many devices.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="First port; 0 for any free ones.")] = 0,
    clock: Annotated[float, typer.Option(min=0.1, max=1000, help="How much faster than real time it lives.")] = 1.0,
    name: Annotated[str, typer.Option(help="Name of the device, or of all with a number behind.")] = "srx",
    format: Annotated[Format, typer.Option("--format", help="json prints one object a device.")] = Format.JSON,
) -> None:
    """Start devices and keep them until Ctrl-C; one JSON object a device is printed when all accept connections."""
    from orchestrator.lab.launch import Plan, serve

    serve(
        Plan(persona=persona, scenario=scenario, count=count, clock_rate=clock, name=name, port=port),
        describe=_in_words if format is Format.TEXT else None,
    )


def _in_words(device: LabDevice) -> str:
    return (
        f"{device.name}: ssh -p {device.port} {device.user}@{device.host}  password {device.password}\n"
        f"  host key {device.host_key}\n  control {device.control}"
    )


@app.command()
def inspect(control: ControlArgument) -> None:
    """Print the state of a device as JSON, and everything that was sent to it."""
    data(json.dumps(_ask(control, {"do": "inspect"}), indent=2))


@app.command()
def fault(
    control: ControlArgument,
    kind: Annotated[str, typer.Argument(help="delay, lost-reply, drop-after, freeze, reboot, disk-full, ...")],
    match: Annotated[str, typer.Option(help="Which request: a pattern over RPC names and command lines.")] = "",
    seconds: Annotated[float | None, typer.Option(help="How long, for delay and freeze.")] = None,
    text: Annotated[str | None, typer.Option(help="What an error says; the class, for login-class.")] = None,
    user: Annotated[str | None, typer.Option(help="Whose class, for login-class.")] = None,
    percent: Annotated[int | None, typer.Option(min=0, max=100, help="How high, for cpu-high.")] = None,
    times: Annotated[int | None, typer.Option(min=1, help="How often; once when left out.")] = None,
    always: Annotated[bool, typer.Option("--always", help="Every time, until 'clear'.")] = False,
) -> None:
    """Inject a fault. Without --match a state changes at once; 'clear' takes faults away, 'thaw' ends a freeze."""
    given = {"seconds": seconds, "text": text, "user": user, "percent": percent, "times": times, "match": match or None}
    described = {"kind": kind, **{key: value for key, value in given.items() if value is not None}}
    at_once: dict[str, dict[str, Any]] = {
        "clear": {"do": "clear-faults"}, "thaw": {"do": "thaw"},
        "reboot": {"do": "reboot"}, "freeze": {"do": "freeze", "seconds": seconds},
        **{state: {"do": "change", "fault": described} for state in STATES},
    }  # fmt: skip
    request = {"do": "fault", "fault": {**described, "once": not always}}
    _ask(control, at_once[kind] if kind in at_once and not match else request)


@app.command()
def inventory(
    controls: Annotated[list[str], typer.Argument(metavar="CONTROL...", help="Controls of running devices.")],
    into: Annotated[Path, typer.Option(help="Folder to write.")],
) -> None:
    """Write a Nornir inventory for running lab devices: pinned host keys, and a key that needs no password."""
    import asyncssh
    from ruamel.yaml import YAML

    into.mkdir(parents=True, exist_ok=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    path = into / "lab_key"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(key.export_private_key("openssh"))
    public = key.export_public_key("openssh").decode().strip()
    hosts = {}
    for control in controls:
        about = _ask(control, {"do": "authorize", "key": public})
        extras = {"host_keys": [about["host_key"]], "key_file": "lab_key", "agent": False, **_nodes(about)}
        hosts[about["name"]] = {
            "hostname": about["host"], "port": about["port"], "username": about["user"], "groups": ["lab"],
            "connection_options": {"orchestrator": {"extras": extras}},
        }  # fmt: skip
    yaml = YAML()
    yaml.width = 1000
    for name, document in (("hosts", hosts), ("groups", {"lab": {"platform": "junos"}})):
        with (into / f"{name}.yaml").open("w", encoding="utf-8") as file:
            yaml.dump(document, file)
    talk(f"wrote {len(hosts)} devices to {into}: orchestrator run PLAYBOOK -i {into} -d {next(iter(hosts))}")


def _nodes(about: dict[str, Any]) -> dict[str, Any]:
    nodes = {name: {"hostname": about["host"], "port": port} for name, port in about["nodes"].items()}
    return {"nodes": nodes} if nodes else {}


def _ask(control: str, request: dict[str, Any]) -> dict[str, Any]:
    from orchestrator.lab import control as door

    try:
        reply = door.ask(control, request)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no lab device answers at {control}: {error}", hint="'orchestrator lab up' prints the control of each"
        ) from error
    if not reply.pop("ok", False):
        raise InputError(f"the lab refused: {reply.get('error')}", hint="see docs/lab.md for faults and their fields")
    return reply
