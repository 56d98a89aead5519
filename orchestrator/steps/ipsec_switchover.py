"""A switch between two encryption PICs or two peers of a tunnel, with a proof before and after.

Shared by the step and by the verb. The same line switches there and back, so it is sent once: who loses its reply
looks at counter and states, and they decide.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from orchestrator.driver import retry
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import ipsec_redundancy, vpn
from orchestrator.errors import (
    CommandError,
    DeviceError,
    ParseError,
    RefusedError,
    ReplyTimeoutError,
    SessionLostError,
    UnsupportedError,
)
from orchestrator.model.ipsec import Direction
from orchestrator.model.ipsec_redundancy import (
    STANDBY,
    Associations,
    PairKind,
    RedundantPair,
    Switch,
)

LOOK_SECONDS = 0.3
Spis = frozenset[tuple[str, Direction, int]]


def pair_of(driver: Driver, kind: PairKind, name: str) -> RedundantPair:
    """The pair a name means.

    Raises:
        RefusedError: the device has no such command, or no such pair.
    """
    device = driver.device.name
    try:
        found = ipsec_redundancy.pairs(driver, kind)
    except UnsupportedError as error:
        raise RefusedError(
            "this device has no redundancy of encryption PICs: it does not know 'show ipsec redundancy'",
            device=device, hint="routers with ES PICs have it; on an SRX look at show security ipsec",
        ) from error  # fmt: skip
    pair = next((one for one in found if one.holds(name)), None)
    if pair is None:
        known = ", ".join(one.name for one in found) or "nothing"
        raise RefusedError(f"{name} is not redundant on this device", device=device, hint=f"redundant are: {known}")
    return pair


def ready_pair(driver: Driver, kind: PairKind, name: str) -> RedundantPair:
    """The pair, when somebody stands by to take over and the outcome could be known.

    Raises:
        RefusedError: a switch would lead nowhere. Nothing was changed.
    """
    pair = pair_of(driver, kind, name)
    device, other = driver.device.name, pair.other
    if other is None:
        why = (
            "both interfaces must be up, one Active and one Standby"
            if kind is PairKind.INTERFACE
            else "both peers stand by until a connection exists"
        )
        raise RefusedError(f"no side of it is active: {pair}", device=device, hint=why)
    if other.state != STANDBY:
        raise RefusedError(
            f"{other.name} is {other.state or 'in no known state'}, not Standby: a switch would lead nowhere",
            device=device, hint="bring the backup up first; show ipsec redundancy tells its state",
        )  # fmt: skip
    if pair.counter is None:
        raise RefusedError(
            "the device does not show its failure counter", device=device,
            hint="without it nobody could tell what a switch did",
        )  # fmt: skip
    return pair


def _unmoved(driver: Driver, seen: RedundantPair) -> None:
    """Look again right before the line leaves: after somebody else's switch it would lead back.

    Raises:
        RefusedError: the pair is not as it was seen. Nothing was changed.
    """
    now = ready_pair(driver, seen.kind, seen.name)
    if now != seen:
        raise RefusedError(
            f"somebody else, or the device itself, has switched meanwhile: it was {seen}; it is {now}",
            device=driver.device.name, hint="nothing was sent: the same line would have switched back",
        )  # fmt: skip


def switch(
    driver: Driver,
    before: RedundantPair,
    settle_seconds: float,
    *,
    promise: Callable[[], None] = lambda: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Switch:
    """Switch a ready pair to its other side and watch it arrive, at most ``settle_seconds`` for each look.

    ``promise`` is called when nothing can refuse it any more, just before the line leaves.

    Raises:
        RefusedError: the pair is not as it was seen any more. Nothing was changed.
        DeviceError: the device said nothing and did nothing.
        ReplyTimeoutError, SessionLostError: the command was lost on its way: nothing moved, and it is not sent again.
    """
    old, said = spis(driver, before), ""
    lost: ReplyTimeoutError | SessionLostError | None = None
    _unmoved(driver, before)
    promise()
    try:
        said = ipsec_redundancy.switch(driver, before.kind, before.name)
    except (ReplyTimeoutError, SessionLostError) as error:
        lost = error  # it may still be on its way: it is looked for as long as a reply may take
    patience = max(settle_seconds, driver.device.reply_seconds) if lost else settle_seconds
    seen = retry.until(
        lambda: _seen(driver, before, said, reconciled=lost is not None), lambda one: not one.faults(),
        timeout=patience, every=LOOK_SECONDS, sleep=sleep,
    )  # fmt: skip
    if not seen.swapped and not seen.counted:
        if lost is not None:
            raise lost
        raise DeviceError(
            f"the device took the command and did not switch: {seen.after}",
            device=driver.device.name, command=str(ipsec_redundancy.switch_line(before.kind, before.name)),
            hint=f"it said: {said}" if said else "it said nothing; its log may say why",
        )  # fmt: skip
    fate = _fate(driver, before, old, settle_seconds, sleep)
    return Switch(before=before, after=seen.after, associations=fate, reconciled=seen.reconciled, said=said)


def _seen(driver: Driver, before: RedundantPair, said: str, *, reconciled: bool) -> Switch:
    """How the pair stands now. When it is not shown any more that is no refusal: the command was sent already.

    Raises:
        DeviceError: the device does not show the pair any more.
    """
    try:
        after = pair_of(driver, before.kind, before.name)
    except RefusedError as error:
        raise DeviceError(
            f"after the switch the device does not show the pair: {error.message}", device=driver.device.name,
            hint=f"it was: {before}",
        ) from error  # fmt: skip
    return Switch(before=before, after=after, reconciled=reconciled, said=said)


def _fate(
    driver: Driver, pair: RedundantPair, old: Spis | None, seconds: float, sleep: Callable[[float], None]
) -> Associations:
    """What became of the associations; a tunnel needs its time to negotiate, what is inherited is there at once."""
    if pair.kind is PairKind.INTERFACE:
        return compared(old, spis(driver, pair))
    return retry.until(
        lambda: compared(old, spis(driver, pair)), lambda found: found in {Associations.NEW, Associations.UNKNOWN},
        timeout=seconds, every=LOOK_SECONDS, sleep=sleep,
    )  # fmt: skip


def spis(driver: Driver, pair: RedundantPair) -> Spis | None:
    """The SPIs in use: all of them for interfaces, those of one tunnel; ``None`` when they cannot be read."""
    try:
        held = vpn.ipsec(driver)
    except (CommandError, ParseError):
        return None
    return frozenset(
        (one.name, direction, spi)
        for one in held
        if pair.kind is PairKind.INTERFACE or one.name == pair.name
        for direction, spi in one.spis
    )


def compared(before: Spis | None, after: Spis | None) -> Associations:
    """What became of the associations."""
    if before is None or after is None:
        return Associations.UNKNOWN
    if not before:
        return Associations.NONE
    if before <= after:
        return Associations.INHERITED
    if not after:
        return Associations.LOST
    return Associations.MIXED if before & after else Associations.NEW
