"""``monitor security flow``: trace packets to a file without touching the configuration.

State is device-global and has no owner: whoever sets it, everybody sees it. The names we set carry our tag.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from orchestrator.driver.base import Driver, Line, Reply, Rpc
from orchestrator.driver.forms import first_known
from orchestrator.driver.translate import command_error
from orchestrator.model import protocols
from orchestrator.model.flow_monitor import FlowFilter, MonitorStatus, TraceFile
from orchestrator.parsers import monitor_status

# The RPC was renamed in 20.3R1 (YANG); a form that fails is followed by the next.
_STATUS_RPCS = ("get-monitor-security-flow-all", "show-monitor-security-flow-all")
_SHOW = Line.of("show monitor security flow")


def status(driver: Driver) -> list[MonitorStatus]:
    """Read the monitor state, one entry a cluster node. Read as text: the XML leaves are in no source."""
    forms: dict[str, Callable[[], Reply]] = {
        name: partial(driver.rpc, Rpc(name, attributes=(("format", "text"),))) for name in _STATUS_RPCS
    }
    forms["command"] = partial(driver.command, _SHOW)
    reply = first_known(driver, "show-monitor", forms)
    return list(monitor_status.parse_element(reply.root, f"{driver.device.name} monitor status"))


def file_words(file: TraceFile) -> tuple[tuple[str, str | None], ...]:
    """Arguments of ``monitor security flow file`` after the name."""
    words: list[tuple[str, str | None]] = []
    if file.size_bytes is not None:
        words.append(("size", str(file.size_bytes)))
    if file.files is not None:
        words.append(("files", str(file.files)))
    if file.match is not None:
        words.append(("match", file.match))
    if file.world_readable is not None:
        words.append(("world-readable" if file.world_readable else "no-world-readable", None))
    return tuple(words)


def filter_words(one: FlowFilter) -> tuple[tuple[str, str | None], ...]:
    """Arguments of ``monitor security flow filter`` after the name."""
    words: list[tuple[str, str | None]] = []
    for name, value in one.criteria.items():
        text = protocols.name_of(int(str(value))) if name == "protocol" else str(value)
        words.append((name.replace("_", "-"), text))
    return tuple(words)


def file_line(file: TraceFile) -> Line:
    """The CLI line that sets the trace file."""
    return _line("monitor security flow file", file.name, file_words(file))


def filter_line(one: FlowFilter) -> Line:
    """The CLI line that sets a filter."""
    return _line("monitor security flow filter", one.name, filter_words(one))


START = Line.of("monitor security flow start")
STOP = Line.of("monitor security flow stop")


def clear_line(name: str) -> Line:
    """The CLI line that removes one filter. There is no way to say it without a name."""
    return _line("clear monitor security flow filter", name, ())


def set_file(driver: Driver, file: TraceFile) -> None:
    """Name the trace file. Nothing un-names it: a later setting replaces it."""
    _change(driver, Rpc("monitor-security-flow-file", (("filename", file.name), *file_words(file))), file_line(file))


def set_filter(driver: Driver, one: FlowFilter) -> None:
    """Create a filter. Defining filters starts nothing."""
    _change(
        driver, Rpc("monitor-security-flow-filter", (("filter-name", one.name), *filter_words(one))), filter_line(one)
    )


def start(driver: Driver) -> None:
    """Start monitoring; the device refuses without a file and at least one filter."""
    _change(driver, Rpc("monitor-security-flow-start"), START)


def stop(driver: Driver) -> None:
    """Stop monitoring; filters stay. It stops everybody's monitoring: look first."""
    _change(driver, Rpc("monitor-security-flow-stop"), STOP)


def clear_filter(driver: Driver, name: str) -> None:
    """Remove one filter of ours by name (the guard lets no other name pass)."""
    request = Rpc("clear-monitor-security-flow-filter", (("filter-name", name),))
    first_known(
        driver,
        "clear-monitor",
        {"rpc": lambda: _heard(driver, driver.rpc(request)),
         "command": lambda: _heard(driver, driver.command(clear_line(name)))},
    )  # fmt: skip


def _change(driver: Driver, request: Rpc, line: Line) -> None:
    """Say it in the form the device takes. Success is silent (live 24.4R1): text is an answer to look at."""
    first_known(
        driver,
        "monitor",
        {
            "rpc": lambda: _silent(driver, driver.rpc(request).text, line),
            "command": lambda: _silent(driver, driver.command(line).text, line),
            "cli": lambda: _silent(driver, driver.cli(line), line),
        },
    )


def _silent(driver: Driver, text: str, line: Line) -> None:
    said = "\n".join(part for part in text.splitlines() if not part.strip().startswith("{")).strip()
    if said:
        raise command_error(said, device=driver.device.name, command=str(line))


def _heard(driver: Driver, reply: Reply) -> None:
    """The feedback of the clear command is in no source: only what is plainly an error counts."""
    said = reply.text.strip()
    if said.lower().startswith(("error", "syntax error", "unknown command")):
        raise command_error(said, device=driver.device.name, command="clear monitor security flow filter")


def _line(verb: str, name: str, words: tuple[tuple[str, str | None], ...]) -> Line:
    flat = [word for pair in words for word in pair if word is not None]
    return Line((*verb.split(), name, *flat))
