"""``ipsec_switch``: switch to the backup encryption PIC or to the backup peer of a tunnel, and prove it.

There is no preemption: what was switched stays so until an explicit switch back. ``restore: true`` promises that one,
before the first, so that any process can keep the promise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self

from pydantic import Field, model_validator

from orchestrator.driver import retry
from orchestrator.driver.base import Driver, Line
from orchestrator.driver.guard import slots
from orchestrator.driver.operations import ipsec_redundancy
from orchestrator.errors import (
    CommandError,
    ConnectError,
    DeviceError,
    OnItsWayError,
    ReplyTimeoutError,
    SessionLostError,
)
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import Artifact
from orchestrator.model.ipsec_redundancy import STANDBY, PairKind, RedundantPair, Switch
from orchestrator.playbook.fields import Duration
from orchestrator.steps.ipsec_switchover import LOOK_SECONDS, pair_of, ready_pair, switch
from orchestrator.steps.step import Bench, Outcome, Planned, Undo, Undone
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256

LATE_SECONDS = 3.0


class Args(Arguments):
    """What to switch: the interface (either of the two) or the security association."""

    interface: str = Field(default="", description="es-1/3/0: either interface of the pair")
    security_association: str = Field(default="", description="name of the tunnel's security association")
    restore: bool = Field(default=False, description="switch back at the end of the run, whatever happens in it")
    settle: Duration = Field(default=timedelta(seconds=10), description="how long the new state may take to show")

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.interface) == bool(self.security_association):
            raise ValueError("name an interface or a security_association: one of them")
        slot = slots.ES_INTERFACE if self.interface else slots.SA_NAME
        if not slot(self.name):
            what = "an encryption interface such as es-1/3/0" if self.interface else "a name of an association"
            raise ValueError(f"not {what}: {self.name!r}")
        return self

    @property
    def kind(self) -> PairKind:
        """Which of the two is switched."""
        return PairKind.INTERFACE if self.interface else PairKind.TUNNEL

    @property
    def name(self) -> str:
        """The interface or association."""
        return self.interface or self.security_association


def run(args: Args, bench: Bench) -> Outcome:
    """Check that the backup stands by, promise to switch back when asked to, switch, and read what came of it."""
    pair = ready_pair(bench.driver, args.kind, args.name)
    assert pair.active is not None
    bench.say(f"before: {pair}")
    artifacts = _kept(bench, args, "before")
    owed = {"kind": str(args.kind), "name": pair.name, "settle": args.settle.total_seconds()}
    prior = {"active": pair.active.name, "counter": pair.counter}

    def promise() -> None:
        if args.restore:
            bench.owe(owed, prior)

    done = switch(bench.driver, pair, args.settle.total_seconds(), promise=promise)
    bench.say(f"after: {done.after}; security associations {done.associations}")
    notes = [f"switched: {done.after}", f"security associations: {done.associations}", *done.faults()]
    if not args.restore:
        notes.append("it stays switched: there is no preemption, only an explicit switch back")
    artifacts += _kept(bench, args, "after")
    return Outcome(artifacts=artifacts, data=told(done, restore=args.restore), notes=notes, reconciled=done.reconciled)


def _kept(bench: Bench, args: Args, when: str) -> list[Artifact]:
    """What a person would look at, as the device prints it; what it does not print is left out."""
    artifacts = []
    for command in _shows(args):
        try:
            text = bench.driver.command(Line.of(command)).text
        except CommandError:
            continue
        path = bench.folder / safe_name(f"{args.name}-{command.split()[2]}-{when}.txt")
        path.write_text(text, encoding="utf-8")
        artifacts.append(
            Artifact(
                path=path, origin=f"{bench.device.name}:{command}", method="netconf", sha256=sha256(path),
                size_bytes=path.stat().st_size, kind="command",
            )
        )  # fmt: skip
    return artifacts


def _shows(args: Args) -> tuple[str, str]:
    return f"show ipsec redundancy {args.kind}", "show ipsec security-associations detail"


def told(done: Switch, *, restore: bool) -> dict[str, Any]:
    """A switch for the result file; the keys are what the expectations of a playbook look at."""
    active = done.after.active
    return {
        "switch": str(done.before.kind),
        "name": done.before.name,
        "counter_before": done.before.counter,
        "counter_after": done.after.counter,
        "active": active.name if active else "",
        "faults": done.faults(),
        "associations": str(done.associations),
        "restore": restore,
        "said": done.said,
    }


def undo(driver: Driver, due: Undo) -> Undone:
    """Switch back when the side that was active is not, and read back.

    Raises:
        DeviceError: the side that was active is not standing by, or did not take over: it is still owed.
        OnItsWayError: the switch back was sent and has not shown yet; a second one would undo it.
    """
    wanted, pair = str(due.prior["active"]), _arrived(driver, due)
    if _carries(pair, wanted):
        return Undone()
    back = next((side for side in pair.sides if side.name == wanted), None)
    if pair.active is None or back is None or back.state != STANDBY:
        raise DeviceError(
            f"{wanted} cannot take over again: {pair}", device=driver.device.name,
            hint=f"once it stands by: orchestrator recover {driver.device.name}",
        )  # fmt: skip
    done = _switched_back(driver, pair, wanted, float(due.args["settle"]))
    if not done.swapped:
        raise DeviceError(f"switched back, and {wanted} is not active: {done.after}", device=driver.device.name)
    return Undone()


def _switched_back(driver: Driver, pair: RedundantPair, wanted: str, settle_seconds: float) -> Switch:
    """Switch back, and let nobody try again at once when it went out and its outcome is unknown."""
    sent = False

    def leaves() -> None:
        nonlocal sent
        sent = True

    try:
        return switch(driver, pair, settle_seconds, promise=leaves)
    except (ReplyTimeoutError, SessionLostError, ConnectError) as error:
        if not sent:
            raise
        raise OnItsWayError(
            f"{driver.device.name}: the switch back to {wanted} was sent and has not shown yet: {error.message}",
            hint=f"look, and then: orchestrator recover {driver.device.name}",
        ) from error


def _arrived(driver: Driver, due: Undo) -> RedundantPair:
    """The pair as it is; where nothing has moved yet, a command of ours may still be on its way: it gets a while."""

    def look() -> RedundantPair:
        return pair_of(driver, PairKind(due.args["kind"]), str(due.args["name"]))

    wanted, counter = str(due.prior["active"]), due.prior["counter"]
    return retry.until(
        look, lambda one: one.counter != counter or not _carries(one, wanted), timeout=LATE_SECONDS,
        every=LOOK_SECONDS, sleep=time.sleep,
    )  # fmt: skip


def _carries(pair: RedundantPair, name: str) -> bool:
    return pair.active is not None and pair.active.name == name


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """Two looks, the switch, and the same line again as its undo when that is promised."""
    del tag
    line = str(ipsec_redundancy.switch_line(args.kind, args.name))
    back = (
        f"{line} (an explicit switch back; there is no preemption)"
        if args.restore
        else "(stays switched; restore: true switches back)"
    )
    return [
        *(Planned(show) for show in _shows(args)),
        Planned(line, back, undo_permission="view"),
    ]
