"""``request packet-capture start|stop`` and ``show packet-capture status``.

Names are those of YANG 24.4R1. The wording of the answers, their text in the CLI and the permissions are in no source
and synthetic.
"""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.lab.markup import Element
from orchestrator.lab.operations.answer import Answer, Refusal, daemon_failure
from orchestrator.lab.operations.flow_monitor import filter_from
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.packet_capture import (
    COUNTS,
    DEFAULT_COUNT,
    DEFAULT_NAME,
    DEFAULT_SIZE,
    DEFAULT_SNAP,
    CaptureError,
    Setting,
)

CRITERIA = ("source-prefix", "destination-prefix", "interface", "protocol", "source-port", "destination-port")
PERMISSION = "maintenance"


def _number(call: Call, name: str, default: int) -> int:
    text = call.get(name)
    if text and not text.isdecimal():
        raise Refusal(f"invalid value: {text}", bad_element=name)
    return int(text) if text else default


def _obeyed(action: Callable[[], str]) -> str:
    try:
        return action()
    except CaptureError as error:
        raise daemon_failure(str(error)) from error


def start(call: Call) -> Answer:
    """``request packet-capture start``."""
    setting = Setting(
        name=call.get("capture-file") or DEFAULT_NAME,
        size_bytes=_number(call, "size", DEFAULT_SIZE),
        snap=_number(call, "maximum-capture-size", DEFAULT_SNAP),
        count=_number(call, "count", DEFAULT_COUNT),
        bidirectional="bidirectional" in call.arguments,
        criteria=filter_from("capture", {name: call.get(name) for name in CRITERIA}),
    )
    return _said(call, "start", _obeyed(lambda: call.box.capture.start(setting)))


def stop(call: Call) -> Answer:
    """``request packet-capture stop``."""
    return _said(call, "stop", call.box.capture.stop())


def _said(call: Call, verb: str, text: str) -> Answer:
    markup = call.markup("junos-flow")
    name = f"request-packet-capture-{verb}"
    inner = [markup.leaf(f"{name}-status", text)] if text else []
    return Answer(f"{text}\n" if text else "", [markup.branch(f"{name}-result", inner)])


def show(call: Call) -> Answer:
    """``show packet-capture status``: the leaves; before the first capture only the words."""
    capture = call.box.capture
    markup = call.markup("junos-flow")
    name = "request-packet-capture-show"
    setting = capture.setting
    said = capture.text("capture-started" if capture.enabled else "capture-idle")
    head: dict[str, object] = {f"{name}-status": said}
    entry: dict[str, object] = {}
    if call.box.persona.packet_capture.shows == "words":
        setting = None
    else:
        head["enable_status"] = int(capture.enabled)
    if setting is not None:
        head |= {
            "packet-capture-count": setting.count,
            "capture-file-filename": capture.path,
            "capture-file-size": setting.size_bytes,
            "capture-file-rotate": 0,
            "capture-file-snap": setting.snap,
            "packet-capture-bidirect": int(setting.bidirectional),
        }
        entry = _entry(setting) if capture.enabled else {}
    elements: list[Element] = markup.leaves(head)
    lines = [f"{key}: {value}" for key, value in head.items()]
    if entry:
        elements.append(markup.branch("packet-capture-filter-entry", markup.leaves(entry)))
        lines += ["packet-capture-filter-entry:", *(f"  {key}: {value}" for key, value in entry.items())]
    return Answer("\n".join(lines) + "\n", [markup.branch(f"{name}-result", elements)])


def _entry(setting: Setting) -> dict[str, object]:
    given = setting.criteria
    found: dict[str, object] = {"filter-proto": given.criteria.get("protocol", "any")}
    for side, network in (("source", given.source), ("destination", given.destination)):
        port = given.criteria.get(f"{side}-port")
        found |= {
            f"{side}-address": network.network_address if network else "0.0.0.0",  # noqa: S104 - it means any
            f"{side}-address-mask-vx": network.prefixlen if network else 0,
            f"packet-capture-{side}-port-low": port or 0,
            f"packet-capture-{side}-port-high": port or 65535,
        }
    if "interface" in given.criteria:
        found["interface-name"] = given.criteria["interface"]
    return found


OPERATIONS = (
    Operation(
        "request-packet-capture-start", "request packet-capture start", start, PERMISSION,
        arguments=(
            Argument("capture-file"), Argument("size"), Argument("maximum-capture-size"),
            Argument("count", low=COUNTS[0], high=COUNTS[1]), Argument("bidirectional", flag=True),
            *(Argument(name) for name in CRITERIA),
        ),
    ),
    Operation("request-packet-capture-stop", "request packet-capture stop", stop, PERMISSION),
    Operation("request-packet-capture-show", "show packet-capture status", show, "view"),
)  # fmt: skip
