"""Reading the configuration, and all that would change it: answered as a device would, changed never, counted."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from orchestrator.lab.configuration import as_set, as_text, only
from orchestrator.lab.markup import Element, local_name
from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Argument, Call, Operation


def _rendered(call: Call, tree: Element, fmt: str) -> Answer:
    markup = call.markup()
    if fmt == "set":
        return Answer(as_set(tree), [markup.leaf("configuration-set", f"\n{as_set(tree)}")], structured_only=True)
    if fmt == "text":
        return Answer(as_text(tree), [markup.leaf("configuration-text", f"\n{as_text(tree)}")], structured_only=True)
    newest = call.box.history[0]
    root = markup.branch(
        "configuration",
        list(tree),
        {"junos:commit-seconds": str(int(newest.time)), "junos:commit-user": newest.user},
    )
    return Answer(as_text(tree), [root], structured_only=True)


def get(call: Call) -> Answer:
    """``get-configuration`` with a subtree filter; ``compare`` finds no difference, ever."""
    if "compare" in call.attributes:
        markup = call.markup()
        output = markup.branch("configuration-information", [markup.leaf("configuration-output")])
        return Answer("", [output], structured_only=True)
    tree = call.box.configuration.tree()
    wanted = None if call.request is None else call.request.find("{*}configuration")
    if wanted is not None:
        tree = only(tree, wanted)
    return _rendered(call, tree, call.attributes.get("format", "xml"))


def get_config(call: Call) -> Answer:
    """``get-config`` of NETCONF's own."""
    tree = call.box.configuration.tree()
    filtered = None if call.request is None else call.request.find("{*}filter/{*}configuration")
    if filtered is not None:
        tree = only(tree, filtered)
    root = call.markup().branch("configuration", list(tree))
    return Answer("", [call.markup().branch("data", [root])], structured_only=True)


def show(call: Call) -> Answer:
    """``show configuration [PATH...]``: the statements below the path."""
    element = call.box.configuration.tree()
    words = call.get("path").split()
    while words:
        found = _step(element, words)
        if found is None:
            return Answer()
        element, words = found
    if call.attributes.get("display") == "set":
        return Answer(as_set(element, " ".join(["set", *call.get("path").split()])))
    return _rendered_below(call, element)


def _rendered_below(call: Call, element: Element) -> Answer:
    text = as_text(element)
    wrapper: Element = element
    for parent in element.iterancestors():
        copy = etree.Element(parent.tag)
        copy.append(wrapper)
        wrapper = copy
    markup = call.markup()
    return Answer(
        text, [markup.branch("configuration", list(wrapper) if wrapper.tag == "configuration" else [wrapper])]
    )


def _step(element: Element, words: list[str]) -> tuple[Element, list[str]] | None:
    if words[0] == "from-zone" and len(words) > 3:
        for pair in element.findall("policy"):
            if (pair.findtext("from-zone-name"), pair.findtext("to-zone-name")) == (words[1], words[3]):
                return pair, words[4:]
    for child in element:
        if local_name(child) == words[0]:
            if child.find("name") is None:
                return child, words[1:]
            if len(words) > 1 and child.findtext("name") == words[1]:
                return child, words[2:]
        if local_name(element) == "interfaces" and child.findtext("name") == words[0]:
            return child, words[1:]
    return None


def _silent(_: Call) -> Answer:
    return Answer()


def _fine(_: Call) -> Answer:
    return Answer(ok=True)


def commit(call: Call) -> Answer:
    """A commit of nothing: it is a commit all the same."""
    client = "cli" if call.form == "cli" else "netconf"
    check = call.request is not None and call.request.find("{*}check") is not None
    if not check:
        call.box.commit(call.caller.user, client)
    if call.operation.element == "commit":
        return Answer("commit complete\n", ok=True)
    markup = call.markup()
    engine = markup.branch("routing-engine", [markup.leaf("name", "re0"), markup.leaf("commit-success")])
    return Answer("commit complete\n", [markup.branch("commit-results", [engine])])


def load(call: Call) -> Answer:
    """``load-configuration``: into a candidate that the lab does not keep."""
    markup = call.markup()
    results = markup.branch("load-configuration-results", [markup.leaf("ok")])
    return Answer("load complete\n", [results])


def _changing(element: str, handler: Callable[[Call], Answer] = _silent) -> Operation:
    return Operation(element, "", handler, "configure", changes_configuration=True, any_arguments=True)


def _in_configuration_mode(words: str, handler: Callable[[Call], Answer] = _silent) -> Operation:
    mode = words != "configure"
    return Operation(
        "", words, handler, "configure", changes_configuration=True, any_arguments=True, configuration_mode=mode
    )


PATH = Argument("path", rest_of_line=True, positional=True)
OPERATIONS = (
    Operation("get-configuration", "", get, "view", any_arguments=True),
    Operation("get-config", "", get_config, "view", any_arguments=True),
    Operation("show-configuration", "show configuration", show, "view", arguments=(PATH,)),
    _changing("lock", _fine),
    _changing("unlock", _fine),
    _changing("edit-config", _fine),
    _changing("copy-config", _fine),
    _changing("delete-config", _fine),
    _changing("validate", _fine),
    _changing("discard-changes", _fine),
    _changing("commit", commit),
    _changing("lock-configuration"),
    _changing("unlock-configuration"),
    _changing("open-configuration"),
    _changing("close-configuration"),
    _changing("load-configuration", load),
    _changing("rollback-configuration"),
    _changing("commit-configuration", commit),
    *(_in_configuration_mode(words) for words in ("configure", "edit", "set", "delete", "rollback")),
    _in_configuration_mode("load", load),
    _in_configuration_mode("commit", commit),
)
