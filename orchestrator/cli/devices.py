"""Verbs about devices: ``show``, ``fetch``, ``clear``, ``recover``, ``leases`` and ``inventory``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.cli.console import Format, answer, data, progress, story, talk
from orchestrator.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption
from orchestrator.errors import InputError, suggestion
from orchestrator.reports.plain import plain

show_app = typer.Typer(help="Ask a device; nothing is changed.", no_args_is_help=True)
clear_app = typer.Typer(help="Clear operational state; guarded.", no_args_is_help=True)
inventory_app = typer.Typer(help="The devices we know.", no_args_is_help=True)

DeviceArgument = Annotated[str, typer.Argument(metavar="DEVICE", help="A device of the inventory.")]
SourceOption = Annotated[str | None, typer.Option("--source", "-s", help="Prefix or address, with :port when wanted.")]
DestinationOption = Annotated[str | None, typer.Option("--destination", "-t", help="Prefix or address, with :port.")]
ProtocolOption = Annotated[str | None, typer.Option("--protocol", "-p", help="tcp, udp, icmp, or a number.")]
MoreOption = Annotated[
    list[str] | None, typer.Option("--filter", help="Another keyword: keyword=value, or nat, tunnel, idp ...")
]


def session_filter(
    source: str | None, destination: str | None, protocol: str | None, more: list[str] | None,
    *, identifier: int | None = None, counters: bool = False,
) -> Any:  # fmt: skip
    """The filter; ``counters`` are taken by ``show`` only."""
    from orchestrator.driver.guard.rpcs import SESSION_BOUNDS, SESSION_FILTERS, SESSION_KINDS
    from orchestrator.driver.operations.flow_session import SessionFilter
    from orchestrator.model import protocols
    from orchestrator.model.flow import Endpoint

    keywords = {**SESSION_FILTERS, **(SESSION_BOUNDS if counters else {})}
    for text in more or []:
        # A word that is left out would make a clear wider than was meant.
        word, mark, value = text.partition("=")
        if not mark and text not in SESSION_KINDS:
            raise InputError(f"not a filter: {text!r}", hint=f"write keyword=value; {suggestion(text, SESSION_KINDS)}")
        if mark and word not in keywords:
            raise InputError(f"not a filter: {word!r}", hint=suggestion(word, keywords))
        if mark and not keywords[word](value):
            raise InputError(f"not a value for {word}: {value!r}")
    try:
        return SessionFilter(
            source=Endpoint.parse(source) if source else None,
            destination=Endpoint.parse(destination) if destination else None,
            protocol=protocols.number_of(protocol) if protocol else None,
            others={key: value for key, _, value in (text.partition("=") for text in more or [] if "=" in text)},
            kinds=tuple(text for text in more or [] if "=" not in text),
            identifier=identifier,
        )
    except ValueError as error:
        raise InputError(str(error)) from error


@show_app.command()
def sessions(
    device: DeviceArgument,
    source: SourceOption = None,
    destination: DestinationOption = None,
    protocol: ProtocolOption = None,
    more: MoreOption = None,
    summary: Annotated[bool, typer.Option("--summary", help="Only the counters.")] = False,
    identifier: Annotated[int | None, typer.Option("--id", help="One session by its number.")] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """The session table, filtered on the device."""
    from orchestrator.cli.tables import session_columns, summary_columns
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import flow_session

    which = session_filter(source, destination, protocol, more, identifier=identifier, counters=True)
    if summary and identifier is not None:
        raise InputError("--summary and --id contradict each other", hint="leave one of them out")
    with session(inventory, device) as driver:
        if summary:
            answer(flow_session.summary(driver, which), format, summary_columns, empty="no summary")
        else:
            answer(flow_session.sessions(driver, which), format, session_columns, empty="no session matches")


@show_app.command()
def session_health(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """Whether the session table is in trouble: how full, how it ages, what failed, which checks are off."""
    from orchestrator.cli import session_health as verb
    from orchestrator.cli.workshop import session

    with session(inventory, device) as driver:
        found = verb.gather(driver)
    story(found, format, verb.lines(device, found))


@show_app.command()
def flow_config(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """Global session parameters: configured, in effect, what they mean, and what is odd about them."""
    from orchestrator.cli import flow_config as verb
    from orchestrator.cli.workshop import session

    with session(inventory, device) as driver:
        found = verb.gather(driver)
    story(found, format, verb.lines(device, found))


@show_app.command()
def multicast_sessions(
    device: DeviceArgument,
    interval: Annotated[str, typer.Option("--interval", help="Time between two packets of the streams, as 90s.")] = "",
    again: Annotated[str, typer.Option("--again-after", help="Look twice, that long apart: 70s shows ageing.")] = "",
    destination: DestinationOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Multicast streams: template and leaf sessions linked, the timeout that should hold, and premature ageing."""
    from orchestrator.cli import multicast_sessions as verb
    from orchestrator.cli.workshop import session

    which = session_filter(None, destination, None, None)
    asked = verb.Asked.of(which, interval, again)
    with session(inventory, device) as driver:
        found = verb.gather(driver, asked)
    story(found, format, verb.lines(device, found))


@show_app.command()
def monitor(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """State of flow monitoring: active or not, file, filters, and which of them are ours."""
    from orchestrator.cli.tables import monitor_rows
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import flow_monitor

    with session(inventory, device) as driver:
        states = flow_monitor.status(driver)
    if format is not Format.TEXT:
        answer(states, format, dict, empty="")
        return
    for state in states:
        data(plain(f"{state.node + ': ' if state.node else ''}{'active' if state.active else 'inactive'}, "
                   f"file {state.file or 'none'}"))  # fmt: skip
    answer(monitor_rows(states), format, dict, empty="no filter is set")


@show_app.command()
def drops(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """Records of dropped packets (21.1R1 and later)."""
    from orchestrator.cli.tables import drop_columns
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import packet_drop

    with session(inventory, device) as driver:
        answer(packet_drop.records(driver), format, drop_columns, empty="no packet-drop record")


@show_app.command()
def capture(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """State of packet capture: running or not, its file, its bounds, and whether it is ours."""
    from orchestrator.cli.tables import capture_columns
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import packet_capture

    with session(inventory, device) as driver:
        answer(packet_capture.status(driver), format, capture_columns, empty="no packet capture was ever started")


@show_app.command()
def system(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """Who the device is, who we are on it, its last commit, load and cluster."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import chassis
    from orchestrator.driver.operations import system as operations

    with session(inventory, device) as driver:
        rows: list[dict[str, Any]] = []
        for one in operations.information(driver):
            rows += [{"what": f"{one.node} {name}".strip(), "value": getattr(one, name)}
                     for name in ("host_name", "model", "release")]  # fmt: skip
        authorization = operations.authorization(driver)
        if authorization:
            rows.append({"what": "user", "value": f"{authorization.user}, class {authorization.login_class}"})
            rows.append({"what": "permissions", "value": " ".join(sorted(authorization.permissions))})
        mark = operations.commit_mark(driver)
        rows.append({"what": "last commit", "value": f"{mark.value} ({mark.source})" if mark else "not shown"})
        rows.append({"what": "clock", "value": operations.clock(driver)})
        rows += [{"what": f"cpu idle {one.node}".strip(), "value": f"{one.cpu_idle} %"}
                 for one in operations.route_engines(driver)]  # fmt: skip
        status = chassis.cluster_status(driver)
        rows += [{"what": f"{one.name} group {one.group}", "value": one.status} for one in status.nodes]
        for each in operations.flow_status(driver):
            rows.append({"what": "flow traceoptions", "value": "on" if each.trace_on else "off"})
    answer(rows, format, dict, empty="")


@show_app.command()
def storage(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """Filesystems and their free space."""
    from orchestrator.cli.tables import storage_columns
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import system as operations

    with session(inventory, device) as driver:
        answer(operations.storage(driver), format, storage_columns, empty="no filesystem shown")


@show_app.command()
def files(
    device: DeviceArgument,
    path: Annotated[str, typer.Argument(help="A folder or pattern under /var/log or /var/tmp.")] = "/var/log/",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Files of the device, and which of them are ours."""
    from orchestrator.cli.tables import file_columns
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import files as operations

    with session(inventory, device) as driver:
        answer(operations.listing(driver, path), format, file_columns, empty="no file there")


@show_app.command()
def log(
    device: DeviceArgument,
    name: Annotated[str, typer.Argument(help="A log of /var/log.")],
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="How many of the last lines.")] = 50,
    inventory: InventoryOption = DEFAULT_INVENTORY,
) -> None:
    """The last lines of a log."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import files as operations

    with session(inventory, device) as driver:
        for line in operations.log_tail(driver, name, lines):
            data(plain(line))


def fetch(
    device: DeviceArgument,
    path: Annotated[str, typer.Argument(help="A file or pattern of /var/log (by name) or /var/tmp.")],
    into: Annotated[Path, typer.Option(help="Folder to put it in.")] = Path(),
    rotated: Annotated[bool, typer.Option(help="Take rotated archives along.")] = True,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Bring files home, checked against the device's checksum. Nothing is deleted on the device."""
    from pydantic import ValidationError

    from orchestrator.cli.tables import artifact_columns
    from orchestrator.cli.workshop import session
    from orchestrator.steps import fetch as step

    try:
        args = step.Args(path=path, rotated=rotated)
    except ValidationError as error:
        raise InputError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error
    into.mkdir(parents=True, exist_ok=True)
    say = progress()
    with session(inventory, device) as driver:
        artifacts = step.bring_home(driver, args, into, lambda text: say(device, text))
    answer(artifacts, format, artifact_columns, empty="nothing came home")


@clear_app.command("sessions")
def clear_sessions(
    device: DeviceArgument,
    source: SourceOption = None,
    destination: DestinationOption = None,
    protocol: ProtocolOption = None,
    more: MoreOption = None,
    identifier: Annotated[int | None, typer.Option("--id", help="One session by its number.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every session, our own included; needs --yes.")] = False,
    own: Annotated[bool, typer.Option("--own-session", help="Also when our own connection's session matches.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would end.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> int:
    """End the sessions that match, and read back what still does. It cannot be undone.

    Exit codes: 0 all that matched ended, 1 some are listed yet, 2 refused or not confirmed.
    """
    from orchestrator.cli import session_control
    from orchestrator.cli.workshop import session

    which = session_filter(source, destination, protocol, more, identifier=identifier)
    wish = session_control.Wish(everything=everything, own_session=own, dry_run=dry_run, yes=yes)
    session_control.check(which, wish)
    with session(inventory, device) as driver:
        return session_control.carry_out(driver, which, wish, format)


@inventory_app.command("list")
def list_inventory(
    expressions: Annotated[list[str] | None, typer.Argument(metavar="[WHICH...]")] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """The devices of the inventory, or those an expression means."""
    from orchestrator.cli.tables import device_columns
    from orchestrator.inventory import inventory as reader

    known = reader.read(inventory)
    chosen: Iterable[Any] = reader.select(known, expressions) if expressions else known.values()
    answer(chosen, format, device_columns, empty="the inventory is empty")


@inventory_app.command("example")
def write_example(
    into: Annotated[Path, typer.Option(help="Folder to write; what it holds already stays.")],
) -> None:
    """Write an inventory to start from: every setting, with what it means."""
    from importlib import resources

    shipped = resources.files("orchestrator.inventory") / "example"
    texts = {one.name: one.read_text("utf-8") for one in shipped.iterdir()}
    taken = sorted(name for name in texts if (into / name).exists())
    if taken:
        raise InputError(f"{', '.join(taken)} would be overwritten", path=into, hint="--into names another folder")
    into.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(texts.items()):
        (into / name).write_text(text, encoding="utf-8")
    talk(f"wrote {', '.join(sorted(texts))} to {into}: orchestrator inventory list -i {into}")
