"""``flow_trace``: trace packets with ``monitor security flow``, in both directions, and bring the files home."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from orchestrator.driver.base import Driver
from orchestrator.driver.operations import flow_monitor, nat
from orchestrator.errors import RetrievalError, UnsupportedError
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import Artifact
from orchestrator.model.flow_monitor import FlowFilter, TraceFile
from orchestrator.model.quantities import human_size, in_words
from orchestrator.playbook.fields import Duration, EndpointField, Protocol, SizeBytes
from orchestrator.retrieval import retrieval
from orchestrator.retrieval.retrieval import Patience
from orchestrator.steps.flow_trace.arm import arm, disarm, node_folder, refuse_if_taken, undo_all
from orchestrator.steps.flow_trace.filters import Conversation, both_ways, forecast, reverse_filters
from orchestrator.steps.flow_trace.watch import Watch, until_reader
from orchestrator.steps.step import Bench, Interrupted, Outcome, Planned, Undo, Undone

DEFAULT_BYTES = 10 * 1024 * 1024
MAX_FILTERS = 16


class ConversationArgs(Arguments):
    """Who talks to whom, as the first packet arrives at the device."""

    source: EndpointField
    destination: EndpointField
    protocol: Protocol | None = None


class FilterArgs(Arguments):
    """One filter of the device: criteria are ANDed, addresses are those before NAT."""

    source: EndpointField | None = None
    destination: EndpointField | None = None
    protocol: Protocol | None = None
    interface: str | None = Field(default=None, pattern=r"^[a-z]{1,8}[0-9]*(-[0-9]+(/[0-9]+){0,2})?(\.[0-9]+)?$")
    logical_system: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
    conn_tag: Annotated[int, Field(ge=0, le=4294967295)] | None = None

    def filter(self, name: str) -> FlowFilter:
        """The filter as the driver takes it."""
        source, destination = self.source, self.destination
        return FlowFilter(
            name=name,
            source_prefix=source.prefix if source else None,
            source_port=source.port if source else None,
            destination_prefix=destination.prefix if destination else None,
            destination_port=destination.port if destination else None,
            protocol=self.protocol,
            interface=self.interface,
            logical_system=self.logical_system,
            conn_tag=self.conn_tag,
        )


class FileArgs(Arguments):
    """The trace file on the device. Ranges are the device's own (live 24.4R1)."""

    size: Annotated[SizeBytes, Field(ge=10240, le=1073741824)] = DEFAULT_BYTES
    files: Annotated[int, Field(ge=2, le=1000)] = 3
    match: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._:/+*^\[\],=@-]{1,128}$")
    world_readable: bool | Literal["auto"] = "auto"


class Args(Arguments):
    """What to trace, how long, and when to stop early."""

    conversation: ConversationArgs | None = None
    filters: list[FilterArgs] = Field(default_factory=list, max_length=MAX_FILTERS)
    directions: Literal["both", "forward"] = "both"
    file: FileArgs = Field(default_factory=FileArgs)
    for_: Duration = Field(default=timedelta(seconds=10), alias="for", gt=timedelta(0), le=timedelta(hours=24))
    until: str | None = Field(default=None, description="first-drop, first-packet, session or packets:N")
    allow_any: bool = Field(default=False, description="permit a filter that matches every packet")
    settle: Duration = Field(default=timedelta(seconds=1.5), description="how long the file must keep its size")

    @model_validator(mode="after")
    def _consistent(self) -> Args:
        if (self.conversation is None) == (not self.filters):
            raise ValueError("give either a conversation or filters")
        if self.until is not None:
            until_reader(self.until)
        wide = [one for one in self.flow_filters(str) if one.is_wide]
        if wide and not self.allow_any:
            raise ValueError("this filter takes every packet of the device; say allow_any: true if that is meant")
        return self

    def flow_filters(self, tag: Callable[[str], str]) -> list[FlowFilter]:
        """The filters that are known before the device is asked."""
        if self.conversation is None:
            return [one.filter(tag(f"f{number}")) for number, one in enumerate(self.filters, 1)]
        return both_ways(self.talk(), tag, both=self.directions == "both")

    def talk(self) -> Conversation:
        """The conversation as the filters take it."""
        assert self.conversation is not None
        return Conversation(self.conversation.source, self.conversation.destination, self.conversation.protocol)


def run(args: Args, bench: Bench) -> Outcome:
    """Arm, let traffic pass, stop, bring the files home. Filters and files on the device go at teardown."""
    prior = refuse_if_taken(bench)
    file = _file(args, bench)
    filters = args.flow_filters(bench.tag)
    if args.conversation is not None and args.directions == "both":
        filters = [filters[0], *_reverse(args, bench, filters[1:])]
    outcome = Outcome(data={"file": file.path, "filters": [_described(one) for one in filters]})
    bench.owe({"file": file.name}, {"file": prior})
    outcome.reconciled = arm(bench, file, filters)
    bench.say(f"armed: {len(filters)} filters, {file.path}, {in_words(args.for_)} at most")
    watch = Watch(args.talk() if args.conversation else None, file, args.until, both=args.directions == "both")
    try:
        watch.wait(bench, args.for_.total_seconds(), outcome)
    except Interrupted:
        outcome.stopped_by = "user"
        raise
    finally:
        outcome.reconciled |= disarm(bench, file)
    patience = Patience(settle=args.settle.total_seconds())
    try:
        outcome.artifacts = _bring_home(bench, file, patience, outcome)
    except UnsupportedError as error:
        raise RetrievalError(error.message, device=bench.device.name, path=file.path, hint=error.hint) from error
    total = sum(artifact.size_bytes for artifact in outcome.artifacts)
    bench.say(f"brought home {len(outcome.artifacts)} trace files, {human_size(total)}")
    if not outcome.artifacts:
        outcome.notes.append("the device wrote no trace file: no packet matched the filters")
    return outcome


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


def _file(args: Args, bench: Bench) -> TraceFile:
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


def _described(one: FlowFilter) -> dict[str, Any]:
    return {"name": one.name, **{name: str(value) for name, value in one.criteria.items()}}
