"""The state of a services card: its counters and frame counts grow a little with each reading."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.lab.scenario_stateful_firewall import AlgConversation, Flow, StatefulFirewall


class StatefulFirewallState:
    """One service set. Time does not matter to it: what grows grows by the reading, so that tests are exact."""

    def __init__(self, scenario: StatefulFirewall) -> None:
        self.setup = scenario
        self._flow_reads = 0
        self._counter_reads = 0

    def conversations(self) -> list[AlgConversation]:
        """The conversations as this reading shows them."""
        reads, self._flow_reads = self._flow_reads, self._flow_reads + 1
        return [
            one.model_copy(update={"flows": [_grown(flow, reads) for flow in one.flows]})
            for one in self.setup.conversations
        ]

    def counters(self) -> dict[str, int]:
        """Counters that are not zero, by their YANG names."""
        reads, self._counter_reads = self._counter_reads, self._counter_reads + 1
        return dict(self._counters(reads))

    def _counters(self, reads: int) -> Iterator[tuple[str, int]]:
        for name in {**self.setup.counters, **self.setup.counters_per_read}:
            yield name, self.setup.counters.get(name, 0) + reads * self.setup.counters_per_read.get(name, 0)


def _grown(flow: Flow, reads: int) -> Flow:
    return flow.model_copy(update={"frames": flow.frames + reads * flow.frames_per_read})
