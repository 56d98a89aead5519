"""Nornir's inventory, read for this product."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.errors import InventoryError
from orchestrator.inventory.inventory import Extras, read, select
from orchestrator.model.device import Device

ROOT = Path(__file__).parents[2]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
HOSTS = f"""\
edge-fw1:
  hostname: 192.0.2.11
  groups: [edge]
  data: {{site: north, role: primary}}
  connection_options:
    orchestrator: {{extras: {{host_keys: ["{KEY}"], data: {{limits: 3}}}}}}
edge-fw2:
  hostname: "[2001:db8::12]"
  username: me
  groups: [edge]
  data: {{site: south, role: primary}}
branch-fw1:
  groups: [branch, edge]
  data: {{site: north}}
  connection_options: {{orchestrator: {{port: 2222}}}}
"""
GROUPS = """\
edge:
  username: debug
  data: {region: eu}
  connection_options:
    orchestrator: {port: 830, extras: {key_file: keys/edge, agent: false}}
branch:
  username: branch
  connection_options:
    orchestrator: {extras: {key_file: /keys/branch, password_env: BRANCH}}
"""
DEFAULTS = """\
platform: junos
connection_options:
  orchestrator: {extras: {ssh_port: 2022, known_hosts: [/etc/known]}}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an inventory; keywords are file names without ending."""

    def do(**files: str | bytes) -> Path:
        folder = tmp_path / "inventory"
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return do


@pytest.fixture
def devices(write: Write) -> dict[str, Device]:
    return read(write(hosts=HOSTS, groups=GROUPS, defaults=DEFAULTS))


def test_a_device_takes_from_its_groups_and_the_defaults_what_it_does_not_say(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    one = devices["edge-fw1"]
    assert (one.name, one.host, one.port, one.ssh_port) == ("edge-fw1", "192.0.2.11", 830, 2022)
    assert one.host_keys == (KEY,)
    assert one.credentials.user == "debug"
    assert one.credentials.key_file == tmp_path / "inventory" / "keys" / "edge"
    assert not one.credentials.agent
    assert one.known_hosts == (Path("/etc/known"),)
    assert one.groups == ("edge",)
    assert one.data == {"site": "north", "role": "primary", "region": "eu", "limits": 3, "platform": "junos"}


def test_a_device_goes_before_its_groups_and_a_group_before_the_next(devices: dict[str, Device]) -> None:
    assert devices["edge-fw2"].credentials.user == "me"
    both = devices["branch-fw1"]
    assert both.port == 2222
    assert both.credentials.user == "branch"
    assert both.credentials.key_file == Path("/keys/branch")
    assert both.credentials.password_env == "BRANCH"
    assert not both.credentials.agent  # only the second group says it


def test_a_group_without_extras_hides_nothing(write: Write) -> None:
    devices = read(
        write(
            hosts="a: {groups: [plain, edge]}\nb: {groups: [plain, edge]}\n",
            groups=GROUPS + "plain: {connection_options: {orchestrator: {port: 22}}}\n",
            defaults="connection_options: {orchestrator: {extras: {key_file: /keys/default, prompt: false}}}\n",
        )
    )
    for one in devices.values():
        assert one.credentials.key_file is not None
        assert (one.port, one.credentials.key_file.name, one.credentials.prompt) == (22, "edge", False)


def test_brackets_are_not_part_of_an_address(devices: dict[str, Device]) -> None:
    assert devices["edge-fw2"].host == "2001:db8::12"


def test_a_device_without_an_address_is_reached_by_its_name(devices: dict[str, Device]) -> None:
    assert devices["branch-fw1"].host == "branch-fw1"


def test_nothing_but_a_name_is_needed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody")
    (one,) = read(write(hosts="fw: {}\n")).values()
    assert (one.host, one.port, one.file_port, one.credentials.user) == ("fw", 830, 22, "somebody")
    assert one.credentials.agent
    assert [path.name for path in one.known_hosts] == ["known_hosts", "ssh_known_hosts"]
    assert all(path.is_absolute() for path in one.known_hosts)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["edge-fw1"], ["edge-fw1"]),
        (["edge-*"], ["edge-fw1", "edge-fw2"]),
        (["*-fw[1]"], ["branch-fw1", "edge-fw1"]),
        (["branch"], ["branch-fw1"]),
        (["site=north"], ["branch-fw1", "edge-fw1"]),
        (["site=north,role=primary"], ["edge-fw1"]),
        (["region=eu", "edge-fw1"], ["branch-fw1", "edge-fw1", "edge-fw2"]),
        (["edge-fw2", "edge-fw1", "edge"], ["edge-fw2", "edge-fw1", "branch-fw1"]),
    ],
)
def test_devices_are_picked_each_once(devices: dict[str, Device], wanted: list[str], names: list[str]) -> None:
    assert [one.name for one in select(devices, wanted)] == names


@pytest.mark.parametrize("wanted", ["edge-fw9", "site=west", "site", "EDGE-FW1", ""])
def test_what_means_no_device_is_refused_even_beside_one_that_does(devices: dict[str, Device], wanted: str) -> None:
    with pytest.raises(InventoryError, match="nothing in the inventory is meant") as caught:
        select(devices, ["edge-fw1", wanted])
    assert "edge-fw2" in caught.value.hint


@pytest.mark.parametrize(
    "files",
    [
        {"hosts": "fw: {password: hunter2}\n"},
        {"hosts": "fw: {connection_options: {orchestrator: {password: hunter2}}}\n"},
        {"hosts": "fw: {groups: [g]}\n", "groups": "g: {password: hunter2}\n"},
        {"hosts": "fw: {}\n", "defaults": "password: hunter2\n"},
    ],
)
def test_a_password_in_a_file_is_refused_and_not_repeated(write: Write, files: dict[str, str]) -> None:
    with pytest.raises(InventoryError, match="fw: a password stands in the inventory") as caught:
        read(write(**files))
    assert "password_env" in caught.value.hint
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"


def test_a_device_holds_no_secret(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FW_PASSWORD", "hunter2")
    extras = "{password_env: FW_PASSWORD, password_command: [echo, hidden]}"
    (one,) = read(write(hosts=f"fw: {{connection_options: {{orchestrator: {{extras: {extras}}}}}}}\n")).values()
    assert one.credentials.password_env == "FW_PASSWORD"
    assert one.credentials.password_command == ("echo", "hidden")
    assert "hunter2" not in repr(one)


@pytest.mark.parametrize(
    ("files", "name", "line"),
    [
        ({"hosts": "a: {}\nb: [1\n"}, "hosts.yaml", 3),
        ({"hosts": "a: {}\na: {}\n"}, "hosts.yaml", 2),
        ({"hosts": "a: {}\n", "groups": "g:\n\t- x\n"}, "groups.yaml", 2),
        ({"hosts": "a: !!python/object/apply:os.system [id]\n"}, "hosts.yaml", 1),
    ],
)
def test_broken_yaml_is_told_with_file_and_line(write: Write, files: dict[str, str], name: str, line: int) -> None:
    with pytest.raises(InventoryError, match="is not YAML") as caught:
        read(write(**files))
    assert Path(caught.value.path).name == name
    assert (caught.value.line, caught.value.column > 0) == (line, True)
    assert caught.value.hint


def extras(text: str) -> str:
    return f"fw: {{connection_options: {{orchestrator: {{extras: {text}}}}}}}\n"


@pytest.mark.parametrize(
    ("hosts", "why"),
    [
        (extras("{keyfile: x}"), "fw: keyfile: unknown key"),
        (extras("{password: x}"), "fw: password: unknown key"),
        (extras("{ssh_port: 70000}"), "fw: ssh_port: "),
        (extras("{agent: perhaps}"), "fw: agent: "),
        (extras("[key_file]"), "fw: extras is not a mapping"),
        ("fw: {port: many}\n", "fw: port: "),
        ("fw: {port: 65536}\n", "fw: port: "),
        ("fw: {hostname: 5}\n", "fw: hostname: "),
        ("5: {}\n", "5: name: "),
        ("fw: {groups: [nowhere]}\n", "'nowhere', which is no group"),
        ("- fw\n", "is not an inventory"),
        ("fw: 5\n", "is not an inventory"),
        (b"fw: \xff\n", "cannot be read: UnicodeDecodeError"),
    ],
)
def test_what_cannot_be_used_is_told_with_the_device_and_a_cure(write: Write, hosts: str, why: str) -> None:
    with pytest.raises(InventoryError) as caught:
        read(write(hosts=hosts))
    assert why in str(caught.value)
    assert caught.value.hint


def test_an_unknown_key_is_answered_with_the_known_ones(write: Write) -> None:
    with pytest.raises(InventoryError) as caught:
        read(write(hosts=extras("{keyfile: x}")))
    assert "key_file" in caught.value.hint


def test_a_folder_without_an_inventory_tells_how_to_begin_one(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InventoryError, match="there is no inventory here") as caught:
            read(folder)
        assert "inventory example --into" in caught.value.hint


def test_files_may_end_in_yml(write: Write) -> None:
    folder = write(hosts=HOSTS, groups=GROUPS, defaults=DEFAULTS)
    for path in folder.iterdir():
        path.rename(path.with_suffix(".yml"))
    assert read(folder)["edge-fw1"].credentials.user == "debug"


def test_another_plugin_of_nornir_is_named_in_nornir_yaml(write: Write, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("fw9: {hostname: 192.0.2.9}\n")
    settings = (
        f"inventory: {{plugin: SimpleInventory, options: {{host_file: {elsewhere}}}}}\nrunner: {{plugin: serial}}\n"
    )
    assert list(read(write(nornir=settings, hosts="fw1: {}\n"))) == ["fw9"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("inventory: {plugin: Nowhere}\n", "plugin 'Nowhere' is not registered"),
        ("inventory: [\n", "is not YAML"),
        ("inventory: [a]\n", "inventory: "),
        ("inventory: {options: [a]}\n", "inventory: options: "),
        ("inventory: {options: {host_file: /nowhere.yaml}}\n", "/nowhere.yaml"),
        ("inventory: {options: {nonsense: 1}}\n", "nonsense"),
    ],
)
def test_a_plugin_that_cannot_serve_is_told(write: Write, settings: str, why: str) -> None:
    with pytest.raises(InventoryError) as caught:
        read(write(nornir=settings))
    assert why in str(caught.value)


def test_the_example_is_the_same_in_the_package_and_beside_it() -> None:
    shipped = ROOT / "orchestrator" / "inventory" / "example"
    texts = {path.name: path.read_text() for path in shipped.iterdir()}
    assert sorted(texts) == ["README.md", "defaults.yaml", "groups.yaml", "hosts.yaml"]
    assert {path.name: path.read_text() for path in (ROOT / "inventory").iterdir()} == texts


def test_the_example_is_an_inventory_and_tells_every_setting() -> None:
    devices = read(ROOT / "inventory")
    assert [one.name for one in select(devices, ["site=north,role=primary", "branch"])] == [
        "edge-fw1", "branch-fw1", "lab-fw1",
    ]  # fmt: skip
    assert devices["edge-fw1"].credentials.key_file == ROOT / "inventory" / "keys" / "debug"
    assert devices["edge-fw1"].host_keys
    assert devices["lab-fw1"].file_port == 22
    text = (ROOT / "inventory" / "README.md").read_text()
    assert all(f"| `{name}` |" in text for name in Extras.model_fields)
