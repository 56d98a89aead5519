"""Bytes as they come: gzip by content, cut files, terminals."""

import gzip

from orchestrator.parsers.source import Source


def texts(data: bytes) -> list[str]:
    return [line.text for line in Source.of_bytes(data).lines()]


def test_gzip_is_told_by_its_first_bytes_not_by_its_name(tmp_path):
    path = tmp_path / "trace.log"
    path.write_bytes(gzip.compress(b"one\ntwo\n"))
    assert [line.text for line in Source.of_path(path).lines()] == ["one", "two"]
    (tmp_path / "plain.gz").write_bytes(b"plain\n")
    assert [line.text for line in Source.of_path(tmp_path / "plain.gz").lines()] == ["plain"]


def test_a_cut_gzip_file_gives_what_is_there_and_says_so():
    whole = "".join(f"line {n} {n * 7919 % 1000}\n" for n in range(20000)).encode()
    packed = gzip.compress(whole)
    source = Source.of_bytes(packed[: len(packed) // 2])
    lines = [line.text for line in source.lines()]
    assert 5000 < len(lines) < 20000
    assert lines[4999] == "line 4999 81"
    assert source.damage


def test_gzip_members_that_follow_one_another_are_all_read():
    source = Source.of_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    assert [line.text for line in source.lines()] == ["one", "two"]
    assert source.damage == ""


def test_line_numbers_count_blank_lines_across_blocks():
    data = b"".join(b"x%d\r\n\r\n" % n for n in range(100_000))
    lines = list(Source.of_bytes(data).lines())
    assert len(lines) == 100_000
    assert (lines[-1].number, lines[-1].text) == (199_999, "x99999")


def test_pagers_prompts_escapes_and_nuls_leave_no_trace():
    data = b"user@fw> show x | no-more\n{primary:node0}\na\x00b\n"
    data += b"---(more 45%)---\r      \r  In: c\n---(more)---d\n\x1b[7me\x1b[0m\n"
    assert texts(data) == ["ab", "  In: c", "d", "e"]


def test_invalid_utf8_is_kept_readable():
    assert texts(b"caf\xe9 \xff\n") == ["caf\ufffd \ufffd"]


def test_utf16_of_a_windows_terminal_is_read():
    assert texts("Total sessions: 0\n".encode("utf-16")) == ["\ufffd\ufffdTotal sessions: 0"]


def test_a_line_beyond_all_measure_is_cut_into_pieces():
    lines = list(Source.of_bytes(b"y" * 1_000_000).lines())
    assert len(lines) > 1
    assert sum(len(line.text) for line in lines) == 1_000_000
    assert {line.number for line in lines} == {1}
