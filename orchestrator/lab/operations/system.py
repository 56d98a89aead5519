"""The system's facilities: version, commits, uptime, authorization, storage, and what only a shell would do."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer, Refusal, denied
from orchestrator.lab.operations.operation import Argument, Call, Operation

BLOCK_BYTES = 512
PERMISSIONS = (
    "admin", "clear", "configure", "control", "field", "firewall", "interface", "maintenance", "network", "reset",
    "rollback", "routing", "secret", "security", "shell", "snmp", "system", "trace", "view",
    "view-configuration",
)  # fmt: skip


def stamp(markup: Markup, tag: str, seconds: float) -> Element:
    """A date with its epoch as attribute."""
    return markup.leaf(tag, _date(seconds), {"junos:seconds": str(int(seconds))})


def length(markup: Markup, tag: str, seconds: float) -> Element:
    """A span with its seconds as attribute."""
    return markup.leaf(tag, spelled(seconds), {"junos:seconds": str(int(seconds))})


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def spelled(seconds: float) -> str:
    """``1w2d 03:04``: a span as uptime prints it."""
    minutes = int(seconds) // 60
    weeks, days, hours, minutes = minutes // 10080, minutes // 1440 % 7, minutes // 60 % 24, minutes % 60
    whole = (f"{weeks}w" if weeks else "") + (f"{days}d " if days or weeks else "")
    return f"{whole}{hours:02}:{minutes:02}"


def version(call: Call) -> Answer:
    """``show version``; a cluster wraps it for both nodes."""
    persona, markup = call.box.persona, call.markup()
    if "device-list" in call.arguments:
        raise Refusal("syntax error", bad_element="device-list")
    name = host_name(call)
    package = markup.branch(
        "package-information",
        markup.leaves({"name": "junos", "comment": f"JUNOS Software Release [{persona.version}]"}),
    )
    leaves: dict[str, object] = {
        "host-name": name,
        "product-model": persona.model.lower(),
        "product-name": persona.model.lower(),
        "junos-version": persona.version,
    }
    element = markup.branch("software-information", [*markup.leaves(leaves), package])
    text = f"Hostname: {name}\nModel: {persona.model}\nJunos: {persona.version}\n{package[1].text}\n"
    return Answer(text, [element])


def host_name(call: Call) -> str:
    """The device's name; nodes of a cluster add their own number."""
    return call.box.name if call.box.persona.nodes == 1 else f"{call.box.name}-n{call.node}"


def information(call: Call) -> Answer:
    """``show system information``."""
    persona, markup = call.box.persona, call.markup()
    leaves: dict[str, object] = {
        "hardware-model": persona.model.lower(),
        "os-name": "junos",
        "os-version": persona.version,
        "serial-number": persona.serial_number,
        "host-name": host_name(call),
    }
    text = (
        f"Model: {leaves['hardware-model']}\nFamily: junos-es\nJunos: {persona.version}\n"
        f"Hostname: {leaves['host-name']}\n"
    )
    return Answer(text, [markup.branch("system-information", markup.leaves(leaves))])


def commits(call: Call) -> Answer:
    """``show system commit``: the history, newest first."""
    markup = call.markup()
    records, lines = [], []
    for sequence, one in enumerate(call.box.history):
        leaves = [
            markup.leaf("sequence-number", sequence),
            markup.leaf("user", one.user),
            markup.leaf("client", one.client),
            stamp(markup, "date-time", one.time),
        ]
        records.append(markup.branch("commit-history", leaves))
        lines.append(f"{sequence:<3} {_date(one.time)} by {one.user} via {one.client}")
    return Answer("\n".join(lines) + "\n", [markup.branch("commit-information", records)])


def revision(call: Call) -> Answer:
    """``show system commit revision``; ``detail`` says who and when."""
    markup, newest = call.markup(), call.box.history[0]
    leaves = [markup.leaf("revision", call.box.revision)]
    text = f"Revision: {call.box.revision}\n"
    if call.get("level") == "detail":
        leaves += [
            markup.leaf("user", newest.user),
            markup.leaf("client", newest.client),
            stamp(markup, "date-time", newest.time),
        ]
        text += f"User      : {newest.user}\nClient    : {newest.client}\nTime      : {_date(newest.time)}\n"
    return Answer(text, [markup.branch("commit-revision-information", leaves)])


def uptime(call: Call) -> Answer:
    """``show system uptime``."""
    box, markup = call.box, call.markup()
    now = box.clock.now()
    newest = box.history[0]

    def point(tag: str, when: float, *, since: bool = True) -> Element:
        ago = [length(markup, "time-length", now - when)] if since else []
        return markup.branch(tag, [stamp(markup, "date-time", when), *ago])

    parts = [
        point("current-time", now, since=False),
        point("system-booted-time", box.booted),
        point("protocols-started-time", box.booted + 60),
    ]
    text = f"Current time: {_date(now)}\nSystem booted: {_date(box.booted)} ({spelled(now - box.booted)} ago)\n"
    if "uptime" in box.persona.commit_sources:
        configured = point("last-configured-time", newest.time)
        configured.append(markup.leaf("user", newest.user))
        parts.append(configured)
        ago = spelled(now - newest.time)
        text += f"Last configured: {_date(newest.time)} ({ago} ago) by {newest.user}\n"
    return Answer(text, [markup.branch("system-uptime-information", parts)])


def authorization(call: Call) -> Answer:
    """``show cli authorization``."""
    caller, persona, markup = call.caller, call.box.persona, call.markup()
    held = [name for name in PERMISSIONS if persona.allows(caller.login_class, name)]
    label = persona.class_label(caller.login_class)
    user = markup.branch("user-information", markup.leaves({"user": caller.user, "user-class": label}))
    entries = [
        markup.branch("user-permission-entry", markup.leaves({"permission-type": name, "permission-type-help": name}))
        for name in held
    ]
    element = markup.branch("authorization-information", [user, markup.branch("user-permission-list", entries)])
    listed = "".join(f"    {name:<12}-- Can use {name}\n" for name in held)
    return Answer(f"Current user: '{caller.user}' class '{label}'\nPermissions:\n{listed}", [element])


def storage(call: Call) -> Answer:
    """``show system storage``; blocks of 512 bytes."""
    filesystem, markup = call.box.filesystem, call.markup()
    total = filesystem.capacity_bytes
    used = total if filesystem.full else filesystem.used_bytes()
    rows = [("/dev/gpt/junos", total, used, "/.mount"), ("/dev/gpt/var", total, used, "/var")]
    elements, lines = [], ["Filesystem              Size       Used      Avail  Capacity   Mounted on"]
    for name, size, taken, mounted in rows:
        percent = round(100 * taken / size)
        blocks = {"total-blocks": size, "used-blocks": taken, "available-blocks": max(0, size - taken)}
        leaves = [markup.leaf("filesystem-name", name)]
        leaves += [markup.leaf(t, n // BLOCK_BYTES, {"junos:format": _short(n)}) for t, n in blocks.items()]
        leaves += [markup.leaf("used-percent", f" {percent}"), markup.leaf("mounted-on", mounted)]
        elements.append(markup.branch("filesystem", leaves))
        sizes = "".join(f"{_short(n):>11}" for n in blocks.values())
        lines.append(f"{name:<17}{sizes}{percent:>9}%  {mounted}")
    element = markup.branch("system-storage-information", elements, {"junos:style": "brief"})
    return Answer("\n".join(lines) + "\n", [element], padded=call.box.persona.padded)


def _short(size: int) -> str:
    for unit, factor in (("G", 1024**3), ("M", 1024**2)):
        if size >= factor:
            return f"{size / factor:.1f}{unit}"
    return f"{size // 1024}K"


def cli_directory(call: Call) -> Answer:
    """``show cli directory``."""
    markup, home = call.markup(), f"/var/home/{call.caller.user}"
    inner = markup.branch("cli-working-directory", [markup.leaf("working-directory", home)])
    return Answer(f"Current directory: {home}\n", [inner])


def shell(call: Call) -> Answer:
    """``request shell execute``: allowed with the permission only, and it answers one sysctl with 0."""
    if not call.box.persona.allows(call.caller.login_class, "shell"):
        raise denied(call.operation.element)
    return Answer("0\n")


def reboot(call: Call) -> Answer:
    """``request system reboot``: the session ends with it."""
    call.box.reboot()
    return Answer("Shutdown NOW!\n", ends_session=True)


def shutdown_counted(_: Call) -> Answer:
    """What would end the device: counted, and answered, and nothing more."""
    return Answer("Shutdown NOW!\n")


SYSTEM = "maintenance"
OPERATIONS = (
    Operation(
        "get-software-information", "show version", version, "view", per_node=True,
        arguments=(Argument("level", choices=("brief", "detail")), Argument("device-list")),
    ),
    Operation("get-system-information", "show system information", information, "view", per_node=True),
    Operation(
        "get-commit-information", "show system commit", commits, "view",
        arguments=(Argument("include-configuration-revision", flag=True),),
    ),
    Operation(
        "get-commit-revision-information", "show system commit revision", revision, "view",
        arguments=(Argument("level", choices=("brief", "detail")), Argument("level")),
    ),
    Operation("get-system-uptime-information", "show system uptime", uptime, "view", per_node=True),
    Operation("get-authorization-information", "show cli authorization", authorization, ""),
    Operation("get-system-storage", "show system storage", storage, "view", per_node=True,
              arguments=(Argument("detail", flag=True),)),
    Operation("show-cli-directory", "show cli directory", cli_directory, ""),
    Operation("request-shell-execute", "request shell execute", shell, "shell", any_arguments=True),
    Operation("request-reboot", "request system reboot", reboot, SYSTEM, changes_configuration=True,
              any_arguments=True),
    Operation("request-halt", "request system halt", shutdown_counted, SYSTEM, changes_configuration=True,
              any_arguments=True),
    Operation("request-power-off", "request system power-off", shutdown_counted, SYSTEM, changes_configuration=True,
              any_arguments=True),
    Operation("request-system-zeroize", "request system zeroize", shutdown_counted, SYSTEM,
              changes_configuration=True, any_arguments=True),
)  # fmt: skip
