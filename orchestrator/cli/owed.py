"""Verbs about what is owed: ``recover``, ``sweep``, ``leases``."""

from __future__ import annotations

import contextlib
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import Format, answer, confirmed, data, progress, talk
from orchestrator.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption
from orchestrator.errors import InputError

if TYPE_CHECKING:
    from orchestrator.runner.recover import Recovery

TIMER = """\
# {home}/.config/systemd/user/orchestrator-recover.service
[Unit]
Description=Return devices that dead debug runs left armed

[Service]
Type=oneshot
ExecStart={program} recover --all --quiet
TimeoutStopSec=300

# {home}/.config/systemd/user/orchestrator-recover.timer
[Unit]
Description=Look every minute for what dead debug runs still owe

[Timer]
OnBootSec=30s
OnUnitActiveSec=1min
Persistent=true

[Install]
WantedBy=timers.target
"""


def recover(
    device: Annotated[str | None, typer.Argument(metavar="[DEVICE]", help="One device.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All devices that are owed.")] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    abandon: Annotated[
        str | None, typer.Option("--abandon", metavar="ID", help="Give an obligation up; for people.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it is given up; recorded.")] = "",
    install_timer: Annotated[bool, typer.Option("--install-timer", help="A timer that recovers every minute.")] = False,
    only_print: Annotated[bool, typer.Option("--print", help="With --install-timer: print the units.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when nothing is owed.")] = False,
) -> int:
    """Discharge what any dead run still owes a device; one that cannot be reached is tried again later."""
    from orchestrator.cli.workshop import open_ledger

    if install_timer:
        _timer(only_print=only_print)
        return 0
    if abandon is not None:
        with open_ledger() as ledger:
            gone = ledger.abandon(abandon, reason)
        data(f"{gone.device}: {gone.kind} of run {gone.run_id} abandoned: {reason}")
        return 0
    if device is None and not everything:
        raise InputError("which device?", hint="orchestrator recover DEVICE, or --all")
    done = recover_now(device, inventory)
    _tell(done, quiet=quiet)
    return 3 if done.owed else 0


def recover_now(
    device: str | None, inventory: Path, *, due_only: bool = False, patience_seconds: float | None = None
) -> Recovery:
    """Recover one device or all, reaching each as the inventory says, else as the dead run had reached it."""
    from orchestrator.cli.workshop import connect, open_ledger, step_kinds
    from orchestrator.inventory import inventory as reader
    from orchestrator.runner.recover import recover as work

    with open_ledger() as ledger:
        known = {}
        with contextlib.suppress(InputError):
            known = reader.read(inventory)
        return work(
            ledger, step_kinds(), known=known, connect=connect, say=progress(), only=device, due_only=due_only,
            patience_seconds=patience_seconds,
        )  # fmt: skip


def _tell(done: Recovery, *, quiet: bool) -> None:
    for name, kinds in done.undone.items():
        for kind in kinds:
            data(f"{name}: undone: {kind}")
        for text in done.residue.get(name, []):
            data(f"{name}: left on the device: {text}")
    for name, texts in done.owed.items():
        for text in texts:
            talk(f"error: {name}: still owed: {text}")
        talk(
            f"hint: orchestrator recover {name}, once it can be reached; recover --abandon ID --reason TEXT gives it up"
        )
    if not done.undone and not done.owed and not quiet:
        talk("nothing is owed")


def _timer(*, only_print: bool) -> None:
    import shutil

    program = shutil.which("orchestrator") or f"{sys.executable} -m orchestrator"
    units = TIMER.format(home="~", program=program)
    if only_print:
        data(units)
        return
    folder = Path("~/.config/systemd/user").expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    for section in units.split("# ~/.config/systemd/user/")[1:]:
        name, _, body = section.partition("\n")
        (folder / name).write_text(body.strip() + "\n", encoding="utf-8")
    talk(f"wrote the units to {folder}; start them: systemctl --user enable --now orchestrator-recover.timer")


def sweep(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="A device of the inventory.")],
    older_than: Annotated[str | None, typer.Option("--older-than", help="Only what is older: 10m, 1h.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, also about runs that may still live.")] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
) -> int:
    """Find and remove filters and files with our tag, from the device alone; no ledger is needed."""
    from orchestrator.cli.workshop import connect, open_ledger, session
    from orchestrator.model.quantities import duration
    from orchestrator.runner import sweep as work

    try:
        least = duration(older_than).total_seconds() if older_than else 0.0
    except ValueError as error:
        raise InputError(str(error)) from error
    now = datetime.now(UTC)
    with session(inventory, device) as driver, open_ledger() as ledger:
        found = [one for one in work.find(driver, connect) if (now - one.started).total_seconds() >= least]
        for remains in found:
            live = ledger.run_is_alive(remains.run_id)
            alive = live or (live is None and now < remains.expires)
            data(f"{device}: {remains.describe(now)}" + (" (it may still be alive)" if alive else ""))
            if alive and not yes and not _confirmed(f"remove what run {remains.run_id} may still be using?"):
                talk(f"left alone: run {remains.run_id}")
                continue
            work.remove(driver, connect, remains)
            data(f"{device}: removed what run {remains.run_id} left")
    if not found:
        talk(f"{device}: nothing of ours is there")
    return 0


def _confirmed(question: str) -> bool:
    return sys.stdin.isatty() and confirmed(question)


def leases(format: FormatOption = Format.TEXT) -> None:
    """Which devices runs of ours hold now."""
    from orchestrator.cli.workshop import open_ledger

    def columns(one: Any) -> dict[str, Any]:
        now = time.time()
        return {"device": one.device, "run": one.run_id, "holder": one.owner, "age": f"{now - one.taken:.0f} s",
                "expires in": f"{one.until - now:.0f} s"}  # fmt: skip

    with open_ledger() as ledger:
        answer(ledger.leases(), format, columns, empty="no device is held")
