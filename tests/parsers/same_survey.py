"""Whether a survey tells what folding the full parser's packets tells."""

from __future__ import annotations

import random

from orchestrator.errors import ParseError
from orchestrator.model.trace_flow import fold
from orchestrator.parsers import flow_trace
from orchestrator.parsers.source import Source
from orchestrator.parsers.trace_survey import survey


def copies(sources: list[Source]) -> list[Source]:
    return [Source.of_bytes(source.data, source.name, source.modified) for source in sources]


def difference(rng: random.Random, sources: list[Source]) -> str:
    """What is not the same, empty when all is."""
    reading = flow_trace.parse(*copies(sources))
    try:
        packets = list(reading)
    except ParseError as error:
        packets, expected = [], str(error)
    else:
        expected = ""
    options = {"parts": rng.choice([1, 1, 2, 3, 7]), "block_bytes": rng.choice([None, None, 64, 500, 5000])}
    mine = copies(sources)
    try:
        found = survey(mine, **options)
    except ParseError as error:
        return "" if str(error) == expected else f"{options} error {error} instead of {expected or 'none'}"
    if expected:
        return f"{options} no error, but {expected}"
    return _difference(rng, found, packets, reading.stats, [source.damage for source in mine], copies(sources), options)


def _difference(rng, found, packets, stats, damage, again, options) -> str:
    flows = fold(packets)
    if found.flows != flows:
        keys = [key for key in flows.keys() | found.flows.keys() if flows.get(key) != found.flows.get(key)]
        return f"{options} flow {flows.get(keys[0])} is {found.flows.get(keys[0])}"
    if found.stats != stats:
        return f"{options} stats {stats} are {found.stats}"
    list(flow_trace.parse(*again))
    if damage != [source.damage for source in again]:
        return f"{options} damage {damage}"
    wanted = rng.sample(sorted(flows, key=str), min(5, len(flows)))
    read = found.packets(wanted)
    missing = [packet for packet in read if packet not in packets]
    if missing:
        return f"{options} packet {missing[0]} was not read before"
    told = {packet.key for packet in read}
    silent = [key for key in wanted if key not in told and flows[key].packets > flows[key].ambiguous]
    return f"{options} no packet of {silent[0]}" if silent else ""
