"""From a command line to its answer. The texts of syntax errors are synthetic: no source shows them to the letter."""

from __future__ import annotations

from orchestrator.lab.box import Caller
from orchestrator.lab.cli.pipes import Pipes
from orchestrator.lab.operations.answer import Answer, Refusal, unknown
from orchestrator.lab.operations.catalogue import perform
from orchestrator.lab.operations.operation import Call

UNKNOWN_COMMAND = "unknown command."
SYNTAX_ERROR = "syntax error."


def answered(caller: Caller, line: str, *, configuring: bool = False) -> Answer:
    """Carry a line out as an operational command, or as one of configuration mode.

    Raises:
        Refusal: as the operation refuses; ``bad_element`` is the word that is wrong.
    """
    pipes = Pipes.of(line)
    found = caller.box.catalogue.by_words(pipes.command, "cli")
    if found is None or (found[0].configuration_mode and not configuring):
        raise unknown(first_unknown_word(caller, pipes.command))
    operation, words = found
    arguments = operation.from_words(words)
    call = Call(caller.box, caller, operation, arguments, "cli", attributes=pipes.attributes, wants_xml=pipes.shows_xml)
    if pipes.shows_rpc:
        return Answer(pipes.xml(call, pipes.rpc(call)))
    answer = perform(call)
    if pipes.shows_xml:
        return Answer(pipes.xml(call, answer), ends_session=answer.ends_session)
    return pipes.applied(answer)


def first_unknown_word(caller: Caller, line: str) -> str:
    """The word at which a line stops making sense; the last one when it is cut short."""
    known: list[str] = []
    for word in line.split():
        candidates = caller.box.catalogue.next_words(known)
        fitting = sorted(one for one in candidates if one == word) or [o for o in candidates if o.startswith(word)]
        if len(fitting) != 1:
            return word
        known.append(fitting[0])
    return known[-1] if known else ""


def complaint(line: str, refusal: Refusal, prompt_width: int) -> str:
    """What the CLI prints for a refusal: a caret under the word, and a sentence."""
    if refusal.message == "permission denied":
        return f"error: permission denied: {refusal.bad_element}\n"
    if refusal.message != "syntax error" and refusal.kind != "application":
        return f"{refusal.message}\n"
    position = max(0, line.find(refusal.bad_element))
    words = line.split()
    first = bool(words) and refusal.bad_element == words[0]
    caret = " " * (prompt_width + (len(line) if refusal.kind == "application" else position)) + "^"
    if refusal.kind == "application":
        return f"{caret}\nmissing argument.\n"
    return f"{caret}\n{UNKNOWN_COMMAND if first else SYNTAX_ERROR}\n"
