"""OpenSSH's own programs, netmiko, and the command line behind them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from netmiko import ConnectHandler
from raw_netconf import connect


def test_ssh_runs_one_command(keyed, openssh):
    done = openssh(keyed, "ssh", keyed.host, "show version")
    assert done.returncode == 0, done.stderr
    assert b"Junos: 24.4R1.9\n" in done.stdout


def test_ssh_tells_of_a_wrong_command_by_its_status(keyed, openssh):
    done = openssh(keyed, "ssh", keyed.host, "show nonsense")
    assert done.returncode == 1
    assert b"syntax error." in done.stdout


def test_ssh_runs_netconf_as_a_subsystem(keyed, openssh):
    rpc = b'<rpc message-id="1"><get-system-information/></rpc>]]>]]><rpc message-id="2"><close-session/></rpc>]]>]]>'
    done = openssh(keyed, "ssh", "-s", keyed.host, "netconf", stdin=b"<hello/>]]>]]>" + rpc)
    assert done.returncode == 0
    assert done.stdout.count(b"]]>]]>") == 3
    assert b"<os-version>24.4R1.9</os-version>" in done.stdout


def test_a_wrong_key_and_a_wrong_host_key_are_refused(keyed, launch, openssh):
    stranger = launch()
    assert b"Permission denied" in openssh(stranger, "ssh", stranger.host, "show version").stderr
    impostor = replace(keyed, host_key=stranger.host_key)
    assert b"Host key verification failed" in openssh(impostor, "ssh", keyed.host, "show version").stderr


def test_scp_takes_globs_and_folders(keyed, openssh, tmp_path):
    for name in ("run-1", "run-1.0.gz", "other"):
        keyed.ask("write", path=f"/var/log/{name}", text=name * 1000)
    (tmp_path / "got").mkdir()
    done = openssh(keyed, "scp", "-O", f"{keyed.host}:/var/log/run-1*", str(tmp_path / "got"))
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "got").iterdir()) == ["run-1", "run-1.0.gz"]
    assert (tmp_path / "got" / "run-1").read_text() == "run-1" * 1000
    done = openssh(keyed, "scp", "-O", "-r", "-p", f"{keyed.host}:/var/log", str(tmp_path / "all"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "all" / "other").exists()


def test_scp_of_what_is_not_there_leaks_no_path_of_ours(keyed, openssh, tmp_path):
    done = openssh(keyed, "scp", "-O", f"{keyed.host}:/../../../../etc/passwd", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.decode().strip() == "scp: /etc/passwd: No such file or directory"


def test_scp_to_the_device_is_refused(keyed, openssh, tmp_path):
    (tmp_path / "up").write_text("x")
    assert openssh(keyed, "scp", "-O", str(tmp_path / "up"), f"{keyed.host}:/var/tmp/up").returncode == 1
    assert "up" not in keyed.inspect()["files"]


def test_files_not_world_readable_are_for_super_users(keyed, openssh, tmp_path):
    keyed.ask("write", path="/var/log/secret", text="s")
    keyed.ask("write", path="/var/log/open", text="o", mode="644")
    refused = openssh(keyed, "scp", "-O", f"{keyed.host}:/var/log/secret", str(tmp_path), user="oncall")
    assert b"Permission denied" in refused.stderr
    assert openssh(keyed, "scp", "-O", f"{keyed.host}:/var/log/open", str(tmp_path), user="oncall").returncode == 0


def test_sftp_is_refused(keyed, openssh, tmp_path):
    done = openssh(keyed, "sftp", "-b", "/dev/null", keyed.host)
    assert done.returncode != 0
    assert b"subsystem request failed" in done.stderr


def test_an_interactive_shell_echoes_pages_and_pipes(keyed, openssh):
    script = (
        "set cli screen-length 0\n"
        "show configuration | display set | match host-name\n"
        "show version | count\n"
        "show version | grep x\n"
        "sho ver | last 1\n"
        "exit\n"
    )
    done = openssh(keyed, "ssh", keyed.host, stdin=script.encode())
    out = done.stdout.decode()
    assert "lab@srx> " in out
    assert "set system host-name srx\n" in out
    assert "Count: 4 lines" in out
    assert "syntax error." in out
    assert "JUNOS Software Release [24.4R1.9]\n" in out
    assert done.returncode == 0


def test_display_xml_on_the_terminal_ends_with_the_banner(keyed, openssh):
    out = openssh(keyed, "ssh", keyed.host, "show system information | display xml").stdout.decode()
    assert out.startswith('<rpc-reply xmlns:junos="http://xml.juniper.net/junos/24.4R1.9/junos">\n<system-information>')
    assert out.endswith("<cli>\n<banner/>\n</cli>\n</rpc-reply>\n")


def test_a_terminal_echoes_and_pages_until_q(keyed):
    client = connect(keyed)
    shell = client.invoke_shell(width=120, height=24)
    shell.settimeout(10)

    def until(text):
        got = ""
        while text not in got:
            got += shell.recv(4096).decode()
        return got

    assert until("> ") == "lab@srx> "
    shell.sendall("show configuration\r\n")
    first = until("---(more)---")
    assert first.startswith("show configuration\r\nversion 24.4R1.9;\r\n")
    assert first.count("\r\n") == 24
    shell.sendall(" ")
    assert until("---(more)---").count("\r\n") == 23
    shell.sendall("q")
    assert until("> ").endswith("lab@srx> ")
    shell.sendall("show configuration | no-more\n")
    assert "more" not in until("lab@srx> ").removeprefix("show configuration | no-more")
    shell.sendall("show nonsense\n")
    assert "              ^\r\nsyntax error.\r\n" in until("lab@srx> ")
    shell.sendall("show versionx\x7f | match Junos\n")
    assert "Junos: 24.4R1.9\r\n" in until("lab@srx> ")
    client.close()


def test_the_shell_behind_the_cli_needs_the_permission(keyed):
    client = connect(keyed, user="oncall")
    _, out, _ = client.exec_command("show version")
    assert out.read()
    shell = client.invoke_shell()
    shell.settimeout(10)
    shell.sendall("start shell\nexit\n")
    got = b""
    while data := shell.recv(4096):
        got += data
    assert b"error: permission denied: shell" in got
    client.close()


@pytest.fixture
def netmiko(keyed):
    connection = ConnectHandler(
        device_type="juniper_junos",
        host=keyed.host,
        port=keyed.port,
        username=keyed.user,
        password=keyed.password,
        fast_cli=True,
    )
    yield connection
    connection.disconnect()


def test_netmiko_reads_and_is_counted_when_it_configures(keyed, netmiko):
    assert netmiko.find_prompt() == "lab@srx>"
    assert "Junos: 24.4R1.9" in netmiko.send_command("show version")
    long = netmiko.send_command("show configuration")
    assert long.count("\n") > 60
    assert "more" not in long
    assert keyed.inspect()["config_operations"] == 0
    netmiko.config_mode()
    netmiko.send_command("commit", expect_string=r"#")
    netmiko.exit_config_mode()
    state = keyed.inspect()
    assert state["config_operations"] >= 2
    assert state["commits"] == 1


def test_a_device_may_have_an_rsa_host_key_only(launch, openssh, key):
    keys = (key.with_suffix(".pub").read_text(),)
    device = launch(authorized_keys=keys, overrides={"host_keys": ["rsa"]})
    assert device.host_key.startswith("ssh-rsa ")
    assert openssh(device, "ssh", device.host, "show version").returncode == 0
