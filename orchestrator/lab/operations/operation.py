"""One operation: its RPC element, its CLI words, its arguments, and who may ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from orchestrator.lab.markup import Element, Markup, local_name
from orchestrator.lab.operations.answer import Answer, Refusal, missing, unknown

if TYPE_CHECKING:
    from orchestrator.lab.box import Box, Caller

Form = Literal["rpc", "command", "cli"]
# What command forwarding accepts everywhere; the lab has one logical system and answers for both nodes.
EVERYWHERE = frozenset({"logical-system", "root-logical-system", "all-logical-systems-tenants", "tenant", "node"})
# The cluster's own way to say which node; PyEZ appends one of them to `show version`.
FORWARDING_WORDS = ("invoke-on all-routing-engines", "node all", "node local", "node primary", "node 0", "node 1")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. As RPC ``<name>value</name>``, or an empty element for a flag or one of its ``choices``.

    ``low`` and ``high`` bound a number. ``positional``: the CLI gives the value without the keyword.
    """

    name: str
    flag: bool = False
    choices: tuple[str, ...] = ()
    mandatory: bool = False
    positional: bool = False
    rest_of_line: bool = False
    low: int | None = None
    high: int | None = None

    def checked(self, value: str) -> str:
        """The value itself.

        Raises:
            Refusal: a number out of range (the text is synthetic).
        """
        if self.low is None or self.high is None:
            return value
        if not value.isdecimal() or not self.low <= int(value) <= self.high:
            raise Refusal(f"Value {value} is not within range ({self.low}..{self.high})", bad_element=self.name)
        return value


@dataclass(slots=True)
class Call:
    """One operation asked of one device. ``request`` is the RPC element when it came as one."""

    box: Box
    caller: Caller
    operation: Operation
    arguments: dict[str, str]
    form: Form
    node: int = 0
    request: Element | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    wants_xml: bool = True  # a large table is rendered only in the form that is asked for

    def markup(self, daemon: str = "") -> Markup:
        """Elements as one daemon of this release writes them."""
        persona = self.box.persona
        return Markup(persona.version, persona.daemon_release, daemon)

    def get(self, name: str) -> str:
        """An argument's value, empty when it was not given."""
        return self.arguments.get(name, "")


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """``words`` are the CLI command without arguments; an RPC without CLI words has none, and the other way round.

    ``per_node``: a cluster answers for each node. ``changes_configuration``: it is counted as such.
    ``configuration_mode``: its words are known in configuration mode only.
    """

    element: str
    words: str
    handler: Handler
    permission: str
    arguments: tuple[Argument, ...] = ()
    per_node: bool = False
    monitor_verb: bool = False
    changes_configuration: bool = False
    any_arguments: bool = False
    configuration_mode: bool = False

    def from_element(self, request: Element) -> dict[str, str]:
        """Arguments of an RPC element.

        Raises:
            Refusal: an unknown argument, a missing one, or a value out of range.
        """
        given: dict[str, str] = {}
        for child in request:
            name = local_name(child)
            if not name or self.any_arguments or (name in EVERYWHERE and not self._takes(name)):
                continue
            argument, is_choice = self._named(name)
            value = name if is_choice else argument.checked((child.text or "").strip())
            given[argument.name] = value
        return self._complete(given)

    def from_words(self, words: list[str]) -> dict[str, str]:
        """Arguments of a command line.

        Raises:
            Refusal: as for an element; ``bad_element`` is the word.
        """
        given: dict[str, str] = {}
        rest = [] if self.any_arguments else list(words)
        while rest:
            word = rest.pop(0)
            try:
                argument, is_choice = self._named(word)
            except Refusal:
                if word in EVERYWHERE:
                    rest = rest[0 if "-systems" in word or word.startswith("root") else 1 :]
                    continue
                argument, is_choice = self._positional(word, given), False
                rest.insert(0, word)
            self._take(argument, given, word, rest, is_choice=is_choice)
        return self._complete(given)

    @staticmethod
    def _take(argument: Argument, given: dict[str, str], word: str, rest: list[str], *, is_choice: bool) -> None:
        if is_choice or argument.flag:
            given[argument.name] = word
        elif argument.rest_of_line:
            given[argument.name] = " ".join(rest)
            rest.clear()
        elif rest:
            given[argument.name] = argument.checked(rest.pop(0).strip('"'))
        else:
            raise unknown(word)

    def _takes(self, name: str) -> bool:
        return any(argument.name == name for argument in self.arguments)

    def _named(self, name: str) -> tuple[Argument, bool]:
        for argument in self.arguments:
            if name in argument.choices:
                return argument, True
            if argument.name == name and not argument.choices:
                return argument, False
        raise unknown(name)

    def _positional(self, word: str, given: dict[str, str]) -> Argument:
        for argument in self.arguments:
            if argument.positional and argument.name not in given:
                return argument
        raise unknown(word)

    def _complete(self, given: dict[str, str]) -> dict[str, str]:
        for argument in self.arguments:
            if argument.mandatory and not given.get(argument.name):
                raise missing(argument.name)
        return given
