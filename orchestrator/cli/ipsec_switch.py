"""``show ipsec-redundancy`` and ``request ipsec-switch``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import Format, answer, confirmed, data, talk
from orchestrator.cli.devices import DeviceArgument, show_app
from orchestrator.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption
from orchestrator.errors import CommandError, InputError, ParseError, RefusedError, UnsupportedError
from orchestrator.reports.plain import plain

if TYPE_CHECKING:
    from orchestrator.driver.base import Driver
    from orchestrator.model.ipsec_redundancy import PairKind, RedundantPair, Switch
    from orchestrator.model.verdict import Finding
    from orchestrator.steps.ipsec_switch import Args

SETTLE_SECONDS = 10.0

request_app = typer.Typer(help="Ask a device to act; guarded, and confirmed first.", no_args_is_help=True)


@show_app.command("ipsec-redundancy")
def show_ipsec_redundancy(
    device: DeviceArgument,
    name: Annotated[str, typer.Option("--name", help="Only this interface or security association.")] = "",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Redundant encryption interfaces and tunnels of a router with ES PICs, and what is wrong with them."""
    from orchestrator.cli.workshop import session

    with session(inventory, device) as driver:
        pairs, findings, not_checked = _looked(driver, name)
    if format is not Format.TEXT:
        answer([{"pairs": pairs, "findings": findings, "not_checked": not_checked}], format, dict, empty="")
        return
    answer(pairs, format, _columns, empty="nothing is redundant on this device")
    for number, one in enumerate(findings, 1):
        data(plain(f"\n{number}. {one.symptom}\n   saw:  {one.saw}\n   why:  {one.why}\n   next: {one.next}"))
    if not_checked:
        data("\nnot checked:\n" + "\n".join(plain(f"   {each}") for each in not_checked))


def _looked(driver: Driver, name: str) -> tuple[list[RedundantPair], list[Finding], list[str]]:
    """Pairs, findings, and what could not be asked; of one name, or of everything."""
    from orchestrator.analysis import ipsec_redundancy as analysis
    from orchestrator.driver.operations import ipsec_redundancy, vpn
    from orchestrator.model.ipsec import IpsecSa
    from orchestrator.model.ipsec_redundancy import PairKind

    pairs, not_checked = [], []
    for kind in [_kind(name)] if name else PairKind:
        try:
            pairs += ipsec_redundancy.pairs(driver, kind, name)
        except UnsupportedError as error:
            raise RefusedError(
                "this device has no redundancy of encryption PICs: it does not know 'show ipsec redundancy'",
                device=driver.device.name, hint="routers with ES PICs have it",
            ) from error  # fmt: skip
    associations: list[IpsecSa] = []
    try:
        associations = [one for one in vpn.ipsec(driver) if name in {"", one.name}]
    except (CommandError, ParseError) as error:
        not_checked.append(f"security associations: {error.message}")
    return pairs, analysis.findings(pairs, associations), not_checked


def _kind(name: str) -> PairKind:
    from orchestrator.driver.guard import slots
    from orchestrator.model.ipsec_redundancy import PairKind

    return PairKind.INTERFACE if slots.ES_INTERFACE(name) else PairKind.TUNNEL


def _columns(pair: RedundantPair) -> dict[str, Any]:
    return {
        "what": pair.kind.value,
        "name": pair.name,
        "primary": f"{pair.primary.name} {pair.primary.state}",
        "backup": f"{pair.backup.name} {pair.backup.state}",
        "local": pair.local or "-",
        "switches": "?" if pair.counter is None else pair.counter,
    }


@request_app.command("ipsec-switch")
def request_ipsec_switch(
    device: DeviceArgument,
    interface: Annotated[str, typer.Option("--interface", help="Either interface of the pair: es-1/3/0.")] = "",
    security_association: Annotated[
        str, typer.Option("--security-association", help="The association of a tunnel with two peers.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Switch to the other encryption PIC or the other peer, prove it, and offer the switch back.

    Exit codes: 0 a clean switch, 1 it switched but not cleanly, 2 it was not switched.
    """
    from orchestrator.cli.workshop import session
    from orchestrator.steps.ipsec_switch import told
    from orchestrator.steps.ipsec_switchover import ready_pair, switch

    args = _args(interface, security_association)
    with session(inventory, device) as driver:
        pair = ready_pair(driver, args.kind, args.name)
        talk(f"now: {pair}")
        if not yes and not confirmed(f"switch {device} over to {_standby(pair)}? traffic moves with it"):
            talk("nothing was switched")
            raise typer.Exit(2)
        done = [switch(driver, pair, SETTLE_SECONDS)]
        _say(done[-1])
        back = _standby(done[-1].after)
        if not yes and back and confirmed(f"switch back to {back}? nothing else will: there is no preemption"):
            done.append(switch(driver, done[-1].after, SETTLE_SECONDS))
            _say(done[-1])
        else:
            words = f"--interface {interface}" if interface else f"--security-association {security_association}"
            talk(f"hint: it stays so; to switch back: orchestrator request ipsec-switch {device} {words}")
    if format is not Format.TEXT:
        answer([told(one, restore=False) for one in done], format, dict, empty="")
    if any(not _is_clean(one) for one in done):
        raise typer.Exit(1)


def _args(interface: str, security_association: str) -> Args:
    from pydantic import ValidationError

    from orchestrator.steps.ipsec_switch import Args

    try:
        return Args(interface=interface, security_association=security_association)
    except ValidationError as error:
        raise InputError(
            error.errors()[0]["msg"].removeprefix("Value error, "),
            hint="--interface es-1/3/0, or --security-association NAME; show ipsec-redundancy lists them",
        ) from error


def _standby(pair: RedundantPair) -> str:
    """The side that could take over, empty when none could."""
    from orchestrator.model.ipsec_redundancy import STANDBY

    return pair.other.name if pair.other and pair.other.state == STANDBY else ""


def _is_clean(done: Switch) -> bool:
    from orchestrator.model.ipsec_redundancy import DUE

    return not done.faults() and done.associations is DUE[done.before.kind]


def _say(done: Switch) -> None:
    lost = " (the reply was lost; read back)" if done.reconciled else ""
    talk(f"switched{lost}: {done.after}; security associations: {done.associations}")
    for fault in done.faults():
        talk(f"not as it should be: {fault}")
