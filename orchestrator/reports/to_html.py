"""A page for a person with a browser: verdict, evidence, drawings, and what was done; no network, no script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.reports import expected, page
from orchestrator.reports.ladder import NARROW, WIDE, chosen, ladder
from orchestrator.reports.moments import moment, seconds_between
from orchestrator.reports.timeline import histogram, timeline

LADDERS = 8  # conversations drawn, a device
CONVERSATIONS = 100  # conversations listed, a device
LINES = 3000  # raw lines of packets, a device
RECORDS = 200  # drop records, sessions and commands listed, a device

# What a result of an older release, or one that ended early, does not have.
_RUN: dict[str, Any] = {
    "run_id": "", "status": "", "verdict": None, "exit_code": None, "playbook": {}, "started": "", "ended": "",
    "by": {}, "directory": "", "devices": [],
}  # fmt: skip
_DEVICE: dict[str, Any] = {
    "device": "", "status": "", "verdict": None, "certainty": None, "sentence": "", "findings": [], "missing": [],
    "artifacts": [], "commit_id_before": None, "commit_id_after": None, "commit_source": "", "obligations_open": 0,
    "stopped_by": "", "residue": [], "notes": [], "steps": [], "facts": {}, "error": None, "conversations": [],
    "conversations_total": 0,
    "sources": [], "contradictions": [], "sessions": [], "drops": [], "commands": [], "expectations": [],
}  # fmt: skip
_CONVERSATION: dict[str, Any] = {
    "title": "", "from_zone": "", "to_zone": "", "policy": "", "policy_id": None, "source_nat": "",
    "destination_nat": "", "ingress": "", "egress": "", "session_ids": [], "there": {}, "back": {}, "reasons": {},
    "packets": [], "key": {},
}  # fmt: skip
_PACKET: dict[str, Any] = {
    "time": None, "direction": "there", "path": "", "outcome": "unknown", "reason": "", "session_id": None,
    "length": None, "ip_id": None, "tcp_flags": "", "ingress": "", "egress": "", "ambiguous": False, "lines": [],
}  # fmt: skip
_COUNTS: dict[str, Any] = {"packets": 0, "forwarded": 0, "dropped": 0, "unknown": 0, "ambiguous": 0}
_SESSION: dict[str, Any] = {"title": "", "change": "", "what": "", "before": None, "after": None}
_ARTIFACT: dict[str, Any] = {"name": "", "origin": "", "size": 0, "sha256": "", "device_checksum": "", "method": ""}
_STEP: dict[str, Any] = {"number": "", "kind": "", "status": "", "seconds": 0.0, "notes": [], "data": {}}
_SOURCE: dict[str, Any] = {"name": "", "state": "", "says": ""}
_DROP: dict[str, Any] = {"time": "", "title": "", "reason": ""}
_COMMAND: dict[str, Any] = {"time": "", "text": ""}
_EXPECTATION: dict[str, Any] = {"name": "", "passed": False, "message": ""}
_ERROR: dict[str, Any] = {"kind": "", "message": "", "hint": ""}
_FINDING: dict[str, Any] = {"symptom": "", "saw": "", "why": "", "next": "", "lines": []}
_FACTS: dict[str, Any] = {"model": "", "release": ""}
_PLAYBOOK: dict[str, Any] = {"name": "", "variables": {}}
_BY: dict[str, Any] = {"user": "", "machine": "", "version": ""}
_LISTS = (
    ("findings", _FINDING, RECORDS), ("artifacts", _ARTIFACT, RECORDS), ("steps", _STEP, RECORDS),
    ("sources", _SOURCE, RECORDS), ("drops", _DROP, RECORDS), ("commands", _COMMAND, RECORDS),
    ("expectations", _EXPECTATION, RECORDS),
)  # fmt: skip


def render(result: Mapping[str, Any]) -> str:
    """One HTML file that holds all it needs."""
    run = _whole(result, _RUN)
    devices = [_device(each, number) for number, each in enumerate(run["devices"], 1)]
    took = seconds_between(moment(run["started"]), moment(run["ended"]))
    more = {
        "devices": devices,
        "sentence": _sentence(devices),
        "expected": expected.in_words(devices),
        "took": took,
        "playbook": _whole(run["playbook"], _PLAYBOOK),
        "by": _whole(run["by"], _BY),
    }
    return page.render("report.html.j2", run=run | more)


def _whole(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {**defaults, **{name: value for name, value in given.items() if value is not None}}


def _sentence(devices: Sequence[Mapping[str, Any]]) -> str:
    """The answer of the run in one sentence."""
    if len(devices) == 1:
        return _said(devices[0])
    counts = Counter(str(one["verdict"] or one["status"]) for one in devices)
    return f"{len(devices)} devices: {', '.join(f'{count} {word}' for word, count in counts.most_common())}."


def _said(device: Mapping[str, Any]) -> str:
    if device["error"] and not device["verdict"]:
        message = str(device["error"]["message"]).removeprefix(f"{device['device']}: ")
        return f"{device['device']}: {device['status']}: {message}"
    told = expected.sentence(device) or f"{device['status']}, and no verdict was asked for."
    return str(device["sentence"]) or f"{device['device']}: {told}"


def _device(given: Mapping[str, Any], number: int) -> dict[str, Any]:
    device = _whole(given, _DEVICE)
    device["error"] = _whole(device["error"], _ERROR) if device["error"] else None
    conversations = [_conversation(each) for each in device["conversations"]]
    # What a reader came for comes first: the conversation of the verdict, then those with drops.
    conversations.sort(key=lambda one: (one["title"] not in device["sentence"], one["came_to"] != "dropped"))
    drawn = conversations[:LADDERS]
    _draw(drawn)
    total = max(len(conversations), device["conversations_total"])
    return device | {
        "anchor": f"device-{number}",
        "said": _said(device),
        **{name: [_whole(each, defaults) for each in device[name][:most]] for name, defaults, most in _LISTS},
        "facts": _whole(device["facts"], _FACTS),
        "conversations": conversations[:CONVERSATIONS],
        "conversations_left_out": total - min(len(conversations), CONVERSATIONS),
        "drawn": drawn,
        "timelines": [one for one in (timeline(conversations, *size) for size in (("wide", 760), ("narrow", 320)))
                      if one],
        "sessions": _sessions(device["sessions"]),
        "sessions_left_out": max(len(device["sessions"]) - RECORDS, 0),
        "drops_left_out": max(len(device["drops"]) - RECORDS, 0),
        "drop_reasons": Counter(str(one.get("reason") or "no reason given") for one in device["drops"]).most_common(20),
        "histogram": histogram(device["drops"]),
        "commands_left_out": max(len(device["commands"]) - RECORDS, 0),
    }  # fmt: skip


def _conversation(given: Mapping[str, Any]) -> dict[str, Any]:
    conversation = _whole(given, _CONVERSATION)
    there, back = (_whole(conversation[side], _COUNTS) for side in ("there", "back"))
    packets = [_whole(each, _PACKET) for each in conversation["packets"]]
    more = conversation | {"there": there, "back": back, "packets": packets}
    return more | {"title": conversation["title"] or _title(conversation["key"]), "came_to": _came_to(there, back)}


def _title(key: Mapping[str, Any]) -> str:
    def end(side: str) -> str:
        port = key.get(f"{side}_port")
        return str(key.get(side, "")) + ("" if port is None else f"/{port}")

    return f"{end('source')} -> {end('destination')}"


def _came_to(there: Mapping[str, Any], back: Mapping[str, Any]) -> str:
    """The worst that happened to any packet of it."""
    for word in ("dropped", "forwarded"):
        if there[word] or back[word]:
            return word
    return "unclear"


def _draw(conversations: Sequence[dict[str, Any]]) -> None:
    """Add to each conversation its drawings, and the rows of the table that says the same in words."""
    left = LINES
    for one in conversations:
        packets = one["packets"]
        one["drawings"] = [ladder(packets, layout) for layout in (WIDE, NARROW)] if packets else []
        one["rows"] = list(_rows(packets, left))
        left -= sum(len(row["lines"]) for row in one["rows"] if row["with_lines"])
        one["not_kept"] = one["there"]["packets"] + one["back"]["packets"] - len(packets)


def _rows(packets: Sequence[Mapping[str, Any]], left: int) -> Iterator[dict[str, Any]]:
    """The drawn packets; their lines come along as long as there is room for them."""
    for at in chosen(packets):
        packet = packets[at]
        with_lines = 0 < len(packet["lines"]) <= left
        left -= len(packet["lines"]) if with_lines else 0
        outcome = "unclear" if packet["ambiguous"] else packet["outcome"]
        yield {**packet, "number": at + 1, "with_lines": with_lines, "came_to": outcome}


def _sessions(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sessions with their counters, each counter as a share of the largest of its kind."""
    sessions = [_whole(each, _SESSION) for each in given[:RECORDS]]
    names = (("packets_in", "packets in"), ("packets_out", "packets out"), ("bytes_in", "bytes in"),
             ("bytes_out", "bytes out"))  # fmt: skip
    largest = {name: max((_count(one[side], name) or 0 for one in sessions for side in ("before", "after")), default=0)
               for name, _ in names}  # fmt: skip
    for one in sessions:
        one["counters"] = [
            {
                "name": words,
                "before": (before := _count(one["before"], name)),
                "after": (after := _count(one["after"], name)),
                "before_share": _share(before, largest[name]),
                "after_share": _share(after, largest[name]),
            }
            for name, words in names
        ]
    return sessions


def _count(side: Mapping[str, Any] | None, name: str) -> int | None:
    value = side.get(name) if side else None
    return value if isinstance(value, int) else None


def _share(value: int | None, largest: int) -> float:
    """Length of a bar, 0 to 100."""
    return round(100 * value / largest, 1) if value and largest else 0.0
