"""The chassis: routing engine, load, cluster, inventory, and the private addresses that tell which engine answers."""

from __future__ import annotations

from orchestrator.lab.markup import xnm_error
from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.operations.system import length, spelled, stamp

NOT_CLUSTERED = "error: Chassis cluster is not enabled"
MEMORY_MB = 4035
CLUSTER_ID = 1


def routing_engine(call: Call) -> Answer:
    """``show chassis routing-engine``."""
    box, markup = call.box, call.markup("junos-chassis")
    now, busy = box.clock.now(), box.cpu_percent
    load = busy / 100
    used = MEMORY_MB * 55 // 100
    leaves: dict[str, object] = {
        "status": "OK",
        "memory-system-total": MEMORY_MB,
        "memory-system-total-used": used,
        "memory-system-total-util": 55,
        "cpu-user": busy // 2,
        "cpu-background": 0,
        "cpu-system": busy - busy // 2,
        "cpu-interrupt": 0,
        "cpu-idle": 100 - busy,
        "model": f"{box.persona.chassis} RE",
    }
    times = [
        stamp(markup, "start-time", box.booted),
        length(markup, "up-time", now - box.booted),
        markup.leaf("last-reboot-reason", "Router rebooted after a normal shutdown."),
        *markup.leaves({f"load-average-{span}": f"{load:.2f}" for span in ("one", "five", "fifteen")}),
    ]
    element = markup.branch(
        "route-engine-information", [markup.branch("route-engine", [*markup.leaves(leaves), *times])]
    )
    text = (
        f"Routing Engine status:\n    Total memory              {MEMORY_MB} MB Max  {used} MB used ( 55 percent)\n"
        f"    CPU utilization:\n      User                      {busy // 2} percent\n"
        f"      Kernel                    {busy - busy // 2} percent\n"
        f"      Idle                      {100 - busy} percent\n"
        f"    Model                          {box.persona.chassis} RE\n"
        f"    Uptime                         {spelled(now - box.booted)}\n"
    )
    return Answer(text, [element])


def performance(call: Call) -> Answer:
    """``show security monitoring``."""
    box, markup = call.box, call.markup("junos-flow")
    sessions = len(box.datapath.sessions)
    leaves: dict[str, object] = {
        "fpc-number": 0,
        "pic-number": 0,
        "spu-cpu-utilization": box.cpu_percent,
        "spu-memory-utilization": 57,
        "spu-current-flow-session": sessions,
        "spu-max-flow-session": box.datapath.counters.max_sessions,
        "spu-current-cp-session": 0,
        "spu-max-cp-session": 0,
    }
    row = markup.branch("performance-summary-statistics", markup.leaves(leaves))
    text = (
        "                  Flow session   Flow session     CP session     CP session\n"
        "FPC PIC CPU Mem        current        maximum        current        maximum\n"
        f"  0   0 {box.cpu_percent:>3}  57 {sessions:>14} {box.datapath.counters.max_sessions:>14} {0:>14} {0:>14}\n"
    )
    element = markup.branch("performance-summary-information", [row])
    return Answer(text, [element], padded=box.persona.padded)


def cluster_status(call: Call) -> Answer:
    """``show chassis cluster status``; without a cluster, an error of the daemon and no ``rpc-error``."""
    if call.box.persona.nodes == 1:
        return Answer(f"{NOT_CLUSTERED}\n", [xnm_error("jsrpd", NOT_CLUSTERED)], structured_only=True)
    markup = call.markup("junos-jsrpd")
    groups, lines = (
        [],
        [f"Cluster ID: {CLUSTER_ID}", "Node   Priority Status               Preempt Manual   Monitor-failures"],
    )
    for group in (0, 1):
        leaves: list[tuple[str, object]] = []
        failovers = 1 + (call.box.failovers if group == 0 else 0)
        lines += ["", f"Redundancy group: {group} , Failover count: {failovers}"]
        roles = call.box.roles if group == 0 else ("primary", "secondary")
        for number, priority in ((0, 200), (1, 100)):
            node, state = f"node{number}", roles[number]
            leaves += [
                ("device-name", node), ("device-priority", priority), ("redundancy-group-status", state),
                ("preempt", "no"), ("failover-mode", "no"), ("monitor-failures", "None"),
            ]  # fmt: skip
            lines.append(f"{node}  {priority:<8} {state:<20} no      no       None")
        stats = markup.branch("device-stats", [markup.leaf(tag, value) for tag, value in leaves])
        head = {"cluster-id": CLUSTER_ID, "redundancy-group-id": group, "redundancy-group-failover-count": failovers}
        groups.append(markup.branch("redundancy-group", [*markup.leaves(head), stats]))
    element = markup.branch("chassis-cluster-status", [markup.leaf("cluster-id", CLUSTER_ID), *groups])
    return Answer("\n".join(lines) + "\n", [element])


def inventory(call: Call) -> Answer:
    """``show chassis hardware``."""
    persona, markup = call.box.persona, call.markup("junos-chassis")
    trouble = call.box.chassis
    modules = [
        markup.branch("chassis-module", markup.leaves({"name": name, "description": f"{persona.chassis} {name}"}))
        for name in ("Midplane", "Power Supply 0")
    ]
    parts = {"Routing Engine 0": trouble.chassis.routing_engine}
    parts |= {f"FPC {card.slot}": card.description for card in trouble.cards(call.node)}
    modules[1:1] = [
        markup.branch("chassis-module", markup.leaves({"name": name, "description": said}))
        for name, said in ((name, said or f"{persona.chassis} {name}") for name, said in parts.items())
    ]
    head = {"name": "Chassis", "serial-number": persona.serial_number, "description": persona.chassis}
    element = markup.branch("chassis-inventory", [markup.branch("chassis", [*markup.leaves(head), *modules])])
    text = (
        "Hardware inventory:\nItem             Version  Part number  Serial number     Description\n"
        f"Chassis                                {persona.serial_number:<17} {persona.chassis}\n"
    )
    return Answer(text, [element])


def interfaces(call: Call) -> Answer:
    """``show interfaces terse``: the logical ones, or the private em0 when that routing instance is asked for."""
    box, markup = call.box, call.markup("junos-interface")
    addresses = {name: list(one.addresses) for name, one in box.scenario.interfaces.items()}
    if call.get("routing-instance") == "__juniper_private1__":
        own = ["10.0.0.4/8", "128.0.0.1/2"] if box.persona.nodes == 1 else [f"129.{CLUSTER_ID << 4}.0.1/2"]
        addresses = {"em0.0": own}
    rows, lines = [], ["Interface               Admin Link Proto    Local                 Remote"]
    for name, held in addresses.items():
        families = []
        for address in held:
            family = "inet6" if ":" in address else "inet"
            local = markup.branch("interface-address", [markup.leaf("ifa-local", address)])
            families.append(markup.branch("address-family", [markup.leaf("address-family-name", family), local]))
            lines.append(f"{name:<23} up    up   {family:<8} {address}")
        head = markup.leaves({"name": name, "admin-status": "up", "oper-status": "up"})
        rows.append(markup.branch("logical-interface", [*head, *families]))
    element = markup.branch("interface-information", rows, {"junos:style": "terse"})
    return Answer("\n".join(lines) + "\n", [element], padded=box.persona.padded)


OPERATIONS = (
    Operation("get-route-engine-information", "show chassis routing-engine", routing_engine, "view", per_node=True),
    Operation("get-performance-summary-information", "show security monitoring", performance, "view", per_node=True),
    Operation("get-chassis-cluster-status", "show chassis cluster status", cluster_status, "view"),
    Operation("get-chassis-inventory", "show chassis hardware", inventory, "view", per_node=True),
    Operation(
        "get-interface-information", "show interfaces", interfaces, "view",
        arguments=(
            Argument("routing-instance"), Argument("level", choices=("terse", "brief", "detail", "extensive")),
            Argument("interface-name", positional=True),
        ),
    ),
)  # fmt: skip
