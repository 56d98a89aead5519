"""``flow_trace``: trace packets with ``monitor security flow``, in both directions, and bring the files home."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import flow_monitor, nat
from orchestrator.errors import RetrievalError, UnsupportedError
from orchestrator.model.files import Artifact
from orchestrator.model.flow_monitor import FlowFilter, TraceFile
from orchestrator.model.quantities import human_size, in_words
from orchestrator.retrieval import retrieval
from orchestrator.retrieval.retrieval import Patience
from orchestrator.steps.flow_trace.args import Args
from orchestrator.steps.flow_trace.arm import add_all, arm, disarm, node_folder, undo_all
from orchestrator.steps.flow_trace.filters import described, forecast, reverse_filters
from orchestrator.steps.flow_trace.neighbour import Room, disturbances, find_room, refuse_if_changed
from orchestrator.steps.flow_trace.watch import Watch
from orchestrator.steps.governor import Governor, under_device
from orchestrator.steps.step import Bench, Interrupted, Outcome, Planned, Undo, Undone

__all__ = ["Args", "plan", "run", "undo"]


def run(args: Args, bench: Bench) -> Outcome:
    """Arm, let traffic pass, stop, bring the files home. Filters and files on the device go at teardown."""
    room = find_room(bench, args.if_taken, args.wait_for.total_seconds())
    governor = Governor(under_device(args.limits, bench.device), bench.driver, args.file.size * args.file.files)
    admitted = governor.admit()
    file, filters = _file(args, bench, room), _filters(args, bench)
    outcome = Outcome(
        data={"file": file.path, "filters": [described(one) for one in filters]},
        notes=[*room.notes, *(f"not guarded, the device does not show it: {what}" for what in admitted.unguarded)],
    )
    bench.owe({"file": "" if room.borrowed else file.name}, {"file": room.prior_file})
    if room.borrowed:
        outcome.reconciled = add_all(bench.driver, filters)
    else:
        outcome.reconciled = arm(
            bench.driver, file, filters, room.prior_file, lambda file_name: refuse_if_changed(bench, room, file_name)
        )
    bench.say(f"armed: {len(filters)} filters, {file.path}, {in_words(args.for_)} at most")
    talk = args.talk() if args.conversation else None
    watch = Watch(talk, file, args.until, governor, args.directions == "both", args.progress)
    try:
        watch.wait(bench, args.for_.total_seconds(), outcome)
        outcome.data["gaps"] = _gaps(args, bench, file, outcome, governor)
    except Interrupted:
        outcome.stopped_by = "user"
        raise
    finally:
        if not room.borrowed:
            outcome.reconciled |= disarm(bench.driver, file)
    _fetch(args, bench, file, outcome, room)
    return outcome


def _gaps(args: Args, bench: Bench, file: TraceFile, outcome: Outcome, governor: Governor) -> list[str]:
    """Why the trace may not tell everything, looked at before it is stopped."""
    gaps = disturbances(bench, file.name, [one["name"] for one in outcome.data["filters"]])
    if governor.disk_is_full():
        gaps.append("/var of the device is full: lines of the trace were lost")
    if args.file.match is not None:
        gaps.append(f"only lines that match {args.file.match} were written")
    return gaps


def _filters(args: Args, bench: Bench) -> list[FlowFilter]:
    """What to trace: as written, or both directions of the conversation."""
    filters = args.flow_filters(bench.tag)
    if args.conversation is None or args.directions != "both":
        return filters
    return [filters[0], *_reverse(args, bench, filters[1:])]


def _fetch(args: Args, bench: Bench, file: TraceFile, outcome: Outcome, room: Room) -> None:
    patience = Patience(settle=args.settle.total_seconds())
    try:
        if room.borrowed:  # it goes on growing: what is there now is enough
            outcome.artifacts = retrieval.snapshot(bench.driver, file.path, bench.folder, kind="flow_trace")
        else:
            outcome.artifacts = _bring_home(bench, file, patience, outcome)
    except UnsupportedError as error:
        raise RetrievalError(error.message, device=bench.device.name, path=file.path, hint=error.hint) from error
    count, total = len(outcome.artifacts), sum(artifact.size_bytes for artifact in outcome.artifacts)
    bench.say(f"brought home {count} trace file{'s' * (count != 1)}, {human_size(total)}")
    if not outcome.artifacts:
        outcome.notes.append("the device wrote no trace file: no packet matched the filters")
    if len(outcome.artifacts) >= args.file.files and not room.borrowed:
        outcome.data["gaps"].append("the trace filled all its files: older packets were rotated away")


def _bring_home(bench: Bench, file: TraceFile, patience: Patience, outcome: Outcome) -> list[Artifact]:
    """The trace of every node: each writes what it handled itself to its own disk."""
    artifacts = retrieval.bring_set(bench.driver, file.path, bench.folder, kind="flow_trace", patience=patience)
    others = bench.device.other_nodes()
    for other in others:
        folder = node_folder(bench.folder, other.name)
        assert folder is not None
        with closing(bench.connect(other)) as driver:
            artifacts += retrieval.bring_set(driver, file.path, folder, kind="flow_trace", patience=patience)
    if len(bench.facts.nodes) > 1 + len(others):
        outcome.notes.append(
            "this is a cluster, and only the node that answered was asked for its trace: name the others under "
            "'nodes' in the inventory"
        )
    return artifacts


def undo(driver: Driver, due: Undo) -> Undone:
    """Return the device to what it was."""
    return undo_all(driver, due)


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """The commands in their CLI form; the reverse filter follows NAT once the session table was read."""
    file = TraceFile(name=tag("trace"), size_bytes=args.file.size, files=args.file.files, match=args.file.match)
    return [
        Planned(str(flow_monitor.file_line(file)), f"file delete {file.path} (once it is home)", "trace"),
        *(
            Planned(str(flow_monitor.filter_line(one)), str(flow_monitor.clear_line(one.name)), "trace")
            for one in args.flow_filters(tag)
        ),
        Planned(str(flow_monitor.START), str(flow_monitor.STOP), "trace"),
    ]


def _reverse(args: Args, bench: Bench, untranslated: list[FlowFilter]) -> list[FlowFilter]:
    """The reverse filters: from the sessions there are, else from the NAT rules, else untranslated."""
    talk = args.talk()
    if known := reverse_filters(bench.driver, talk, bench.tag):
        return known
    promised = forecast(talk, nat.rules(bench.driver), bench.tag("nat0"))
    return [*untranslated, promised] if promised else untranslated


def _file(args: Args, bench: Bench, room: Room) -> TraceFile:
    """Our trace file; beside a colleague's running monitor it is theirs, and only read."""
    if room.borrowed:
        return TraceFile(name=room.prior_file)
    wanted = args.file.world_readable
    if wanted == "auto":
        # Files are written by root for its group; a class that may not do maintenance is not in it.
        authorization = bench.facts.authorization
        readable = True if authorization is not None and not authorization.may("maintenance") else None
    else:
        readable = wanted or None
    return TraceFile(
        name=bench.tag("trace"), size_bytes=args.file.size, files=args.file.files, match=args.file.match,
        world_readable=readable,
    )  # fmt: skip
