"""``clear sessions``: look first, protect ourselves, ask, clear, read back."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.cli.console import Format, answer, confirmed, data, talk
from orchestrator.cli.tables import session_columns
from orchestrator.driver.base import Driver
from orchestrator.driver.operations import session_control
from orchestrator.driver.operations.flow_session import WARNING, SessionFilter
from orchestrator.driver.operations.session_control import Cleared, Preview
from orchestrator.errors import InputError
from orchestrator.reports.plain import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the person said besides the filter."""

    everything: bool = False
    own_session: bool = False
    dry_run: bool = False
    yes: bool = False


def check(which: SessionFilter, wish: Wish) -> None:
    """Refuse what is unsafe before anybody is asked.

    Raises:
        InputError: nothing is named and not everything is meant, or both.
    """
    named = bool(which.args())
    if named and wish.everything:
        raise InputError("--all and a filter contradict each other", hint="leave one of them out")
    if named or (wish.everything and (wish.yes or wish.dry_run)):
        return
    what = "everything would end" if wish.everything else "no filter was given"
    raise InputError(what, hint=f"name which sessions, or --all --yes ({WARNING})")


def carry_out(driver: Driver, which: SessionFilter, wish: Wish, form: Format) -> int:
    """Do it; 0 when all that matched ended, 1 when something still stands, 2 when it was not confirmed."""
    name = driver.device.name
    seen = session_control.preview(driver, which)
    if wish.dry_run:
        _show(seen, form)
        return 0
    if not (wish.own_session or wish.everything):
        session_control.refuse_our_own(name, seen)
    if not seen.matching:
        talk("no session matches: nothing was sent")
        return _tell(Cleared(matched=0, ended=0), form)
    if not wish.yes and not confirmed(f"end {_sessions(seen.matching)} on {name}? it cannot be undone"):
        return 2
    return _tell(session_control.clear(driver, which, seen, everything=wish.everything), form)


def _show(seen: Preview, form: Format) -> None:
    answer(seen.sessions, form, session_columns, empty="no session matches")
    more = f", the first {len(seen.sessions)} are shown" if seen.matching > len(seen.sessions) else ""
    talk(f"dry run, nothing was sent: {_sessions(seen.matching)} would end{more}")
    if seen.ours:
        talk(f"session {_numbers(seen.ours)} carries this very connection: a clear is refused without --own-session")
    if seen.perhaps_ours:
        talk(f"session {_numbers(seen.perhaps_ours)} may be ours: a clear is refused without --own-session")


def _tell(done: Cleared, form: Format) -> int:
    for note in done.notes:
        talk(note)
    if form is not Format.TEXT:
        answer([done], form, dict, empty="")
    elif done.ended is not None:
        ended = f"{_sessions(done.ended)} ended"
        if done.still_there:
            ended += f", {len(done.still_there)} that matched still listed: {_numbers(done.still_there)}"
        elif done.still_there is not None:
            ended += ", none of those that matched is left"
        data(plain(f"{ended}; {done.new} new ones match" if done.new else ended))
    return 1 if done.still_there else 0


def _sessions(count: int) -> str:
    return f"{count} session{'s' * (count != 1)}"


def _numbers(found: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, found[:5]))
    return f"{shown} and {len(found) - 5} more" if len(found) > 5 else shown
