"""One NETCONF session on one channel: hello, then request after request."""

from __future__ import annotations

import asyncio
from copy import deepcopy

import asyncssh
from lxml import etree

from orchestrator.lab.box import Caller
from orchestrator.lab.cli.pipes import Pipes
from orchestrator.lab.exchange import GoneError, Outcome, carry_out
from orchestrator.lab.markup import Element, local_name
from orchestrator.lab.netconf.framing import Deframer, FramingError, framed
from orchestrator.lab.netconf.replies import BASE_11, error_reply, hello, reply
from orchestrator.lab.operations.answer import Answer, Refusal, unknown
from orchestrator.lab.operations.catalogue import perform
from orchestrator.lab.operations.operation import Call

READ_BYTES = 65536
WRITE_BYTES = 1 << 18
# No entities, no network: what a client sends is not to be trusted.
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True, remove_comments=True)


class Dialogue:
    """Speaks with one client until it closes, or is gone."""

    def __init__(self, caller: Caller, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self._caller = caller
        self._box = caller.box
        self._persona = caller.box.persona
        self._process = process
        self._deframer = Deframer()
        self._open = True

    async def run(self) -> None:
        """The whole session."""
        await self._box.thawed.wait()
        caller = self._caller
        greeting = hello(self._persona, caller.session, caller.login_class, caller.user)
        await self._send(greeting)
        while self._open and (data := await self._process.stdin.read(READ_BYTES)):
            self._deframer.feed(data)
            while self._open and (message := self._deframer.next_message()) is not None:
                await self._message(message)

    async def _message(self, message: bytes) -> None:
        root = _parsed(message)
        if root is None:
            await self._send(error_reply(self._persona, {}, Refusal("syntax error", tag="malformed-message")))
            return
        if local_name(root) == "hello":
            offered = {(one.text or "").strip() for one in root.iterfind(".//{*}capability")}
            self._deframer.chunked = self._persona.framing == "1.1" and BASE_11 in offered
        else:
            await self._request(root)

    async def _request(self, root: Element) -> None:
        attributes = {str(name): str(value) for name, value in root.attrib.items()}
        request = next((child for child in root if local_name(child)), None)
        if request is None:
            await self._send(error_reply(self._persona, attributes, unknown("rpc")))
            return
        plain = _without_namespaces(request)
        text = etree.tostring(plain, encoding="unicode")
        if local_name(plain) in {"close-session", "request-end-session", "kill-session"}:
            self._box.heard(self._caller, text)
            self._open = False
            await self._send(reply(self._persona, attributes, Answer(ok=True), text=False))
            return
        outcome = await carry_out(self._caller, text, lambda: self._answer(plain))
        if outcome is not None:
            await self._answer_with(attributes, plain, outcome)

    async def _answer_with(self, attributes: dict[str, str], request: Element, outcome: Outcome) -> None:
        if outcome.refusal is not None:
            message = error_reply(self._persona, attributes, outcome.refusal)
        else:
            message = reply(self._persona, attributes, outcome.answer, text=_wants_text(request))
        if outcome.half:
            whole = b"".join(framed(message, chunked=self._deframer.chunked))
            self._process.stdout.write(whole[: len(whole) // 2])
            await self._process.stdout.drain()
        else:
            await self._send(message)

    def _answer(self, request: Element) -> Answer:
        name = local_name(request)
        if name == "command":
            return self._command(" ".join((request.text or "").split()), wants_xml=not _wants_text(request))
        operation = self._box.catalogue.by_element(name)
        if operation is None:
            raise unknown(name)
        arguments = operation.from_element(request)
        attributes = {str(key): str(value) for key, value in request.attrib.items()}
        call = Call(
            self._box,
            self._caller,
            operation,
            arguments,
            "rpc",
            request=request,
            attributes=attributes,
            wants_xml=not _wants_text(request),
        )
        return perform(call)

    def _command(self, line: str, *, wants_xml: bool) -> Answer:
        pipes = Pipes.of(line)
        found = self._box.catalogue.by_words(pipes.command, "command")
        if found is None or found[0].configuration_mode:
            raise unknown(pipes.command.split()[0] if pipes.command else "command")
        operation, words = found
        arguments = operation.from_words(words)
        call = Call(
            self._box,
            self._caller,
            operation,
            arguments,
            "command",
            attributes=pipes.attributes,
            wants_xml=wants_xml and not pipes.filters_text,
        )
        if pipes.shows_rpc:
            return pipes.rpc(call)
        return pipes.applied(perform(call))

    async def _send(self, message: bytes) -> None:
        for piece in framed(message, chunked=self._deframer.chunked):
            for start in range(0, len(piece), WRITE_BYTES):
                self._process.stdout.write(piece[start : start + WRITE_BYTES])
                await self._process.stdout.drain()


def _wants_text(request: Element) -> bool:
    return request.get("format") in {"text", "ascii"}


def _parsed(message: bytes) -> Element | None:
    """A message as a tree; ``None`` when it is none, or declares a document type."""
    try:
        root = etree.fromstring(message.strip(), PARSER)
    except etree.XMLSyntaxError:
        return None
    return None if root.getroottree().docinfo.internalDTD is not None else root


def _without_namespaces(request: Element) -> Element:
    """A copy that can be searched, and written down, by local names."""
    copy = deepcopy(request)
    copy.tail = None
    for one in copy.iter(etree.Element):
        one.tag = local_name(one)
    etree.cleanup_namespaces(copy)
    return copy


async def serve(caller: Caller, process: asyncssh.SSHServerProcess[bytes]) -> int:
    """Run a dialogue; the exit status of the channel."""
    try:
        await Dialogue(caller, process).run()
    except (GoneError, FramingError, ConnectionError, asyncssh.Error, asyncio.IncompleteReadError):
        return 1
    return 0
