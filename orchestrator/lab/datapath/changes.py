"""What happens to the device besides traffic, each at its time."""

from __future__ import annotations

import heapq
import ipaddress
from collections.abc import Callable, Sequence

from orchestrator.lab.datapath.forwarding import Forwarder
from orchestrator.lab.datapath.records import Session
from orchestrator.lab.scenario import Change

Commit = Callable[[str], None]  # with the name of who commits
COLLEAGUE = "colleague"


class Changes:
    """Brings a scenario's changes about, in the order in which they fall due."""

    def __init__(self, changes: Sequence[Change], forwarder: Forwarder) -> None:
        self._changes = changes
        self._forwarder = forwarder
        self._queue: list[tuple[float, int]] = []
        self.committed: Commit = lambda _: None

    def begin(self, now: float) -> None:
        """Schedule the first time of every change."""
        self._queue = [(now + change.at, number) for number, change in enumerate(self._changes)]
        heapq.heapify(self._queue)

    def next_due(self) -> float | None:
        """When the next change is due."""
        return self._queue[0][0] if self._queue else None

    def make_next(self) -> None:
        """Bring about what is due next, and schedule its repetition."""
        due, number = heapq.heappop(self._queue)
        change = self._changes[number]
        if change.every is not None:
            heapq.heappush(self._queue, (due + change.every, number))
        self._make(change, due)

    def _make(self, change: Change, now: float) -> None:
        forwarder = self._forwarder
        if change.route is not None:
            forwarder.routes.move(change.route)
        if change.address is not None:
            forwarder.refresh(change.address.interface, change.address.address, now)
        if change.policy is not None:
            forwarder.delete_policy(change.policy.name, now, deleted=change.policy.deleted)
            self.committed(COLLEAGUE)
        if change.close is not None:
            network = ipaddress.ip_network(change.close.source)
            forwarder.close(lambda one: _is_from(one, network), now, change.close.reason)


def _is_from(session: Session, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return ipaddress.ip_address(session.incoming.source) in network
