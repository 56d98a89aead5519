"""Traces of every sort, and what transport, terminals and editors do to them."""

from __future__ import annotations

import gzip
import random

from trace_maker import bodies

from orchestrator.parsers.source import Source

_HEADERS = {
    "threads": ["CID-0:THREAD_ID-01:LSYS_ID-00", "CID-0:THREAD_ID-02:LSYS_ID-00", "CID-0:THREAD_ID-02:LSYS_ID-07"],
    "plain": ["CID-0"],
    "cluster": ["CID-0", "CID-1"],
    "mixed": ["CID-0", "CID-0:THREAD_ID-01", "CID-1:FPC-01:PIC-00:THREAD_ID-05"],
}
_ODD = [
    "", "  ", "logfile turned over due to size>128K", "trace file /var/log/t created", "user@fw> show log t", "junk",
    "\x1b[7m---(more)---\x1b[0m", "Mar  4 10:00:00 10:00:00.000001:CID-0:RT:CLI flow status command recvd, subtype =1",
    "10:00:00.000002:CID-0:RT: flow process pak fast ifl 76 in_ifp ge-0/0/0.0", "\ufeff", "{primary:node0}",
    "Mar  4 10:00:00 10:00:00.000003:CID-1:RT:Rcvd CLI", "-" * 30,
]  # fmt: skip
_PIECES = [
    b"\r", b"\n", b"\0", b"\xff", b"\xe2\x82", b":RT:", b"CID-0", b"packet dropped, ", b"0", b"9999999999999",
    b"\x1b[1m", b"---(more)---", b" ", b" ----- flow_process_pkt rc 0x7 (fp rc -1)", b"12:00:00.000000:CID-1:RT:",
    b"x" * 70,
]  # fmt: skip


def packet(rng: random.Random, number: int, thread: int) -> list[str]:
    """The bodies of one packet, of any kind."""
    kind = rng.randrange(12)
    if kind < 7:
        return bodies(rng, number % 25, thread)[1]
    source, mbuf, session = f"10.2.0.{number % 7}", f"0x{0x42000000 + number * 64:x}", 500 + number % 9
    if kind == 7:
        return [
            f"flow process pak, mbuf {mbuf}, ifl 0, ctxt_type 0 inq type 5", " in_ifp <junos-host:.local..0>",
            "host inq check inq_type 0x5", f"  .local..0:{source}->192.0.2.1, icmp, (0/0)",
            f"Found: session id 0x{session:x}. sess tok 2", f"mbuf {mbuf}, exit nh 0x1f0010",
            " ----- flow_process_pkt rc 0x0 (fp rc 0)",
        ]  # fmt: skip
    six = "2001:db8::1/5->2001:db8::2/53"
    heads = {
        8: [f"<{source}/3->192.0.2.9/0;1> matched filter A:", f"  irb.34:{source}->192.0.2.9, icmp, (3/3)",
            "flow_find_session: This an Embedded ICMP pkt"],
        9: [f"<{six};17,0x0> matched filter B:", f"<{six};17,0x0> matched filter C:", f"  ge-0/0/0.0:{six}, udp"],
        10: [f"<{source}/9->192.0.2.9/80;6> matched filter A:", f"a wording of tomorrow {number} 0x{number:x}",
             f"  ge-0/0/0.0:{source}/9->192.0.2.9/80, tcp, flag 10 ack"],
        11: [f"<{source}/7->192.0.2.7/443;6> matched filter A:", f"packet [60] ipid = {number}, @{mbuf}",
             f"---- flow_process_pkt: (thd {thread}): flow_ctxt type 15, common flag 0x0, mbuf {mbuf}, rtbl_idx = 0",
             f"  ge-0/0/0.0:{source}/7->192.0.2.7/443, tcp, flag 2 syn",
             f"flow_first_policy_search: policy search from zone a-> zone b-c (0x0,0x701bb,0x{number:x})",
             "  denied by policy default-deny(2), dropping pkt", "  packet dropped, denied by policy"],
    }  # fmt: skip
    good = "rc 0x0 (fp rc 0)"
    end = {8: good, 9: good, 10: rng.choice(["rc 0x7 (fp rc -1)", "rc 0x1 (fp rc 3)"]), 11: "rc 0x7"}[kind]
    return [*heads[kind], f"Found: session id 0x{session:x}. sess tok 2", f" ----- flow_process_pkt {end}"]


def trace(rng: random.Random, packets: int, layout: str, longest_burst: int) -> bytes:
    """Packets of several lanes; ends are lost now and then, and odd lines stand between."""
    headers = _HEADERS[layout]
    waiting: list[list[str]] = [[] for _ in headers]
    out, number, clock = [], 0, rng.choice([0, 36_000_000_000, 86_399_990_000])
    step = rng.choice([1, 3, 400, 90_000])
    while number < packets or any(waiting):
        lane = rng.randrange(len(headers))
        if not waiting[lane]:
            if number >= packets:
                continue
            number += 1
            waiting[lane] = packet(rng, number, lane)
            if rng.random() < 0.03:
                waiting[lane] = waiting[lane][rng.randrange(3) :] if rng.random() < 0.5 else waiting[lane][:-1]
        burst = rng.randint(1, longest_burst)
        for body in waiting[lane][:burst]:
            clock += rng.choice([0, 0, 1]) * step if longest_burst > 3 else step
            seconds, micros = divmod(clock, 1_000_000)
            at = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            out.append(f"Mar  {4 + seconds // 86400} {at} {at}.{micros:06}:{headers[lane]}:RT:{body}")
        waiting[lane] = waiting[lane][burst:]
        if rng.random() < 0.02:
            out.append(rng.choice(_ODD))
    return ("\n".join(out) + "\n").encode()


def damage(rng: random.Random, data: bytes, times: int) -> bytes:
    """Cut, repeat, move, replace and insert bytes and lines."""
    for _ in range(times):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice([1, 1, 5, 60, 300]))
        kind = rng.randrange(8)
        if kind == 0:
            data = data[:at] + data[end:]
        elif kind == 1:
            data = data[:at] + rng.choice(_PIECES) + data[at:]
        elif kind == 2:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 3:
            data = data[:end] + data[at:end] + data[end:]
        elif kind == 4:  # a line is joined with the next
            cut = data.find(b"\n", at)
            data = data[:cut] + data[cut + 1 :] if cut >= 0 else data
        elif kind == 5:  # two lines change places
            lines = data.split(b"\n")
            line = rng.randrange(len(lines))
            lines.insert(rng.randrange(len(lines)), lines.pop(line))
            data = b"\n".join(lines)
        elif kind == 6:
            digit = data.find(rng.choice(b"0123456789").to_bytes(1, "big"), at)
            data = data[:digit] + b"%d" % rng.randrange(10) + data[digit + 1 :] if digit >= 0 else data
        else:
            line = data[data.rfind(b"\n", 0, at) + 1 : data.find(b"\n", at) + 1]
            data = data[:at] + line + data[at:]
    return data


def dressed(rng: random.Random, data: bytes) -> bytes:
    """The whole in another dress: carriage returns, blank lines between, a reply around it, no end of line."""
    kind = rng.randrange(12)
    if kind == 0:
        return data.replace(b"\n", b"\r\n")
    if kind == 1:
        return data.replace(b"\n", b"\n\n")
    if kind == 2:
        escaped = data.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
        return b"<rpc-reply><output>\n" + escaped + b"</output></rpc-reply>"
    return data.rstrip(b"\n") if kind == 3 else data


def sources(rng: random.Random, data: bytes) -> list[Source]:
    """The bytes as one file or as a rotated set, cut anywhere, some packed, some of those cut."""
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([0, 0, 1, 3])))
    parts = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    found = []
    for number, part in enumerate(parts):
        packed = part
        if rng.random() < 0.3:
            packed = gzip.compress(part[: len(part) // 2]) + gzip.compress(part[len(part) // 2 :])
            if rng.random() < 0.3:
                packed = packed[: rng.randrange(2, len(packed))]
        found.append(Source.of_bytes(packed, f"t.{len(parts) - number}"))
    return found


def any_trace(rng: random.Random, packets: int = 40) -> list[Source]:
    """A set of sources of any sort."""
    data = trace(rng, rng.randint(1, packets), rng.choice(list(_HEADERS)), rng.choice([1, 3, 8, 40]))
    return sources(rng, dressed(rng, damage(rng, data, rng.choice([0, 0, 1, 3, 12]))))
