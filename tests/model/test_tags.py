"""The mark on everything we create on a device."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model import tags
from orchestrator.model.tags import Tag

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001 - a zone is added at once
MADE = st.builds(
    Tag,
    run_id=MOMENTS.map(tags.new_run_id),
    ttl=st.integers(0, 999_999_999).map(lambda seconds: timedelta(seconds=seconds)),
    label=st.from_regex(re.compile(r"[a-z0-9]{1,12}"), fullmatch=True),
)
NAME = "orc-20261123T161800-1a2b3c-605s-trace"


@given(MADE)
def test_a_tag_is_read_back_as_it_was_written(tag: Tag) -> None:
    assert tags.read(str(tag)) == tag
    assert tag.expires - tag.started == tag.ttl


@given(MADE, st.sampled_from(["", ".0", ".12", ".gz", ".0.gz", ".12.gz"]))
def test_the_archives_of_a_trace_file_are_ours_too(tag: Tag, ending: str) -> None:
    assert tags.read(f"{tag}{ending}") == tag


@given(MADE)
def test_a_tag_fits_what_junos_takes_as_a_name(tag: Tag) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,63}", str(tag))


@given(st.text(max_size=60))
def test_any_name_can_be_asked(name: str) -> None:
    assert tags.read(name) is None
    assert tags.read(f"x{NAME}") is None


@given(MADE, st.text(min_size=1, max_size=5))
def test_what_only_begins_like_ours_is_not(tag: Tag, more: str) -> None:
    found = tags.read(f"{tag}{more}")
    assert found is None or re.fullmatch(r"[a-z0-9]*((\.[0-9]+)?(\.gz)?)", more)


@pytest.mark.parametrize(
    "name",
    [
        "orc-20261323T161800-1a2b3c-605s-trace",  # no such month
        "orc-20261123T161800-1a2b3c-605-trace",
        "orc-20261123T161800-1A2B3C-605s-trace",
        "orc-20261123T161800-1a2b3c-605s-",
        "orc-20261123T161800-1a2b3c-605s-Trace",
        f"orc-20261123T161800-1a2b3c-{'9' * 400}s-trace",  # longer than any clock runs
        f"orc-20261123T161800-1a2b3c-{'9' * 5000}s-trace",
        "orc-\u0662\u0660261123T161800-1a2b3c-605s-trace",  # digits of another script
        NAME + "\n",
        NAME + ".0.gz.bak",
        NAME + "/../messages",
        "my-" + NAME,
    ],
)
def test_a_colleagues_name_is_never_ours(name: str) -> None:
    assert tags.read(NAME) is not None
    assert tags.read(name) is None


def test_the_name_alone_tells_when_the_run_began_and_should_have_ended() -> None:
    tag = tags.read(NAME)
    assert tag is not None
    assert tag.started == datetime(2026, 11, 23, 16, 18, tzinfo=UTC)
    assert tag.expires == datetime(2026, 11, 23, 16, 28, 5, tzinfo=UTC)


def test_a_run_id_is_in_utc_and_its_own() -> None:
    now = datetime(2026, 11, 23, 1, 0, tzinfo=timezone(timedelta(hours=9)))
    made = {tags.new_run_id(now) for _ in range(50)}
    assert len(made) > 45
    assert all(tags.RUN_ID.fullmatch(one) and one.startswith("20261122T160000-") for one in made)
