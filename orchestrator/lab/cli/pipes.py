"""What follows ``|`` in a command line. Only what the lab knows; anything else is an error, not a silent pass."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lxml import etree

from orchestrator.lab.markup import Element, junos_namespace, lay_out
from orchestrator.lab.operations.answer import Answer, Refusal
from orchestrator.lab.operations.operation import Call, Operation

STAGES = re.compile(r"""\|(?=(?:[^"]*"[^"]*")*[^"]*$)""")  # a bar outside double quotes


@dataclass(frozen=True, slots=True)
class Pipes:
    """A command and its stages."""

    command: str
    stages: tuple[str, ...]

    @classmethod
    def of(cls, line: str) -> Pipes:
        """Split a line at its bars.

        Raises:
            Refusal: a stage the device does not know.
        """
        command, *stages = (part.strip() for part in STAGES.split(line))
        pipes = cls(command, tuple(stages))
        for stage in stages:
            pipes.check(stage)
        return pipes

    @staticmethod
    def check(stage: str) -> None:
        """Refuse what is not known."""
        word, _, rest = stage.partition(" ")
        known = {"match", "except", "no-more", "count", "display", "last", "trim"}
        if word not in known or (word == "display" and rest not in {"xml", "xml rpc", "set"}):
            raise Refusal("syntax error", bad_element=word or "|")
        if word in {"last", "trim"} and not rest.isdecimal():
            raise Refusal("syntax error", bad_element=rest or word)
        if word in {"match", "except"}:
            try:
                re.compile(rest.strip('"'))
            except re.error as error:
                raise Refusal("invalid regular expression", bad_element=rest) from error

    @property
    def shows_rpc(self) -> bool:
        """``| display xml rpc``."""
        return "display xml rpc" in self.stages

    @property
    def shows_xml(self) -> bool:
        """``| display xml``."""
        return "display xml" in self.stages

    @property
    def filters_text(self) -> bool:
        """Whether a stage works on text, so that XML cannot come out."""
        return any(stage.split()[0] in {"match", "except", "count", "last", "trim"} for stage in self.stages)

    @property
    def attributes(self) -> dict[str, str]:
        """What the command itself should know of its stages."""
        return {"display": "set"} if "display set" in self.stages else {}

    def rpc(self, call: Call) -> Answer:
        """The RPC that the command stands for."""
        markup = call.markup()
        element = markup.branch("rpc", [request_of(call.operation, call.arguments)])
        return Answer(_xml_text([element]), [element])

    def applied(self, answer: Answer) -> Answer:
        """The answer after the text stages; XML is left as it is."""
        text = answer.text
        for stage in self.stages:
            text = _through(stage, text)
        return answer if text == answer.text else replace(answer, text=text, elements=[], structured_only=False)

    def xml(self, call: Call, answer: Answer) -> str:
        """What ``| display xml`` prints: the reply with the CLI's banner in it."""
        children = answer.elements or [call.markup().leaf("output", answer.text.rstrip("\n"))]
        banner = call.markup().branch("cli", [call.markup().leaf("banner")])
        root = etree.Element("rpc-reply", nsmap={"junos": junos_namespace(call.box.persona.version)})
        for child in (*children, banner):
            root.append(child)
        lay_out(root, padded=False)
        return etree.tostring(root, encoding="unicode").rstrip("\n") + "\n"


def request_of(operation: Operation, arguments: dict[str, str]) -> Element:
    """The RPC element of a command."""
    root = etree.Element(operation.element)
    by_name = {one.name: one for one in operation.arguments}
    for name, value in arguments.items():
        argument = by_name[name]
        child = etree.SubElement(root, value if argument.choices else name)
        if not argument.choices and not argument.flag:
            child.text = value
    return root


def _xml_text(elements: list[Element]) -> str:
    for one in elements:
        lay_out(one, padded=False)
    return "".join(etree.tostring(one, encoding="unicode") for one in elements)


def _through(stage: str, text: str) -> str:
    word, _, rest = stage.partition(" ")
    lines = text.splitlines(keepends=True)
    pattern = rest.strip('"')
    match word:
        case "match":
            return "".join(line for line in lines if re.search(pattern, line, re.IGNORECASE))
        case "except":
            return "".join(line for line in lines if not re.search(pattern, line, re.IGNORECASE))
        case "count":
            return f"Count: {len(lines)} lines\n"
        case "last":
            return "".join(lines[-int(rest) :]) if int(rest) else ""
        case "trim":
            return "".join(line[int(rest) :] if len(line) > int(rest) else "\n" for line in lines)
        case _:
            return text
