"""``show security flow session`` and ``clear security flow session``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.driver.base import Driver, Rpc
from orchestrator.driver.guard.rpcs import SESSION_KINDS
from orchestrator.errors import GuardError, UnsupportedError
from orchestrator.model import protocols
from orchestrator.model.flow import Endpoint
from orchestrator.model.flow_session import FlowSession, SessionSummary
from orchestrator.parsers import session_table
from orchestrator.parsers.source import Source

WARNING = "an unfiltered clear ends every session but tunnels, the one that carries this command included"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFilter:
    """Which sessions; everything unset is not asked for. ``others`` are further keywords of the command.

    Keywords are those of YANG 17.4R1 and later; one that the release does not know is refused by the device.
    ``identifier`` names one session and stands alone: the device has a request of its own for it.
    """

    source: Endpoint | None = None
    destination: Endpoint | None = None
    protocol: int | None = None
    others: dict[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    identifier: int | None = None

    def __post_init__(self) -> None:
        if self.identifier is not None and self._words():
            raise ValueError("a session identifier names one session: no other filter may stand beside it")

    def args(self) -> tuple[tuple[str, str | None], ...]:
        """Arguments of the RPC, in the order of the CLI's help."""
        if self.identifier is not None:
            return (("session-identifier", str(self.identifier)),)
        return self._words()

    def shown_by(self) -> Rpc:
        """The request that lists these sessions."""
        by_identifier = self.identifier is not None
        return Rpc("get-flow-session-by-identifier" if by_identifier else "get-flow-session-information", self.args())

    def cleared_by(self) -> Rpc:
        """The request that ends these sessions: all of them where nothing is named."""
        if self.identifier is not None:
            return Rpc("clear-flow-session-by-session-identifier", self.args())
        args = self.args()
        return Rpc("clear-flow-session", args) if args else Rpc("clear-flow-session-all")

    def _words(self) -> tuple[tuple[str, str | None], ...]:
        args: list[tuple[str, str | None]] = []
        for side, endpoint in (("source", self.source), ("destination", self.destination)):
            if endpoint is not None:
                if endpoint.prefix.prefixlen:
                    args.append((f"{side}-prefix", str(endpoint.prefix)))
                if endpoint.port is not None:
                    args.append((f"{side}-port", str(endpoint.port)))
        if self.protocol is not None:
            args.append(("protocol", protocols.name_of(self.protocol)))
        args += list(self.others.items())
        args += [(kind, None) for kind in self.kinds if kind in SESSION_KINDS]
        return tuple(args)


def sessions(
    driver: Driver, which: SessionFilter | None = None, *, keep: Path | None = None
) -> Iterator[FlowSession | SessionSummary]:
    """Yield the sessions of the table, read as a stream through a file: memory does not grow with the table.

    ``keep`` leaves the reply as the device gave it at that path.
    """
    yield from _spooled(driver, (which or SessionFilter()).shown_by(), keep)


def summary(driver: Driver, which: SessionFilter | None = None) -> list[SessionSummary]:
    """Counters of the table, one block a device, node or SPU."""
    request = Rpc("get-flow-session-information", (*(which or SessionFilter()).args(), ("summary", None)))
    return [one for one in _spooled(driver, request, None) if isinstance(one, SessionSummary)]


def by_identifier(driver: Driver, session_id: int) -> list[FlowSession]:
    """One session by its number (an uint64 from 21.2R1); on a cluster one entry a node."""
    request = SessionFilter(identifier=session_id).shown_by()
    return [one for one in _spooled(driver, request, None) if isinstance(one, FlowSession)]


def clear(driver: Driver, which: SessionFilter, *, everything: bool = False) -> int:
    """End sessions and return how many the device says it ended, all nodes and SPUs together.

    Raises:
        GuardError: there is no filter and ``everything`` was not said.
    """
    args = which.args()
    if not args and not everything:
        raise GuardError("no filter was given", request="clear security flow session", hint=WARNING)
    request = which.cleared_by()
    with _keyword_told(request):
        reply = driver.rpc(request)
    return sum(int((one.text or "0").strip() or 0) for one in reply.root.iter("cleared-flow-session-count"))


def _spooled(driver: Driver, request: Rpc, keep: Path | None) -> Iterator[FlowSession | SessionSummary]:
    with tempfile.TemporaryDirectory(prefix="orchestrator-") as folder:
        path = keep or Path(folder) / "reply.xml"
        with path.open("wb") as file, _keyword_told(request):
            driver.spool(request, file)
        yield from session_table.parse(Source(f"{driver.device.name} session table", path))


@contextlib.contextmanager
def _keyword_told(request: Rpc) -> Iterator[None]:
    """Name the filter that a release does not know: the device says only ``syntax error`` and the element."""
    try:
        yield
    except UnsupportedError as error:
        keywords = [name for name, _ in request.args]
        if error.bad_element not in keywords:
            raise
        raise UnsupportedError(
            f"the device does not know the filter {error.bad_element} ({error.message})", device=error.device,
            command=request.name, tag=error.tag, bad_element=error.bad_element,
            hint="this release lacks it, or it stands for another platform: filter by something else",
        ) from error  # fmt: skip
